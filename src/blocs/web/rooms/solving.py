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

from blocs.errors import InputError, NumericalError, Problem
from blocs.game.game import Game, compile_game
from blocs.language.load import load_case
from blocs.web.play.solved import Solved
from blocs.web.rooms.shelf import Shelf, why_not

# a shipped case takes a second, and a computer that has not compiled the kernels yet half a minute
SECONDS = 90.0
# cases kept in memory; each takes the memory of its graph, and its solution lies on disk
MOST_CASES = 12
WORKER = (sys.executable, "-m", "blocs.web.rooms.solve_case")


class SolvedCases:
    """Gives solved cases by name; the first who asks for one waits, all others share it.

    Parameters
    ----------
    shelf : Shelf, optional
        Which cases there are; those that ship where nothing is said.
    seconds : float
        After this time a solution is given up and its process ended.
    worker : sequence of str
        The command that solves the case that `Shelf.source` gives into ``FOLDER``.
    """

    def __init__(self, shelf: Shelf | None = None, seconds: float = SECONDS, worker: Sequence[str] = WORKER) -> None:
        self.shelf = shelf if shelf is not None else Shelf()
        self.seconds, self.worker = seconds, tuple(worker)
        self._held: OrderedDict[str, Solved] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._made: Path | None = None

    def get(self, name: str) -> Solved:
        """Return a case solved.

        Raises
        ------
        InputError
            There is no such case, or it cannot be played.
        NumericalError
            It took too long, or has no valid solution.
        """
        with self._guard:
            if name in self._held:
                self._held.move_to_end(name)
                return self._held[name]
        # whatever cannot be played is refused before anything is made for it
        why = why_not(self.shelf.load(name))
        if why:
            raise InputError(
                Problem(f"this case cannot be played: {why[:1].lower()}{why[1:].rstrip('.')}", path="case")
            )
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
        return Solved.load(folder, game_of(self.shelf.source(name)))

    def _work(self, name: str, folder: Path) -> None:
        process = subprocess.Popen(
            [*self.worker, self.shelf.source(name), str(folder)],
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


def game_of(source: str) -> Game:
    """Return a case compiled; `source` is what `Shelf.source` gives."""
    return compile_game(load_case(source))
