"""Who sits where: what everybody may know of a room, taking a seat, knowing a player again, freeing a seat."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from blocs.errors import InputError, Problem, nearest
from blocs.web.play.telling import actor
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import clean_name, digest, new_key, shown_code
from blocs.web.rooms.service import Rooms, still_open
from blocs.web.rooms.tables import PERSON_SEAT
from blocs.web.store.log import RoomRow, SeatRow, TableRow, TooLate


@dataclass(frozen=True)
class Player:
    """Who somebody is at a table."""

    room: RoomRow
    seat: SeatRow


def lobby(rooms: Rooms, room: RoomRow, tables: Sequence[TableRow] | None = None) -> dict[str, Any]:
    """Return what everybody may know of a room: its tables (`tables`, where they have just been read) and seats."""
    game = rooms.solved(room).game
    seats = rooms.log.seats(room.code)
    return {
        "code": shown_code(room.code),
        "case": room.case_name,
        "title": room.title,
        "summary": game.case.summary.strip() if game.case else "",
        "closed": room.closed,
        "paused": room.paused is not None,
        "seconds": room.seconds,
        "advise": room.advise,
        "expires": room.expires,
        "tables": [
            {
                "table": table.number,
                "over": table.outcome is not None,
                "seats": [
                    {
                        "role": seat.role,
                        "actor": actor(game, seat.role),
                        "kind": seat.kind,
                        "free": seat.kind == PERSON_SEAT and seat.player is None,
                        "name": seat.name,
                    }
                    for seat in _in_order(game.roles, [one for one in seats if one.number == table.number])
                ],
            }
            for table in (rooms.log.tables(room.code) if tables is None else tables)
        ],
    }


def join(
    rooms: Rooms, room: RoomRow, name: str, role: str | None = None, table: int | None = None
) -> tuple[SeatRow, str]:
    """Take a free seat and return it with the player's key, which is told this once.

    Raises
    ------
    Refusal
        (409) No such seat is free.
    """
    still_open(room)
    name = clean_name(name)
    if not name:
        raise InputError(Problem("a name has at least one letter", path="name"))
    roles = rooms.solved(room).game.roles
    if role is not None and role not in roles:
        raise InputError(Problem(f"there is no role `{role[:60]}`", path="role", hint=nearest(role[:60], roles)))
    free = [
        seat
        for seat in rooms.log.seats(room.code)
        if seat.kind == PERSON_SEAT
        and seat.player is None
        and role in (None, seat.role)
        and table in (None, seat.number)
    ]
    order = {name: number for number, name in enumerate(roles)}
    key = new_key()
    for seat in sorted(free, key=lambda one: (one.number, order[one.role])):
        try:
            rooms.log.sit(room.code, seat.number, seat.role, digest(key), name, rooms.clock())
        except TooLate:
            continue
        rooms.changes.note(room.code, seat.number)
        return replace(seat, name=name), key
    raise Refusal(409, "This seat is taken." if role and table else "No such seat is free.", "take another one")


def player(rooms: Rooms, code: str, key: str) -> Player:
    """Return who holds a key.

    Raises
    ------
    Refusal
        (404) There is no such room. (403) The key belongs to nobody in it.
    """
    found = rooms.log.seated(digest(key))
    if found is not None and found[0].code == code and not rooms.is_over(found[0]):
        return Player(*found)
    rooms.room(code)
    raise Refusal(403, "This key belongs to no seat in this room.", "join again; the host can free your seat")


def release(rooms: Rooms, room: RoomRow, number: int, role: str, kind: str) -> None:
    """Free a seat for somebody else, or let a solved player go on in it."""
    if not rooms.log.release(room.code, number, role, kind, rooms.clock()):
        raise Refusal(404, f"Table {number} has no seat for the role `{role[:60]}`.")
    with rooms.tables.held(room, number) as table, suppress(TooLate):  # another process plays for it already
        table.go_on()
    rooms.changes.note(room.code, number)


def _in_order(roles: Sequence[str], seats: Sequence[SeatRow]) -> list[SeatRow]:
    return sorted(seats, key=lambda one: list(roles).index(one.role))
