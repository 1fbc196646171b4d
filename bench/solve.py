"""One backward pass: beside a plain C++ loop over the same arrays, on a second core, and for batches of draws."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import blocs
from blocs.game.game import Game
from blocs.solve.draws import draw, medians
from blocs.solve.sequential import backward

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import five_million_arcs, load, row
from _peer import library, solver

BATCH = 16
ROUNDS = 9
Job = Callable[[], object]


def in_turn(one: Job, two: Job, clock: Callable[[], float]) -> tuple[float, float, float]:
    """Run two jobs in turn; return the least time of each, and the median of the ratios of neighbours."""
    times = []
    for _ in range(ROUNDS):
        began = clock()
        one()
        between = clock()
        two()
        times.append((between - began, clock() - between))
    pairs = np.array(times)
    return float(pairs[:, 0].min()), float(pairs[:, 1].min()), float(np.median(pairs[:, 1] / pairs[:, 0]))


def measure(name: str, game: Game) -> None:
    """Print the table of one game."""
    graph, columns = game.graph, game.columns()
    print(f"{name}: {graph.nodes:,} nodes, {graph.solved_arcs / 1e6:.2f} million arcs, {len(columns)} columns")
    single = game.tables(medians(game).values, columns, 1)
    batch = game.tables(draw(game, BATCH, 0).values, columns, BATCH)

    def one_thread(_: int = 0) -> object:
        return backward(game, single, threads=1)

    def two_threads() -> object:
        return backward(game, single, threads=2)

    def side_by_side() -> object:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one_thread, range(2)))

    def many() -> object:
        return backward(game, batch, threads=1)

    for job in (one_thread, two_threads, many):
        job()
    with tempfile.TemporaryDirectory() as folder:
        peer = library(Path(folder))
        if peer is None:
            print("  no C++ compiler here; recorded elsewhere: 58 ms for C++ against 92 ms")
        else:
            run, value, sigma = solver(peer, game, single)
            run()
            done = backward(game, single, threads=1)
            off = max(np.abs(sigma - done.sigma[:, 0]).max(), np.abs(value[0] - done.value[0, 0, :, 0]).max())
            least, ours, median = in_turn(run, one_thread, time.process_time)
            row("C++ loop", least, f"answers differ by {off:.0e}")
            row("blocs, one thread", ours, f"{ours / least:5.2f} times C++ (target 1.6; median {median:.2f})")
    one, two, _ = in_turn(one_thread, two_threads, time.perf_counter)
    row("two threads, by the clock", two, f"{one / two:5.2f} times faster (target 1.7 on an idle machine)")
    one, two, _ = in_turn(one_thread, side_by_side, time.perf_counter)
    row("two passes side by side, by the clock", two, f"{2 * one / two:5.2f} times faster; load {load():.1f} just now")
    one, two, _ = in_turn(one_thread, many, time.process_time)
    row(f"each of {BATCH} draws solved together", two / BATCH, f"{one * BATCH / two:5.2f} times cheaper (target 1.7)")


def main() -> None:
    print("least CPU time of several runs, except where the clock is named")
    measure("made-up game", five_million_arcs())
    measure("sino-albanian-1961", blocs.compile(blocs.load("sino-albanian-1961")))


if __name__ == "__main__":
    main()
