"""Turns: a table as a player sees it, a move, and what happens when the time for one is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blocs.errors import InputError, NumericalError, Problem
from blocs.game.history import HOLD
from blocs.web.play.course import DEADLINE, PERSON
from blocs.web.play.secrets import EVERYTHING
from blocs.web.play.standing import last_choice
from blocs.web.play.telling import actor
from blocs.web.play.viewing import background, view
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import shown_code
from blocs.web.rooms.seats import Player
from blocs.web.rooms.service import Rooms, still_open
from blocs.web.rooms.tables import Holding
from blocs.web.store.log import RoomRow, TooLate


def see(rooms: Rooms, player: Player) -> dict[str, Any]:
    """Return the table as a player sees it."""
    return watch(rooms, player.room, player.seat.number, player.seat.role)


def watch(rooms: Rooms, room: RoomRow, number: int, viewer: str = EVERYTHING) -> dict[str, Any]:
    """Return a table as a role sees it, or as it really stands, to the host."""
    with rooms.tables.held(room, number) as table:
        return _view(rooms, table, viewer)


def version(rooms: Rooms, room: RoomRow, number: int) -> int:
    """Return the version of a table: it goes up with every change."""
    found = rooms.log.table(room.code, number)
    if found is None:
        raise Refusal(404, f"The room has no table {number}.")
    return found.version


def move(rooms: Rooms, player: Player, place: int, option: str, until_change: bool = False) -> dict[str, Any]:
    """Choose an option, and return the table once all that follows by itself has been done.

    The move is on disk when this returns.

    Raises
    ------
    Refusal
        (409) It is somebody else's turn, the turn has been played already, or the host has paused the room.
    InputError
        The option is not legal.
    """
    room, seat = player.room, player.seat
    still_open(room)
    if room.paused is not None:
        raise Refusal(409, "The host has paused the room.", "wait until it goes on")
    late = Refusal(409, "This turn has been played already.", "your view has been brought up to date")
    with rooms.tables.held(room, seat.number) as held:
        table, state = held.seen.table, held.seen.state
        turn = table.turn(state)
        if turn is None:
            raise Refusal(409, "This game is over.")
        if place < state.place:
            raise late
        if turn.role != seat.role or place > state.place:
            raise Refusal(409, f"It is the turn of {actor(table.solved.game, turn.role)}.", "wait for your turn")
        if until_change and option != HOLD:
            raise InputError(Problem("only `hold` can be kept up until something changes", path="until"))
        entry = table.entry(state, option, PERSON)
        try:
            held.go_on([entry], {seat.role: place if until_change else None})
        except TooLate:
            raise late from None
        seen = _view(rooms, held, seat.role)
    rooms.changes.note(room.code, seat.number)
    return seen


def pass_overdue(rooms: Rooms) -> int:
    """Play the turns whose time is over: they hold, or do what the solved player would. Return how many."""
    done = 0
    for code, number in rooms.log.overdue(rooms.clock()):
        room = rooms.log.room(code)
        try:
            passed = room is not None and _pass(rooms, room, number)
        except (Refusal, NumericalError):  # a room whose case has changed or cannot be solved stops no other clock
            continue
        if passed:
            done += 1
            rooms.changes.note(code, number)
    return done


def _pass(rooms: Rooms, room: RoomRow, number: int) -> bool:
    """Play the present turn of a table if its time is over; return whether it was."""
    with rooms.tables.held(room, number) as held:
        table, state = held.seen.table, held.seen.state
        turn, due = table.turn(state), held.seen.deadline(room)
        if turn is None or due is None or due > rooms.clock():
            return False
        if HOLD in turn.options:
            entry = table.entry(state, HOLD, DEADLINE)
        else:
            drawn = replace(table, people=frozenset()).automatic(state)
            assert drawn is not None
            entry = replace(drawn, by=DEADLINE)
        try:
            held.go_on([entry])
        except TooLate:
            return False
    return True


def _view(rooms: Rooms, held: Holding, viewer: str) -> dict[str, Any]:
    """Return a table in plain values; it is made once for each version, as it is asked for after every change."""
    room, views = held.room, held.live.views
    made = views.get((viewer, room))
    if made is None:
        made = views[viewer, room] = _made(held, viewer)
    return {**made, "now": rooms.clock()}


def _made(held: Holding, viewer: str) -> dict[str, Any]:
    room, read = held.room, held.seen
    table, state = read.table, read.state
    since = last_choice(state, viewer, (PERSON, DEADLINE))
    seen = view(table, state, viewer, advise=room.advise, since=since)
    turn = table.turn(state)
    waiting = turn is not None and turn.role in table.people and read.seats[turn.role].player is None
    game = table.solved.game
    return {
        "room": shown_code(room.code),
        "case": room.case_name,
        "title": room.title,
        "table": read.stored.number,
        "role": viewer if viewer != EVERYTHING else "",
        "actor": actor(game, viewer) if viewer != EVERYTHING else "",
        "version": read.stored.version,
        "paused": room.paused is not None,
        "closed": room.closed,
        "deadline": read.deadline(room),
        "waiting_for_a_player": waiting,
        "advise": room.advise,
        "people": [
            {"role": role, "actor": actor(game, role), "kind": read.seats[role].kind, "name": read.seats[role].name}
            for role in game.roles
        ],
        "background": background(table),
        **seen,
    }
