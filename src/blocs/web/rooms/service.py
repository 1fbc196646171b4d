"""The rooms of a server: what pages and programs are given, and what goes on by itself.

What can be done with rooms stands beside this, by who does it: `opening`, `seats`, `turns`, `hosting`, `debriefs`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from blocs.errors import InputError
from blocs.web.play.solved import Solved
from blocs.web.refusals import Refusal
from blocs.web.rooms.changes import Changes
from blocs.web.rooms.solving import SolvedCases
from blocs.web.rooms.tables import Tables
from blocs.web.store.log import Log, RoomRow


class Rooms:
    """All rooms of a server.

    Parameters
    ----------
    log : Log
    cases : SolvedCases
    clock : callable
        Seconds since 1970.

    Attributes
    ----------
    changes : Changes
        Wakes those who wait for a room.
    tables : Tables
        The tables of all rooms, as they stand.
    """

    def __init__(self, log: Log, cases: SolvedCases, clock: Callable[[], float] = time.time) -> None:
        self.log, self.cases, self.clock = log, cases, clock
        self.changes = Changes()
        # the clock is looked up when it is asked, so that all parts go by the same one
        self.tables = Tables(log, self.solved, lambda: self.clock())

    def room(self, code: str) -> RoomRow:
        """Return a room by its code.

        Raises
        ------
        Refusal
            (404) There is none, or its time is over.
        """
        room = self.log.room(code)
        if room is None or self.is_over(room):
            raise Refusal(404, "There is no room with this code.", "look at the code again; rooms are deleted in time")
        return room

    def is_over(self, room: RoomRow) -> bool:
        """Whether the time of a room is over; it is deleted within minutes."""
        return room.expires < self.clock()

    def solved(self, room: RoomRow) -> Solved:
        """Return the solved case of a room.

        Raises
        ------
        Refusal
            (410) It is not the case that the room was opened with, or is not there any more.
        """
        try:
            solved = self.cases.get(room.case_name)
        except InputError:
            hint = "if it is one of your own, start the server with --cases again"
            raise Refusal(410, f"The case of this room, {room.case_name}, is not here any more.", hint) from None
        if solved.hash != room.case_hash:
            raise Refusal(410, "This room was opened with an earlier version of its case and cannot go on.")
        return solved

    def notice(self) -> None:
        """Wake whoever waits for a table that another process on the same database has changed."""
        codes = self.changes.rooms
        if codes:
            self.changes.compare(self.log.versions(codes))

    def delete(self, room: RoomRow) -> None:
        """Delete a room with everything in it, now."""
        self.log.delete(room.code)
        self._gone(room.code)

    def delete_expired(self) -> None:
        """Delete the rooms whose time is over."""
        for code in self.log.delete_expired(self.clock()):
            self._gone(code)

    def _gone(self, code: str) -> None:
        self.tables.forget(code)
        self.changes.note(code)


def still_open(room: RoomRow) -> None:
    """Refuse what needs a room that its host has not closed."""
    if room.closed:
        raise Refusal(409, "The host has closed this room.")
