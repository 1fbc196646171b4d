"""Waiting for a table to change: one number per table goes up, and whoever waits for it is woken."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict


class Changes:
    """Wakes those who wait for a room. Notes come from any thread; waiting is done in the event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)
        self._lock = threading.Lock()

    def note(self, room: str) -> None:
        """Wake everybody who waits for a room."""
        with self._lock:
            waiting = self._waiting.pop(room, set())
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def enlist(self, room: str) -> asyncio.Event:
        """Return an event that the next note of the room sets; enlist before looking, so that nothing is missed."""
        event = asyncio.Event()
        with self._lock:
            self._waiting[room].add((asyncio.get_running_loop(), event))
        return event

    def leave(self, room: str, event: asyncio.Event) -> None:
        """Wait no longer."""
        with self._lock:
            waiting = self._waiting.get(room)
            if waiting is not None:
                waiting.discard((asyncio.get_running_loop(), event))
                if not waiting:
                    del self._waiting[room]
