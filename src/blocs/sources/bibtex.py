"""Sources as BibTeX: what to put in the bibliography of a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable

from blocs.sources.items import Item, Name
from blocs.sources.tex import encode, encode_title

_ENTRY = {
    "article-journal": "article",
    "article-magazine": "article",
    "article-newspaper": "article",
    "review": "article",
    "review-book": "article",
    "book": "book",
    "classic": "book",
    "collection": "book",
    "chapter": "incollection",
    "entry": "incollection",
    "entry-dictionary": "incollection",
    "entry-encyclopedia": "incollection",
    "paper-conference": "inproceedings",
    "pamphlet": "booklet",
    "report": "techreport",
    "thesis": "phdthesis",
    "manuscript": "unpublished",
    "personal_communication": "unpublished",
    "interview": "unpublished",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def to_bibtex(items: Iterable[Item]) -> str:
    """Write sources as BibTeX entries.

    Parameters
    ----------
    items : iterable of Item
        Keys are kept, so that what a paper cites stays the same from one export to the next.

    Returns
    -------
    str
        Entries separated by empty lines; ASCII except for scripts that TeX's accents cannot write.
    """
    return "\n\n".join(_entry(item) for item in items) + "\n"


def _entry(item: Item) -> str:
    kind = _ENTRY.get(item.type, "misc")
    if item.type == "thesis" and "master" in item.text("genre").lower():
        kind = "mastersthesis"
    if kind == "book" and not item.text("publisher") and item.text("URL"):
        kind = "misc"
    lines = [f"  {name} = {value}" for name, value in _fields(item, kind) if value not in ("", "{}", "{{}}")]
    return f"@{kind}{{{item.key},\n" + ",\n".join(lines) + "\n}"


def _fields(item: Item, kind: str) -> Iterable[tuple[str, str]]:
    yield "author", _braced(_people(item.names("author")))
    editors = _people(item.names("editor") or item.names("collection-editor"))
    yield "editor", _braced(editors)
    yield "title", _braced(encode_title(item.title))
    # styles leave the names of journals, books and series as they are: no capitals to protect
    container = encode(item.text("container-title", "volume-title", "event-title"))
    if kind == "article":
        yield "journal", _braced(container)
    elif kind in ("incollection", "inproceedings"):
        yield "booktitle", _braced(container)
    publisher = encode(item.text("publisher"))
    place = {"techreport": "institution", "phdthesis": "school", "mastersthesis": "school"}.get(kind, "publisher")
    if kind in ("misc", "unpublished", "booklet"):
        yield "howpublished", _braced(container or publisher or encode(item.text("archive")))
    elif kind == "article" and not container:
        yield "journal", _braced(publisher)
    else:
        yield place, _braced(f"{{{publisher}}}" if " and " in publisher else publisher)
    yield "address", _braced(encode(item.text("publisher-place", "event-place", "archive-place")))
    yield from _date(item)
    yield "volume", _braced(encode(item.text("volume")))
    numbers = [item.text(name) for name in ("issue", "number", "collection-number", "version")]
    number = next((one for one in numbers if one), "")
    yield "number", _braced(encode(number))
    yield "series", _braced(encode(item.text("collection-title")))
    yield "edition", _braced(encode(item.text("edition")))
    yield "chapter", _braced(encode(item.text("chapter-number")))
    # articles of electronic journals have a number instead of pages
    pages = item.text("page") or (item.text("number") if kind == "article" and number != item.text("number") else "")
    yield "pages", _braced(re.sub(r"\s*[-–]+\s*", "--", encode(pages)))
    if item.text("title"):
        yield "type", _braced(encode(item.text("genre"))) if kind != "article" else ""
    yield "isbn", _braced(encode(item.text("ISBN")))
    yield "issn", _braced(encode(item.text("ISSN")))
    yield "doi", _braced(_address(item.text("DOI")))
    yield "url", _braced(_address(item.text("URL")))
    accessed = item.date("accessed")
    if accessed and accessed.start:
        yield "urldate", _braced("-".join(f"{part:02d}" for part in accessed.start))
    yield "note", _braced(". ".join(part for part in _notes(item, kind) if part))


def _notes(item: Item, kind: str) -> Iterable[str]:
    issued = item.date()
    if kind == "unpublished":
        yield encode(item.text("archive_collection"))
        yield encode(item.text("archive_location", "call-number"))
    if issued and len(issued.start) > 2 and item.type != "article-journal":
        yield f"{issued.start[2]} {_month_name(issued.start[1])} {issued.start[0]}"
    yield encode(item.text("note"))


def _date(item: Item) -> Iterable[tuple[str, str]]:
    issued = item.date()
    if issued is None or (not issued.start and not issued.literal):
        yield "year", "{n.d.}"
        return
    if issued.literal:
        yield "year", _braced(encode(issued.literal))
        return
    years = dict.fromkeys(str(part[0]) for part in (issued.start, issued.end) if part)
    yield "year", _braced(("ca. " if issued.circa else "") + "--".join(years))
    if len(issued.start) > 1:
        yield "month", _MONTHS[issued.start[1] - 1]


def _month_name(month: int) -> str:
    names = "January February March April May June July August September October November December"
    return names.split()[month - 1]


def _people(names: Iterable[Name]) -> str:
    return " and ".join(_person(name) for name in names)


def _person(name: Name) -> str:
    if name.literal:
        return f"{{{encode(name.literal)}}}"
    parts = [_protected(" ".join(part for part in (name.particle, name.family) if part))]
    if name.suffix:
        parts.append(_protected(name.suffix))
    if name.given:
        parts.append(_protected(name.given))
    return ", ".join(parts)


def _protected(part: str) -> str:
    """Keep commas and the word `and` inside a name from being read as separators."""
    return f"{{{encode(part)}}}" if re.search(r",|\band\b", part) else encode(part)


def _address(text: str) -> str:
    """Leave an address as it is, except what would unbalance or end the field."""
    return text.replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D")


def _braced(text: str) -> str:
    return f"{{{text}}}"
