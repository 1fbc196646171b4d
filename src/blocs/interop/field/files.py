"""Rows of a data file that speak of certain states: plain or compressed CSV, read once from top to bottom."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from blocs.errors import InputError, Problem, nearest

# the largest file of the field, memberships of all pairs of states, has some 60 MB; what is ten times as large is none
MAX_BYTES = 600_000_000
# what stands for no value everywhere; numbers that do so in some files only are said by their layout
MISSING = frozenset({"", "NA", "NaN", "."})


@dataclass(frozen=True)
class Rows:
    """What was read of a file.

    Parameters
    ----------
    rows : tuple of mapping from our name of a column to text
        Only those of the wanted states, in the order of the file, each with its ``line``.
    first, last : int or None
        Years that the whole file covers; None where it has no column of years.
    """

    rows: tuple[Mapping[str, str], ...]
    first: int | None = None
    last: int | None = None


@contextmanager
def opened(path: Path) -> Iterator[Iterator[list[str]]]:
    """Yield the rows of a CSV file, compressed by gzip or not; raise `InputError` where it cannot be read."""
    try:
        with path.open("rb") as raw:
            inner = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            # names of states in the older files are in Latin 1; none of the columns that are read depends on it
            stream = io.TextIOWrapper(_Limited(inner, path), encoding="utf-8-sig", errors="replace", newline="")  # type: ignore[arg-type]
            yield csv.reader(stream)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise InputError(Problem(f"the file cannot be read: {error}", str(path))) from None


class _Limited(io.RawIOBase):
    """A stream that refuses to give more than the limit, however small the compressed file is."""

    def __init__(self, inner: gzip.GzipFile | BinaryIO, path: Path) -> None:
        self.inner, self.path, self.left = inner, path, MAX_BYTES

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill a buffer."""
        chunk = self.inner.read(len(buffer))
        self.left -= len(chunk)
        if self.left < 0:
            raise InputError(
                Problem(f"the file holds more than {MAX_BYTES:,} bytes; no file of the field does", str(self.path))
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)


def columns_of(path: Path) -> list[str]:
    """Return the names of a file's columns."""
    with opened(path) as rows:
        return [name.strip() for name in next(rows, [])]


def read_rows(
    path: Path,
    columns: Mapping[str, str],
    wanted: frozenset[str] | None = None,
    codes: tuple[str, ...] = ("ccode", "ccode1", "ccode2"),
    year: str | None = None,
    optional: Mapping[str, str] | None = None,
    count_ones: bool = False,
) -> Rows:
    """Read the rows of a file that are wanted.

    Parameters
    ----------
    path : Path
    columns : mapping
        Our name of a column -> its name in the file; letters may differ in case.
    wanted : set of str, optional
        Codes of the states whose rows are kept; all by default.
    codes : tuple of str
        Our names of the columns in which codes stand.
    year : str, optional
        Our name of the column of years, for what the file covers.
    optional : mapping, optional
        Columns that a file may lack; they are empty then.
    count_ones : bool
        Keep under ``ones`` the names of all other columns in which a wanted row has a 1: a table with one column an
        organisation.

    Raises
    ------
    InputError
        Columns are missing, or a row is shorter than the first line.
    """
    with opened(path) as rows:
        head = [name.strip() for name in next(rows, [])]
        places = {name.lower(): number for number, name in enumerate(head)}
        missing = [name for name in columns.values() if name.lower() not in places]
        if missing:
            raise InputError(
                [
                    Problem(
                        f"there is no column `{name}`",
                        str(path),
                        1,
                        hint=nearest(name, head) or f"columns: {', '.join(head[:12])}",
                    )
                    for name in missing
                ]
            )
        every = {**(optional or {}), **columns}
        taken = [(name, places[theirs.lower()]) for name, theirs in every.items() if theirs.lower() in places]
        absent = [name for name, theirs in every.items() if theirs.lower() not in places]
        others = [(i, head[i]) for i in range(len(head)) if i not in {place for _, place in taken}]
        width = max(place for _, place in taken)
        places_of_codes = [place for name, place in taken if name in codes] or [0]
        one, other = places_of_codes[0], places_of_codes[-1]
        time = dict(taken).get(year or "", -1)
        kept: list[Mapping[str, str]] = []
        years: set[str] = set()
        for line, row in enumerate(rows, start=2):
            if len(row) <= width:
                if not row:
                    continue
                message = f"{len(row)} cells in a table of {len(head)} columns"
                raise InputError(Problem(message, str(path), line))
            if time >= 0:
                years.add(row[time])
            # most rows are of other states, and nothing is made of them
            if wanted is not None and row[one] not in wanted and row[other] not in wanted:
                continue
            found = {name: row[place].strip() for name, place in taken}
            found["line"] = str(line)
            found.update(dict.fromkeys(absent, ""))
            if count_ones:
                found["ones"] = "\n".join(name for place, name in others if place < len(row) and row[place] == "1")
            kept.append(found)
    known = [int(text) for text in years if text.lstrip("-").isdigit() and int(text) > 0]
    return Rows(tuple(kept), min(known, default=None), max(known, default=None))


def number(text: str, missing: frozenset[str] = MISSING) -> float | None:
    """Return a number, or None where the cell says that there is none; raise ValueError for what is neither."""
    if text in missing:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    # -9.0 and -9.00 say the same as -9
    return None if value == int(value) and str(int(value)) in missing else value
