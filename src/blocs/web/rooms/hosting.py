"""What a host does: oversee all tables, bring events in, pause and go on, set the pace, close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blocs.errors import InputError
from blocs.web.play.course import Happening, Table
from blocs.web.play.secrets import EVERYTHING
from blocs.web.play.viewing import prepared, view
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import same
from blocs.web.rooms.opening import MOST_EVENTS, cleaned, event_problems, pace_problems
from blocs.web.rooms.seats import lobby
from blocs.web.rooms.service import Rooms, still_open
from blocs.web.rooms.tables import Seen
from blocs.web.store.log import Event, RoomRow, TooLate

# among the views that are kept of a table, the one on the host's page
GLANCE = "glance"


def hosted(rooms: Rooms, code: str, key: str) -> RoomRow:
    """Return a room to its host.

    Raises
    ------
    Refusal
        (403) The key is not that of the host.
    """
    room = rooms.room(code)
    if not same(key, room.host):
        raise Refusal(403, "This is not the key of the room's host.")
    return room


def oversee(rooms: Rooms, room: RoomRow) -> dict[str, Any]:
    """Return everything to the host: each table as it really stands, and what can be brought in."""
    rows = rooms.log.tables(room.code)
    tables = []
    sample: Table | None = None
    for stored in rows:
        with rooms.tables.held(room, stored.number, stored) as held:
            views = held.live.views
            # a class has many tables, of which one has changed
            if (GLANCE, room) not in views:
                views[GLANCE, room] = _at_a_glance(room, held.seen)
            tables.append(views[GLANCE, room])
            sample = held.seen.table
    assert sample is not None
    events = [
        {"event": one.event, "title": one.title, "text": one.text, "set": dict(one.sets)}
        for one in rooms.log.events(room.code)
    ]
    variables = {variable.name: list(variable.labels) for variable in sample.solved.game.plan.space.variables}
    return {
        **lobby(rooms, room, rows),
        "version": sum(one.version for one in rows),
        "now": rooms.clock(),
        "host": tables,
        "events": events,
        "from_the_case": prepared(sample),
        "variables": variables,
    }


def _at_a_glance(room: RoomRow, read: Seen) -> dict[str, Any]:
    seen = view(read.table, read.state, EVERYTHING, advise=False)
    return {
        "table": read.stored.number,
        "version": read.stored.version,
        "date": seen["date"],
        "step": seen["step"],
        "steps": seen["steps"],
        "turn": seen["turn"],
        "outcome": seen["outcome"],
        "deadline": read.deadline(room),
        "odds": read.table.odds_now(read.state),
        "last": [one for one in seen["record"] if not one["quiet"]][-3:],
    }


def write_event(rooms: Rooms, room: RoomRow, event: Event) -> int:
    """Keep an event for later and return its number."""
    problems = event_problems(rooms.solved(room), event)
    if problems:
        raise InputError(problems)
    number = rooms.log.add_event(room.code, cleaned(event), MOST_EVENTS)
    if number is None:
        raise Refusal(409, f"A room holds at most {MOST_EVENTS} events.")
    return number


def inject(rooms: Rooms, room: RoomRow, event: Event, tables: Sequence[int] = ()) -> dict[str, Any]:
    """Bring an event in at some tables, at all that are still playing where none is named.

    Returns
    -------
    dict
        `told`: the tables it came to; `refused`: table -> why not (a state that play cannot have led to).
    """
    still_open(room)
    problems = event_problems(rooms.solved(room), event)
    if problems:
        raise InputError(problems)
    event = cleaned(event)
    told, refused = [], {}
    for stored in rooms.log.tables(room.code):
        if (tables and stored.number not in tables) or (not tables and stored.outcome is not None):
            continue
        with rooms.tables.held(room, stored.number) as held:
            table, state = held.seen.table, held.seen.state
            happening = Happening(state.place, event.title, event.text, dict(event.sets))
            try:
                table.tell(state, happening)
            except InputError as error:
                refused[stored.number] = error.problems[0].message
                continue
            try:
                held.go_on(happening=happening)
            except TooLate:
                refused[stored.number] = "somebody moved at this moment; bring it in again"
                continue
            told.append(stored.number)
    rooms.changes.note(room.code)
    return {"told": told, "refused": refused}


def pause(rooms: Rooms, room: RoomRow) -> None:
    """Stop all clocks and all moves."""
    if room.paused is None:
        rooms.log.change_room(room.code, paused=rooms.clock())
        rooms.changes.note(room.code)


def resume(rooms: Rooms, room: RoomRow) -> None:
    """Go on; the time of the pause is given to every turn that was open."""
    rooms.log.resume(room.code, rooms.clock())
    rooms.changes.note(room.code)


def pace(rooms: Rooms, room: RoomRow, seconds: int | None) -> None:
    """Give turns a time, or as long as they like."""
    problems = pace_problems(seconds)
    if problems:
        raise InputError(problems)
    rooms.log.change_room(room.code, seconds=seconds)
    rooms.changes.note(room.code)


def close(rooms: Rooms, room: RoomRow) -> None:
    """End a room: nobody moves any more, and what was played can be looked at until it is deleted."""
    rooms.log.change_room(room.code, closed=True)
    rooms.changes.note(room.code)
