"""Solving stationary games: Markov logit equilibria on the principal branch from precision zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.game.stationary import StationaryGame
from blocs.solve.certificate import Certificate
from blocs.solve.continuation import Follow, Point, follow
from blocs.solve.starts import other_starts
from blocs.solve.stationary_solution import StationarySolution
from blocs.solve.stationary_sweeps import StationarySweeps

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarkovBranch:
    """The Markov logit equilibrium that is connected with choice at random (Eibelshäuser & Poensgen 2019).

    Parameters
    ----------
    starts : int
        Other starting points, drawn at random, from which equilibria are sought at each precision, to tell whether
        the one that was found is likely to be the only one.
    seed : int
        Of those starting points.
    follow : Follow
        How the branch is followed.
    """

    starts: int = 0
    seed: int = 0
    follow: Follow = field(default_factory=Follow)
    cites: ClassVar[tuple[str, ...]] = ("eibelshauser2019",)


def solve_stationary(
    game: StationaryGame,
    precisions: Sequence[float],
    *,
    method: MarkovBranch | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[StationarySolution, ...]:
    """Solve a stationary game for its Markov logit equilibria, one for each precision.

    Parameters
    ----------
    game : StationaryGame
    precisions : sequence of float
        Finite and at least zero.
    method : MarkovBranch, optional
    progress : callable, optional
        Called with the precision that the branch has reached.

    Returns
    -------
    tuple of StationarySolution
        In the order of `precisions`.

    Raises
    ------
    NumericalError
        When the branch is lost on the way.

    References: McKelvey & Palfrey (1995, 1998); Herings & Peeters (2010); Eibelshäuser & Poensgen (2019).
    """
    method = method or MarkovBranch()
    lams = [float(lam) for lam in precisions]
    for lam in lams:
        if not (lam >= 0 and np.isfinite(lam)):
            raise UsageError(f"the precision {lam!r} is not a finite number of at least zero")
    problem = StationarySweeps(game)
    points = follow(problem, sorted(set(lams)), scale=value_range(problem), method=method.follow, progress=progress)
    solved = {point.lam: _solution(problem, point, method) for point in points}
    return tuple(solved[lam] for lam in lams)


def _solution(problem: StationarySweeps, point: Point, method: MarkovBranch) -> StationarySolution:
    agree, others = other_starts(problem, point.x, point.lam, starts=method.starts, seed=method.seed)
    problem.evaluate_play(point.x)
    values = problem.value.copy()
    logs = problem.log_choice(point.x)
    residual, off, bellman = check(problem.game, logs, values, point.lam)
    told = f"{point.told()}{others}; values of states meet their equations within {bellman:.1e}"
    certificate = Certificate(residual, off, point.sweeps, agree, told)
    return StationarySolution(problem.game, point.lam, logs, values, certificate)


def value_range(problem: StationarySweeps) -> float:
    """Return the largest difference between two choices of one player when all choose at random."""
    q = problem.sweep(np.zeros(problem.size), 1.0)
    if not len(q):
        return 1.0
    widest = float(np.max(np.maximum.reduceat(q, problem.first[:-1]) - np.minimum.reduceat(q, problem.first[:-1])))
    return widest if widest > 0 else 1.0


def check(game: StationaryGame, logs: Floats, values: Floats, lam: float) -> tuple[float, float, float]:
    """Check choices and values anew, in plain NumPy and with none of the solver's code.

    Returns
    -------
    residual : float
        Largest difference between a choice and the logit response to the values.
    total : float
        Sum of the choices of one player in one state, where it is furthest from one.
    bellman : float
        Largest difference between a value and what play is worth given the values of the next states, relative to
        the largest value.
    """
    sigma = np.exp(logs)
    rows, players = game.payoff.shape
    row = np.repeat(np.arange(rows), np.diff(game.next_ptr))
    later = np.stack(
        [np.bincount(row, game.prob * values[game.next_state, i], minlength=rows) for i in range(players)], 1
    )
    worth = game.payoff + game.discount * later
    chosen = sigma[game.row_action]
    play = np.add.reduceat(worth * chosen.prod(axis=1)[:, None], game.row_ptr[:-1])
    bellman = float(np.max(np.abs(play - values)) / max(1.0, float(np.max(np.abs(values)))))
    q = np.zeros(game.actions)
    for i in range(players):
        others = np.delete(chosen, i, axis=1).prod(axis=1)
        q += np.bincount(game.row_action[:, i], others * worth[:, i], minlength=game.actions)
    starts, sizes = game.action_ptr[:-1], np.diff(game.action_ptr)
    response = np.exp(lam * (q - np.repeat(np.maximum.reduceat(q, starts), sizes)))
    response /= np.repeat(np.add.reduceat(response, starts), sizes)
    totals = np.add.reduceat(sigma, starts)
    return float(np.max(np.abs(response - sigma))), float(totals[np.argmax(np.abs(totals - 1))]), bellman
