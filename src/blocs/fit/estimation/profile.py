"""Profile likelihood: one coefficient held at values around its estimate, the others chosen best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from blocs.errors import InputError
from blocs.fit.estimation.ascent import Newton, climb
from blocs.fit.estimation.likelihood import Objective, Point
from blocs.fit.maximum_likelihood import Fit

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Held:
    """An objective with one coefficient held at a value."""

    objective: Objective
    position: int
    value: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients that are left."""
        names = self.objective.names
        return names[: self.position] + names[self.position + 1 :]

    def full(self, theta: Array) -> Array:
        """Put the held coefficient back in its place."""
        return np.insert(theta, self.position, self.value)

    def at(self, theta: Array, order: int = 2) -> Point:
        """Value and derivatives by the coefficients that are left."""
        point = self.objective.at(self.full(theta), order)
        keep = np.delete(np.arange(len(theta) + 1), self.position)
        gradient = None if point.gradient is None else point.gradient[keep]
        hessian = None if point.hessian is None else point.hessian[np.ix_(keep, keep)]
        return Point(point.value, gradient, hessian)


@dataclass(frozen=True)
class Profile:
    """The profile likelihood of a coefficient.

    Parameters
    ----------
    name : str
    values : float64 array (point,)
    log_likelihood : float64 array (point,)
        Best log-likelihood with the coefficient at each value.
    level : float
    low, high : float
        Ends of the interval of that level; infinite where the likelihood never falls so far.
    """

    name: str
    values: Array
    log_likelihood: Array
    level: float
    low: float
    high: float


def profile(fit: Fit, name: str, points: int = 21, reach: float = 3.0, level: float = 0.95) -> Profile:
    """Profile a coefficient.

    Parameters
    ----------
    fit : Fit
    name : str
    points : int
        How many values, over `reach` standard errors on both sides.
    reach : float
    level : float
        Of the interval, by the chi-square law of twice the fall of the log-likelihood.
    """
    estimates = fit.estimates.require_maximum()
    if points < 3:
        raise InputError("a profile needs three points or more")
    k = estimates.index(name)
    centre, error = float(estimates.values[k]), float(estimates.standard_errors[k])
    rest = np.delete(estimates.values, k)
    values = centre + error * np.linspace(-reach, reach, points)
    heights = np.empty(points)
    # outwards from the middle on both sides, each climb starting where its neighbour ended
    for side in (range(points // 2, points), range(points // 2 - 1, -1, -1)):
        theta = rest
        for j in side:
            heights[j], theta = _best(fit, k, float(values[j]), theta)
    fall = 0.5 * float(chi2.ppf(level, 1))
    low = _edge(fit, k, centre, -error, rest, fall)
    high = _edge(fit, k, centre, error, rest, fall)
    return Profile(name, values, heights, level, low, high)


def _best(fit: Fit, k: int, value: float, start: Array) -> tuple[float, Array]:
    end = climb(Held(fit.likelihood, k, value), start, Newton(), walk=False)
    return end.point.value, end.theta


def _edge(fit: Fit, k: int, centre: float, step: float, rest: Array, fall: float) -> float:
    """Return where the profile has fallen by `fall`, going from the centre by `step` and beyond."""
    top = fit.estimates.log_likelihood
    inside, theta = centre, rest
    outside = centre + 2.0 * step
    # sixty-four standard errors out and not yet fallen: the likelihood has no edge on this side
    for _ in range(6):
        height, theta = _best(fit, k, outside, theta)
        if top - height > fall:
            break
        inside, outside = outside, centre + 2.0 * (outside - centre)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(60):
        middle = 0.5 * (inside + outside)
        height, theta = _best(fit, k, middle, theta)
        if abs(top - height - fall) < 1e-9 or abs(outside - inside) < 1e-9 * (1.0 + abs(step)):
            return middle
        inside, outside = (middle, outside) if top - height < fall else (inside, middle)
    return 0.5 * (inside + outside)
