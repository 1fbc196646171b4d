"""Solving for pages and programs: cases kept ready, a few threads that work, and work that nobody waits for dropped."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from blocs.errors import nearest
from blocs.forecast.live import LiveCase
from blocs.language.case import Case
from blocs.language.load import load_case
from blocs.library import case_path, list_cases, list_variants
from blocs.solve.sequential import Rooms
from blocs.web.refusals import Refusal

T = TypeVar("T")

SHORT, LONG = "short", "long"
# one draw takes less than a tenth of a second, so that this many wait for a few seconds at most
MOST_WAITING = 40
# a report or a forecast over many draws takes half a minute; one works, these wait
MOST_WAITING_LONG = 4
# pages that asked last are remembered; older ones are closed by now
MOST_PAGES = 10_000


class Overtaken(Refusal):
    """A newer question of the same page came in before this one was begun."""

    def __init__(self) -> None:
        super().__init__(409, "A newer question from the same page has taken the place of this one.")


class Solver:
    """Does the numerical work of all requests, in threads of its own.

    Attributes
    ----------
    rooms : Rooms
        Memory to work in, for each thread.
    own : dict from name to Case
        Cases that are served besides those that ship.
    """

    def __init__(self) -> None:
        self.rooms = Rooms()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._waiting = {SHORT: 0, LONG: 0}
        self._newest: dict[str, int] = {}
        self._progress: dict[str, tuple[int, int, float]] = {}
        self.own: dict[str, Case] = {}
        self._live: dict[str, LiveCase] = {}
        self._cases: dict[str, Case] = {}
        self._preparing = threading.Lock()

    async def ready(self, name: str) -> LiveCase:
        """Return a shipped case, ready to be solved; a thread is asked for it only the first time.

        Raises
        ------
        Refusal
            There is no such case, or too many are waiting.
        """
        found = self._live.get(name)
        return found if found is not None else await self.short(lambda: self.live(name))

    def live(self, name: str) -> LiveCase:
        """Return a shipped case, ready to be solved."""
        case = self.read(name)
        # the first time it is compiled, which takes a second; whoever asks meanwhile waits for the same
        with self._preparing:
            if name not in self._live:
                self._live[name] = LiveCase(case, name)
            return self._live[name]

    async def case(self, name: str) -> Case:
        """Return a shipped case as it is written; see `ready`."""
        found = self._cases.get(name)
        return found if found is not None else await self.short(lambda: self.read(name))

    def read(self, name: str) -> Case:
        """Return a case of the host's, a shipped one or a variant of one, read once; names are known, never paths."""
        if name in self.own:
            return self.own[name]
        known = [*self.own, *list_cases(), *list_variants()]
        if name not in known:
            raise Refusal(404, f"There is no case `{name[:60]}`.", nearest(name[:60], known))
        with self._preparing:
            if name not in self._cases:
                self._cases[name] = load_case(name)
            return self._cases[name]

    def file(self, name: str) -> Path:
        """Return the file of a case that `read` knows."""
        return Path(self.own[name].origins.documents()[0].file) if name in self.own else case_path(name)

    def tell(self, page: str, done: int, total: int) -> None:
        """Remember how far the long work of a page has come."""
        with self._lock:
            began = self._progress.pop(page, (0, 0, time.monotonic()))[2]
            self._progress[page] = (done, total, began)
            while len(self._progress) > MOST_PAGES:
                del self._progress[next(iter(self._progress))]

    def progress(self, page: str) -> tuple[int, int, float]:
        """Return what is done of the long work of a page, of how much, and the seconds that it took."""
        done, total, began = self._progress.get(page, (0, 0, time.monotonic()))
        return done, total, time.monotonic() - began

    def forget(self, page: str) -> None:
        """Forget the work of a page that has ended."""
        with self._lock:
            self._progress.pop(page, None)

    async def short(self, work: Callable[[], T], page: str = "", turn: int = 0) -> T:
        """Do work of less than a second or so.

        Parameters
        ----------
        work : callable
        page : str
            Who asks. Of the questions of one page only the newest is worth answering.
        turn : int
            Number of the question, which grows.

        Raises
        ------
        Overtaken
            A question with a higher number came from the same page before this one was begun.
        Refusal
            Too many are waiting.
        """
        if page:
            with self._lock:
                self._newest[page] = max(turn, self._newest.pop(page, turn))
                while len(self._newest) > MOST_PAGES:
                    del self._newest[next(iter(self._newest))]

        def unless_overtaken() -> T:
            if page and turn < self._newest.get(page, turn):
                raise Overtaken
            return work()

        return await self._do(SHORT, unless_overtaken, MOST_WAITING)

    async def long(self, work: Callable[[], T]) -> T:
        """Do work of many seconds: one at a time.

        Raises
        ------
        Refusal
            Too many are waiting.
        """
        return await self._do(LONG, work, MOST_WAITING_LONG)

    async def _do(self, kind: str, work: Callable[[], T], most: int) -> T:
        with self._lock:
            if self._waiting[kind] >= most:
                later = {"retry-after": "5"}
                raise Refusal(503, "The server is busy solving for others.", "try again in a moment", headers=later)
            self._waiting[kind] += 1
            if kind not in self._pools:
                # long work leaves the other threads to people who drag sliders
                workers = max(os.cpu_count() or 1, 2) if kind == SHORT else 1
                self._pools[kind] = ThreadPoolExecutor(workers, thread_name_prefix=f"blocs-{kind}")
            future = asyncio.get_running_loop().run_in_executor(self._pools[kind], work)
        future.add_done_callback(lambda _: self._done(kind))
        return await future

    def _done(self, kind: str) -> None:
        with self._lock:
            self._waiting[kind] -= 1

    def close(self) -> None:
        """Begin nothing more of what waits; a server that starts again has threads of its own."""
        with self._lock:
            for pool in self._pools.values():
                pool.shutdown(wait=False, cancel_futures=True)
            self._pools.clear()
