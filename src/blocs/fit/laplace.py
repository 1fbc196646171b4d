"""A normal approximation of a posterior at its mode, corrected by Pareto-smoothed importance resampling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.fit.arviz_quietly import load_arviz
from blocs.fit.problem import FitProblem

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# above this the weights have no reliable mean, and the approximation must not be trusted (Vehtari et al. 2024)
RELIABLE = 0.7
BATCH = 16


@dataclass(frozen=True)
class Resampled:
    """Draws from a posterior by importance resampling.

    Attributes
    ----------
    u : float64 array (draw, coordinate)
    log_likelihood : float64 array (draw, case)
    khat : float
        Shape of the tail of the weights: below 0.7 they can be trusted.
    effective : float
        Effective number of draws behind the weights.
    """

    u: Floats
    log_likelihood: Floats
    khat: float
    effective: float

    def sentence(self) -> str:
        """Say whether the approximation can be trusted."""
        if self.khat < RELIABLE:
            return f"The normal approximation holds (k-hat {self.khat:.2f}, {self.effective:.0f} effective draws)."
        return (
            f"The normal approximation does NOT hold (k-hat {self.khat:.2f}, above {RELIABLE}): the posterior's tails "
            "differ from a normal's; sample it instead."
        )


def approximate(
    problem: FitProblem, mode: Floats, hessian: Floats, draws: int, seed: int, progress: Progress | None = None
) -> Resampled:
    """Draw from the normal at the mode, weigh by the posterior, smooth the weights and resample.

    Parameters
    ----------
    problem : FitProblem
    mode : float64 array (coordinate,)
    hessian : float64 array (coordinate, coordinate)
        Minus that of the log posterior, at the mode.
    draws : int
    seed : int
    progress : callable (done, total), optional

    Raises
    ------
    NumericalError
        The curvature is not positive: there is no maximum at `mode`.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling.
    """
    values, vectors = np.linalg.eigh(hessian)
    if values.min() <= 0:
        raise NumericalError(
            f"the posterior has no maximum where the search ended (smallest curvature {values.min():.1e}): allow more "
            "iterations or more starts"
        )
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((draws, problem.size))
    u = mode + (normal / np.sqrt(values)) @ vectors.T
    parts = []
    for low in range(0, draws, BATCH):
        parts.append(problem.log_likelihood(u[low : low + BATCH]))
        if progress is not None:
            progress(min(low + BATCH, draws), draws)
    log_likelihood = np.concatenate(parts)
    log_weight = log_likelihood.sum(axis=1) - 0.5 * (u**2).sum(axis=1) + 0.5 * (normal**2).sum(axis=1)
    smoothed, khat = smooth(log_weight)
    weight = np.exp(smoothed)
    weight /= weight.sum()
    # systematic resampling keeps the weights' proportions as closely as whole numbers can
    places = (rng.random() + np.arange(draws)) / draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), places), draws - 1)
    return Resampled(u[chosen], log_likelihood[chosen], khat, float(1.0 / (weight**2).sum()))


def smooth(log_weight: Floats) -> tuple[Floats, float]:
    """Return Pareto-smoothed log weights (normalised) and k-hat; nearly equal weights have no tail to fit."""
    if float(np.ptp(log_weight)) < 1e-8:
        return log_weight - np.log(len(log_weight)) - log_weight.mean(), 0.0
    smoothed, khat = load_arviz().psislw(log_weight)
    return np.asarray(smoothed), float(khat)
