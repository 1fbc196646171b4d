"""Solve an ensemble: in this process, in several, or on a cluster; into a folder that a killed run takes up again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.errors import UsageError
from blocs.forecast.ensembles.chunk import ChunkSolver
from blocs.forecast.ensembles.design import Design, make_design
from blocs.forecast.ensembles.processes import solve_in_processes
from blocs.forecast.ensembles.result import Ensemble
from blocs.forecast.ensembles.store import Store
from blocs.game.game import Game
from blocs.solve.draws import Draws

if TYPE_CHECKING:
    from blocs.language.case import Case

Progress = Callable[[int, int], None]
Deliver = Callable[[int, bytes], None]

# more processes than this on one machine is surely a slip of the finger
MOST_WORKERS = 1024


def ensemble(
    case: Case,
    draws: int | Draws = 4096,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    folder: str | os.PathLike[str] | None = None,
    workers: int = 0,
    cluster: str | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
) -> Ensemble:
    """Solve a case for many draws over its parameters and over the ranges of its facts.

    The numbers, to the last bit, are a function of case, theory, draws, seed, settings and size of chunks: who solves
    them makes no difference on processors of one kind.

    Parameters
    ----------
    case : Case
    draws : int or Draws
        How many scrambled Sobol points; or values made elsewhere, such as draws from a posterior.
    seed : int
        Of the scrambling.
    settings : mapping, optional
        Facts and parameters held at a value.
    folder : path, optional
        Where to write, one Parquet file per chunk. A folder with part of the same ensemble is completed. Without one,
        the ensemble is kept in memory and lost with the process.
    workers : int
        Processes of this machine, each with one thread; zero solves in this process, on one thread too.
    cluster : str, optional
        Address of a Dask scheduler, ``tcp://host:port``, to solve there instead.
    chunk : int, optional
        Draws per file, a power of two; by default 64, more for more than 8,192 draws.
    progress : callable (done, total), optional
        Told how many draws are done, at the beginning and after each chunk.

    Returns
    -------
    Ensemble

    Raises
    ------
    InputError
        Something in the case or the settings is wrong, or the folder holds something else.
    NumericalError
        No valid solution for some draw, or a worker died. Chunks finished before are kept.
    KeyboardInterrupt
        As pressed; chunks finished before are kept.

    Notes
    -----
    Facts that decide what is legal vary too, over numeric ranges: draws whose graphs differ are solved on graphs of
    their own. References: Owen (1998) for the scrambling, Joe & Kuo (2008) for the sequence.
    """
    if workers and cluster is not None:
        raise UsageError("give a number of workers or a cluster, not both")
    if not 0 <= workers <= MOST_WORKERS:
        raise UsageError(f"the number of workers lies between 0 and {MOST_WORKERS:,}, not {workers}")
    design, game = make_design(case, draws, seed, settings, chunk)

    def solve(chunks: Sequence[int], deliver: Deliver) -> None:
        if cluster is not None:
            _on_cluster(design, chunks, cluster, deliver)
        elif workers:
            solve_in_processes(design, chunks, workers, deliver)
        else:
            solver = ChunkSolver(design, game)
            for number in chunks:
                deliver(number, solver.solve(number))

    if folder is None:
        return _in_memory(design, game, solve, progress)
    store = Store(Path(folder), design)
    with store.opened() as finished:
        count = _Count(design, finished, progress)

        def keep(number: int, content: bytes) -> None:
            store.write(number, content)
            count.add(number)

        missing = [number for number in range(design.chunks) if number not in finished]
        if missing:
            solve(missing, keep)
    return Ensemble.open(folder)


class _Count:
    """Counts the draws that are done and tells of them."""

    def __init__(self, design: Design, finished: frozenset[int], progress: Progress | None) -> None:
        self.design, self.progress = design, progress
        self.done = 0
        for number in finished:
            self.done += design.size(number)
        self._tell()

    def add(self, chunk: int) -> None:
        self.done += self.design.size(chunk)
        self._tell()

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.done, self.design.draws)


def _in_memory(
    design: Design, game: Game, solve: Callable[[Sequence[int], Deliver], None], progress: Progress | None
) -> Ensemble:
    del game
    contents: dict[int, bytes] = {}
    count = _Count(design, frozenset(), progress)

    def keep(number: int, content: bytes) -> None:
        contents[number] = content
        count.add(number)

    solve(range(design.chunks), keep)
    return Ensemble.of_bytes([contents[number] for number in range(design.chunks)], design)


def _on_cluster(design: Design, chunks: Sequence[int], address: str, deliver: Deliver) -> None:
    try:
        from blocs.forecast.ensembles.cluster import solve_on_cluster
    except ImportError as error:
        raise UsageError(f"a cluster needs Dask, which is not installed ({error}); install `blocs[cluster]`") from error
    solve_on_cluster(design, chunks, address, deliver)
