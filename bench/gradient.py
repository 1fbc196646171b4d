"""A gradient by every parameter and numeric fact, beside one plain solution of the same game."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import blocs
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.solve.draws import Draws, medians
from blocs.solve.gradient import gradient, table_slopes
from blocs.solve.sequential import backward

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import five_million_arcs, least, row


def measure(name: str, game: Game, draws: Draws, rounds: int) -> None:
    """Print the table of one game."""
    values = dict(draws.values)
    facts = [fact for fact, spec in game.theory.facts.items() if spec.type in ("share", "number", "count")]
    wrt = [*game.theory.parameters, *(fact for fact in facts if fact not in game.plan.fixed_facts)]
    plain, columns = game.columns(), game.columns(Column("outcome", index=0))
    few, more = game.tables(values, plain, 1), game.tables(values, columns, 1)
    done = backward(game, more, keep=True, threads=1)
    d_start = np.zeros_like(done.start)
    d_start[-1] = 1.0

    def solve() -> object:
        return backward(game, few, threads=1)

    def kept() -> object:
        return backward(game, more, keep=True, threads=1)

    def reverse() -> object:
        return table_slopes(game, done, d_start, threads=1)

    def whole() -> object:
        kept()
        return gradient(game, done, columns, draws, d_start, wrt, threads=1)

    for job in (solve, kept, reverse, whole):
        job()
    base, ratios = float("inf"), []
    best = base
    for _ in range(rounds):
        began = time.process_time()
        solve()
        middle = time.process_time()
        whole()
        last = time.process_time() - middle
        base, best = min(base, middle - began), min(best, last)
        ratios.append(last / (middle - began))
    print(f"{name}: {len(wrt)} derivatives")
    row("one plain solution", base)
    row("with one more column, every step kept", least(kept, rounds))
    row("reverse pass", least(reverse, rounds))
    row("whole gradient", best, f"{best / base:5.2f} times (target 2.5; median of pairs {np.median(ratios):.2f})")


def main() -> None:
    print("least CPU time of several runs, one thread")
    case = blocs.compile(blocs.load("sino-albanian-1961"))
    measure("sino-albanian-1961", case, medians(case), 7)
    made = five_million_arcs()
    measure("made-up game", made, medians(made), 5)


if __name__ == "__main__":
    main()
