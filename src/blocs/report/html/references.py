"""Citations of a case as short words that lead to the list of references."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from blocs.language.case import Case
from blocs.report.citing import to_cite
from blocs.sources.apa import reference
from blocs.sources.bibliography import Bibliography
from blocs.sources.citations import parse_citation
from blocs.sources.items import Item

# letters of a title that stand for a work without an author
_SHORT = 32


@dataclass(frozen=True)
class Cited:
    """One citation: `words` to read and `anchor`, the reference's place in the page."""

    words: str
    anchor: str


@dataclass(frozen=True)
class Reference:
    """One entry of the list: where it stands, how it is written, and a web address where it has one."""

    anchor: str
    text: str
    address: str


class References:
    """The works that a page cites."""

    def __init__(self, case: Case) -> None:
        cited = to_cite(case)
        self.sources = cited.sources
        self.methods = cited.methods
        self.software = cited.software

    def cite(self, citations: Iterable[str]) -> list[Cited]:
        """Return short forms of citations, such as ``Keefe 1971, p. 190``."""
        found = []
        for text in citations:
            citation = parse_citation(text)
            name = short_name(self.sources[citation.key]) if citation.key in self.sources else citation.key
            place = citation.locator
            if citation.sentences:
                place = ("sentences " if len(citation.sentences) > 1 else "sentence ") + place.replace("s", "")
            found.append(Cited(f"{name}, {place}" if place else name, anchor_of(citation.key)))
        return found

    def listed(self, group: Bibliography) -> list[Reference]:
        """Return the references of a group in the order of a list of references."""
        entries = [Reference(anchor_of(item.key), reference(item), address_of(item)) for item in group]
        return sorted(entries, key=lambda one: one.text.casefold())


def anchor_of(key: str) -> str:
    """Return the place of a reference in the page."""
    return "ref-" + "".join(letter if letter.isalnum() else "-" for letter in key)


def short_name(item: Item) -> str:
    """Return the name and year by which a text refers to a work."""
    people = [name.family or name.literal for name in (item.names("author") or item.names("editor"))]
    if not people:
        title = item.title
        people = [f"“{title if len(title) <= _SHORT else title[: _SHORT - 1].rstrip() + '…'}”"]
    who = (
        people[0] if len(people) == 1 else f"{people[0]} and {people[1]}" if len(people) == 2 else f"{people[0]} et al."
    )
    issued = item.date()
    return f"{who} {issued.year if issued and issued.year else 'n.d.'}"


def address_of(item: Item) -> str:
    """Return the web address of a work, or nothing; only addresses of the web proper are let through."""
    doi, url = item.text("DOI"), item.text("URL")
    if doi:
        return f"https://doi.org/{doi}"
    return url if url.lower().startswith(("https://", "http://")) else ""
