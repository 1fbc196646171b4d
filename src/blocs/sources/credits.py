"""Who wrote a document and where it was printed: the line below a quotation, and the line with the author's name."""

from __future__ import annotations

import re
from dataclasses import dataclass

# References are shorter; a longer paragraph with years and pages in it is running text.
_MOST_WORDS = 80
_DASH = re.compile(r"^\s*(?:[—–]|--+|-\s)\s*")
_LABEL = re.compile(
    r"^\(?(?:source|from|quoted (?:in|from)|excerpt(?:ed)? from|citation|reference|cited in):?\s+", re.I
)
# without a year or a dash or label in front no reference is recognised: most lines need no closer look
_MAYBE = re.compile(r"^\W|^\(?(?:source|from|quoted|excerpt|citation|reference|cited)|[12]\d{3}", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_PAGES = re.compile(r"\b(?:pp?|pages?)\.?\s*([A-Z]?\d+[\dA-Za-z,\s–-]*|[ivxlc]+(?:[-–][ivxlc]+)?)\b", re.IGNORECASE)
_IMPRINT = re.compile(
    r"\b(?:press|publish(?:ers|ing)|books|verlag|university|editions|éditions|journal|review|quarterly|vol\.|no\.|eds?\.|"
    r"isbn|doi|archiv\w*|bulletin|working paper)",
    re.IGNORECASE,
)
_PUBLISHER = re.compile(
    r"\b(?:press|publish(?:ers|ing)|books|verlag|university|editions|éditions|institute|sons)\b", re.I
)
_EDITORS = re.compile(r"\s*\((?:eds?\.?|editors?|hrsg\.?)\)\.?$", re.IGNORECASE)
_ENDS_AS_REFERENCE = re.compile(r"(?:\d{4}|\d+|[ivxlc]+)[a-z]?[)\]]*\.?$")
_BYLINE = re.compile(
    r"^(?:(?:published|posted|written|uploaded|submitted)\s+by|by|author:?|text:|words:|reported by)\s+(.{2,120}?)"
    r"(?:\s+(?:on|at|·|\||—|–)\s+.{0,60}\d.{0,40})?$",
    re.IGNORECASE,
)
_DATED_BYLINE = re.compile(r"^(?:posted|published)\s+on\s+.{4,30}?\s+by\s+(.{2,80})$", re.IGNORECASE)
_SPLIT = re.compile(r"(?<![A-Z])(?<!\b[A-Z]\.)\.\s+(?=[\w“‘(])|\.\)\.?\s+(?=\d)")


@dataclass(frozen=True)
class SourceLine:
    """The line that says where a text was printed, taken apart as far as it can be.

    Parameters
    ----------
    text : str
        The whole line, without the dash before it.
    authors, title, publisher, place, year, pages : str
        Parts recognised; empty where they were not. They are a help for writing the item of the bibliography, no more.
    """

    text: str
    authors: str = ""
    title: str = ""
    publisher: str = ""
    place: str = ""
    year: str = ""
    pages: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the parts that were recognised."""
        names = ("text", "authors", "title", "publisher", "place", "year", "pages")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def source_line(text: str, after_quotation: bool, marked: bool = False) -> SourceLine | None:
    """Read a paragraph as a reference, if it is one.

    Parameters
    ----------
    text : str
    after_quotation : bool
        The paragraph before it was quoted.
    marked : bool
        The format itself says so, as ``<cite>`` does in a quotation of a web page.

    Returns
    -------
    SourceLine or None
    """
    if len(text) > 1_000 or not (marked or _MAYBE.search(text)) or len(text.split()) > _MOST_WORDS:
        return None
    dash, label = _DASH.match(text), _LABEL.match(text)
    year, pages, imprint = _YEAR.search(text), _PAGES.search(text), len(_IMPRINT.findall(text))
    introduced = dash is not None or (label is not None and text.rstrip(" .)")[-1:].isdigit())
    if marked or (introduced and year and (pages or imprint or after_quotation)):
        return _parts(text)
    if introduced and after_quotation and len(text.split()) <= 12 and not text.rstrip().endswith((".", "!", "?")):
        return _parts(text)
    if year and pages and imprint and _ENDS_AS_REFERENCE.search(text):
        return _parts(text)
    return None


def byline(text: str) -> str:
    """Return the name in a line that only says who wrote or published the page, or an empty string."""
    if len(text) > 200 or text.endswith((".", "!", "?", ":", ";", ",")):
        return ""
    found = _DATED_BYLINE.match(text) or _BYLINE.match(text)
    if found is None:
        return ""
    name = found[1].strip()
    capitals = [word for word in re.findall(r"[^\W\d_][\w.'’-]*", name) if word[0].isupper()]
    # a name is mostly capitalised words; "By the end of the year" is not
    return name if len(capitals) * 2 >= len(name.split()) and len(name.split()) <= 10 else ""


def _parts(text: str) -> SourceLine:
    whole = _LABEL.sub("", _DASH.sub("", text)).strip()
    pieces = [piece.strip(" .,;") for piece in _SPLIT.split(whole)]
    found = {"authors": "", "title": "", "publisher": "", "place": "", "year": "", "pages": ""}
    for index, piece in enumerate(pieces):
        pages = _PAGES.match(piece)
        if pages and not found["pages"]:
            found["pages"] = pages[1].strip(" ,").replace("–", "-")
        elif re.fullmatch(r"\(?\d{4}\)?", piece):
            found["year"] = piece.strip("()")
        elif index and not found["publisher"] and _PUBLISHER.search(piece):
            _imprint(piece, found)
        elif not found["authors"] and index == 0 and len(pieces) > 1:
            found["authors"] = re.sub(
                r"\s*\((?:eds?|editors?)\.?\)?$", "", _EDITORS.sub("", piece), flags=re.IGNORECASE
            )
        elif not found["title"]:
            found["title"] = piece
    years = _YEAR.findall(whole)
    pages = _PAGES.search(whole)
    found["year"] = found["year"] or (years[-1] if years else "")
    found["pages"] = found["pages"] or (pages[1].strip(" ,.").replace("–", "-") if pages else "")
    return SourceLine(whole, **found)


def _imprint(piece: str, found: dict[str, str]) -> None:
    place, colon, publisher = piece.partition(": ")
    found["place"], found["publisher"] = (place, publisher) if colon else ("", piece)
    year = re.search(r",?\s*\(?((?:1[5-9]|20)\d\d)\)?$", found["publisher"])
    if year:
        found["year"], found["publisher"] = year[1], found["publisher"][: year.start()]
