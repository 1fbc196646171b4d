"""What can be done with rooms: the one door for pages and programs alike."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from blocs.errors import InputError, Problem, nearest
from blocs.game.history import HOLD
from blocs.web.play.course import DEADLINE, PERSON, Happening, Row, State, Table
from blocs.web.play.debrief import debrief
from blocs.web.play.secrets import EVERYTHING
from blocs.web.play.solved import Solved
from blocs.web.play.standing import last_choice, standing_entry
from blocs.web.play.telling import actor
from blocs.web.play.viewing import background, prepared, view
from blocs.web.refusals import Refusal
from blocs.web.rooms.changes import Changes
from blocs.web.rooms.keys import clean_name, clean_text, digest, new_code, new_key, same, shown_code
from blocs.web.rooms.solving import SolvedCases
from blocs.web.store.log import Event, Log, RoomRow, SeatRow, TableRow, TooLate

HOURS = 3600.0
# rooms are deleted after this time, whatever happened in them: a fortnight holds two lessons and the week between
LIFE = 14 * 24 * HOURS
MOST_TABLES = 60
MOST_EVENTS = 60
MOST_ROOMS = 5_000
SHORTEST_TURN, LONGEST_TURN = 10, 24 * 3600
MOST_TITLE, MOST_TEXT = 120, 2_000
MOST_SETS = 8
# tables kept replayed in memory; any other is replayed from its log when it is asked for
MOST_LIVE = 500
PERSON_SEAT, SOLVED_SEAT = "person", "solved"


@dataclass
class Live:
    """A table replayed, and the version of the log that it was replayed from."""

    lock: threading.RLock
    version: int = -1
    state: State | None = None


@dataclass(frozen=True)
class Player:
    """Who somebody is at a table."""

    room: RoomRow
    seat: SeatRow


@dataclass(frozen=True)
class Seen:
    """A table as it was read: its row, its seats by role, and the game with its state."""

    stored: TableRow
    seats: Mapping[str, SeatRow]
    table: Table
    state: State


class Rooms:
    """All rooms of a server.

    Parameters
    ----------
    log : Log
    cases : SolvedCases
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, log: Log, cases: SolvedCases, clock: Callable[[], float] = time.time) -> None:
        self.log, self.cases, self.clock = log, cases, clock
        self.changes = Changes()
        self._live: OrderedDict[tuple[str, int], Live] = OrderedDict()
        self._guard = threading.Lock()

    # --- rooms ----------------------------------------------------------------------------------------------------

    def create(
        self,
        case: str,
        people: Sequence[str],
        *,
        tables: int = 1,
        title: str = "",
        seconds: int | None = None,
        advise: bool = True,
        events: Sequence[Event] = (),
        seed: int | None = None,
    ) -> tuple[RoomRow, str]:
        """Open a room and return it with the host's key, which is told this once.

        Raises
        ------
        InputError
            With everything that is wrong.
        """
        solved = self.cases.get(case)
        game = solved.game
        assert game.case is not None
        problems = [
            Problem(f"there is no role `{role[:60]}`", path="people", hint=nearest(role[:60], game.roles))
            for role in people
            if role not in game.roles
        ]
        if not people:
            problems.append(Problem("somebody has to play: name at least one role", path="people"))
        if not 1 <= tables <= MOST_TABLES:
            problems.append(Problem(f"a room has 1 to {MOST_TABLES} tables", path="tables"))
        problems += _pace_problems(seconds)
        if len(events) > MOST_EVENTS:
            problems.append(Problem(f"a room holds at most {MOST_EVENTS} events", path="events"))
        problems += [problem for event in events for problem in _event_problems(solved, event)]
        if problems:
            raise InputError(problems)
        if self.log.count_rooms() >= MOST_ROOMS:
            raise Refusal(503, "This server has as many rooms as it can hold.", "try again when some are over")
        now, key = self.clock(), new_key()
        room = RoomRow(
            code=new_code(),
            case_name=case,
            case_hash=solved.hash,
            host=digest(key),
            title=clean_text(title, MOST_TITLE).replace("\n", " ") or game.case.title or case,
            advise=advise,
            seconds=seconds,
            paused=None,
            closed=False,
            created=now,
            expires=now + LIFE,
        )
        first = secrets.randbelow(2**31) if seed is None else seed
        seats = {role: PERSON_SEAT if role in people else SOLVED_SEAT for role in game.roles}
        # every table has its own luck
        seeds = [(first + number) % 2**31 for number in range(tables)]
        self.log.create(room, seeds, seats, [_cleaned(event) for event in events])
        for number in range(1, tables + 1):
            with self._locked(room.code, number) as live:
                self._go_on(room, self._replayed(room, number, live), live, [])
        return room, key

    def room(self, code: str) -> RoomRow:
        """Return a room by its code.

        Raises
        ------
        Refusal
            (404) There is none, or its time is over.
        """
        room = self.log.room(code)
        if room is None or room.expires < self.clock():
            raise Refusal(404, "There is no room with this code.", "look at the code again; rooms are deleted in time")
        return room

    def hosted(self, code: str, key: str) -> RoomRow:
        """Return a room to its host.

        Raises
        ------
        Refusal
            (403) The key is not that of the host.
        """
        room = self.room(code)
        if not same(key, room.host):
            raise Refusal(403, "This is not the key of the room's host.")
        return room

    def lobby(self, room: RoomRow) -> dict[str, Any]:
        """Return what everybody may know of a room: its tables and who sits where."""
        solved = self._solved(room)
        seats = self.log.seats(room.code)
        return {
            "code": shown_code(room.code),
            "case": room.case_name,
            "title": room.title,
            "summary": solved.game.case.summary.strip() if solved.game.case else "",
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
                            "actor": actor(solved.game, seat.role),
                            "kind": seat.kind,
                            "free": seat.kind == PERSON_SEAT and seat.player is None,
                            "name": seat.name,
                        }
                        for seat in _in_order(solved.game.roles, [one for one in seats if one.number == table.number])
                    ],
                }
                for table in self.log.tables(room.code)
            ],
        }

    # --- players --------------------------------------------------------------------------------------------------

    def join(self, room: RoomRow, name: str, role: str | None = None, table: int | None = None) -> tuple[SeatRow, str]:
        """Take a free seat and return it with the player's key, which is told this once.

        Raises
        ------
        Refusal
            (409) No such seat is free.
        """
        self._still_open(room)
        name = clean_name(name)
        if not name:
            raise InputError(Problem("a name has at least one letter", path="name"))
        solved = self._solved(room)
        if role is not None and role not in solved.game.roles:
            hint = nearest(role[:60], solved.game.roles)
            raise InputError(Problem(f"there is no role `{role[:60]}`", path="role", hint=hint))
        free = [
            seat
            for seat in self.log.seats(room.code)
            if seat.kind == PERSON_SEAT
            and seat.player is None
            and role in (None, seat.role)
            and table in (None, seat.number)
        ]
        order = {name: number for number, name in enumerate(solved.game.roles)}
        key = new_key()
        for seat in sorted(free, key=lambda one: (one.number, order[one.role])):
            try:
                self.log.sit(room.code, seat.number, seat.role, digest(key), name, self.clock())
            except TooLate:
                continue
            self.changes.note(room.code)
            return replace(seat, name=name), key
        raise Refusal(409, "This seat is taken." if role and table else "No such seat is free.", "take another one")

    def player(self, code: str, key: str, known: str | None = None) -> Player:
        """Return who holds a key; `known` is its digest, where the key has been checked already.

        Raises
        ------
        Refusal
            (403) The key belongs to nobody in this room.
        """
        room = self.room(code)
        seat = self.log.seat_of(known or digest(key))
        if seat is None or seat.room != room.code:
            raise Refusal(403, "This key belongs to no seat in this room.", "join again; the host can free your seat")
        return Player(room, seat)

    def version(self, room: RoomRow, number: int) -> int:
        """Return the version of a table: it goes up with every change."""
        found = self.log.table(room.code, number)
        if found is None:
            raise Refusal(404, f"The room has no table {number}.")
        return found.version

    def see(self, player: Player) -> dict[str, Any]:
        """Return the table as a player sees it."""
        room, seat = player.room, player.seat
        with self._locked(room.code, seat.number) as live:
            seen = self._replayed(room, seat.number, live)
        return self._view(room, seen, seat.role)

    def move(self, player: Player, place: int, option: str, until_change: bool = False) -> dict[str, Any]:
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
        self._still_open(room)
        if room.paused is not None:
            raise Refusal(409, "The host has paused the room.", "wait until it goes on")
        with self._locked(room.code, seat.number) as live:
            seen = self._replayed(room, seat.number, live)
            table, state = seen.table, seen.state
            turn = table.turn(state)
            if turn is None:
                raise Refusal(409, "This game is over.")
            if place < state.place:
                raise Refusal(409, "This turn has been played already.", "your view has been brought up to date")
            if turn.role != seat.role or place > state.place:
                raise Refusal(409, f"It is the turn of {actor(table.solved.game, turn.role)}.", "wait for your turn")
            if until_change and option != HOLD:
                raise InputError(Problem("only `hold` can be kept up until something changes", path="until"))
            entry = table.entry(state, option, PERSON)
            order = {seat.role: place if until_change else None}
            try:
                seen = self._go_on(room, seen, live, [entry], order)
            except TooLate:
                raise Refusal(
                    409, "This turn has been played already.", "your view has been brought up to date"
                ) from None
        self.changes.note(room.code)
        return self._view(room, seen, seat.role)

    def debriefing(self, room: RoomRow, number: int) -> dict[str, Any]:
        """Return the debrief of a table whose game is over."""
        with self._locked(room.code, number) as live:
            seen = self._replayed(room, number, live)
        table, state = seen.table, seen.state
        return {
            "table": number,
            "case": room.case_name,
            "title": room.title,
            "players": _players(seen),
            **debrief(table, state),
        }

    def played(self, room: RoomRow, number: int) -> tuple[Table, State, dict[str, str]]:
        """Return a game that is over, with the names of those who played it, for its export.

        Raises
        ------
        Refusal
            (409) It is not over: an export holds every secret.
        """
        with self._locked(room.code, number) as live:
            seen = self._replayed(room, number, live)
        table, state = seen.table, seen.state
        if state.outcome is None:
            raise Refusal(409, "The game is not over yet; its export would tell what is still secret.")
        return table, state, _players(seen)

    # --- the host -------------------------------------------------------------------------------------------------

    def oversee(self, room: RoomRow) -> dict[str, Any]:
        """Return everything to the host: each table as it really stands, and what can be brought in."""
        tables = []
        sample: Table | None = None
        for stored in self.log.tables(room.code):
            with self._locked(room.code, stored.number) as live:
                read = self._replayed(room, stored.number, live)
            table, state = read.table, read.state
            sample = table
            seen = view(table, state, EVERYTHING, advise=False)
            acts = [one for one in seen["record"] if not one["quiet"]]
            tables.append(
                {
                    "table": stored.number,
                    "version": read.stored.version,
                    "date": seen["date"],
                    "step": seen["step"],
                    "steps": seen["steps"],
                    "turn": seen["turn"],
                    "outcome": seen["outcome"],
                    "deadline": _deadline(room, read),
                    "odds": table.odds_now(state),
                    "last": acts[-3:],
                }
            )
        assert sample is not None
        events = [
            {"event": one.event, "title": one.title, "text": one.text, "set": dict(one.sets)}
            for one in self.log.events(room.code)
        ]
        variables = {variable.name: list(variable.labels) for variable in sample.solved.game.plan.space.variables}
        return {
            **self.lobby(room),
            "now": self.clock(),
            "host": tables,
            "events": events,
            "from_the_case": prepared(sample),
            "variables": variables,
        }

    def watch(self, room: RoomRow, number: int) -> dict[str, Any]:
        """Return one table as it really stands, to the host."""
        with self._locked(room.code, number) as live:
            seen = self._replayed(room, number, live)
        return self._view(room, seen, EVERYTHING)

    def write_event(self, room: RoomRow, event: Event) -> int:
        """Keep an event for later and return its number."""
        problems = _event_problems(self._solved(room), event)
        if problems:
            raise InputError(problems)
        number = self.log.add_event(room.code, _cleaned(event), MOST_EVENTS)
        if number is None:
            raise Refusal(409, f"A room holds at most {MOST_EVENTS} events.")
        return number

    def inject(self, room: RoomRow, event: Event, tables: Sequence[int] = ()) -> dict[str, Any]:
        """Bring an event in at some tables, at all that are still playing where none is named.

        Returns
        -------
        dict
            `told`: the tables it came to; `refused`: table -> why not (a state that play cannot have led to).
        """
        self._still_open(room)
        problems = _event_problems(self._solved(room), event)
        if problems:
            raise InputError(problems)
        event = _cleaned(event)
        told, refused = [], {}
        for stored in self.log.tables(room.code):
            if (tables and stored.number not in tables) or (not tables and stored.outcome is not None):
                continue
            with self._locked(room.code, stored.number) as live:
                seen = self._replayed(room, stored.number, live)
                table, state = seen.table, seen.state
                happening = Happening(state.place, event.title, event.text, dict(event.sets))
                try:
                    table.tell(state, happening)
                except InputError as error:
                    refused[stored.number] = error.problems[0].message
                    continue
                self._go_on(room, seen, live, [], happening=happening)
                told.append(stored.number)
        self.changes.note(room.code)
        return {"told": told, "refused": refused}

    def pause(self, room: RoomRow) -> None:
        """Stop all clocks and all moves."""
        if room.paused is None:
            self.log.change_room(room.code, paused=self.clock())
            self.changes.note(room.code)

    def resume(self, room: RoomRow) -> None:
        """Go on; the time of the pause is given to every turn that was open."""
        self.log.resume(room.code, self.clock())
        self.changes.note(room.code)

    def pace(self, room: RoomRow, seconds: int | None) -> None:
        """Give turns a time, or as long as they like."""
        problems = _pace_problems(seconds)
        if problems:
            raise InputError(problems)
        self.log.change_room(room.code, seconds=seconds)
        self.changes.note(room.code)

    def close(self, room: RoomRow) -> None:
        """End a room: nobody moves any more, and what was played can be looked at until it is deleted."""
        self.log.change_room(room.code, closed=True)
        self.changes.note(room.code)

    def delete(self, room: RoomRow) -> None:
        """Delete a room with everything in it, now."""
        self.log.delete(room.code)
        self._forget(room.code)
        self.changes.note(room.code)

    def release(self, room: RoomRow, number: int, role: str, kind: str) -> None:
        """Free a seat for somebody else, or let a solved player go on in it."""
        if not self.log.release(room.code, number, role, kind, self.clock()):
            raise Refusal(404, f"Table {number} has no seat for the role `{role[:60]}`.")
        with self._locked(room.code, number) as live:
            self._go_on(room, self._replayed(room, number, live), live, [])
        self.changes.note(room.code)

    def class_debriefing(self, room: RoomRow) -> dict[str, Any]:
        """Return the debriefs of all tables that are over, and how often each ending came."""
        over = [
            self.debriefing(room, table.number) for table in self.log.tables(room.code) if table.outcome is not None
        ]
        solved = self._solved(room)
        start = dict(zip(solved.game.outcomes, solved.odds(0, solved.game.graph.start).tolist(), strict=True))
        endings = {name: sum(one["outcome"] == name for one in over) for name in solved.game.outcomes}
        return {
            "title": room.title,
            "case": room.case_name,
            "tables": len(self.log.tables(room.code)),
            "over": over,
            "endings": endings,
            "forecast": start,
            "history_outcome": solved.game.case.outcome if solved.game.case else None,
        }

    # --- time -----------------------------------------------------------------------------------------------------

    def pass_overdue(self) -> int:
        """Play the turns whose time is over: they hold, or do what the solved player would. Return how many."""
        done = 0
        for code, number in self.log.overdue(self.clock()):
            room = self.log.room(code)
            if room is None:
                continue
            with self._locked(code, number) as live:
                seen = self._replayed(room, number, live)
                table, state = seen.table, seen.state
                turn = table.turn(state)
                due = _deadline(room, seen)
                if turn is None or due is None or due > self.clock():
                    continue
                if HOLD in turn.options:
                    entry = table.entry(state, HOLD, DEADLINE)
                else:
                    drawn = replace(table, people=frozenset()).automatic(state)
                    assert drawn is not None
                    entry = replace(drawn, by=DEADLINE)
                try:
                    self._go_on(room, seen, live, [entry])
                except TooLate:
                    continue
            done += 1
            self.changes.note(code)
        return done

    def delete_expired(self) -> None:
        """Delete the rooms whose time is over."""
        for code in self.log.delete_expired(self.clock()):
            self._forget(code)
            self.changes.note(code)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _solved(self, room: RoomRow) -> Solved:
        solved = self.cases.get(room.case_name)
        if solved.hash != room.case_hash:
            raise Refusal(410, "This room was opened with an earlier version of its case and cannot go on.")
        return solved

    def _look(self, room: RoomRow, number: int) -> tuple[TableRow, dict[str, SeatRow]]:
        found = self.log.look(room.code, number)
        if found is None:
            raise Refusal(404, f"The room has no table {number}.")
        return found[0], {seat.role: seat for seat in found[1]}

    def _locked(self, code: str, number: int) -> _Holding:
        with self._guard:
            live = self._live.get((code, number))
            if live is None:
                live = self._live[(code, number)] = Live(threading.RLock())
                if len(self._live) > MOST_LIVE:
                    self._live.popitem(last=False)
            else:
                self._live.move_to_end((code, number))
        return _Holding(live)

    def _forget(self, code: str) -> None:
        with self._guard:
            for key in [key for key in self._live if key[0] == code]:
                del self._live[key]

    def _replayed(self, room: RoomRow, number: int, live: Live) -> Seen:
        """Return a table with its state; it is replayed only if another process has changed it."""
        stored, seats = self._look(room, number)
        people = frozenset(seat.role for seat in seats.values() if seat.kind == PERSON_SEAT)
        table = Table(self._solved(room), stored.seed, people)
        if live.state is None or live.version != stored.version:
            rows, happenings, version = self.log.course(room.code, number)
            live.state, live.version = table.replay(rows, happenings), version
        return Seen(stored, seats, table, live.state)

    def _go_on(
        self,
        room: RoomRow,
        seen: Seen,
        live: Live,
        entries: Sequence[Row],
        orders: Mapping[str, int | None] | None = None,
        happening: Happening | None = None,
    ) -> Seen:
        """Put entries and all that follows by itself into the log, in one transaction; return the table as it is then.

        Raises
        ------
        TooLate
            Another process was faster; nothing is stored.
        """
        table, state = seen.table, seen.state
        standing = {role: seat.standing for role, seat in seen.seats.items()} | dict(orders or {})
        changed = {role: place for role, place in (orders or {}).items() if seen.seats[role].standing != place}
        rows = list(entries)
        if happening is not None:
            state = table.tell(state, happening)
        for entry in entries:
            state = table.put(state, entry)
        while state.outcome is None:
            row = table.automatic(state)
            if row is None:
                turn = table.turn(state)
                assert turn is not None
                since = standing.get(turn.role)
                row = standing_entry(table, state, since) if since is not None else None
                if row is None:
                    if since is not None:
                        standing[turn.role] = changed[turn.role] = None
                    break
            rows.append(row)
            state = table.put(state, row)
        if not rows and not changed and happening is None:
            return seen
        now = self.clock()
        try:
            version = self.log.append(
                room.code,
                seen.stored.number,
                rows,
                now,
                happening=happening,
                outcome=state.outcome,
                standing=changed,
            )
        except TooLate:
            live.state = None
            raise
        live.state, live.version = state, version
        began = now if rows else seen.stored.began
        return replace(seen, state=state, stored=replace(seen.stored, version=version, began=began))

    def _still_open(self, room: RoomRow) -> None:
        if room.closed:
            raise Refusal(409, "The host has closed this room.")

    def _view(self, room: RoomRow, read: Seen, viewer: str) -> dict[str, Any]:
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
            "now": self.clock(),
            "deadline": _deadline(room, read),
            "waiting_for_a_player": waiting,
            "advise": room.advise,
            "people": [
                {"role": role, "actor": actor(game, role), "kind": read.seats[role].kind, "name": read.seats[role].name}
                for role in game.roles
            ],
            "background": background(table),
            **seen,
        }


def _deadline(room: RoomRow, seen: Seen) -> float | None:
    """Return when the present turn is over; None without a limit, in a pause, and while its seat is free."""
    turn = seen.table.turn(seen.state)
    if room.seconds is None or room.paused is not None or turn is None:
        return None
    return seen.stored.began + room.seconds if seen.seats[turn.role].player is not None else None


def _players(seen: Seen) -> dict[str, str]:
    """Return the names of those who sit at a table, by role."""
    return {role: seat.name for role, seat in seen.seats.items() if seat.name is not None}


class _Holding:
    """Holds a table for one thread at a time."""

    def __init__(self, live: Live) -> None:
        self.live = live

    def __enter__(self) -> Live:
        self.live.lock.acquire()
        return self.live

    def __exit__(self, *_: object) -> None:
        self.live.lock.release()


def _in_order(roles: Sequence[str], seats: Sequence[SeatRow]) -> list[SeatRow]:
    return sorted(seats, key=lambda one: list(roles).index(one.role))


def _pace_problems(seconds: int | None) -> list[Problem]:
    if seconds is None or SHORTEST_TURN <= seconds <= LONGEST_TURN:
        return []
    return [Problem(f"a turn has {SHORTEST_TURN} to {LONGEST_TURN} seconds, or no limit", path="seconds")]


def _event_problems(solved: Solved, event: Event) -> list[Problem]:
    problems = []
    if not clean_text(event.title, MOST_TITLE):
        problems.append(Problem("an event has a title", path="title"))
    if len(event.title) > MOST_TITLE or len(event.text) > MOST_TEXT:
        most = f"{MOST_TITLE} letters in its title and {MOST_TEXT} in its text"
        problems.append(Problem(f"an event has at most {most}", path="text"))
    if len(event.sets) > MOST_SETS:
        problems.append(Problem(f"an event sets at most {MOST_SETS} variables", path="set"))
    space = solved.game.plan.space
    for name, value in list(event.sets.items())[:MOST_SETS]:
        if name not in space.index:
            hint = nearest(name[:60], space.index)
            problems.append(Problem(f"there is no state variable `{name[:60]}`", path="set", hint=hint))
        elif str(value) not in space.variables[space.index[name]].labels:
            labels = space.variables[space.index[name]].labels
            hint = f"expected one of {', '.join(labels[:12])}"
            problems.append(Problem(f"`{str(value)[:60]}` is not a value of `{name}`", path="set", hint=hint))
    return problems


def _cleaned(event: Event) -> Event:
    title = clean_text(event.title, MOST_TITLE).replace("\n", " ")
    return Event(title, clean_text(event.text, MOST_TEXT), {str(k): str(v) for k, v in event.sets.items()}, event.event)
