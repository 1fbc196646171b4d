"""The bootstrap: refits to resampled rows or clusters, with seeds that do not depend on how the work is split."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError, UsageError
from blocs.fit.estimation.batch import refit
from blocs.fit.estimation.covariance import cluster_ranks
from blocs.fit.estimation.likelihood import RowObjective
from blocs.fit.estimation.results import Estimates

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Bootstrap:
    """Resample rows, or whole clusters, with replacement and fit again (Efron 1979).

    Parameters
    ----------
    replicates : int
    clusters : sequence, optional
        The cluster of each row; rows of one cluster are drawn together.
    seed : int
        Replicate b draws from the b-th stream of this seed, whatever the number of processes.
    processes : int
        Worker processes; 1 does all the work here.
    chunk : int
        Replicates in one piece of work, and between two reports of progress.
    checkpoint : path, optional
        A file in which finished pieces are kept; a run that was interrupted goes on from there.
    """

    replicates: int = 500
    clusters: Sequence[object] | None = None
    seed: int = 0
    processes: int = 1
    chunk: int = 100
    checkpoint: str | Path | None = None
    cites: ClassVar[tuple[str, ...]] = ("efron1979",)

    def __post_init__(self) -> None:
        if self.replicates < 2 or self.processes < 1 or self.chunk < 1:
            raise UsageError("a bootstrap needs two replicates or more, and at least one process and one in a chunk")


@dataclass(frozen=True)
class Bootstrapped:
    """Coefficients over bootstrap replicates.

    Parameters
    ----------
    names : tuple of str
    draws : float64 array (replicate, coefficient)
        Replicates that reached no maximum are not among them.
    failed : int
        How many those were. A share above a few per cent says that the errors below are too small.
    """

    names: tuple[str, ...]
    draws: Array
    failed: int

    @property
    def covariance(self) -> Array:
        """Covariance of the coefficients."""
        return np.atleast_2d(np.cov(self.draws, rowvar=False))

    @property
    def standard_errors(self) -> Array:
        """Standard deviation of each coefficient."""
        return self.draws.std(axis=0, ddof=1)

    def intervals(self, level: float = 0.95) -> Array:
        """Return percentile intervals (coefficient, [low, high])."""
        edge = 0.5 - level / 2.0
        return np.quantile(self.draws, [edge, 1.0 - edge], axis=0).T

    def apply_to(self, estimates: Estimates) -> Estimates:
        """Return the estimates with bootstrap standard errors."""
        words = f"bootstrap, {len(self.draws)} replicates"
        if self.failed:
            words += f" ({self.failed} more reached no maximum)"
        return estimates.with_covariance(self.covariance, words)


def bootstrap(
    likelihood: RowObjective, theta: Array, method: Bootstrap | None = None, progress: Progress | None = None
) -> Bootstrapped:
    """Refit a likelihood to resampled rows.

    Parameters
    ----------
    likelihood : RowObjective
    theta : float64 array (coefficient,)
        The estimates, from which every refit starts.
    method : Bootstrap, optional
    progress : function of (done, total), optional
        Called after each piece.

    Raises
    ------
    NumericalError
        Fewer than two replicates reached a maximum.
    """
    method = method or Bootstrap()
    count = method.replicates
    store = _Store(method, likelihood, theta)
    draws, good, done = store.load(count, len(theta))
    pieces = [range(a, min(a + method.chunk, count)) for a in range(0, count, method.chunk)]
    open_pieces = [piece for piece in pieces if not done[piece.start]]
    finished = int(done.sum())
    for piece, (found, fine) in _work(likelihood, theta, method, open_pieces):
        draws[piece.start : piece.stop], good[piece.start : piece.stop] = found, fine
        done[piece.start : piece.stop] = True
        store.save(draws, good, done)
        finished += len(piece)
        if progress is not None:
            progress(finished, count)
    if good.sum() < 2:
        raise NumericalError(f"of {count} bootstrap replicates only {int(good.sum())} reached a maximum")
    return Bootstrapped(likelihood.names, draws[good], int((~good).sum()))


def resampled(likelihood: RowObjective, method: Bootstrap, piece: range) -> Array:
    """Return the weights of some replicates (replicate, row)."""
    rows = likelihood.rows
    member = np.arange(rows) if method.clusters is None else cluster_ranks(method.clusters, rows)
    groups = int(member.max()) + 1
    streams = np.random.SeedSequence(method.seed).spawn(method.replicates)
    weights = np.empty((len(piece), rows))
    for k, b in enumerate(piece):
        drawn = np.random.default_rng(streams[b]).integers(0, groups, groups)
        weights[k] = likelihood.weights * np.bincount(drawn, minlength=groups)[member]
    return weights


def _piece(likelihood: RowObjective, theta: Array, method: Bootstrap, piece: range) -> tuple[Array, NDArray[np.bool_]]:
    return refit(likelihood, resampled(likelihood, method, piece), theta)


def _work(
    likelihood: RowObjective, theta: Array, method: Bootstrap, pieces: Sequence[range]
) -> Iterator[tuple[range, tuple[Array, NDArray[np.bool_]]]]:
    if method.processes == 1 or len(pieces) < 2:
        for piece in pieces:
            yield piece, _piece(likelihood, theta, method, piece)
        return
    # fresh processes: a fork would share the threads of numerical libraries in an undefined state
    with ProcessPoolExecutor(min(method.processes, len(pieces)), mp_context=get_context("spawn")) as pool:
        waiting = [(piece, pool.submit(_piece, likelihood, theta, method, piece)) for piece in pieces]
        for piece, future in waiting:
            yield piece, future.result()


class _Store:
    """A file of finished replicates that belongs to one likelihood, start and seed."""

    def __init__(self, method: Bootstrap, likelihood: RowObjective, theta: Array) -> None:
        self.path = Path(method.checkpoint) if method.checkpoint is not None else None
        self.mark = ""
        if self.path is not None:
            digest = hashlib.sha256()
            clusters = "" if method.clusters is None else repr(list(method.clusters))
            digest.update(f"{method.replicates} {method.seed} {method.chunk} {clusters} {likelihood.names}".encode())
            for part in (theta, likelihood.weights, likelihood.row_values(theta)):
                digest.update(np.ascontiguousarray(part).tobytes())
            self.mark = digest.hexdigest()

    def load(self, count: int, size: int) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
        nothing = np.full((count, size), np.nan), np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        if self.path is None or not self.path.exists():
            return nothing
        try:
            with np.load(self.path, allow_pickle=False) as kept:
                if str(kept["mark"]) != self.mark:
                    raise InputError(f"{self.path} belongs to another bootstrap; remove it or name another file")
                return kept["draws"], kept["good"], kept["done"]
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{self.path} is not a file of bootstrap replicates: {error}") from None

    def save(self, draws: Array, good: NDArray[np.bool_], done: NDArray[np.bool_]) -> None:
        if self.path is None:
            return
        # written beside and moved over, so that a run killed here leaves the last whole file
        part = self.path.with_name(self.path.name + ".part")
        with part.open("wb") as file:
            np.savez(file, mark=np.array(self.mark), draws=draws, good=good, done=done)
        os.replace(part, self.path)
