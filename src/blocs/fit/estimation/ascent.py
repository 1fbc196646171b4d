"""Climbing to a maximum with exact second derivatives, and saying truthfully where the climb ended.

A trust-region Newton method: the quadratic model is maximised exactly inside a ball by the eigenvalues of the Hessian,
so that saddle points and directions of rising likelihood are handled by the same step (Moré & Sorensen 1983).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.likelihood import Objective, Point
from blocs.fit.estimation.verdicts import FLATNESS, Climb, Verdict, judge

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Newton:
    """Trust-region Newton ascent.

    Parameters
    ----------
    iterations : int
        Most evaluations of the Hessian.
    tolerance : float
        The climb ends when the quadratic model promises less than this, relative to 1 + |log-likelihood|. Newton steps
        converge quadratically: at 1e-12 the coefficients are right to about six digits before the last step, and that
        step is still taken.
    radius : float
        First radius, in units of one standard deviation of the likelihood along each coefficient.
    """

    iterations: int = 200
    tolerance: float = 1e-12
    radius: float = 1.0


# growth of all coefficients, in scaled units, that no likelihood with a finite maximum asks for
FAR = 1e5


def climb(objective: Objective, start: Array, method: Newton | None = None, walk: bool = True) -> Climb:
    """Climb from `start` to a maximum of the objective.

    Parameters
    ----------
    walk : bool
        Walk away from the maximum in every uncertain direction to see that the likelihood falls. It costs some
        evaluations of the likelihood; without it separation may pass for a maximum.

    Returns
    -------
    Climb
        With a verdict; no exception is raised when no maximum was reached.

    Cost: one Hessian an iteration and one eigendecomposition of coefficients x coefficients.
    """
    method = method or Newton()
    theta = np.array(start, dtype=np.float64)
    point = objective.at(theta, 2)
    count = len(theta)
    if not _usable(point):
        return Climb(Verdict.UNDEFINED, theta, Point(-np.inf), 0, np.inf, np.full(count, np.nan))
    if count == 0:
        return Climb(Verdict.MAXIMUM, theta, point, 0, 0.0, np.zeros(0))
    radius, scale = method.radius * np.sqrt(count), np.zeros(count)
    for iteration in range(1, method.iterations + 1):
        assert point.gradient is not None and point.hessian is not None
        scale = _scaling(point.hessian, scale)
        values, vectors = np.linalg.eigh(-point.hessian / np.outer(scale, scale))
        slope = vectors.T @ (point.gradient / scale)
        promise = _promise(slope, values)
        close = promise <= method.tolerance * (1.0 + abs(point.value))
        if close:
            return _settle(objective, theta, point, values, slope, vectors, scale, iteration, walk)
        moved = False
        while radius > 1e-14 * (1.0 + float(np.linalg.norm(theta * scale))):
            step, gain = _step(values, slope, radius)
            trial = theta + vectors @ step / scale
            candidate = objective.at(trial, 2)
            # rounding of the sum itself: an increase smaller than this cannot be seen
            noise = 1e-13 * (1.0 + abs(point.value))
            ratio = (candidate.value - point.value + noise) / (gain + noise)
            length = float(np.linalg.norm(step))
            if not _usable(candidate) or ratio < 0.1:
                radius = 0.25 * length
                continue
            if ratio > 0.75 and length > 0.9 * radius:
                radius = 2.5 * radius
            elif ratio < 0.25:
                radius = 0.5 * length
            theta, point, moved = trial, candidate, True
            break
        if not moved:
            return judge(objective, Verdict.STALLED, theta, point, iteration, walk)
        if np.linalg.norm((theta - start) * scale) > FAR * np.sqrt(count) and promise < 1e-6:
            return judge(objective, Verdict.RUNAWAY, theta, point, iteration, walk)
    return judge(objective, Verdict.UNFINISHED, theta, point, method.iterations, walk)


def _usable(point: Point) -> bool:
    if not np.isfinite(point.value) or point.gradient is None or point.hessian is None:
        return False
    return bool(np.isfinite(point.gradient).all() and np.isfinite(point.hessian).all())


def _scaling(hessian: Array, before: Array) -> Array:
    """Return one over the standard deviation along each coefficient, never less than before by more than a half."""
    curvature = np.sqrt(np.abs(np.diag(hessian)))
    floor = 1e-10 * max(float(curvature.max(initial=0.0)), 1e-10)
    return np.maximum(np.maximum(curvature, 0.5 * before), floor)


def _promise(slope: Array, values: Array) -> float:
    """Return what an unbounded step of the quadratic model gains; infinite if the model has no maximum."""
    if not len(values):
        return 0.0
    least = FLATNESS * max(float(values[-1]), 0.0)
    if values[0] < -least:
        return np.inf
    # along flat directions the gradient itself must be nil; a unit step stands for them there
    return float(0.5 * np.sum(slope**2 / np.where(values > least, values, np.maximum(least, 1e-12))))


def _step(values: Array, slope: Array, radius: float) -> tuple[Array, float]:
    """Maximise slope'd - d'diag(values)d/2 over |d| <= radius; in the eigenvectors' coordinates."""
    if values[0] > 0:
        step = slope / values
        if np.linalg.norm(step) <= radius:
            return step, float(slope @ step - 0.5 * values @ step**2)
    # find the shift that brings the step to the border; the norm falls monotonically in the shift
    low = max(0.0, -float(values[0]))
    size = float(np.linalg.norm(slope))
    high = low + size / radius + 1e-300
    step = _shifted(values, slope, low + 1e-12 * max(1.0, abs(low)))
    if np.linalg.norm(step) < radius:
        # the hard case: no slope along the direction of most negative curvature; go to the border along it
        rest = np.sqrt(max(radius**2 - float(step @ step), 0.0))
        step[0] += rest if slope[0] >= 0 else -rest
    else:
        for _ in range(100):
            middle = 0.5 * (low + high)
            step = _shifted(values, slope, middle)
            low, high = (middle, high) if np.linalg.norm(step) > radius else (low, middle)
            if high - low <= 1e-12 * high:
                break
        step = _shifted(values, slope, high)
    return step, float(slope @ step - 0.5 * values @ step**2)


def _shifted(values: Array, slope: Array, shift: float) -> Array:
    # zero slope over zero curvature is no step
    return slope / np.maximum(values + shift, 1e-300)


def _settle(
    objective: Objective,
    theta: Array,
    point: Point,
    values: Array,
    slope: Array,
    vectors: Array,
    scale: Array,
    iteration: int,
    walk: bool,
) -> Climb:
    """Take the last Newton steps, whose gain is below the rounding of the likelihood, as long as the slope falls."""
    for _ in range(3):
        if values[0] <= FLATNESS * values[-1]:
            break
        trial = theta + vectors @ (slope / values) / scale
        candidate = objective.at(trial, 2)
        if not _usable(candidate) or candidate.value < point.value - 1e-10 * (1.0 + abs(point.value)):
            break
        assert candidate.gradient is not None and candidate.hessian is not None and point.gradient is not None
        if np.linalg.norm(candidate.gradient / scale) >= np.linalg.norm(point.gradient / scale):
            break
        theta, point = trial, candidate
        values, vectors = np.linalg.eigh(-candidate.hessian / np.outer(scale, scale))
        slope = vectors.T @ (candidate.gradient / scale)
    return judge(objective, Verdict.MAXIMUM, theta, point, iteration, walk)
