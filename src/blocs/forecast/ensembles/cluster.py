"""Chunks solved on a Dask cluster; results come back to this process, so that the cluster needs no common disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from distributed import Client, Worker, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from blocs.errors import NumericalError, UsageError
from blocs.forecast.ensembles.chunk import ChunkSolver
from blocs.forecast.ensembles.design import Design

Deliver = Callable[[int, bytes], None]

# a scheduler that has not answered by then is not there
SECONDS_TO_CONNECT = 20


class EnsemblePlugin(WorkerPlugin):
    """Keeps the compiled game of an ensemble on a worker of the cluster, for one task at a time."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.name = f"blocs-{design.digest[:16]}"

    def setup(self, worker: Worker) -> None:
        """Prepare the worker; compiling waits for the first task."""
        del worker
        self.lock = threading.Lock()
        self.solver: ChunkSolver | None = None

    def solve(self, chunk: int) -> bytes:
        """Solve a chunk. Numba's loops must not be entered from two threads at once."""
        with self.lock:
            if self.solver is None:
                self.solver = ChunkSolver(self.design)
            return self.solver.solve(chunk)


def _solve_on_worker(name: str, chunk: int) -> bytes:
    plugin: Any = get_worker().plugins[name]
    return plugin.solve(chunk)


def solve_on_cluster(design: Design, chunks: Sequence[int], address: str, deliver: Deliver) -> None:
    """Solve chunks on a Dask cluster.

    Parameters
    ----------
    design : Design
    chunks : sequence of int
    address : str
        Of the scheduler: ``tcp://host:port``.
    deliver : callable (chunk, content)
        Told of each chunk in this process, in the order in which they are finished.

    Raises
    ------
    UsageError
        No scheduler answers there, or it has no workers.
    NumericalError
        Workers died over and over at the same chunk.
    """
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}: {error}") from error
    plugin = EnsemblePlugin(design)
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise UsageError(f"the Dask scheduler at {address} has no workers")
        client.register_plugin(plugin)
        futures = [client.submit(_solve_on_worker, plugin.name, chunk, pure=False) for chunk in chunks]
        numbers = {future.key: chunk for future, chunk in zip(futures, chunks, strict=True)}
        try:
            for future in as_completed(futures, loop=client.loop):
                deliver(numbers[future.key], future.result())
                # the cluster may forget what was brought home
                future.release()
        except KilledWorker as error:
            why = f"workers of the cluster died over and over ({error}); the chunks finished before are kept"
            raise NumericalError(why) from error
        finally:
            client.cancel(futures)
            client.unregister_worker_plugin(plugin.name)
