"""The main job on the shipped case: 256 draws with warm kernels, and the first run ever, with nothing compiled yet."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import blocs
from blocs.forecast.solving import solve
from blocs.solve.sequential import batches

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import least, load, row

CASE = "sino-albanian-1961"
DRAWS = 256


def command(*words: str, cache: str | None = None) -> tuple[float, float]:
    """Run a command in a fresh process; return its CPU time and its time by the clock."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = cache
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "blocs", *words],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - began


def main() -> None:
    case = blocs.load(CASE)
    game = blocs.compile(case)
    graph = game.graph
    print(f"{CASE}: {graph.nodes:,} nodes, {graph.solved_arcs / 1e6:.2f} million arcs a solution; CPU time unless said")
    row("load", least(lambda: blocs.load(CASE), 3))
    row("compile to a graph", least(lambda: blocs.compile(case), 3))
    solve(game, 16)
    began = time.perf_counter()
    spent = least(lambda: solve(game, DRAWS), 1)
    clock = time.perf_counter() - began
    arcs = graph.solved_arcs * DRAWS / spent / 1e6
    row(f"solve {DRAWS} draws, follow and score them", spent, f"{arcs:.0f} million arcs/s; {clock:.1f} s by the clock")
    row("  of that, one batch", spent / len(batches(game, DRAWS)))
    cpu, clock = command("run", CASE, "--draws", str(DRAWS), "--json")
    row(f"blocs run --draws {DRAWS}", cpu, f"{clock:.1f} s by the clock (target 5), load {load():.1f} just now")
    with tempfile.TemporaryDirectory() as cache:
        cpu, clock = command("run", CASE, "--draws", str(DRAWS), "--json", cache=cache)
    row("the same, first run ever", cpu, f"{clock:.1f} s by the clock (target 30)")
    cpu, clock = command("check", "--quick", CASE)
    row("blocs check --quick", cpu, f"{clock:.1f} s by the clock (target 0.6 of CPU)")


if __name__ == "__main__":
    main()
