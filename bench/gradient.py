"""The probability of an outcome with its derivatives by every parameter and numeric fact, beside that without them.

A solution is what tells the probability: tables from formulas, values back from the end, and probabilities on from the
start. With derivatives it is tables, values with one more column and every step kept, the reverse pass, and back
through the formulas. It is set beside the values alone too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

import blocs
from blocs.forecast.solving import follow
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
    alone = backward(game, few, threads=1)
    done = backward(game, more, keep=True, threads=1)
    d_start = np.zeros_like(done.start)
    d_start[-1] = 1.0

    def back() -> object:
        return backward(game, few, threads=1)

    def solve() -> object:
        return follow(game, backward(game, game.tables(values, plain, 1), threads=1), 1)

    def kept() -> object:
        return backward(game, more, keep=True, threads=1)

    def reverse() -> object:
        return table_slopes(game, done, d_start, threads=1)

    def whole() -> object:
        game.tables(values, columns, 1)
        kept()
        return gradient(game, done, columns, draws, d_start, wrt, threads=1)

    for job in (back, solve, kept, reverse, whole):
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
    values_alone = least(back, rounds)
    row("a solution", base)
    row("  its values, from the end", values_alone)
    row("  its probabilities, from the start", least(lambda: follow(game, alone, 1), rounds))
    row("values, one more column, all steps kept", least(kept, rounds))
    row("reverse pass", least(reverse, rounds))
    row("solution with gradient", best, f"{best / values_alone:5.2f} times the values alone")
    row(
        "solution with gradient",
        best,
        f"{best / base:5.2f} times a solution (target 2.5; median of pairs {np.median(ratios):.2f})",
    )


def main() -> None:
    print("least CPU time of several runs, one thread")
    case = blocs.compile(blocs.load("sino-albanian-1961"))
    measure("sino-albanian-1961", case, medians(case), 7)
    made = five_million_arcs()
    measure("made-up game", made, medians(made), 5)


if __name__ == "__main__":
    main()
