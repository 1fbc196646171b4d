"""Checking the items of a bibliography: every problem at once, each with its line and what to write instead.

An item is a mapping with ``id``, ``type`` and the variables of CSL 1.0.2 (``title``, ``author``, ``issued`` ...), and
optionally ``passage``: how many sentences the passage has, their fingerprints, and how many clauses are told apart.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blocs.errors import Problem, Severity, nearest
from blocs.sources.citations import KEY_PATTERN
from blocs.sources.dates import date_from
from blocs.sources.fingerprints import DIGITS
from blocs.sources.items import DATE_FIELDS, NAME_FIELDS, TEXT_FIELDS, TYPES, Item, Name, PassageRecord, Value

Marks = Mapping[tuple[str | int, ...], tuple[int, int]]
"""Path from the top of a document -> (line, column), counted from one."""

MOST_PROBLEMS = 500
"""Nobody mends more at once, and finding near names for a hostile file would take minutes."""

# More text than that in one field is a document, not a reference.
_LONGEST_TEXT = 20_000
_FIELDS = TEXT_FIELDS | DATE_FIELDS | NAME_FIELDS | {"id", "type", "passage", "custom", "categories"}
_NAME_PARTS = {
    "family": "family",
    "given": "given",
    "non-dropping-particle": "particle",
    "dropping-particle": "particle",
    "suffix": "suffix",
    "literal": "literal",
}
# say how a name is to be treated, which the parts already tell
_NAME_FLAGS = frozenset(("comma-suffix", "static-ordering", "parse-names", "isInstitution"))
_NAME_HELP = "write {family: ..., given: ...} for a person, {literal: ...} for an institution"
_SENTENCE = re.compile(r"s([1-9]\d{0,5})")
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_ADDRESS = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_CLAUSES_AT_MOST = 26


def items_from_data(data: Any, marks: Marks, file: str) -> tuple[list[Item], list[Problem]]:
    """Make items of the data of a bibliography.

    Returns
    -------
    items : list of Item
        Every item that can be cited; what is wrong in it is left out of it, and told.
    problems : list of Problem
        In the order of the file; after `MOST_PROBLEMS` the rest are only mentioned.
    """
    checker = _Checker(marks, file)
    if not isinstance(data, Sequence) or isinstance(data, (str, bytes)):
        checker.say((), "a bibliography is a list of items, each `- id: key`, `type: book` and so on")
        return [], checker.problems
    items: list[Item] = []
    first_at: dict[str, int] = {}
    with contextlib.suppress(_TooMany):
        for index, raw in enumerate(data):
            item = checker.item(index, raw)
            if item is None:
                continue
            lower = item.key.lower()
            if lower in first_at:
                line = checker.position((first_at[lower], "id"))[0]
                where = f"on line {line}" if line else f"as item {first_at[lower] + 1}"
                checker.say((index, "id"), f"`{item.key}` is the id of a source {where} too (capitals do not count)")
                continue
            first_at[lower] = index
            items.append(item)
    return items, checker.problems


class _TooMany(Exception):
    """The file has so many problems that the rest is not worth checking."""


class _Checker:
    """Collects the problems of one file."""

    def __init__(self, marks: Marks, file: str) -> None:
        self.marks, self.file = marks, file
        self.problems: list[Problem] = []

    def position(self, path: tuple[str | int, ...]) -> tuple[int, int]:
        """Line and column of a part of the document, or of the nearest part above it that has one."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.marks:
                return self.marks[path[:length]]
        return 0, 0

    def say(self, path: tuple[str | int, ...], message: str, hint: str = "", severity: Severity = "error") -> None:
        line, column = self.position(path)
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{_short(part)}" for part in path).lstrip(".")
        if len(self.problems) >= MOST_PROBLEMS:
            self.problems.append(Problem("too many problems; what follows was not checked", self.file, line, column))
            raise _TooMany
        self.problems.append(Problem(message, self.file, line, column, shown, hint, severity))

    def near(self, name: Any, choices: Iterable[str]) -> str:
        """Return a hint for a misspelt name; none for the later ones of a file that is wrong throughout."""
        return nearest(str(name), choices) if len(str(name)) < 60 and len(self.problems) < 60 else ""

    def item(self, index: int, raw: Any) -> Item | None:
        """Return what is right of the item at `index`, or None when nothing could cite it; say what is wrong."""
        if not isinstance(raw, Mapping):
            self.say((index,), "an item is a mapping with `id`, `type`, `title` and so on")
            return None
        key = self._key(index, raw)
        kind = self._kind(index, raw)
        fields: list[tuple[str, Value]] = []
        passage = None
        for name, value in raw.items():
            path = (index, name)
            if name in ("id", "type", "custom", "categories"):
                continue
            if name == "passage":
                passage = self._passage(path, value)
            elif name in DATE_FIELDS:
                self._date(path, value, fields)
            elif name in NAME_FIELDS:
                people = self._people(path, value)
                if people:
                    fields.append((name, people))
            elif name in TEXT_FIELDS:
                text = self._text(path, value)
                if text:
                    fields.append((name, text))
            else:
                self.say(path, f"unknown field `{_short(str(name))}`", self.near(name, _FIELDS))
        item = Item(key, kind, tuple(fields), passage)
        self._whole(index, raw, item)
        return item if key else None

    def _key(self, index: int, raw: Mapping[str, Any]) -> str:
        key = raw.get("id")
        if key is None:
            self.say((index,), "the item has no `id`, so nothing can cite it")
            return ""
        key = str(key) if isinstance(key, int) and not isinstance(key, bool) else key
        if not isinstance(key, str) or not re.fullmatch(KEY_PATTERN, key):
            self.say((index, "id"), f"`{_short(str(key))}` cannot be an id", "use letters, digits and any of _ . : + -")
            return ""
        return key

    def _kind(self, index: int, raw: Mapping[str, Any]) -> str:
        kind = raw.get("type")
        if kind is None:
            self.say((index,), "the item has no `type`", "such as book, chapter, article-journal, report or webpage")
            return ""
        if not isinstance(kind, str) or kind not in TYPES:
            hint = self.near(kind, TYPES) or "use a type of CSL, such as book"
            self.say((index, "type"), f"unknown type `{_short(str(kind))}`", hint)
            return ""
        return kind

    def _whole(self, index: int, raw: Mapping[str, Any], item: Item) -> None:
        """Check what no single field can tell."""
        given = {name for name, _ in item.fields}
        if not raw.keys() & {"title", "genre"}:
            self.say((index,), "the item has no `title`", "a document without one needs a `genre`, such as Letter")
        if "issued" not in raw:
            self.say((index,), "the item has no date `issued`", "write `issued: n.d.` if it bears none", "warning")
        if item.type == "chapter" and "title" in given and not given & {"container-title", "volume-title"}:
            self.say((index,), "a chapter without `container-title`: which book is it in?", severity="warning")
        if item.type in ("article-journal", "article-newspaper") and "container-title" not in given:
            self.say((index,), f"`{item.type}` without `container-title`: where did it appear?", severity="warning")

    def _text(self, path: tuple[str | int, ...], value: Any) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.say(path, f"must be text, not {_kind_of(value)}")
            return ""
        value = " ".join(value.split())
        if not value:
            self.say(path, "is empty", "leave the field out", "warning")
        elif len(value) > _LONGEST_TEXT:
            self.say(path, f"is longer than {_LONGEST_TEXT:,} characters")
            return ""
        check = {"URL": self._address, "DOI": self._doi, "ISBN": self._isbn}.get(str(path[-1]))
        return check(path, value) if check and value else value

    def _address(self, path: tuple[str | int, ...], value: str) -> str:
        if not re.match(r"https?://[^\s/]+", value) or " " in value:
            self.say(path, f"`{_short(value)}` is no address", "it begins with https:// and has no spaces")
        return value

    def _doi(self, path: tuple[str | int, ...], value: str) -> str:
        value = _DOI_ADDRESS.sub("", value)
        if not _DOI.fullmatch(value):
            self.say(path, f"`{_short(value)}` is no DOI", "it looks like 10.1000/abc")
        return value

    def _isbn(self, path: tuple[str | int, ...], value: str) -> str:
        for one in value.replace(",", " ").split():
            digits = one.replace("-", "").upper()
            if not _isbn_is_right(digits):
                self.say(path, f"`{_short(one)}` is no ISBN: its check digit is wrong", "look it up again", "warning")
        return value

    def _date(self, path: tuple[str | int, ...], value: Any, fields: list[tuple[str, Value]]) -> None:
        try:
            fields.append((str(path[-1]), date_from(value)))
        except ValueError as error:
            self.say(path, str(error))

    def _people(self, path: tuple[str | int, ...], value: Any) -> tuple[Name, ...]:
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            self.say(path, f"must be a list of names, not {_kind_of(value)}", _NAME_HELP)
            return ()
        people: list[Name] = []
        for index, raw in enumerate(value):
            place = (*path, index)
            if not isinstance(raw, Mapping):
                self.say(place, f"must be a name, not {_kind_of(raw)}", _NAME_HELP)
                continue
            parts: dict[str, str] = {}
            for name, part in raw.items():
                if name in _NAME_FLAGS:
                    continue
                if name not in _NAME_PARTS:
                    hint = self.near(name, _NAME_PARTS) or _NAME_HELP
                    self.say((*place, name), f"`{_short(str(name))}` is no part of a name", hint)
                elif not isinstance(part, str):
                    self.say((*place, name), f"must be text, not {_kind_of(part)}")
                elif part.strip():
                    known = parts.get(_NAME_PARTS[name], "")
                    parts[_NAME_PARTS[name]] = f"{known} {' '.join(part.split())}".strip()
            if parts.get("family") or parts.get("literal"):
                people.append(Name(**parts))
            elif not any(isinstance(raw.get(name), (int, float, Mapping, list)) for name in ("family", "literal")):
                self.say(place, "a name needs `family` or `literal`", _NAME_HELP)
        return tuple(people)

    def _passage(self, path: tuple[str | int, ...], value: Any) -> PassageRecord | None:
        if not isinstance(value, Mapping):
            self.say(path, "must be a mapping with `sentences` and `fingerprints`")
            return None
        for name in value.keys() - {"sentences", "fingerprints", "clauses"}:
            hint = self.near(name, ("sentences", "fingerprints", "clauses"))
            self.say((*path, name), f"unknown field `{_short(str(name))}`", hint)
        count = value.get("sentences")
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            self.say((*path, "sentences"), "must be the number of sentences of the passage, at least 1")
            return None
        prints = self._by_sentence((*path, "fingerprints"), value.get("fingerprints", {}), count)
        for number, print_ in list(prints.items()):
            if not isinstance(print_, str) or not _FINGERPRINT.fullmatch(print_):
                hint = "`blocs sources attach` prints it" if isinstance(print_, str) else "put it in quotation marks"
                self.say((*path, "fingerprints", f"s{number}"), f"must be {DIGITS} hexadecimal digits", hint)
                del prints[number]
        clauses = self._by_sentence((*path, "clauses"), value.get("clauses", {}), count)
        for number, clause in list(clauses.items()):
            if isinstance(clause, bool) or not isinstance(clause, int) or not 1 <= clause <= _CLAUSES_AT_MOST:
                self.say((*path, "clauses", f"s{number}"), f"must be a number of clauses from 1 to {_CLAUSES_AT_MOST}")
                del clauses[number]
        return PassageRecord(count, tuple(sorted(prints.items())), tuple(sorted(clauses.items())))

    def _by_sentence(self, path: tuple[str | int, ...], value: Any, count: int) -> dict[int, Any]:
        if not isinstance(value, Mapping):
            self.say(path, "must be a mapping s1: ..., s2: ...")
            return {}
        numbered: dict[int, Any] = {}
        for name, part in value.items():
            found = _SENTENCE.fullmatch(str(name))
            if found is None:
                self.say((*path, name), f"`{_short(str(name))}` is no sentence", "write s1, s2 ...")
            elif int(found[1]) > count:
                self.say((*path, name), f"the passage has only {count} sentences")
            else:
                numbered[int(found[1])] = part
        return numbered


def _isbn_is_right(digits: str) -> bool:
    """Check the last digit of an ISBN of ten or thirteen digits."""
    if re.fullmatch(r"\d{13}", digits):
        return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"\d{9}[\dX]", digits):
        values = [10 if digit == "X" else int(digit) for digit in digits]
        return sum(value * (10 - place) for place, value in enumerate(values)) % 11 == 0
    return False


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (int, float)):
        return "a number"
    return "text" if isinstance(value, str) else "a list"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
