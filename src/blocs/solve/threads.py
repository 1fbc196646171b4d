"""How many threads work, and on what: draws never touch one another, so parts of them can be solved side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier, BrokenBarrierError
from typing import TypeVar

Job = TypeVar("Job")

# arcs times draws of one backward pass below which sharing its stages among threads costs more than it brings
LARGE = 20_000_000


def available(threads: int = 0) -> int:
    """Return the number of threads asked for; zero asks for as many as Numba has."""
    if threads > 0:
        return threads
    import numba

    return numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def in_parts(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Do ``work(low, high)`` for parts of `count` that follow one another, each in a thread.

    The work lets go of Python's lock (kernels do), and no part writes where another does.
    """
    parts = max(min(available(threads), count), 1)
    bounds = [count * part // parts for part in range(parts + 1)]
    each(list(pairwise(bounds)), lambda part: work(*part), parts)


def each(
    jobs: Sequence[Job], work: Callable[[Job], None], threads: int, finished: Callable[[Job], None] | None = None
) -> None:
    """Do jobs, `threads` of them at a time; `finished` is told of each, in order and in this thread."""
    if threads == 1 or len(jobs) == 1:
        for job in jobs:
            work(job)
            if finished is not None:
                finished(job)
        return
    with ThreadPoolExecutor(threads) as pool:
        for job, _ in zip(jobs, pool.map(work, jobs), strict=True):
            if finished is not None:
                finished(job)


def in_step(work: Callable[[int, Callable[[], int]], None], threads: int) -> None:
    """Do ``work(part, wait)`` in so many threads; each calls ``wait()`` where all have to be before any goes on."""
    barrier = Barrier(threads)

    def guarded(part: int) -> None:
        try:
            work(part, barrier.wait)
        except BaseException:
            # the others would wait for ever
            barrier.abort()
            raise

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(guarded, part) for part in range(threads)]
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])
