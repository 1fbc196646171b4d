"""What the end of a climb is: a maximum, a flat place, a likelihood without a maximum, or none of these.

A verdict is given from the slope, from the Hessian scaled to unit diagonal, and by walking: along the direction in
which each coefficient is least certain the likelihood must fall on both sides. Where it does not fall on one side it
has no maximum (separation); where it falls on neither, the data cannot tell the coefficients apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.likelihood import Objective, Point

Array = NDArray[np.float64]

# curvature, relative to the largest, below which a direction counts as flat: with 1e-9 of the curvature a coefficient
# can move by thirty thousand of the best-known ones' standard errors
FLATNESS = 1e-9
# a likelihood that falls by less than this over sixteen standard errors (where a parabola falls by 128) does not fall
UNMOVED = 0.01
# a step of one standard error that changes no utility by more than this many units of noise is no sign of separation
HARMLESS = 6.0
# loadings below this share of the largest are left out when a direction is put in words
SMALL_LOADING = 0.1


class Verdict(Enum):
    """Where a climb ended, as a sentence."""

    MAXIMUM = "a strict local maximum: the gradient is nil and the Hessian negative definite"
    FLAT = "not a strict maximum: the likelihood is flat in some direction, the coefficients are not all identified"
    RUNAWAY = "no maximum: the likelihood keeps rising as coefficients grow without bound (separation)"
    SADDLE = "not a maximum: the gradient is nil but the likelihood rises in some direction"
    STALLED = "not shown to be a maximum: no step raises the likelihood, yet the gradient is not nil"
    UNFINISHED = "not shown to be a maximum: the limit of iterations was reached; raise it or start elsewhere"
    UNDEFINED = "no start: the likelihood is zero or undefined there"

    @property
    def good(self) -> bool:
        """Whether estimates may be reported as a maximum of the likelihood."""
        return self is Verdict.MAXIMUM


@dataclass(frozen=True)
class Climb:
    """The end of one climb.

    Parameters
    ----------
    verdict : Verdict
    theta : float64 array (coefficient,)
    point : Point
        The objective there, with gradient and Hessian.
    iterations : int
    decrement : float
        What the quadratic model still promises; infinite where the Hessian is not negative definite.
    curvatures : float64 array (coefficient,)
        Eigenvalues of minus the Hessian scaled to unit diagonal, ascending: all positive at a strict maximum.
    direction : float64 array (coefficient,), optional
        For a verdict of a flat place or of no maximum: the direction concerned, in units of the coefficients.
    """

    verdict: Verdict
    theta: Array
    point: Point
    iterations: int
    decrement: float
    curvatures: Array
    direction: Array | None = None

    @property
    def steepest(self) -> float:
        """Largest absolute component of the gradient."""
        return float(np.abs(self.point.gradient).max(initial=0.0)) if self.point.gradient is not None else np.inf


def judge(
    objective: Objective, verdict: Verdict, theta: Array, point: Point, iterations: int, walk: bool = True
) -> Climb:
    """Give the verdict on a place that a climb reached.

    Parameters
    ----------
    verdict : Verdict
        Why the climb ended there; it stands unless the place itself shows otherwise.
    walk : bool
        Whether to walk away from the place; see `blocs.fit.estimation.ascent.climb`.
    """
    assert point.gradient is not None and point.hessian is not None
    diagonal = np.abs(np.diag(point.hessian))
    # a coefficient with no curvature at all has no scale of its own
    scale = np.where(diagonal > 1e-280, np.sqrt(np.maximum(diagonal, 1e-300)), 1.0)
    values, vectors = np.linalg.eigh(-point.hessian / np.outer(scale, scale))
    slope = vectors.T @ (point.gradient / scale)
    if values[0] <= FLATNESS:
        nil = float(np.abs(slope).max()) <= 1e-6 * (1.0 + abs(point.value))
        direction = vectors[:, 0] / scale
        if values[0] < -1e-6 and nil:
            return Climb(Verdict.SADDLE, theta, point, iterations, np.inf, values, direction)
        if nil or verdict is Verdict.MAXIMUM:
            # one standard error along the flat direction; the floor keeps rounding out of the walk
            sides = _open_sides(objective, theta, point.value, direction / np.sqrt(max(float(values[0]), 1e-12)))
            verdict = Verdict.RUNAWAY if sides == 1 else Verdict.FLAT
        return Climb(verdict, theta, point, iterations, np.inf, values, direction)
    decrement = float(0.5 * np.sum(slope**2 / values))
    # a climb that ended for another reason may still have ended at a maximum
    if decrement > 1e-9 * (1.0 + abs(point.value)):
        return Climb(verdict, theta, point, iterations, decrement, values)
    covariance = (vectors / values) @ vectors.T / np.outer(scale, scale)
    for column, variance in zip(covariance.T, np.diag(covariance), strict=True):
        step = column / np.sqrt(variance)
        if not walk or _harmless(objective, step):
            continue
        sides = _open_sides(objective, theta, point.value, step)
        if sides:
            verdict = Verdict.RUNAWAY if sides == 1 else Verdict.FLAT
            return Climb(verdict, theta, point, iterations, decrement, values, step)
    return Climb(Verdict.MAXIMUM, theta, point, iterations, decrement, values)


def _harmless(objective: Objective, walk: Array) -> bool:
    """Whether one standard error changes every predictor by so little that nothing can have run away."""
    spread = getattr(objective, "spread", None)
    return spread is not None and spread(walk) < HARMLESS


def _open_sides(objective: Objective, theta: Array, value: float, walk: Array) -> int:
    """Count the sides (0, 1, 2) to which the likelihood does not fall."""
    count = 0
    for sign in (1.0, -1.0):
        count += all(value - objective.at(theta + sign * reach * walk, 0).value < UNMOVED for reach in (1.0, 4.0, 16.0))
    return count


def in_words(names: Sequence[str], direction: Array) -> str:
    """Put a direction in words, as a sum of coefficients with the largest loading first and set to one."""
    order = np.argsort(-np.abs(direction))
    top = direction[order[0]]
    parts = []
    for index in order:
        loading = direction[index] / top
        if abs(loading) < SMALL_LOADING:
            break
        size = "" if abs(abs(loading) - 1.0) < 5e-4 else f"{abs(loading):.3g} "
        sign = (" + " if loading > 0 else " - ") if parts else ""
        parts.append(f"{sign}{size}`{names[index]}`")
    return "".join(parts)
