"""Looking for other equilibria at the same precision, from starting points drawn at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.solve.fixed_point import FixedPoint, accelerated, newton

Floats = NDArray[np.float64]

# Two solutions further apart than this are two equilibria, not one with rounding
_APART = 1e-6
# Far less than what divides two equilibria, and quickly met
_ENOUGH = 1e-9


def other_starts(problem: FixedPoint, x: Floats, lam: float, *, starts: int, seed: int) -> tuple[bool | None, str]:
    """Tell whether other starting points lead to the equilibrium x too: True, False or None (not known); and in words.

    Parameters
    ----------
    problem : FixedPoint
    x : float64 array
        The equilibrium that was found.
    lam : float
    starts, seed : int
        Number of starting points, and the seed they are drawn with.
    """
    if lam == 0 or problem.size == 0:
        return True, "; the only equilibrium"
    if not starts:
        return None, ""
    settled = [y for y in equilibria(problem, lam, starts=starts, seed=seed) if y is not None]
    elsewhere = sum(problem.distance(x, y) > _APART for y in settled)
    if elsewhere:
        return False, f"; another equilibrium was found from {elsewhere} of {starts} other starts"
    if not settled:
        return None, f"; none of {starts} other starts settled"
    return True, f"; {len(settled)} of {starts} other starts came to the same equilibrium"


def equilibria(problem: FixedPoint, lam: float, *, starts: int, seed: int) -> list[Floats | None]:
    """Seek equilibria from random choices; for each start the x that was found, or None where it did not settle."""
    draw = np.random.default_rng(seed)
    found: list[Floats | None] = []
    for _ in range(starts):
        # logarithms of squared exponential variables: choices between even and nearly pure
        x = 2.0 * np.log(draw.exponential(size=problem.size))
        done = accelerated(problem, x, lam, tolerance=_ENOUGH, reach=np.inf)
        if not done.ok:
            done = newton(problem, done.x, lam, tolerance=_ENOUGH, steps=30, reach=np.inf, search=True)
        found.append(done.x if done.ok else None)
    return found
