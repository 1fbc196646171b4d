"""Comparing fitted models: likelihood ratio for nested ones, Vuong's test for others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import chi2

from blocs.errors import InputError, Problem
from blocs.fit.maximum_likelihood import Fit

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LikelihoodRatio:
    """Likelihood-ratio test of a model against one nested in it.

    Parameters
    ----------
    statistic : float
        Twice the difference of log-likelihoods.
    freedom : int
        Difference in the number of coefficients.
    p : float
        Probability of so large a statistic if the smaller model is right.
    """

    statistic: float
    freedom: int
    p: float

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"likelihood ratio {self.statistic:.3f} on {self.freedom} degrees of freedom, p = {self.p:.3g}"


def likelihood_ratio(larger: Fit, smaller: Fit) -> LikelihoodRatio:
    """Test a model against one nested in it; whether it is nested is for the caller to know."""
    _same_rows(larger, smaller)
    freedom = len(larger.estimates.names) - len(smaller.estimates.names)
    if freedom < 1:
        raise InputError("the first model must have more coefficients than the second")
    statistic = 2.0 * (larger.estimates.log_likelihood - smaller.estimates.log_likelihood)
    # at maxima the larger model cannot be worse; rounding apart it is then no maximum or not nested
    if statistic < -1e-6:
        raise InputError("the larger model is less likely than the smaller one: they are not nested")
    return LikelihoodRatio(statistic, freedom, float(chi2.sf(max(statistic, 0.0), freedom)))


@dataclass(frozen=True)
class Vuong:
    """Vuong's (1989) test of two models that are not nested.

    Parameters
    ----------
    statistic : float
        Standard normal if both are equally far from the truth; large when the first is closer.
    p : float
        Two-sided.
    correction : str
        Penalty for the number of coefficients: ``none``, ``aic`` or ``bic``.
    """

    statistic: float
    p: float
    correction: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        favoured = "the first" if self.statistic > 0 else "the second"
        return f"Vuong statistic {self.statistic:.3f} ({self.correction} correction) for {favoured}, p = {self.p:.3g}"


def vuong(first: Fit, second: Fit, correction: Literal["none", "aic", "bic"] = "bic") -> Vuong:
    """Compare two models of the same rows."""
    _same_rows(first, second)
    weights = first.likelihood.weights
    gaps = first.likelihood.row_values(first.theta) - second.likelihood.row_values(second.theta)
    rows = float(weights.sum())
    extra = len(first.estimates.names) - len(second.estimates.names)
    penalty = {"none": 0.0, "aic": float(extra), "bic": 0.5 * extra * float(np.log(rows))}[correction]
    mean = float(weights @ gaps) / rows
    variance = float(weights @ gaps**2) / rows - mean**2
    if variance <= 1e-20 * (1.0 + mean**2):
        raise InputError("the two models give every row the same likelihood: there is nothing to compare")
    statistic = (float(weights @ gaps) - penalty) / np.sqrt(rows * variance)
    return Vuong(float(statistic), float(2.0 * ndtr(-abs(statistic))), correction)


def _same_rows(one: Fit, two: Fit) -> None:
    one.estimates.require_maximum()
    two.estimates.require_maximum()
    if one.likelihood.rows != two.likelihood.rows or not np.array_equal(one.likelihood.weights, two.likelihood.weights):
        counts = f"{one.likelihood.rows} and {two.likelihood.rows}"
        hint = "rows that miss a value in a column of one model only make the difference"
        raise InputError(Problem(f"the two models were not fitted to the same rows ({counts})", hint=hint))
