"""One source as data: names, dates and the fields of CSL-JSON, in frozen objects that can be compared and copied."""

from __future__ import annotations

from dataclasses import dataclass

from blocs.sources.wordlists import words

TYPES = words(
    "article article-journal article-magazine article-newspaper bill book broadcast chapter classic collection dataset "
    "document entry entry-dictionary entry-encyclopedia event figure graphic hearing interview legal_case legislation "
    "manuscript map motion_picture musical_score pamphlet paper-conference patent performance periodical "
    "personal_communication post post-weblog regulation report review review-book software song speech standard thesis "
    "treaty webpage"
)
"""Types of CSL 1.0.2."""

NAME_FIELDS = words(
    "author chair collection-editor compiler composer container-author contributor curator director editor "
    "editorial-director executive-producer guest host illustrator interviewer narrator organizer original-author "
    "performer producer recipient reviewed-author script-writer series-creator translator"
)
DATE_FIELDS = words("accessed available-date event-date issued original-date submitted")
TEXT_FIELDS = words(
    "abstract annote archive archive_collection archive_location archive-place authority call-number chapter-number "
    "citation-key citation-label collection-number collection-title container-title container-title-short dimensions "
    "division DOI edition event event-place event-title genre ISBN ISSN issue journalAbbreviation jurisdiction keyword "
    "language license medium note number number-of-pages number-of-volumes original-publisher original-publisher-place "
    "original-title page page-first part-number part-title PMCID PMID printing-number publisher publisher-place "
    "references reviewed-genre reviewed-title scale section shortTitle source status supplement-number title "
    "title-short URL version volume volume-title"
)
"""Fields of CSL 1.0.2 whose value is text or a number."""


@dataclass(frozen=True)
class Name:
    """A person (`family`, `given`) or an institution (`literal`)."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the name as CSL-JSON."""
        pairs = {
            "family": self.family,
            "given": self.given,
            "non-dropping-particle": self.particle,
            "suffix": self.suffix,
            "literal": self.literal,
        }
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class Date:
    """A date as exact as the source gives it.

    Parameters
    ----------
    start : tuple of int
        ``(year,)``, ``(year, month)`` or ``(year, month, day)``; empty when the source bears no date.
    end : tuple of int
        Last day of a range; empty when there is none.
    circa : bool
        The date is an estimate.
    literal : str
        A date that is no calendar date: ``Spring 1961``; empty otherwise.
    """

    start: tuple[int, ...] = ()
    end: tuple[int, ...] = ()
    circa: bool = False
    literal: str = ""

    @property
    def year(self) -> int | None:
        """Year of the date, if it has one."""
        return self.start[0] if self.start else None

    def to_json(self) -> dict[str, object]:
        """Return the date as CSL-JSON."""
        data: dict[str, object] = {}
        if self.start:
            data["date-parts"] = [list(part) for part in (self.start, self.end) if part]
        if self.literal or not self.start:
            data["literal"] = self.literal or "n.d."
        if self.circa:
            data["circa"] = True
        return data


@dataclass(frozen=True)
class PassageRecord:
    """What a bibliography remembers of a passage instead of its text.

    Parameters
    ----------
    sentences : int
        How many sentences the passage has.
    fingerprints : tuple of (int, str)
        Number and fingerprint of each sentence recorded, ascending.
    clauses : tuple of (int, int)
        Number of a sentence and how many clauses (``a``, ``b`` ...) the case tells apart in it.
    """

    sentences: int
    fingerprints: tuple[tuple[int, str], ...] = ()
    clauses: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the record in the form that bibliographies are written in."""
        data: dict[str, object] = {"sentences": self.sentences}
        if self.clauses:
            data["clauses"] = {f"s{number}": count for number, count in self.clauses}
        data["fingerprints"] = {f"s{number}": value for number, value in self.fingerprints}
        return data


Value = str | Date | tuple[Name, ...]


@dataclass(frozen=True)
class Item:
    """One source of a bibliography.

    Parameters
    ----------
    key : str
        What citations call it.
    type : str
        A type of CSL: ``book``, ``chapter``, ``article-journal`` ...
    fields : tuple of (str, value)
        CSL variables in the order of the file: text, `Date`, or names.
    passage : PassageRecord, optional
        Fingerprints of the sentences that the case rests on.
    """

    key: str
    type: str
    fields: tuple[tuple[str, Value], ...] = ()
    passage: PassageRecord | None = None

    def text(self, *names: str) -> str:
        """Return the first of the named fields that has text, or an empty string."""
        for name in names:
            for field, value in self.fields:
                if field == name and isinstance(value, str) and value:
                    return value
        return ""

    def names(self, name: str) -> tuple[Name, ...]:
        """Return the people in a field, or an empty tuple."""
        return next((value for field, value in self.fields if field == name and isinstance(value, tuple)), ())

    def date(self, name: str = "issued") -> Date | None:
        """Return the date in a field, or None when the field is absent."""
        return next((value for field, value in self.fields if field == name and isinstance(value, Date)), None)

    @property
    def title(self) -> str:
        """Title of the source, or what kind of document it is when it has none."""
        return self.text("title", "genre")

    def to_json(self) -> dict[str, object]:
        """Return the item as CSL-JSON, with the extra key ``passage`` where there is one."""
        data: dict[str, object] = {"id": self.key, "type": self.type}
        for field, value in self.fields:
            if isinstance(value, str):
                data[field] = value
            elif isinstance(value, Date):
                data[field] = value.to_json()
            else:
                data[field] = [name.to_json() for name in value]
        if self.passage is not None:
            data["passage"] = self.passage.to_json()
        return data
