"""Many refits of one likelihood under different weights, climbed side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.ascent import Newton, climb
from blocs.fit.estimation.likelihood import Objective, RowLikelihood, RowObjective

Array = NDArray[np.float64]

Rows = NDArray[np.intp]

# values in one block: larger ones leave the cache, smaller ones pay for more calls
BLOCK = 60_000
# a step that promises less than this, in units of log-likelihood, adds nothing to a bootstrap
ENOUGH = 1e-9
# steps of a refit; a replicate that needs more is on its way to infinity, where resampling has separated the outcomes
MOST_STEPS = 40
# a standard error that has grown beyond fifty times its size needs a proof that there is a maximum
VANISHED = 0.02
# least scaled curvature of a maximum
LEAST_CURVATURE = 1e-9


def refit(likelihood: RowObjective, weights: Array, start: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Maximise a likelihood under each of several weightings, all from one start.

    Parameters
    ----------
    likelihood : RowObjective
        A `RowLikelihood` whose density takes leading axes is climbed in batches; anything else one by one.
    weights : float64 array (replicate, row)
    start : float64 array (coefficient,)
        Best the maximum under the original weights.

    Returns
    -------
    theta : float64 array (replicate, coefficient)
        Not-a-number where no maximum was reached.
    good : bool array (replicate,)
    """
    theta = np.full((len(weights), len(start)), np.nan)
    good = np.zeros(len(weights), dtype=bool)
    if isinstance(likelihood, RowLikelihood) and getattr(likelihood.density, "batches", True):
        size = max(1, BLOCK // max(likelihood.rows, 1))
        for first in range(0, len(weights), size):
            block = slice(first, first + size)
            theta[block], good[block], doubtful = _newton(likelihood, weights[block], start)
            for k in first + np.flatnonzero(doubtful):
                theta[k], good[k] = _alone(likelihood.with_weights(weights[k]), theta[k])
        theta[~good] = np.nan
        return theta, good
    for k in range(len(weights)):
        theta[k], good[k] = _alone(likelihood.with_weights(weights[k]), start)
    return theta, good


def _alone(objective: Objective, start: Array) -> tuple[Array, bool]:
    end = climb(objective, start, Newton(iterations=MOST_STEPS))
    return (end.theta if end.verdict.good else np.full(len(start), np.nan)), end.verdict.good


@dataclass
class _Climbers:
    """Where each replicate stands, in the eigenvectors of its own Hessian."""

    theta: Array
    value: Array
    scale: Array
    curvature: Array
    vectors: Array
    slope: Array
    radius: Array

    def put(self, who: Rows, theta: Array, value: Array, gradient: Array, hessian: Array) -> None:
        """Move some replicates to new places."""
        diagonal = np.sqrt(np.abs(np.diagonal(hessian, axis1=-2, axis2=-1)))
        scale = np.maximum(diagonal, 1e-10 * np.maximum(diagonal.max(axis=-1, keepdims=True), 1e-10))
        curvature, vectors = np.linalg.eigh(-hessian / (scale[:, :, None] * scale[:, None, :]))
        self.theta[who], self.value[who], self.scale[who] = theta, value, scale
        self.curvature[who], self.vectors[who] = curvature, vectors
        self.slope[who] = np.einsum("bji,bj->bi", vectors, gradient / scale)

    def steps(self, who: Rows) -> tuple[Array, Array, Array]:
        """Return the best steps inside each radius, what they promise, and their lengths."""
        curvature, slope, radius = self.curvature[who], self.slope[who], self.radius[who]
        low = np.maximum(0.0, -curvature[:, 0])
        free = np.where(curvature[:, :1] > 0.0, slope / np.maximum(curvature, 1e-300), np.inf)
        inside = np.linalg.norm(free, axis=-1) <= radius
        high = low + np.linalg.norm(slope, axis=-1) / radius + 1e-300
        # the length of the step falls as the shift grows: forty halvings fix it to twelve digits
        for _ in range(40):
            middle = 0.5 * (low + high)
            length = np.linalg.norm(slope / np.maximum(curvature + middle[:, None], 1e-300), axis=-1)
            low, high = np.where(length > radius, middle, low), np.where(length > radius, high, middle)
        step = np.where(inside[:, None], free, slope / np.maximum(curvature + high[:, None], 1e-300))
        promise = np.sum(slope * step - 0.5 * curvature * step**2, axis=-1)
        return step, promise, np.linalg.norm(step, axis=-1)


def _newton(
    likelihood: RowLikelihood, weights: Array, start: Array
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Climb with all replicates at once; say which ended well, and which of these are doubtful."""
    replicates, count = len(weights), len(start)
    shape = (replicates, count)
    state = _Climbers(
        np.tile(start, (replicates, 1)),
        np.full(replicates, -np.inf),
        np.ones(shape),
        np.ones(shape),
        np.zeros((*shape, count)),
        np.zeros(shape),
        np.full(replicates, 2.0 * np.sqrt(count)),
    )
    good = np.zeros(replicates, dtype=bool)
    active = np.arange(replicates)
    value, gradient, hessian = _evaluate(likelihood, state.theta, weights)
    sound = np.isfinite(hessian).all(axis=(-1, -2)) & np.isfinite(value)
    active = active[sound]
    state.put(active, state.theta[active], value[sound], gradient[sound], hessian[sound])
    first_scale = state.scale.copy()
    for _ in range(MOST_STEPS):
        step, promise, length = state.steps(active)
        move = np.einsum("bij,bj->bi", state.vectors[active], step) / state.scale[active]
        trial = state.theta[active] + move
        done = (promise < ENOUGH) & (state.curvature[active, 0] > LEAST_CURVATURE)
        good[active[done]] = True
        # the last step lies below the rounding of the likelihood and is taken on trust
        state.theta[active[done]] = trial[done]
        active, trial, promise, length = active[~done], trial[~done], promise[~done], length[~done]
        if not len(active):
            break
        value, gradient, hessian = _evaluate(likelihood, trial, weights[active])
        before, radius = state.value[active], state.radius[active]
        noise = 1e-13 * (1.0 + np.abs(before))
        with np.errstate(invalid="ignore"):
            ratio = (value - before + noise) / (promise + noise)
        sound = np.isfinite(hessian).all(axis=(-1, -2)) & np.isfinite(value) & (ratio >= 0.1)
        wider = sound & (ratio > 0.75) & (length > 0.9 * radius)
        radius = np.where(sound & (ratio >= 0.25), radius, 0.25 * length)
        state.radius[active] = np.where(wider, 2.5 * radius, radius)
        moved = active[sound]
        state.put(moved, trial[sound], value[sound], gradient[sound], hessian[sound])
        active = active[state.radius[active] > 1e-12]
    # a coefficient whose curvature has all but gone may be on its way to infinity: that needs a closer look
    doubtful = good & (state.scale < VANISHED * first_scale).any(axis=-1)
    return state.theta, good, doubtful


def _evaluate(likelihood: RowLikelihood, theta: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Value, gradient and Hessian of each replicate, with minus infinity where the model is not defined."""
    jet = likelihood.jet(theta, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.sum(weights * jet.value, axis=-1)
        value = np.where(np.isfinite(value), value, -np.inf)
        return value, likelihood.design.gradient(jet, weights), likelihood.design.hessian(jet, weights)
