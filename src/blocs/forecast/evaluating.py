"""Probabilities of the outcomes at given values of parameters and facts, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.forecast.solving import follow
from blocs.forecast.structures import Structures
from blocs.game.game import Game
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.private import Beliefs, Solver, private_solver
from blocs.solve.sequential import Restriction, Rooms, backward, batches
from blocs.solve.threads import available, each

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# probabilities of all outcomes miss one by rounding only, a few units in the sixteenth digit per step
SUM_TOLERANCE = 1e-9


def outcome_probabilities(
    structures: Structures,
    values: Mapping[str, Floats],
    draws: int,
    *,
    threads: int = 0,
    progress: Progress | None = None,
    beliefs: Beliefs | None = None,
    restrictions: Sequence[Restriction] = (),
) -> Floats:
    """Solve the game at given values.

    Parameters
    ----------
    structures : Structures
    values : mapping from name to float64 array (draw,)
    draws : int
    threads : int
        Zero: as many as Numba has.
    progress : callable (done, total), optional
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.
    restrictions : sequence of Restriction
        Options forbidden or forced, on every graph.

    Returns
    -------
    float64 array (outcome, draw)

    Raises
    ------
    NumericalError
        The values of the game overflow, or the probabilities do not sum to one.
    """
    result = np.empty((len(structures.game.outcomes), draws))
    done, workers = 0, available(threads)

    def report(part: tuple[int, int]) -> None:
        nonlocal done
        done += part[1] - part[0]
        if progress is not None:
            progress(done, draws)

    rooms = Rooms()

    def fill(game: Game, members: NDArray[np.int64], inside: int, part: tuple[int, int]) -> None:
        rows = members[slice(*part)]
        mine = {name: value[rows] for name, value in values.items()}
        if game.plan.types:
            tables = typed_tables(game, mine, typed_columns(game), len(rows))
            for d, row in enumerate(rows):
                play = solvers[id(game)].play(tables, d, (), False)
                result[:, row] = play.ended.sum(axis=0) + play.left
            return
        tables = game.tables(mine, game.columns(), len(rows))
        solved = backward(game, tables, restrictions=restrictions, threads=inside, room=rooms.mine)
        _, ended, left = follow(game, solved, inside)
        result[:, rows] = ended.sum(axis=0) + left

    solvers: dict[int, Solver] = {}
    for game, members in structures.groups(values, draws):
        if game.plan.types:
            solvers[id(game)] = private_solver(game, beliefs, restrictions)
        parts = [(i, i + 1) for i in range(len(members))] if game.plan.types else batches(game, len(members))
        # several batches are solved side by side; one alone may share its stages among threads
        inside = threads if len(parts) == 1 else 1
        each(parts, partial(fill, game, members, inside), workers, report)
    check_sums(result)
    return result


def check_sums(probabilities: Floats) -> float:
    """Return the sum that is farthest from one; probabilities is (outcome, draw).

    Raises
    ------
    NumericalError
        It is farther than rounding explains.
    """
    sums = probabilities.sum(axis=0)
    worst = float(sums[np.argmax(np.abs(sums - 1.0))])
    if not abs(worst - 1.0) <= SUM_TOLERANCE:
        raise NumericalError(
            f"the probabilities of the outcomes sum to {worst:.12g}: some end of the game has no outcome; "
            "end the theory's outcomes with `otherwise`"
        )
    return worst
