"""Waiting for a table to change: its version goes up, and whoever waits for it is woken."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class Waiting:
    """Somebody who waits for a room.

    Attributes
    ----------
    number : int or None
        The table that is waited for; None for all of them.
    version : int or None
        The version that is known, of all tables together their sum; None before anybody has looked.
    """

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event = field(default_factory=asyncio.Event)
    number: int | None = None
    version: int | None = None

    def knows(self, versions: Mapping[int, int]) -> bool:
        """Whether these versions of the tables of its room are those that it knows."""
        if self.version is None:
            return True
        now = sum(versions.values()) if self.number is None else versions.get(self.number)
        return now == self.version

    def wake(self) -> None:
        """Wake it, from whatever thread."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.event.set)


class Changes:
    """Wakes those who wait for a room. Notes come from any thread; waiting is done in the event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[Waiting]] = defaultdict(set)
        self._lock = threading.Lock()

    def note(self, room: str, number: int | None = None) -> None:
        """Wake everybody who waits for a table of a room, or for any of them."""
        with self._lock:
            found = list(self._waiting.get(room, ()))
        for one in found:
            if number is None or one.number is None or one.number == number:
                one.wake()

    @property
    def rooms(self) -> list[str]:
        """The rooms that somebody waits for."""
        with self._lock:
            return list(self._waiting)

    def compare(self, versions: Mapping[str, Mapping[int, int]]) -> None:
        """Wake whoever waits for something that has changed without a note: another process did it."""
        with self._lock:
            found = [(room, one) for room, all_ in self._waiting.items() for one in all_]
        for room, one in found:
            if not one.knows(versions.get(room, {})):
                one.wake()

    def enlist(self, room: str) -> Waiting:
        """Begin to wait in the event loop; enlist before looking, so that nothing is missed."""
        one = Waiting(asyncio.get_running_loop())
        with self._lock:
            self._waiting[room].add(one)
        return one

    def leave(self, room: str, one: Waiting) -> None:
        """Wait no longer."""
        with self._lock:
            waiting = self._waiting.get(room)
            if waiting is not None:
                waiting.discard(one)
                if not waiting:
                    del self._waiting[room]
