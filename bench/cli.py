"""Time of the command line as its users feel it: whole processes, with the limit that each is meant to keep."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass

RUNS = 5


@dataclass(frozen=True)
class Line:
    """One command line and its limit.

    Parameters
    ----------
    words : tuple of str
        After ``blocs``.
    limit : float
        In seconds, of processor time or of the clock.
    cpu : bool
        Whether the limit is of processor time.
    """

    words: tuple[str, ...]
    limit: float
    cpu: bool = True


LINES = (
    Line(("--help",), 0.15),
    Line(("check", "--quick", "sino-albanian-1961"), 0.6),
    Line(("check", "sino-albanian-1961"), 0.6),
    Line(("cases",), 0.6),
    Line(("run", "sino-albanian-1961", "--draws", "256", "--json"), 5.0, cpu=False),
)


def measure(words: tuple[str, ...], runs: int) -> tuple[float, float]:
    """Return the least processor time and the least time by the clock of several runs, in seconds."""
    cpu, clock = [], []
    # without this, modules would be compiled anew in each process where the shell forbids to keep them
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(runs + 1):  # the first run fills the caches and does not count
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        command = [sys.executable, "-m", "blocs", *words]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        clock.append(time.perf_counter() - began)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(cpu[1:]), min(clock[1:])


def main() -> None:
    """Print a table: processor time, time by the clock, limit."""
    print(f"{'command':<58}{'CPU':>8}{'clock':>8}{'limit':>14}")
    for line in LINES:
        cpu, clock = measure(line.words, RUNS if line.cpu else 2)
        held = "kept" if (cpu if line.cpu else clock) <= line.limit else "missed"
        limit = f"{line.limit:.2f} {'CPU' if line.cpu else 'clock'} {held}"
        print(f"{'blocs ' + ' '.join(line.words):<58}{cpu:8.2f}{clock:8.2f}  {limit}")


if __name__ == "__main__":
    main()
