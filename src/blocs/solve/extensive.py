"""Solving games in extensive form: the door to the solvers, whatever the information of the players."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.game.extensive import ExtensiveGame
from blocs.solve.certificate import Certificate
from blocs.solve.extensive_backward import backward
from blocs.solve.extensive_play import logit_residual, realisation, summarise
from blocs.solve.extensive_solution import ExtensiveSolution


def solve_extensive(game: ExtensiveGame, precisions: Sequence[float]) -> tuple[ExtensiveSolution, ...]:
    """Agent quantal response equilibria of a game, one for each precision.

    Parameters
    ----------
    game : ExtensiveGame
    precisions : sequence of float
        Each at least zero.

    Returns
    -------
    tuple of ExtensiveSolution
        In the order of `precisions`.

    References: McKelvey & Palfrey (1998); Turocy (2010).
    """
    lams = [float(lam) for lam in precisions]
    for lam in lams:
        if not (lam >= 0 and np.isfinite(lam)):
            raise UsageError(f"the precision {lam!r} is not a number of at least zero")
    choice = backward(game, np.array(lams))
    message = "perfect information: one backward pass, the only equilibrium"
    return tuple(
        report(game, lam, np.ascontiguousarray(choice[:, k]), iterations=1, message=message)
        for k, lam in enumerate(lams)
    )


def report(
    game: ExtensiveGame,
    lam: float,
    probabilities: NDArray[np.float64],
    *,
    iterations: int,
    message: str,
    starts_agree: bool | None = None,
) -> ExtensiveSolution:
    """Play the game with `probabilities`, check them, and label the result."""
    reached, outcomes, payoffs, total = summarise(game, realisation(game, probabilities))
    residual = logit_residual(game, probabilities, lam)
    certificate = Certificate(residual, total, iterations, starts_agree, message)
    return ExtensiveSolution(game, lam, probabilities, reached, outcomes, payoffs, certificate)
