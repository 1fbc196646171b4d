"""The story of a case: moves and remarks in the order of their dates, each with its sources."""

from __future__ import annotations

from dataclasses import dataclass

from blocs.forecast.live import LiveCase
from blocs.report.html.references import Cited, References
from blocs.report.terminal import words


@dataclass(frozen=True)
class Entry:
    """One entry of the time line.

    Attributes
    ----------
    date, step : str, int
        As the source gives it; the step of the calendar, or -1 before and after it.
    event : str
        What happened, in words.
    number : int
        Of the move in the case's history; -1 for a remark.
    role, actor, option : str
        Of a move.
    cites : tuple of Cited
    confidence : float
    dispute, note, assumed, result : str
    """

    date: str
    step: int
    event: str
    number: int = -1
    role: str = ""
    actor: str = ""
    option: str = ""
    cites: tuple[Cited, ...] = ()
    confidence: float = 1.0
    dispute: str = ""
    note: str = ""
    assumed: str = ""
    result: str = ""

    @property
    def is_move(self) -> bool:
        """Whether it is a move of the game."""
        return self.number >= 0

    @property
    def words(self) -> str:
        """The option as people say it."""
        return words(self.option)


def story(live: LiveCase, references: References) -> list[Entry]:
    """Return the entries of the time line; at one date remarks come first."""
    case, entries = live.case, []
    for number, event in enumerate(case.history):
        entries.append(
            Entry(
                date=event.date,
                step=case.calendar.index(event.date),
                event=event.event,
                number=number,
                role=event.role,
                actor=case.roles[event.role].actor if event.role in case.roles else event.role,
                option=event.option,
                cites=tuple(references.cite(event.source)),
                confidence=event.confidence,
                dispute=event.dispute or "",
                note=event.note or "",
                assumed=event.assumed or "",
                result=event.result or "",
            )
        )
    for remark in case.context:
        entries.append(
            Entry(
                date=remark.date or "",
                step=_step(live, remark.date),
                event=remark.event,
                cites=tuple(references.cite(remark.source)),
                note=remark.note or "",
                assumed=remark.assumed or "",
            )
        )
    return sorted(entries, key=lambda one: (one.date, one.is_move))


def _step(live: LiveCase, date: str | None) -> int:
    try:
        return live.case.calendar.index(date) if date else -1
    except ValueError:
        return -1  # before or after the calendar, or less precise than it
