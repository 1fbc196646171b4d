"""A case's history beside coded episodes of sanctions: what lines up, and what is missing on either side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from blocs.interop.sanctions import Episode
from blocs.language.calendar import Span, parse_date
from blocs.language.case import Case, Event
from blocs.language.moves import find_move, option_at

# what PLOVER calls an option that takes something away from another state to make it give way
SANCTION = "SANCTION"


@dataclass(frozen=True)
class Line:
    """An episode, with the event of the history with which it begins.

    Parameters
    ----------
    episode : Episode
    event : Event or None
        The nearest sanction of the same sender within the window.
    lag : int
        Months from the begin of the episode to the event; 0 where their dates overlap.
    why : str
        Why there is none.
    """

    episode: Episode
    event: Event | None
    lag: int
    why: str


@dataclass(frozen=True)
class Move:
    """A sanction of the history, with the episodes that begin with it and those in force at its date."""

    event: Event
    begins: tuple[Episode, ...]
    within: tuple[Episode, ...]


def line_up(
    case: Case, episodes: Sequence[Episode], dyad: tuple[str, str], window: int
) -> tuple[list[Line], list[Move]]:
    """Match episodes with the events in which their sender takes a sanction.

    An episode belongs to the sanction of its sender that is nearest to its begin, at most `window` months away; several
    may belong to one, as data sets cut episodes where a history tells of one act, and the other way round.

    Parameters
    ----------
    case : Case
    episodes : sequence of Episode
    dyad : two roles
        Episodes between others are passed over, and what each of the two does is taken to be done to the other.
    window : int
        Months.
    """
    episodes = [one for one in episodes if {one.sender, one.target} == set(dyad)]
    events = [event for event in sanctions(case) if event.role in dyad]
    last = parse_date(case.calendar.label(case.calendar.steps - 1))
    span = Span(case.calendar.first, last.first + last.months - case.calendar.first)
    lines = [_line(episode, events, span, window) for episode in episodes]
    moves = [
        Move(
            event,
            tuple(line.episode for line in lines if line.event is event),
            tuple(one for one in episodes if one.sender == event.role and _in_force(one, event)),
        )
        for event in events
    ]
    return lines, moves


def sanctions(case: Case) -> list[Event]:
    """Return the events whose option is a sanction by its PLOVER type."""
    theory = case.whole_theory
    found = ((event, find_move(theory, event.option, event.stage, event.role)) for event in case.history)
    return [event for event, move in found if option_at(theory, move).plover == SANCTION]


def _line(episode: Episode, events: Sequence[Event], span: Span, window: int) -> Line:
    own = [(_lag(episode.begin, parse_date(event.date)), event) for event in events if event.role == episode.sender]
    near = min(own, key=lambda pair: abs(pair[0]), default=None)
    if near is not None and abs(near[0]) <= window:
        return Line(episode, near[1], near[0], "")
    away = _lag(episode.begin, span)
    if abs(away) > window:
        return Line(episode, None, 0, "begins before the case" if away > 0 else "begins after the case")
    return Line(episode, None, 0, "not in the history")


def _lag(a: Span, b: Span) -> int:
    """Return how many months lie between two spans: positive where `b` is later, 0 where they overlap or touch."""
    if b.first > a.first + a.months - 1:
        return b.first - (a.first + a.months - 1)
    if a.first > b.first + b.months - 1:
        return -(a.first - (b.first + b.months - 1))
    return 0


def _in_force(episode: Episode, event: Event) -> bool:
    date = parse_date(event.date)
    over = episode.end is not None and date.first >= 12 * (episode.end + 1)
    return episode.imposed and not over and date.first + date.months > episode.begin.first
