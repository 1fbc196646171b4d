"""A document that was read, with the place of every entry; and the layers of which a resolved document is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blocs.errors import Problem, Severity

Path = tuple[str | int, ...]
"""Where an entry stands in a document: keys of mappings and positions in lists, from the top."""

# a message that quotes more than this is no longer read
_LONGEST_QUOTE = 60


def shorten(text: str, most: int = _LONGEST_QUOTE) -> str:
    """Return the text on one line, cut to `most` characters."""
    flat = " ".join(text[: 4 * most].split()) if text else text
    return flat if len(flat) <= most and len(text) <= 4 * most else flat[: most - 3] + "..."


def show_path(path: Path) -> str:
    """Render a path as ``stages[2].options.seize.when``; a key that is no plain name stands in quotes."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            name = shorten(part, 40)
            plain = name.replace("_", "a").replace("-", "a").isalnum()
            shown += ("." if shown else "") + (name if plain else f'"{name}"')
    return shown


class Spot(NamedTuple):
    """Where a value is written.

    Parameters
    ----------
    line, column : int
        First character of the value, counted from one.
    style : str
        ``""`` plain, ``"'"`` or ``'"'`` quoted, ``"|"`` or ``">"`` a block, ``"{"`` a mapping, ``"["`` a list.
    """

    line: int
    column: int
    style: str = ""


@dataclass(frozen=True)
class Document:
    """A file as data, with marks.

    Parameters
    ----------
    data : object
        Mappings, lists, text, numbers, booleans and None, as YAML 1.2's core schema reads them.
    marks : mapping from path to (line, column)
        Where each entry begins: the key of an entry of a mapping, the first character of an item of a list.
    values : mapping from path to Spot
        Where each value begins.
    file : str
        Name as the user gave it.
    text : str
        The file as it is written.
    """

    data: Any
    marks: Mapping[Path, tuple[int, int]]
    values: Mapping[Path, Spot] = field(repr=False, default_factory=dict)
    file: str = ""
    text: str = field(repr=False, default="")

    def locate(self, path: Path, offset: int | None = None) -> tuple[int, int]:
        """Return line and column of an entry, or of a character of its value.

        Parameters
        ----------
        path : Path
            Where; when the document has no such entry, the nearest one above it.
        offset : int, optional
            Position in the text of the value, counted from zero.
        """
        there = self.existing(path)
        spot = self.values.get(there)
        # a short form stands for a mapping: `base: x + 1` for `base: {formula: x + 1}`
        if offset is not None and spot is not None and spot.style not in ("{", "["):
            return self._inside(spot, offset)
        return self.marks.get(there, (1, 1))

    def existing(self, path: Path) -> Path:
        """Return as much of a path as the document has."""
        return next((path[:length] for length in range(len(path), 0, -1) if path[:length] in self.marks), ())

    def _inside(self, spot: Spot, offset: int) -> tuple[int, int]:
        """Return the place of a character of a value; exact for values on one line, the first line for others."""
        if spot.style in ("|", ">"):
            lines = self.text.splitlines()
            below = lines[spot.line] if spot.line < len(lines) else ""
            return (spot.line + 1, len(below) - len(below.lstrip()) + 1 + offset) if below else (spot.line, spot.column)
        return spot.line, spot.column + offset + (1 if spot.style in ("'", '"') else 0)


@dataclass(frozen=True)
class Origins:
    """Where each part of a resolved document comes from: its own file, or the file of a document that it extends.

    Parameters
    ----------
    parts : mapping from path to (Document, path)
        The topmost paths of what was taken from each document; what lies below them comes with them.
    """

    parts: Mapping[Path, tuple[Document, Path]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> Origins:
        """Return the origins of a document that stands alone."""
        return cls({(): (document, ())})

    def find(self, path: Path) -> tuple[Document, Path] | None:
        """Return the document that holds an entry, and the entry's path in it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.parts:
                document, start = self.parts[path[:length]]
                return document, start + path[length:]
        return None

    def has(self, path: Path) -> bool:
        """Tell whether an entry stands in a file."""
        found = self.find(path)
        return found is not None and found[0].existing(found[1]) == found[1]

    def moved(self, path: Path, document: Document, source: Path) -> Origins:
        """Return origins in which what lies at `path` comes from `source` in `document`."""
        return Origins({**self.parts, path: (document, source)})

    def problem(
        self,
        path: Path,
        message: str,
        hint: str = "",
        severity: Severity = "error",
        offset: int | None = None,
    ) -> Problem:
        """Return a problem with an entry, or with the character at `offset` of its value, with its place."""
        found = self.find(path)
        if found is None:
            return Problem(message, path=show_path(path), hint=hint, severity=severity)
        document, source = found
        line, column = document.locate(source, offset)
        shown = show_path(document.existing(source))
        return Problem(message, document.file, line, column, shown, hint, severity)
