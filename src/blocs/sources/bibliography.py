"""The bibliography of a case: a list of sources in the fields of CSL-JSON, validated, with all problems at once.

It is written as YAML (as the cases are), or taken from a reference manager as CSL-JSON or BibTeX.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from blocs.errors import InputError, Problem, nearest
from blocs.sources.items import Item
from blocs.sources.validation import Marks, items_from_data

# A bibliography of 1 MB holds more than two thousand sources.
MOST_BYTES = 1_000_000


class DocumentLike(Protocol):
    """What a reader of YAML gives: data, and where each part of them stands in the file."""

    @property
    def data(self) -> Any:
        """Plain lists, mappings, text and numbers."""
        ...

    @property
    def marks(self) -> Marks:
        """Path from the top of the document -> (line, column), counted from one."""
        ...


@dataclass(frozen=True)
class Bibliography:
    """Sources by key, in the order of the file.

    Parameters
    ----------
    items : tuple of Item
    file : str
        Name of the file as the user gave it; empty when there was none.
    """

    items: tuple[Item, ...] = ()
    file: str = ""

    @cached_property
    def _by_key(self) -> dict[str, Item]:
        return {item.key: item for item in self.items}

    def __contains__(self, key: object) -> bool:
        """Tell whether there is a source of that key."""
        return key in self._by_key

    def __iter__(self) -> Iterator[Item]:
        """Go through the sources in the order of the file."""
        return iter(self.items)

    def __len__(self) -> int:
        """Count the sources."""
        return len(self.items)

    def __getitem__(self, key: str) -> Item:
        """Return the source of that key; `InputError` names the nearest key when there is none."""
        if key in self._by_key:
            return self._by_key[key]
        where = self.file or "the bibliography"
        raise InputError(Problem(f"`{key}` is not in {where}", hint=nearest(key, self.keys())))

    def keys(self) -> tuple[str, ...]:
        """Keys of all sources."""
        return tuple(item.key for item in self.items)

    def only(self, keys: Iterable[str]) -> Bibliography:
        """Return the sources with these keys, in the order of this bibliography; unknown keys are passed over."""
        wanted = set(keys)
        return Bibliography(tuple(item for item in self.items if item.key in wanted), self.file)

    def joined(self, other: Bibliography) -> Bibliography:
        """Return these sources and those of `other` whose keys are new."""
        known = set(self.keys())
        return Bibliography(self.items + tuple(item for item in other if item.key not in known), self.file)

    def to_csl_json(self) -> list[dict[str, object]]:
        """Return the sources as plain CSL-JSON data."""
        return [item.to_json() for item in self.items]

    def to_bibtex(self) -> str:
        """Return the sources as BibTeX, entries in the order of the file, keys unchanged."""
        from blocs.sources.bibtex import to_bibtex

        return to_bibtex(self.items)

    def format(self, style: str = "apa") -> list[str]:
        """Return one reference per source, in the order of a list of references.

        Parameters
        ----------
        style : {"apa"}
            APA, 7th edition.
        """
        if style != "apa":
            raise InputError(f"no style `{_short(style)}`; references are written in the style `apa`")
        from blocs.sources.apa import reference_list

        return reference_list(self.items)


def bibliography_from_data(data: Any, marks: Marks | None = None, file: str = "") -> tuple[Bibliography, list[Problem]]:
    """Check data that were read from a file and make a bibliography of them.

    Parameters
    ----------
    data : list of mappings
        Items of CSL-JSON; see `blocs.sources.validation`.
    marks : mapping, optional
        Path from the top, such as ``(3, "author", 0)`` -> (line, column).
    file : str
        Name of the file, for the problems.

    Returns
    -------
    bibliography : Bibliography
        The items that can be cited, without their wrong parts.
    problems : list of Problem
        Everything that is wrong, errors and warnings, in the order of the file.
    """
    items, problems = items_from_data(data, marks or {}, file)
    return Bibliography(tuple(items), file), problems


def bibliography_from_json(text: str, file: str = "") -> tuple[Bibliography, list[Problem]]:
    """Read CSL-JSON; see `bibliography_from_data`."""
    try:
        data, marks = _read_json(text, file)
    except InputError as error:
        return Bibliography(file=file), list(error.problems)
    return bibliography_from_data(data, marks, file)


def bibliography_from_bibtex(text: str, file: str = "") -> tuple[Bibliography, list[Problem]]:
    """Read BibTeX; see `bibliography_from_data`."""
    from blocs.sources.bibtex_reader import from_bibtex

    data, marks, problems = from_bibtex(text, file)
    bibliography, more = bibliography_from_data(data, marks, file)
    return bibliography, [*problems, *more]


def read_bibliography(
    path: str | Path, read_yaml: Callable[[Path], DocumentLike] | None = None
) -> tuple[Bibliography, list[Problem]]:
    """Read a bibliography from a ``.yaml``, ``.json`` (CSL-JSON) or ``.bib`` (BibTeX) file.

    Parameters
    ----------
    path : path
    read_yaml : callable, optional
        Reader of YAML files; ``blocs.language`` gives its own, which knows lines and refuses hostile files.

    Returns
    -------
    bibliography, problems
        As `bibliography_from_data`; a file that cannot be read at all is one problem and an empty bibliography.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    try:
        if suffix in (".yaml", ".yml"):
            if read_yaml is None:
                raise InputError(
                    Problem("a YAML file needs a reader, such as that of `blocs.language`", file=str(path))
                )
            document = read_yaml(path)
            return bibliography_from_data(document.data, document.marks, str(path))
        if suffix == ".json":
            return bibliography_from_json(_text_of(path), str(path))
        if suffix == ".bib":
            return bibliography_from_bibtex(_text_of(path), str(path))
        raise InputError(Problem(f"`{path.name}` is no bibliography", file=str(path), hint="use .yaml, .json or .bib"))
    except InputError as error:
        return Bibliography(file=str(path)), list(error.problems)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(Problem(f"larger than {MOST_BYTES:,} bytes; split it", file=str(path)))
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(Problem("is not UTF-8", file=str(path), line=line, hint="save it as UTF-8")) from error


def _read_json(text: str, file: str) -> tuple[list[Any], dict[tuple[str | int, ...], tuple[int, int]]]:
    """Read a JSON list, remembering the line on which each element begins."""

    def pairs(found: list[tuple[str, Any]]) -> Mapping[str, Any]:
        data = dict(found)
        if len(data) < len(found):
            twice = next(name for name, times in Counter(name for name, _ in found).items() if times > 1)
            raise ValueError(f"`{_short(twice)}` is given twice in one item")
        return data

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no value of a bibliography")

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=refuse)
    elements: list[Any] = []
    marks: dict[tuple[str | int, ...], tuple[int, int]] = {(): (1, 1)}
    place, line, newline, counted = _after_space(text, 0), 1, -1, 0
    if text[place : place + 1] != "[":
        raise InputError(Problem('a bibliography is a list of items: `[{"id": ...}, ...]`', file=file, line=1))
    place = _after_space(text, place + 1)
    try:
        while text[place : place + 1] != "]":
            line += text.count("\n", counted, place)
            newline = max(newline, text.rfind("\n", counted, place))
            counted = place
            marks[(len(elements),)] = (line, place - newline)
            element, place = decoder.raw_decode(text, place)
            elements.append(element)
            place = _after_space(text, place)
            if text[place : place + 1] == ",":
                place = _after_space(text, place + 1)
                if text[place : place + 1] == "]":
                    raise json.JSONDecodeError("Expecting an item after ','", text, place)
                continue
            if text[place : place + 1] != "]":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, place)
        place = _after_space(text, place + 1)
        if place < len(text):
            raise json.JSONDecodeError("Extra data", text, place)
    except json.JSONDecodeError as error:
        problem = Problem(f"not valid JSON: {error.msg}", file=file, line=error.lineno, column=error.colno)
        raise InputError(problem) from error
    except ValueError as error:
        raise InputError(Problem(str(error), file=file, line=line)) from error
    except RecursionError as error:
        raise InputError(Problem("nested too deeply", file=file, line=line)) from error
    return elements, marks


def _after_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
