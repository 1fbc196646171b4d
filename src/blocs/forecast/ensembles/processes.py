"""Chunks solved by processes of this machine, one pipe to each; a death is told, and no process is left behind."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from blocs.errors import BlocsError, NumericalError
from blocs.forecast.ensembles.design import Design

Deliver = Callable[[int, bytes], None]
Pipe = Any  # a `Connection`; its type has another name on each system

# how long a process is given to end by itself once its pipe is closed
SECONDS_TO_END = 5.0


@dataclass
class _Worker:
    """A process, our end of its pipe, and the chunk it is at; None before it is ready and between chunks."""

    process: BaseProcess
    pipe: Pipe
    chunk: int | None = None
    ready: bool = False


def solve_in_processes(design: Design, chunks: Sequence[int], workers: int, deliver: Deliver) -> None:
    """Solve chunks in processes of their own.

    Parameters
    ----------
    design : Design
    chunks : sequence of int
        What is to be solved.
    workers : int
        Number of processes, each with one thread.
    deliver : callable (chunk, content)
        Told of each chunk in this process, in the order in which they are finished.

    Raises
    ------
    NumericalError
        A process died; what the others had finished was delivered.
    BlocsError
        What a process raised.
    """
    context = multiprocessing.get_context("spawn")
    todo = list(reversed(chunks))
    team: list[_Worker] = []
    try:
        for _ in range(min(workers, len(todo))):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, design), daemon=True)
            process.start()
            theirs.close()
            team.append(_Worker(process, ours))
        pending = len(todo)
        while pending:
            pipes = {worker.pipe: worker for worker in team}
            for pipe in wait(list(pipes)):
                worker = pipes[pipe]  # type: ignore[index]
                message = _receive(worker)
                if message[0] == "failed":
                    raise message[1]
                if message[0] == "done":
                    deliver(message[1], message[2])
                    pending -= 1
                worker.ready, worker.chunk = True, None
                if todo:
                    worker.chunk = todo.pop()
                    _send(worker, worker.chunk)
    finally:
        _end(team)


def _receive(worker: _Worker) -> Any:
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        raise _died(worker) from None


def _send(worker: _Worker, chunk: int) -> None:
    try:
        worker.pipe.send(chunk)
    except OSError:
        raise _died(worker) from None


def _died(worker: _Worker) -> NumericalError:
    worker.process.join(SECONDS_TO_END)
    code = worker.process.exitcode
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    if not worker.ready:
        return NumericalError(
            f"a worker process {how} before it began; a script that starts workers needs "
            '`if __name__ == "__main__":` around its main part'
        )
    at = f" while it solved chunk {worker.chunk}" if worker.chunk is not None else ""
    why = " (memory may have run out)" if code == -signal.SIGKILL else ""
    return NumericalError(f"a worker process {how}{at}{why}; the chunks finished before are kept: run again to go on")


def _end(team: Sequence[_Worker]) -> None:
    """Close all pipes and end every process, busy or not."""
    for worker in team:
        worker.pipe.close()
        if worker.chunk is not None or not worker.ready:
            worker.process.terminate()
    for worker in team:
        worker.process.join(SECONDS_TO_END)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()


def _work(pipe: Pipe, design: Design) -> None:
    """Solve what comes through the pipe until it is closed; this is all that a worker process does."""
    # Ctrl-C goes to the whole group; the parent decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        try:
            from blocs.forecast.ensembles.chunk import ChunkSolver

            solver = ChunkSolver(design)
            pipe.send(("ready",))
            while True:
                chunk = pipe.recv()
                pipe.send(("done", chunk, solver.solve(chunk)))
        except BlocsError as error:
            pipe.send(("failed", error))
        except (EOFError, OSError):
            # the parent is gone
            raise
        except Exception:
            pipe.send(("failed", RuntimeError("a worker process failed:\n" + traceback.format_exc())))
