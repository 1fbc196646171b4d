"""Solving games in extensive form: the door to the solvers, whatever the information of the players."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.game.extensive import ExtensiveGame
from blocs.solve.certificate import Certificate
from blocs.solve.continuation import Follow, follow
from blocs.solve.extensive_backward import backward
from blocs.solve.extensive_limit import Limit, limit_point
from blocs.solve.extensive_play import logit_residual, realisation, regret, summarise
from blocs.solve.extensive_solution import ExtensiveSolution
from blocs.solve.extensive_sweeps import ExtensiveSweeps
from blocs.solve.starts import other_starts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PrincipalBranch:
    """The agent quantal response equilibrium that is connected with choice at random (McKelvey & Palfrey 1998).

    Parameters
    ----------
    starts : int
        Other starting points, drawn at random, from which equilibria are sought at each precision, to tell whether
        the one that was found is likely to be the only one.
    seed : int
        Of those starting points.
    follow : Follow
        How the branch is followed.
    limit : Limit
        When the limit of infinite precision counts as reached.
    """

    starts: int = 2
    seed: int = 0
    follow: Follow = field(default_factory=Follow)
    limit: Limit = field(default_factory=Limit)
    cites: ClassVar[tuple[str, ...]] = ("mckelvey1998", "turocy2010")


def solve_extensive(
    game: ExtensiveGame,
    precisions: Sequence[float],
    *,
    method: PrincipalBranch | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[ExtensiveSolution, ...]:
    """Solve a game for its agent quantal response equilibria, one for each precision.

    Parameters
    ----------
    game : ExtensiveGame
        With perfect recall.
    precisions : sequence of float
        Each at least zero; infinity asks for the limit, a sequential equilibrium.
    method : PrincipalBranch, optional
        Without it, a game of perfect information is solved in one backward pass, and any other by following the
        principal branch.
    progress : callable, optional
        Called with the precision that the branch has reached.

    Returns
    -------
    tuple of ExtensiveSolution
        In the order of `precisions`.

    Raises
    ------
    InputError
        With imperfect recall.
    NumericalError
        When the branch is lost on the way.

    References: McKelvey & Palfrey (1998); Turocy (2010); Kreps & Wilson (1982) for the limit.
    """
    lams = [float(lam) for lam in precisions]
    for lam in lams:
        if not lam >= 0:
            raise UsageError(f"the precision {lam!r} is not a number of at least zero")
    finite = sorted({lam for lam in lams if np.isfinite(lam)})
    solved: dict[float, ExtensiveSolution] = {}
    if method is None and game.perfect_information:
        logs = backward(game, np.array(finite))
        message = "perfect information: one backward pass, the only equilibrium"
        for k, lam in enumerate(finite):
            solved[lam] = _report(game, lam, np.ascontiguousarray(logs[:, k]), iterations=1, message=message)
    elif finite:
        solved = _along_the_branch(game, finite, method or PrincipalBranch(), progress)
    if np.inf in lams:
        solved[np.inf] = _limit(game, method or PrincipalBranch(), progress)
    return tuple(solved[lam] for lam in lams)


def _along_the_branch(
    game: ExtensiveGame, lams: list[float], method: PrincipalBranch, progress: Callable[[float], None] | None
) -> dict[float, ExtensiveSolution]:
    problem = ExtensiveSweeps(game)
    points = follow(problem, lams, scale=payoff_range(game), method=method.follow, progress=progress)
    solved = {}
    for point in points:
        agree, others = other_starts(problem, point.x, point.lam, starts=method.starts, seed=method.seed)
        told = point.told() + others
        solved[point.lam] = _report(
            game, point.lam, problem.log_choice(point.x), iterations=point.sweeps, message=told, starts_agree=agree
        )
    return solved


def _limit(game: ExtensiveGame, method: PrincipalBranch, progress: Callable[[float], None] | None) -> ExtensiveSolution:
    problem = ExtensiveSweeps(game)
    point, reached = limit_point(problem, payoff_range(game), method.limit, method.follow, progress)
    logs = problem.log_choice(point.x)
    gain = regret(game, logs)
    told = f"limit of the principal branch, followed to precision {point.lam:.3g}; " + (
        f"no player gains more than {gain:.1e} by another action at any information set"
        if reached
        else f"not reached: some player would still gain {gain:.1e}"
    )
    return _report(game, np.inf, logs, iterations=point.sweeps, message=told, residual=gain)


def payoff_range(game: ExtensiveGame) -> float:
    """Return the largest difference between two payoffs of one player over the outcomes of a game."""
    if not game.payoffs.size:
        return 1.0
    widest = float(np.max(np.ptp(np.append(game.payoffs, np.zeros((1, game.payoffs.shape[1])), axis=0), axis=0)))
    return widest if widest > 0 else 1.0


def _report(
    game: ExtensiveGame,
    lam: float,
    logs: Floats,
    *,
    iterations: int,
    message: str,
    starts_agree: bool | None = None,
    residual: float | None = None,
) -> ExtensiveSolution:
    """Play the game with the choices, check them, and label the result."""
    reached, outcomes, payoffs, total = summarise(game, realisation(game, np.exp(logs)))
    if residual is None:
        residual = logit_residual(game, logs, lam)
    certificate = Certificate(residual, total, iterations, starts_agree, message)
    return ExtensiveSolution(game, lam, logs, reached, outcomes, payoffs, certificate)
