"""A document that was read, with the place of every entry; and the layers of which a resolved document is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
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


class Mark(NamedTuple):
    """Where an entry is written.

    Parameters
    ----------
    line, column : int
        Where it begins, counted from one: the key of an entry of a mapping, the first character of an item of a list.
    value_line, value_column : int
        Where its value begins.
    style : str
        ``""`` plain, ``"'"`` or ``'"'`` quoted, ``"|"`` or ``">"`` a block, ``"{"`` a mapping, ``"["`` a list.
    below : dict or list of Mark
        The marks of the entries of a mapping or a list; None for a single value.
    """

    line: int
    column: int
    value_line: int
    value_column: int
    style: str = ""
    below: Any = None


@dataclass(frozen=True)
class Document:
    """A file as data, with marks.

    Parameters
    ----------
    data : object
        Mappings, lists, text, numbers, booleans and None, as YAML 1.2's core schema reads them.
    top : Mark
        The marks, as a tree beside the data.
    file : str
        Name as the user gave it.
    text : str
        The file as it is written.
    """

    data: Any
    top: Mark = field(repr=False)
    file: str = ""
    text: str = field(repr=False, default="")

    @property
    def marks(self) -> Mapping[Path, tuple[int, int]]:
        """Line and column of every entry by its path."""
        return self._marks

    @cached_property
    def _marks(self) -> dict[Path, tuple[int, int]]:
        return {path: (mark.line, mark.column) for path, mark in self.entries()}

    def entries(self) -> Iterator[tuple[Path, Mark]]:
        """Yield every entry's path and mark, those above before those below."""
        stack: list[tuple[Path, Mark]] = [((), self.top)]
        while stack:
            path, mark = stack.pop()
            yield path, mark
            inside = mark.below.items() if isinstance(mark.below, dict) else enumerate(mark.below or ())
            stack.extend(reversed([((*path, part), one) for part, one in inside]))

    def find(self, path: Path) -> tuple[int, Mark]:
        """Return how much of a path the document has, and the mark of its last entry."""
        mark = self.top
        for number, part in enumerate(path):
            below: Any = mark.below
            names = isinstance(below, dict) and part in below
            if not names and not (isinstance(below, list) and isinstance(part, int) and part < len(below)):
                return number, mark
            mark = below[part]  # type: ignore[index]
        return len(path), mark

    def locate(self, path: Path, offset: int | None = None) -> tuple[int, int]:
        """Return line and column of an entry, or of a character of its value.

        Parameters
        ----------
        path : Path
            Where; when the document has no such entry, the nearest one above it.
        offset : int, optional
            Position in the text of the value, counted from zero.
        """
        mark = self.find(path)[1]
        # a short form stands for a mapping: `base: x + 1` for `base: {formula: x + 1}`
        if offset is None or mark.below is not None:
            return mark.line, mark.column
        return self._inside(mark, offset)

    def _inside(self, mark: Mark, offset: int) -> tuple[int, int]:
        """Return the place of a character of a value; exact for values on one line, the first line for others."""
        if mark.style in ("|", ">"):
            lines = self.text.splitlines()
            below = lines[mark.value_line] if mark.value_line < len(lines) else ""
            if below:
                return mark.value_line + 1, len(below) - len(below.lstrip()) + 1 + offset
            return mark.value_line, mark.value_column
        return mark.value_line, mark.value_column + offset + (1 if mark.style in ("'", '"') else 0)


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

    def documents(self) -> list[Document]:
        """Return the documents that parts come from: the document itself first, then what it extends."""
        found = [document for document, _ in self.parts.values()]
        own = self.parts.get(())
        return list({id(one): one for one in ([own[0]] if own else []) + found}.values())

    def has(self, path: Path) -> bool:
        """Tell whether an entry stands in a file."""
        found = self.find(path)
        return found is not None and found[0].find(found[1])[0] == len(found[1])

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
        shown = show_path(source[: document.find(source)[0]])
        return Problem(message, document.file, line, column, shown, hint, severity)
