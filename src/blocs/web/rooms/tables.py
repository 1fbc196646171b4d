"""Tables as they stand: replayed from their logs, kept in memory, and gone on with in one transaction for each move."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from blocs.web.play.course import Happening, Row, State, Table
from blocs.web.play.solved import Solved
from blocs.web.play.standing import standing_entry
from blocs.web.refusals import Refusal
from blocs.web.store.log import Log, RoomRow, SeatRow, TableRow, TooLate

# tables kept replayed in memory; any other is replayed from its log when it is asked for
MOST_LIVE = 500
PERSON_SEAT, SOLVED_SEAT = "person", "solved"


@dataclass(frozen=True)
class Seen:
    """A table as it was read: its row, its seats by role, and the game with its state."""

    stored: TableRow
    seats: Mapping[str, SeatRow]
    table: Table
    state: State

    @property
    def players(self) -> dict[str, str]:
        """The names of those who sit at it, by role."""
        return {role: seat.name for role, seat in self.seats.items() if seat.name is not None}

    def deadline(self, room: RoomRow) -> float | None:
        """Return when the present turn is over; None without a limit, in a pause, and while its seat is free."""
        turn = self.table.turn(self.state)
        if room.seconds is None or room.paused is not None or turn is None:
            return None
        return self.stored.began + room.seconds if self.seats[turn.role].player is not None else None


@dataclass
class Live:
    """What is kept of a table: its row and seats as they were read last, the state that its log leads to, and views.

    All of it belongs to the version in `stored`: whatever changes a table, its seats or its room raises the version.
    """

    lock: threading.RLock
    stored: TableRow | None = None
    seats: Mapping[str, SeatRow] = field(default_factory=dict)
    state: State | None = None
    views: dict[tuple[str, RoomRow], dict[str, Any]] = field(default_factory=dict)

    def keep(self, seen: Seen) -> None:
        """Keep a table as it is now."""
        self.stored, self.seats, self.state = seen.stored, seen.seats, seen.state
        self.views.clear()

    def forget(self) -> None:
        """Keep nothing, so that the log is read again."""
        self.stored = self.state = None
        self.views.clear()


class Tables:
    """The tables of all rooms, each held by one thread at a time.

    Parameters
    ----------
    log : Log
    solved : callable
        Gives the solved case of a room.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, log: Log, solved: Callable[[RoomRow], Solved], clock: Callable[[], float]) -> None:
        self.log, self.solved, self.clock = log, solved, clock
        self._live: OrderedDict[tuple[str, int], Live] = OrderedDict()
        self._guard = threading.Lock()

    @contextmanager
    def held(self, room: RoomRow, number: int, stored: TableRow | None = None) -> Iterator[Holding]:
        """Hold a table while something is done at it.

        Parameters
        ----------
        room : RoomRow
        number : int
        stored : TableRow, optional
            Its row, where it has just been read.

        Raises
        ------
        Refusal
            (404) The room has no such table.
        """
        with self._guard:
            live = self._live.get((room.code, number))
            if live is None:
                live = self._live[(room.code, number)] = Live(threading.RLock())
                if len(self._live) > MOST_LIVE:
                    self._live.popitem(last=False)
            else:
                self._live.move_to_end((room.code, number))
        with live.lock:
            yield Holding(self, room, number, live, stored)

    def forget(self, code: str) -> None:
        """Keep nothing of a room."""
        with self._guard:
            for key in [key for key in self._live if key[0] == code]:
                del self._live[key]


class Holding:
    """One table, held: `seen` is what was read when it was taken, and what it is after each `go_on`."""

    def __init__(self, tables: Tables, room: RoomRow, number: int, live: Live, stored: TableRow | None = None) -> None:
        self.room, self.live = room, live
        self._tables, self._number = tables, number
        self.seen = self._read(stored)

    def _read(self, stored: TableRow | None = None) -> Seen:
        """Return the table with its state; the log is read only if another process has changed the table."""
        log, room, number, live = self._tables.log, self.room, self._number, self.live
        stored = stored or log.table(room.code, number)
        if stored is None:
            raise Refusal(404, f"The room has no table {number}.")
        if live.stored is not None and live.stored.version > stored.version:
            # somebody moved after the row was read
            stored = live.stored
        known = live.stored is not None and live.stored.version == stored.version
        seats = live.seats if known else {seat.role: seat for seat in log.seats(room.code, number)}
        people = frozenset(seat.role for seat in seats.values() if seat.kind == PERSON_SEAT)
        table = Table(self._tables.solved(room), stored.seed, people)
        if known and live.state is not None:
            return Seen(stored, seats, table, live.state)
        # what came in after the row was read is in the state already; its version is then read again the next time
        seen = Seen(stored, seats, table, table.replay(*log.course(room.code, number)))
        live.keep(seen)
        return seen

    def go_on(
        self,
        entries: Sequence[Row] = (),
        orders: Mapping[str, int | None] | None = None,
        happening: Happening | None = None,
    ) -> Seen:
        """Put entries and all that follows by itself into the log, in one transaction; return the table as it is then.

        Parameters
        ----------
        entries : sequence of Row
        orders : mapping from role to place or None, optional
            From where on a player has asked to hold until something changes.
        happening : Happening, optional
            What the host brings in first.

        Raises
        ------
        TooLate
            Another process was faster; nothing is stored.
        """
        seen, live = self.seen, self.live
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
        now = self._tables.clock()
        try:
            version = self._tables.log.append(
                self.room.code,
                self._number,
                rows,
                now,
                happening=happening,
                outcome=state.outcome,
                standing=changed,
            )
        except TooLate:
            live.forget()
            raise
        stored = replace(
            seen.stored, version=version, began=now if rows else seen.stored.began,
            outcome=state.outcome or seen.stored.outcome,
        )  # fmt: skip
        seats = {role: replace(seat, standing=standing[role]) for role, seat in seen.seats.items()}
        self.seen = replace(seen, state=state, stored=stored, seats=seats)
        if version == seen.stored.version + 1:
            live.keep(self.seen)
        else:  # a seat or the room was changed on the way
            live.forget()
            self.seen = self._read()
        return self.seen
