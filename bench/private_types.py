"""Private types: exact solutions beside Gambit's recorded times, and what a draw on a grid of beliefs takes."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import blocs
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.belief_grid import BeliefGrid
from blocs.solve.draws import medians
from blocs.solve.private import Exact, private_solver

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
    for points in (3, 5):
        began = time.process_time()
        found = BeliefGrid(game, points).solve(tables)
        spent = time.process_time() - began
        each = f"{found.answers:,} answers, {spent / found.answers * 1e9:.0f} ns each"
        row(f"{CASE}, {points} x {points}", spent, each)


if __name__ == "__main__":
    main()
