"""Reading BibTeX into the fields of CSL-JSON, in one pass, with the line of every mistake.

Values of ``@string`` may double each other; their length is bounded, so that a small file cannot fill the memory.
"""

from __future__ import annotations

import re
from typing import Any

from blocs.errors import Problem
from blocs.sources.tex import decode

# As long as any field may be; see `blocs.sources.validation`.
_LONGEST_VALUE = 20_000
_MOST_PROBLEMS = 200

_NAME = re.compile(r"[^\s\"#%'(),={}]+")
_KEY = re.compile(r"[^\s,}]+")
_SPACE = re.compile(r"(?:\s+|%[^\n]*)*+")
_BRACE = re.compile(r"[{}]")
_QUOTE_OR_BRACE = re.compile(r"[{}\"]")
_NEXT_ENTRY = re.compile(r"^[ \t]*@", re.MULTILINE)
_MONTHS = ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December")  # fmt: skip

_TYPES = {
    "article": "article-journal", "book": "book", "mvbook": "book", "booklet": "pamphlet", "inbook": "chapter",
    "incollection": "chapter", "collection": "book", "proceedings": "book", "inproceedings": "paper-conference",
    "conference": "paper-conference", "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis",
    "techreport": "report", "report": "report", "manual": "report", "unpublished": "manuscript", "online": "webpage",
    "electronic": "webpage", "www": "webpage", "dataset": "dataset", "software": "software", "misc": "document",
    "inreference": "entry-encyclopedia", "letter": "personal_communication", "patent": "patent",
}  # fmt: skip
_FIELDS = {
    "journal": "container-title", "journaltitle": "container-title", "booktitle": "container-title",
    "maintitle": "container-title", "publisher": "publisher", "institution": "publisher", "school": "publisher",
    "organization": "publisher", "address": "publisher-place", "location": "publisher-place", "volume": "volume",
    "edition": "edition", "series": "collection-title", "chapter": "chapter-number", "isbn": "ISBN", "issn": "ISSN",
    "note": "note", "type": "genre", "version": "version", "abstract": "abstract", "language": "language",
}  # fmt: skip

Place = tuple[int, int]
Marks = dict[tuple[str | int, ...], Place]


def from_bibtex(text: str, file: str = "") -> tuple[list[dict[str, Any]], Marks, list[Problem]]:
    """Read BibTeX.

    Parameters
    ----------
    text : str
    file : str
        Name of the file, for the problems.

    Returns
    -------
    items : list of dict
        CSL-JSON items, not validated yet.
    marks : dict
        ``(index,)`` -> (line, column) of each entry.
    problems : list of Problem
        Mistakes of syntax. An entry that is broken is left out.

    Notes
    -----
    Cost: linear in the length of the text.
    """
    parser = _Parser(text, file)
    parser.run()
    items = [_item(kind, key, fields) for kind, key, fields, _ in parser.entries]
    marks: Marks = {(index,): place for index, (_, _, _, place) in enumerate(parser.entries)}
    return items, marks, parser.problems


class _Stop(Exception):
    """The file is broken from here to its end."""


class _Broken(Exception):
    """The entry is broken; the next may be read."""


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self.text, self.file, self.at = text, file, 0
        self.entries: list[tuple[str, str, dict[str, str], Place]] = []
        self.problems: list[Problem] = []
        self.macros = {name[:3].lower(): name for name in _MONTHS}
        self._line, self._newline, self._counted = 1, -1, 0

    def run(self) -> None:
        """Read all entries."""
        while len(self.problems) < _MOST_PROBLEMS:
            at = self.text.find("@", self.at)
            if at < 0:
                return
            self.at = at + 1
            try:
                self.command(at)
            except _Broken:
                following = _NEXT_ENTRY.search(self.text, self.at)
                if following is None:
                    return
                self.at = following.end() - 1
            except _Stop:
                return

    def place(self, at: int) -> Place:
        """Line and column of a position; lines before the last position asked for are not counted again."""
        if at < self._counted:
            self._line, self._newline, self._counted = 1, -1, 0
        self._line += self.text.count("\n", self._counted, at)
        self._newline = max(self._newline, self.text.rfind("\n", self._counted, at))
        self._counted = at
        return self._line, at - self._newline

    def say(self, at: int, message: str) -> None:
        line, column = self.place(at)
        self.problems.append(Problem(message, self.file, line, column))

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def expect(self, sign: str, after: str) -> None:
        self.space()
        if not self.text.startswith(sign, self.at):
            self.say(self.at, f"`{sign}` expected after {after}")
            raise _Broken
        self.at += 1

    def command(self, start: int) -> None:
        name = _NAME.match(self.text, self.at)
        if name is None:
            return  # an @ in free text between entries
        self.at = name.end()
        self.space()
        opening = self.text[self.at : self.at + 1]
        if opening not in ("{", "("):
            return
        place = self.place(start)
        closing = "}" if opening == "{" else ")"
        kind = name[0].lower()
        if kind in ("comment", "preamble"):
            if opening == "{":
                self.braced()
            return
        self.at += 1
        self.space()
        fields: dict[str, str] = {}
        if kind == "string":
            key, value = self.field("`@string{`")
            self.macros[key.lower()] = value
        else:
            key = self.match(_KEY, "a key")
            fields = self.fields(closing)
        self.expect(closing, f"the fields of `{key[:60]}`")
        if kind != "string":
            self.entries.append((kind, key, fields, place))

    def match(self, pattern: re.Pattern[str], what: str) -> str:
        self.space()
        found = pattern.match(self.text, self.at)
        if found is None:
            self.say(self.at, f"{what} expected")
            raise _Broken
        self.at = found.end()
        return found[0]

    def fields(self, closing: str) -> dict[str, str]:
        fields: dict[str, str] = {}
        while True:
            self.space()
            if not self.text.startswith(",", self.at):
                return fields
            self.at += 1
            self.space()
            if self.text.startswith(closing, self.at):
                return fields
            at = self.at
            name, value = self.field("a comma")
            if name.lower() in fields:
                self.say(at, f"the field `{name[:60]}` is given twice")
            fields[name.lower()] = value

    def field(self, after: str) -> tuple[str, str]:
        name = self.match(_NAME, f"the name of a field after {after}")
        self.expect("=", f"`{name[:60]}`")
        parts = [self.part()]
        length = len(parts[0])
        while True:
            self.space()
            if length > _LONGEST_VALUE:
                self.say(self.at, f"the value of `{name[:60]}` is longer than {_LONGEST_VALUE:,} characters")
                raise _Broken
            if not self.text.startswith("#", self.at):
                return name, "".join(parts)
            self.at += 1
            parts.append(self.part())
            length += len(parts[-1])

    def part(self) -> str:
        self.space()
        start, first = self.at, self.text[self.at : self.at + 1]
        if first == "{":
            return self.braced()
        if first == '"':
            return self.quoted()
        word = self.match(_NAME, "a value")
        if word.isdigit():
            return word
        if word.lower() not in self.macros:
            self.say(start, f"`{word[:60]}` is defined by no @string; put text in braces")
            return ""
        return self.macros[word.lower()]

    def braced(self) -> str:
        start, depth = self.at, 0
        for found in _BRACE.finditer(self.text, start):
            depth += 1 if found[0] == "{" else -1
            if depth == 0:
                self.at = found.end()
                return self.text[start + 1 : found.start()]
        self.say(start, "this brace is never closed; the rest of the file was not read")
        raise _Stop

    def quoted(self) -> str:
        start, depth = self.at, 0
        for found in _QUOTE_OR_BRACE.finditer(self.text, start + 1):
            if found[0] == '"' and depth == 0:
                self.at = found.end()
                return self.text[start + 1 : found.start()]
            depth += {"{": 1, "}": -1}.get(found[0], 0)
        self.say(start, "this quotation mark is never closed; the rest of the file was not read")
        raise _Stop


def _item(kind: str, key: str, fields: dict[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {"id": key, "type": _TYPES.get(kind, "document")}
    if kind == "misc" and fields.get("url"):
        item["type"] = "webpage"
    title = ": ".join(decode(fields[name]) for name in ("title", "subtitle") if fields.get(name))
    if title:
        item["title"] = title
    for name in ("author", "editor", "translator"):
        people = [_name(one) for one in _split_names(fields.get(name, ""))]
        if people:
            item[name] = people
    issued = _issued(fields)
    if issued is not None:
        item["issued"] = issued
    for name, target in _FIELDS.items():
        if fields.get(name) and target not in item:
            item[target] = decode(fields[name])
    number = decode(fields.get("number", "") or fields.get("issue", ""))
    if number:
        article, series = item["type"] == "article-journal", "series" in fields
        item["issue" if article else "collection-number" if series else "number"] = number
    if fields.get("pages"):
        item["page"] = re.sub(r"\s*[-–—]+\s*", "-", decode(fields["pages"]))
    for name, target in (("doi", "DOI"), ("url", "URL")):
        if fields.get(name):
            item[target] = re.sub(r"\\([_%&#~$])", r"\1", fields[name]).strip()
    how = re.search(r"https?://[^\s{}\\]+", fields.get("howpublished", ""))
    if how and "URL" not in item:
        item["URL"] = how[0]
    elif fields.get("howpublished") and not how:
        item.setdefault("publisher", decode(fields["howpublished"]))
    if re.fullmatch(r"\d{4}(-\d\d?){0,2}", fields.get("urldate", "").strip()):
        item["accessed"] = fields["urldate"].strip()
    if kind == "mastersthesis":
        item.setdefault("genre", "Master's thesis")
    elif kind == "phdthesis":
        item.setdefault("genre", "Doctoral dissertation")
    return item


def _issued(fields: dict[str, str]) -> Any:
    if fields.get("date"):
        return decode(fields["date"]).replace("–", "-")
    year = decode(fields.get("year", ""))
    found = re.search(r"\d{4}", year)
    if found is None:
        return {"literal": year} if year else None
    parts = [int(found[0])]
    month = decode(fields.get("month", ""))
    names = [index for index, name in enumerate(_MONTHS, 1) if name[:3].lower() in month.lower()]
    if names:
        parts.append(names[0])
        day = re.search(r"\b\d{1,2}\b", month) or re.fullmatch(r"\s*(\d{1,2})\s*", fields.get("day", ""))
        if day:
            parts.append(int(day[0]))
    elif re.fullmatch(r"\d{1,2}", month):
        parts.append(int(month))
    return {"date-parts": [parts]}


def _outside_braces(text: str) -> str:
    """Return the text with everything inside braces blanked, so that separators can be searched for."""
    kept, depth = [], 0
    for character in text:
        if character == "}":
            depth = max(0, depth - 1)
        kept.append(character if depth == 0 and character not in "{}" else "\0")
        if character == "{":
            depth += 1
    return "".join(kept)


def _split_names(text: str) -> list[str]:
    text = " ".join(text.split())
    names, start = [], 0
    for found in re.finditer(r" and ", _outside_braces(text)):
        names.append(text[start : found.start()])
        start = found.end()
    return [name for name in (*names, text[start:]) if name.strip() and name.strip() != "others"]


def _name(text: str) -> dict[str, str]:
    """Read one name in the three forms of BibTeX: ``First von Last``, ``von Last, First``, ``von Last, Jr, First``."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}") and set(_outside_braces(text)) == {"\0"}:
        return {"literal": decode(text)}
    outside, cuts = _outside_braces(text), [0]
    cuts += [found.end() for found in re.finditer(",", outside)]
    parts = [text[low:high].rstrip(", ").strip() for low, high in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    if len(parts) > 1:
        family, given, suffix = parts[0], parts[-1], parts[1] if len(parts) > 2 else ""
    else:
        words = _words(text)
        lower = next((index for index, word in enumerate(words[:-1]) if word[:1].islower()), len(words) - 1)
        family, given, suffix = " ".join(words[lower:]), " ".join(words[:lower]), ""
    words = _words(family)
    small = 0
    while small < len(words) - 1 and words[small][:1].islower():
        small += 1
    name = {
        "family": decode(" ".join(words[small:])),
        "given": decode(given),
        "non-dropping-particle": decode(" ".join(words[:small])),
        "suffix": decode(suffix),
    }
    return {part: value for part, value in name.items() if value}


def _words(text: str) -> list[str]:
    words, start = [], 0
    for found in re.finditer(" ", _outside_braces(text)):
        words.append(text[start : found.start()])
        start = found.end()
    return [word for word in (*words, text[start:]) if word]
