"""Games that are over: the debrief of a table, of a class, and what is exported."""

from __future__ import annotations

from typing import Any

from blocs.web.play.course import State, Table
from blocs.web.play.debrief import debrief
from blocs.web.refusals import Refusal
from blocs.web.rooms.service import Rooms
from blocs.web.store.log import RoomRow


def debriefing(rooms: Rooms, room: RoomRow, number: int) -> dict[str, Any]:
    """Return the debrief of a table whose game is over."""
    with rooms.tables.held(room, number) as held:
        seen = held.seen
    return {
        "table": number,
        "case": room.case_name,
        "title": room.title,
        "players": seen.players,
        **debrief(seen.table, seen.state),
    }


def played(rooms: Rooms, room: RoomRow, number: int) -> tuple[Table, State, dict[str, str]]:
    """Return a game that is over, with the names of those who played it, for its export.

    Raises
    ------
    Refusal
        (409) It is not over: an export holds every secret.
    """
    with rooms.tables.held(room, number) as held:
        seen = held.seen
    if seen.state.outcome is None:
        raise Refusal(409, "The game is not over yet; its export would tell what is still secret.")
    return seen.table, seen.state, seen.players


def class_debriefing(rooms: Rooms, room: RoomRow) -> dict[str, Any]:
    """Return the debriefs of all tables that are over, and how often each ending came."""
    tables = rooms.log.tables(room.code)
    over = [debriefing(rooms, room, table.number) for table in tables if table.outcome is not None]
    solved = rooms.solved(room)
    start = dict(zip(solved.game.outcomes, solved.odds(0, solved.game.graph.start).tolist(), strict=True))
    endings = {name: sum(one["outcome"] == name for one in over) for name in solved.game.outcomes}
    return {
        "title": room.title,
        "case": room.case_name,
        "tables": len(tables),
        "over": over,
        "endings": endings,
        "forecast": start,
        "history_outcome": solved.game.case.outcome if solved.game.case else None,
    }
