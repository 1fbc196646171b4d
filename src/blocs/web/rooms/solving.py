"""Solved cases for all rooms: solved once each in a process of its own, which is ended if it takes too long."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from blocs.errors import InputError, NumericalError, Problem, nearest
from blocs.game.game import Game, compile_game
from blocs.language.load import load_case
from blocs.library import list_cases
from blocs.web.play.solved import Solved

# a shipped case takes a second, and a computer that has not compiled the kernels yet half a minute
SECONDS = 90.0
# cases kept in memory; each takes the memory of its graph, and its solution lies on disk
MOST_CASES = 12
WORKER = (sys.executable, "-m", "blocs.web.rooms.solve_case")


class SolvedCases:
    """Gives solved cases by name; the first who asks for one waits, all others share it.

    Parameters
    ----------
    seconds : float
        After this time a solution is given up and its process ended.
    worker : sequence of str
        The command that solves ``NAME`` into ``FOLDER``.
    """

    def __init__(self, seconds: float = SECONDS, worker: Sequence[str] = WORKER) -> None:
        self.seconds, self.worker = seconds, tuple(worker)
        self._held: OrderedDict[str, Solved] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._made: Path | None = None

    def get(self, name: str) -> Solved:
        """Return a shipped case solved.

        Raises
        ------
        InputError
            There is no such case.
        NumericalError
            It took too long, or has no valid solution.
        """
        cases = list_cases()
        with self._guard:
            known = name in self._held or name in cases
        if not known:
            raise InputError(Problem(f"there is no case `{name[:80]}`", hint=nearest(name[:80], cases)))
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._held:
                solved = self._solve(name)
                with self._guard:
                    self._held[name] = solved
                    if len(self._held) > MOST_CASES:
                        self._held.popitem(last=False)
            with self._guard:
                if name in self._held:
                    self._held.move_to_end(name)
                    return self._held[name]
            return self.get(name)

    def put(self, name: str, solved: Solved) -> None:
        """Hold a solution that was made elsewhere."""
        with self._guard:
            self._held[name] = solved

    def _solve(self, name: str) -> Solved:
        with self._guard:
            if self._made is None:
                self._made = Path(tempfile.mkdtemp(prefix="blocs-solved-"))
            folder = self._made / name
        if not (folder / "solved.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            self._work(name, folder)
        return Solved.load(folder, game_of(name))

    def _work(self, name: str, folder: Path) -> None:
        process = subprocess.Popen(
            [*self.worker, name, str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        with self._guard:
            self._running.add(process)
            if self._closed:
                process.kill()
        try:
            _, told = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise NumericalError(
                f"solving {name} took longer than {self.seconds:g} seconds and was ended; try again later"
            ) from None
        finally:
            with self._guard:
                self._running.discard(process)
        if process.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            said = told.decode("utf-8", "replace").strip().splitlines()
            raise NumericalError(f"{name} could not be solved: {said[-1][:300] if said else 'its process was ended'}")

    def close(self) -> None:
        """End what is still being solved and remove the solutions from disk."""
        with self._guard:
            self._closed = True
            for process in self._running:
                process.kill()
            folder = self._made
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def game_of(name: str) -> Game:
    """Return a shipped case compiled."""
    return compile_game(load_case(name))
