"""Private types: exact solutions beside Gambit's recorded times, and what a draw on a grid of beliefs takes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

import blocs
from blocs.fit.courses import lay_courses
from blocs.fit.private_history import PrivateHistoryLikelihood
from blocs.game.game import Game
from blocs.game.kernels import _exp
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.belief_grid import BeliefGrid
from blocs.solve.draws import medians
from blocs.solve.private import Exact, Grid, private_solver

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import row
from tests.typed import dynamic_types

# seconds of processor time of Gambit's logit solver on the same games, two types a side, as recorded
GAMBIT = {3: "1.8 s for three precisions", 4: "69 s for one precision", 5: "not finished", 6: "not tried"}
CASE = "sino-albanian-1961-resolve"


def main() -> None:
    """Print a row for each game."""
    for rounds, peer in GAMBIT.items():
        game = dynamic_types(rounds, 2, 2.0)
        tables = typed_tables(game, {"war_a": 0.0, "war_b": 0.0}, typed_columns(game), 1)
        solver = private_solver(game, Exact(starts=0))
        solver.play(tables, 0, (), False)
        began = time.process_time()
        done = solver.play(tables, 0, (), False)
        row(f"escalation, {rounds} rounds, exact", time.process_time() - began, f"Gambit: {peer}")
        assert done.residual < 1e-10
        # so that no compilation is timed below
        BeliefGrid(game, 3).solve(tables)
    game = blocs.compile(blocs.load(CASE))
    tables = typed_tables(game, medians(game).values, typed_columns(game), 1)
    print(
        f"  an exponential takes {exponential() * 1e9:.2f} ns here, side by side; an answer needs three for each option"
    )
    options = mean_options(game)
    for points in (3, 5, 9):
        began = time.process_time()
        found = BeliefGrid(game, points).solve(tables)
        spent = time.process_time() - began
        limit = 3 * options * exponential() * found.answers
        each = f"{found.answers:,} answers, {spent / found.answers * 1e9:.0f} ns each; exponentials alone {limit:.2f} s"
        row(f"{CASE}, {points} x {points}", spent, each)
        checked = BeliefGrid(game, points).solve(tables, follow=False, check=True)
        print(f"    residual, computed anew: {checked.residual:.1e}; several equilibria at {checked.strayed} places")
        assert checked.residual < 1e-9
    gradient(game, 3)
    gradient(game, 5)


def mean_options(game: Game) -> float:
    """Return how many options a choice of a role with types has on average, over all steps."""
    graph, roles = game.graph, [one.role for one in game.plan.types]
    arcs = nodes = 0
    for t in range(graph.steps):
        for k in range(graph.stages):
            if graph.stage_role[k] in roles:
                low, count = int(graph.node_ptr[k]), int(graph.active[t, k])
                options = np.diff(graph.arc_ptr[low : low + count + 1])
                arcs, nodes = arcs + int(options[options > 1].sum()), nodes + int((options > 1).sum())
    return arcs / nodes


@njit
def exponentials(times: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Compute the same exponentials over and over."""
    for _ in range(times):
        for i in range(len(x)):
            y[i] = _exp(x[i] + 1e-9 * y[i])


def exponential() -> float:
    """Return the seconds that the engine's exponential takes, side by side."""
    x, y = -np.linspace(0.0, 5.0, 64), np.zeros(64)
    exponentials(1, x, y)
    began = time.process_time()
    exponentials(100_000, x, y)
    return (time.process_time() - began) / 6_400_000


def gradient(game: Game, points: int) -> None:
    """Time the likelihood of the real history and its gradient by all parameters; check it along one direction."""
    likelihood = PrivateHistoryLikelihood(game, lay_courses(game), Grid(points))
    values = {name: float(value[0]) for name, value in medians(game).values.items()}
    names = [name for name in values if values[name] != 0 and name in game.theory.parameters]
    began = time.process_time()
    likelihood.value(values)
    once = time.process_time() - began
    likelihood.gradient(values, names[:1]) if points == 3 else None
    began = time.process_time()
    slopes = likelihood.gradient(values, names)[1]
    spent = time.process_time() - began
    pull = dict(zip(names, np.random.default_rng(4).normal(size=len(names)), strict=True))
    expected = sum(pull[name] * values[name] * slopes[name][0] for name in names)
    ends, h = [], 1e-7
    for sign in (1, -1):
        moved = {**values, **{name: values[name] * (1 + sign * h * pull[name]) for name in names}}
        ends.append(float(likelihood.value(moved)[0]))
    gap = abs((ends[0] - ends[1]) / (2 * h) / expected - 1)
    told = f"{spent / once:.1f} times the value ({once:.1f} s); differences along one direction are {gap:.0e} off"
    row(f"  gradient by {len(names)} parameters, {points} x {points}", spent, told)


if __name__ == "__main__":
    main()
