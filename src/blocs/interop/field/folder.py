"""A folder with data files of the field: which of them are there, and their rows about certain states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from blocs.errors import InputError, Problem
from blocs.interop.field.files import MISSING, Rows, number, read_rows
from blocs.interop.field.layouts import LAYOUTS, SOURCES, Kind, Layout, Source, stem
from blocs.language.document import shorten


@dataclass(frozen=True)
class Holding:
    """A file that was found, and its rows about the wanted states."""

    layout: Layout
    path: Path
    version: str
    rows: Rows

    @property
    def source(self) -> Source:
        """What to cite."""
        return SOURCES[self.layout.source]

    @property
    def cited(self) -> str:
        """Name and version of the data set: ``COW National Material Capabilities 6.0``."""
        return f"{self.source.name} {self.version}".rstrip()

    def value(self, row: Mapping[str, str], name: str) -> float | None:
        """Return the number in a cell, None where there is none; raise `InputError` for what is no number."""
        try:
            return number(row[name], MISSING | self.layout.missing)
        except ValueError:
            raise self.wrong(row, name, "a number") from None

    def whole(self, row: Mapping[str, str], name: str) -> int:
        """Return the whole number in a cell, such as a year; raise `InputError` for anything else."""
        text = row[name]
        if not re.fullmatch(r"\d{1,9}", text):
            raise self.wrong(row, name, "a whole number")
        return int(text)

    def wrong(self, row: Mapping[str, str], name: str, expected: str) -> InputError:
        """Return the error that a cell deserves, with its line and column."""
        column = self.layout.columns.get(name, name)
        return InputError(
            Problem(f"expected {expected}, found `{shorten(row[name])}`", str(self.path), int(row["line"]), path=column)
        )

    def of(self, code: int, year: int | None = None) -> list[Mapping[str, str]]:
        """Return the rows of one state, of a year where one is given."""
        return [row for row in self.rows.rows if row["ccode"] == str(code) and year in (None, _year(row))]

    def between(self, a: int, b: int, year: int | None = None) -> list[Mapping[str, str]]:
        """Return the rows of two states, in either order."""
        pairs = ((str(a), str(b)), (str(b), str(a)))
        rows = (row for row in self.rows.rows if (row["ccode1"], row["ccode2"]) in pairs)
        return [row for row in rows if year in (None, _year(row))]


def _year(row: Mapping[str, str]) -> int | None:
    text = row.get("year", "")
    return int(text) if text.isdigit() else None


class FieldFolder:
    """The known data files in a folder. Each is read when it is first asked for.

    Parameters
    ----------
    folder : path
    states : iterable of int
        Correlates-of-War codes of the states that will be asked about; only their rows are kept.
    iso3 : iterable of str
        Their codes in ISO 3166, for files that go by these.

    Raises
    ------
    InputError
        There is no such folder, or no file in it is known.
    """

    def __init__(self, folder: str | Path, states: Iterable[int], iso3: Iterable[str] = ()) -> None:
        self.folder = Path(folder)
        self._codes = frozenset(str(code) for code in states)
        self._iso3 = frozenset(iso3)
        self._read: dict[tuple[Kind, Path], Holding] = {}
        if not self.folder.is_dir():
            message = "this is no folder" if self.folder.exists() else "there is no such folder"
            raise InputError(Problem(f"{message}; expected one with data files of the field", str(folder)))
        self._found: dict[Kind, list[tuple[Layout, Path, str]]] = {}
        files = sorted(path for path in self.folder.iterdir() if path.is_file())
        for layout in LAYOUTS:
            for path in files:
                name = stem(path.name)
                version = layout.version_in(name) if name is not None else None
                if version is not None:
                    self._found.setdefault(layout.kind, []).append((layout, path, version))
        if not self._found:
            known = ", ".join(dict.fromkeys(layout.shown for layout in LAYOUTS[:12:2]))
            hint = f"such as {known}; docs/data.md lists all"
            raise InputError(Problem("no data file of the field lies here, as CSV or CSV.gz", str(folder), hint=hint))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the folder has something of."""
        return tuple(self._found)

    def holdings(self, kind: Kind) -> list[Holding]:
        """Return the files of a kind, the one to prefer first."""
        return [self._holding(*found) for found in self._found.get(kind, ())]

    def _holding(self, layout: Layout, path: Path, version: str) -> Holding:
        key = (layout.kind, path)
        if key not in self._read:
            yearly = "year" in layout.columns
            rows = read_rows(
                path,
                layout.columns,
                self._iso3 if "iso3" in layout.columns else self._codes,
                ("iso3",) if "iso3" in layout.columns else ("ccode", "ccode1", "ccode2"),
                year="year" if yearly else None,
                optional=layout.optional,
                count_ones=layout.wide,
            )
            self._read[key] = Holding(layout, path, version, rows)
        return self._read[key]


def missed(kind: Kind) -> str:
    """Return which files hold a kind of data, for a sentence about what is missing."""
    return " or ".join(dict.fromkeys(layout.shown for layout in LAYOUTS if layout.kind == kind))
