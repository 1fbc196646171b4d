"""Tables of cases: reading them, and telling in one sentence each what is wrong, with row and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest

Array = NDArray[np.float64]

# what people write where they have no value
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "na", ".", "NULL", "null", "None"})
# a table that a person made fits in this; a larger file is most likely not what was meant
MAX_BYTES = 512 * 1024 * 1024
# a column with a thousand wrong cells is told by its first few
MOST_TOLD = 5


@dataclass(frozen=True)
class Table:
    """Columns of text with the place that each row came from.

    Parameters
    ----------
    columns : mapping from name to tuple of str
        The cells as they were written.
    lines : int array (row,)
        Line of each row in the file, counted from one with the header as line one.
    file : str
        Name of the file; empty for a table made in memory.
    categories : mapping from name to tuple of str
        Columns of words and their possible values in order. A formula compares them by name: ``regime == mixed``.
    deleted : int
        How many rows were left out because a value was missing.
    """

    columns: Mapping[str, tuple[str, ...]]
    lines: NDArray[np.intp]
    file: str = ""
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deleted: int = 0

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.columns)

    def problem(self, message: str, row: int | None = None, column: str = "", hint: str = "") -> Problem:
        """Make a problem that says where in the table it is."""
        known = column in self.columns
        # a problem with a whole column stands in the header, which is the first line
        line = int(self.lines[row]) if row is not None else int(known and bool(self.file))
        place = self.names.index(column) + 1 if known and line else min(line, 1)
        return Problem(message, file=self.file, line=line, column=place, path=column, hint=hint)

    def cells(self, name: str) -> tuple[str, ...]:
        """Return a column as text."""
        self.require([name])
        return self.columns[name]

    def require(self, names: Iterable[str]) -> None:
        """Raise an error that lists all columns that are not there."""
        problems = [
            self.problem(
                f"there is no column `{name}`", hint=nearest(name, self.names) or f"columns: {', '.join(self.names)}"
            )
            for name in dict.fromkeys(names)
            if name not in self.columns
        ]
        if problems:
            raise InputError(problems)

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Say in which rows a column has no value."""
        return np.array([cell.strip() in MISSING for cell in self.cells(name)], dtype=bool)

    def numbers(self, name: str) -> Array:
        """Return a column as numbers; values of a category as their rank.

        Raises
        ------
        InputError
            A cell is missing or is not a finite number; with line and column.
        """
        kinds = self.categories.get(name)
        result, problems = np.zeros(len(self)), []
        for row, cell in enumerate(self.cells(name)):
            text = cell.strip()
            value = _rank(text, kinds) if kinds is not None else _number(text)
            if value is None:
                if len(problems) < MOST_TOLD:
                    problems.append(self._wrong_cell(name, row, text, kinds))
                continue
            result[row] = value
        if problems:
            raise InputError(problems)
        return result

    def _wrong_cell(
        self, name: str, row: int, text: str, kinds: tuple[str, ...] | None, what: str = "a value of this category"
    ) -> Problem:
        if text in MISSING:
            return self.problem("a value is missing", row, name, "fill it, or ask for listwise deletion")
        if kinds is not None:
            hint = nearest(text, kinds) or f"known are {', '.join(kinds)}"
            return self.problem(f"`{text}` is not {what}", row, name, hint)
        hint = "if these are words, list the column under `categories`" if not _looks_numeric(text) else ""
        return self.problem(f"`{text}` is not a number", row, name, hint)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Table:
        """Return some rows."""
        chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(
            self,
            columns={name: tuple(cells[i] for i in chosen) for name, cells in self.columns.items()},
            lines=self.lines[chosen],
        )

    def complete(self, names: Iterable[str]) -> Table:
        """Return the rows with no missing value in the named columns (listwise deletion); the rest is counted."""
        wanted = list(dict.fromkeys(names))
        self.require(wanted)
        bad = np.zeros(len(self), dtype=bool)
        for name in wanted:
            bad |= self.missing(name)
        if bad.all():
            raise InputError(self.problem(f"no row has a value in all of {', '.join(wanted)}"))
        return replace(self.take(~bad), deleted=self.deleted + int(bad.sum())) if bad.any() else self

    def where(self, name: str, low: float = -math.inf, high: float = math.inf) -> Table:
        """Return the rows whose number in a column lies in a range."""
        values = self.numbers(name)
        return self.take((values >= low) & (values <= high))

    def counts(self, name: str) -> Array:
        """Return a column of counts or weights: numbers that are not negative."""
        values = self.numbers(name)
        if (values < 0).any():
            row = int(np.argmax(values < 0))
            raise InputError(self.problem(f"{values[row]:g} is negative; a count or weight is not", row, name))
        if not values.any():
            raise InputError(self.problem("every count or weight is zero", column=name))
        return values

    def labels(self, name: str, known: Sequence[str], what: str = "a value of this category") -> NDArray[np.intp]:
        """Return a column of words as ranks in `known`; `what` says in an error what the words should be."""
        result, problems = np.zeros(len(self), dtype=np.intp), []
        for row, cell in enumerate(self.cells(name)):
            text = cell.strip()
            if text in known:
                result[row] = known.index(text)
            elif len(problems) < MOST_TOLD:
                problems.append(self._wrong_cell(name, row, text, tuple(known), what))
        if problems:
            raise InputError(problems)
        return result


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    # Python reads `1_000` and `inf`; a table does not mean these
    return value if math.isfinite(value) and "_" not in text else None


def _rank(text: str, kinds: tuple[str, ...]) -> float | None:
    return float(kinds.index(text)) if text in kinds else None


def _looks_numeric(text: str) -> bool:
    return any(character.isdigit() for character in text)


def read_table(source: str | Path, categories: Mapping[str, Sequence[str]] | None = None) -> Table:
    """Read a table of comma-separated values with a header.

    Parameters
    ----------
    source : path
        UTF-8 text.
    categories : mapping from column to values in order, optional
        Columns of words.

    Raises
    ------
    InputError
        The file is not there, is not such a table, or rows have too few or too many cells; all problems at once.
    """
    path = Path(source)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(Problem(f"the file is larger than {MAX_BYTES // 2**20} MB", file=str(source)))
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", file=str(source))) from None
    except UnicodeDecodeError as error:
        raise InputError(Problem("is not UTF-8 text", file=str(source), hint=f"byte {error.start} is wrong")) from None
    return parse_table(text, str(source), categories)


def parse_table(text: str, file: str = "", categories: Mapping[str, Sequence[str]] | None = None) -> Table:
    """Read a table from text; see `read_table`."""
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        problems = _header_problems(header, file)
        for row in reader:
            if not row:
                continue
            if len(row) != len(header) and len(problems) < MOST_TOLD:
                message = f"{len(row)} cells where the header has {len(header)}"
                problems.append(Problem(message, file=file, line=reader.line_num))
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(Problem(f"is not comma-separated text: {error}", file=file, line=reader.line_num)) from None
    if not problems and not rows:
        problems.append(Problem("the table has no rows", file=file))
    if problems:
        raise InputError(problems)
    columns = {name: tuple(row[i] for row in rows) for i, name in enumerate(header)}
    return _checked(Table(columns, np.array(lines, dtype=np.intp), file), categories)


def _header_problems(header: list[str], file: str) -> list[Problem]:
    if not any(header):
        return [Problem("the table has no header", file=file, line=1)]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    return [Problem(f"two columns are called `{name}`", file=file, line=1) for name in twice]


def table_from(data: Any, categories: Mapping[str, Sequence[str]] | None = None) -> Table:
    """Make a table from a pandas DataFrame or a mapping from names to columns."""
    columns = {}
    for name in data:
        values = data[name]
        cells = values.tolist() if hasattr(values, "tolist") else list(values)
        columns[str(name)] = tuple(_cell(value) for value in cells)
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise InputError("the table needs columns of one length with at least one row")
    # rows of a table in memory are counted as if it had a header in line one
    return _checked(Table(columns, np.arange(lengths.pop(), dtype=np.intp) + 2), categories)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def _checked(table: Table, categories: Mapping[str, Sequence[str]] | None) -> Table:
    chosen = {name: tuple(values) for name, values in (categories or {}).items()}
    table.require(chosen)
    return replace(table, categories=chosen)
