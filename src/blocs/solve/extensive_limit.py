"""The limit of logit equilibria as precision grows without bound: a sequential equilibrium (Kreps & Wilson 1982)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from blocs.solve.continuation import Follow, Point, follow_on
from blocs.solve.extensive_play import regret
from blocs.solve.extensive_sweeps import ExtensiveSweeps


@dataclass(frozen=True)
class Limit:
    """When the limit counts as reached.

    Parameters
    ----------
    regret : float
        Most that a player may still gain by another action at one information set, as a share of the range of
        payoffs. Where play is mixed in the limit the gain falls as one over precision.
    precision : float
        Largest precision that is tried, times the range of payoffs.
    """

    regret: float = 1e-6
    precision: float = 1e8


def limit_point(
    problem: ExtensiveSweeps, scale: float, limit: Limit, method: Follow, progress: Callable[[float], None] | None
) -> tuple[Point, bool]:
    """Follow the principal branch until no player can gain; the last point, and whether it was reached."""
    branch = follow_on(problem, scale=scale, method=method, progress=progress)
    lam = 4.0 / scale
    while True:
        (point,) = branch.run([lam])
        if regret(problem.game, problem.log_choice(point.x)) <= limit.regret * scale:
            return point, True
        if lam * scale >= limit.precision:
            return point, False
        lam *= 4.0
