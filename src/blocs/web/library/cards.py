"""What a card says of a case, without solving it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from markupsafe import Markup

from blocs.language.case import Case
from blocs.language.coverage import coverage
from blocs.language.load import glance
from blocs.library import list_cases
from blocs.web.figures.course import course_strip


@dataclass(frozen=True)
class Card:
    """A case at a glance."""

    case: str
    title: str
    summary: str
    first: str
    last: str
    theory: str
    roles: dict[str, str]
    outcome: str
    steps: int
    moves: int
    sourced: int
    statements: int
    picture: Markup
    own: bool = False

    def answers(self, words: str) -> bool:
        """Whether every word of a search stands somewhere in what the card says."""
        said = " ".join(
            [self.case, self.title, self.summary, self.years, self.theory, self.outcome, *self.roles.values()]
        )
        return all(word in said.casefold() for word in words.casefold().split())

    def to_json(self) -> dict[str, Any]:
        """Return plain values for programs."""
        return {
            "case": self.case, "title": self.title, "summary": self.summary, "theory": self.theory, "from": self.first,
            "to": self.last, "roles": self.roles, "outcome": self.outcome or None, "moves": self.moves,
            "sourced": self.sourced, "statements": self.statements,
        }  # fmt: skip

    @property
    def years(self) -> str:
        """The years that it covers: ``1960–61``."""
        begin, end = self.first[:4], self.last[:4]
        return begin if begin == end else f"{begin}–{end[2:] if begin[:2] == end[:2] else end}"


def card(case: Case) -> Card:
    """Return the card of a case."""
    labels, basis = case.calendar.labels(), coverage(case)
    return Card(
        case=case.case,
        title=case.title or case.case,
        summary=case.summary.strip(),
        first=labels[0],
        last=labels[-1],
        theory=case.theory,
        roles={role: actor.actor for role, actor in case.roles.items()},
        outcome=case.outcome or "",
        steps=case.calendar.steps,
        moves=len(case.history),
        sourced=basis.sourced,
        statements=basis.total,
        picture=Markup(course_strip(case)),
    )


@cache
def all_cards() -> tuple[Card, ...]:
    """Return the cards of all shipped cases, the earliest crisis first."""
    return tuple(sorted(map(card, glance(list_cases())), key=lambda one: (one.first, one.case)))


def cards_of(own: Mapping[str, Case]) -> tuple[Card, ...]:
    """Return the cards of the host's own cases, by the names that they are served under, and of all shipped ones."""
    mine = (replace(card(case), case=name, own=True) for name, case in own.items())
    return (*mine, *all_cards())
