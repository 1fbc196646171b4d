"""What the index says of each case, and the words by which it is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blocs.report.html.references import References, short_name
from blocs.report.terminal import words
from blocs.web.library.cards import Card, card
from blocs.web.publish.bonds import Tie
from blocs.web.publish.selection import Chosen


@dataclass(frozen=True)
class Entry:
    """A case in the index.

    Attributes
    ----------
    chosen : Chosen
    card : Card
        What can be said without solving it.
    outcomes : dict from outcome to mean probability
    """

    chosen: Chosen
    card: Card
    outcomes: dict[str, float]

    @property
    def address(self) -> str:
        """Its page, seen from the index."""
        return f"cases/{self.chosen.slug}/index.html"

    @property
    def likeliest(self) -> str:
        """The outcome with the highest mean probability."""
        return max(self.outcomes, key=lambda name: self.outcomes[name])

    @property
    def real(self) -> float | None:
        """The probability of what really happened."""
        return self.outcomes.get(self.card.outcome)

    @property
    def first(self) -> int:
        """The year in which it begins."""
        return int(self.card.first[:4])

    @property
    def last(self) -> int:
        """The year in which it ends."""
        return int(self.card.last[:4])

    def tie(self) -> Tie:
        """Return it as a row of the network."""
        return Tie(self.address, self.card.title, self.card.years, self.card.roles, self.card.outcome)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "case": self.chosen.case.case,
            "title": self.card.title,
            "page": self.address,
            "from": self.card.first,
            "to": self.card.last,
            "theory": self.chosen.case.theory_spec.theory,
            "roles": self.card.roles,
            "outcome": self.card.outcome or None,
            "probability": self.real,
            "likeliest": self.likeliest,
            "likeliest_probability": self.outcomes[self.likeliest],
        }


def entry_of(chosen: Chosen, outcomes: dict[str, float]) -> Entry:
    """Return the entry of a case that was solved."""
    return Entry(chosen, card(chosen.case), outcomes)


def passages_of(entry: Entry) -> list[list[str]]:
    """Return the pieces of text in which a search looks, each with the words that tell where it stands."""
    case, said = entry.chosen.case, entry.card
    found = [
        ["", f"{said.title} {said.case} {said.years} {said.outcome} {' '.join(said.roles.values())}"],
        ["summary", said.summary],
    ]
    for event in case.history:
        actor = case.roles[event.role].actor if event.role in case.roles else event.role
        found.append([event.date, f"{actor}: {words(event.option)}. {event.event}"])
    found += [[remark.date or "undated", remark.event] for remark in case.context]
    found += [["fact", f"{words(name)}: {fact.note}"] for name, fact in case.facts.items() if fact.note]
    found += [["what if", f"{one.title or name}. {one.help or ''}"] for name, one in case.alternatives.items()]
    found += [["source", f"{short_name(item)}, {item.title}"] for item in References(case).sources]
    return [[where, " ".join(text.split())] for where, text in found if text.strip()]


def search_index(entries: Sequence[Entry]) -> dict[str, list[list[str]]]:
    """Return the pieces of text of each case by the name of its folder."""
    return {entry.chosen.slug: passages_of(entry) for entry in entries}
