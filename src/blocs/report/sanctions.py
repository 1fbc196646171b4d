"""Coded episodes of sanctions beside a case's history, for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from blocs.interop.lining_up import Line, Move
from blocs.interop.sanctions import Episode, Episodes
from blocs.language.calendar import Span
from blocs.language.case import Case
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console


def print_lines(
    console: Console, case: Case, found: Episodes, lines: Sequence[Line], moves: Sequence[Move], window: int, dyad: str
) -> None:
    """Print the episodes with what they line up with, then the sanctions of the history with what is coded of them."""
    covered = f", which covers {found.first} to {found.last}" if found.first is not None else ""
    console.print(f"{case.title or case.case}: {dyad} in {found.dataset}{covered}; matched within {window} months\n")
    actors = {role: actor.actor for role, actor in case.roles.items()}
    if lines:
        table = new_table()
        for head in (found.dataset, "from - to", "begin", "end", "of what", "how it ended", "in the history"):
            table.add_column(head)
        for line in lines:
            one = line.episode
            pair = f"{actors[one.sender]} - {actors[one.target]}"
            style = "" if line.event is not None else "bold" if line.why == "not in the history" else "dim"
            table.add_row(
                one.number,
                pair,
                date_of(one.begin),
                _end(one),
                ", ".join(one.kinds),
                one.outcome,
                _says(line),
                style=style,
            )
        console.print(table)
    else:
        console.print(f"{found.dataset} has no episode between {dyad}.")
    console.print()
    if moves:
        table = new_table()
        for head in ("sanctions in the history", "by", "", found.dataset):
            table.add_column(head)
        for move in moves:
            event = move.event
            style = "" if move.begins or move.within else "bold"
            table.add_row(event.date, actors[event.role], event.option.replace("_", " "), coded(move), style=style)
        console.print(table)
    else:
        console.print("No option in the history is a sanction by its PLOVER type.")
    console.print()
    for note in found.notes:
        console.print(f"- {note}", soft_wrap=True)
    console.print(f"- {summary(lines, moves)}", soft_wrap=True)


def summary(lines: Sequence[Line], moves: Sequence[Move]) -> str:
    """Return in a sentence how much lines up."""
    during = [line for line in lines if line.event is not None or line.why == "not in the history"]
    matched = sum(line.event is not None for line in during)
    told = sum(bool(move.begins or move.within) for move in moves)
    return (
        f"{matched} of {len(during)} episodes that begin during the case line up with the history; "
        f"{told} of {len(moves)} sanctions in the history are coded"
    )


def date_of(span: Span) -> str:
    """Return a month, or a year."""
    year, month = divmod(span.first, 12)
    return f"{year:04d}-{month + 1:02d}" if span.months == 1 else f"{year:04d}"


def _end(episode: Episode) -> str:
    return "open" if episode.end is None else str(episode.end)


def _says(line: Line) -> str:
    if line.event is None:
        return line.why
    when = "" if not line.lag else f", {abs(line.lag)} months {'later' if line.lag > 0 else 'earlier'}"
    return f"{line.event.date} {line.event.option.replace('_', ' ')}{when}"


def coded(move: Move) -> str:
    """Return what is coded of a sanction of the history."""
    if move.begins:
        return f"begins with {', '.join(one.number for one in move.begins)}"
    if move.within:
        return f"while {', '.join(one.number for one in move.within)} is in force"
    return "not coded"


def lines_json(
    case: Case, found: Episodes, lines: Sequence[Line], moves: Sequence[Move], window: int
) -> dict[str, Any]:
    """Return the whole comparison as plain data."""
    return {
        "case": case.case,
        "dataset": found.dataset,
        "covers": [found.first, found.last],
        "window": window,
        "episodes": [
            {
                "number": line.episode.number,
                "sender": line.episode.sender,
                "target": line.episode.target,
                "begin": date_of(line.episode.begin),
                "end": line.episode.end,
                "kinds": list(line.episode.kinds),
                "imposed": line.episode.imposed,
                "outcome": line.episode.outcome,
                "event": None if line.event is None else {"date": line.event.date, "option": line.event.option},
                "lag": line.lag if line.event is not None else None,
                "why": line.why,
            }
            for line in lines
        ],
        "history": [
            {
                "date": move.event.date,
                "role": move.event.role,
                "option": move.event.option,
                "begins": [one.number for one in move.begins],
                "within": [one.number for one in move.within],
            }
            for move in moves
        ],
        "summary": summary(lines, moves),
        "notes": list(found.notes),
    }
