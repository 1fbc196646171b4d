"""Laws of noise: the probability that standardised noise stays below a margin, on the logarithmic scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, expit, log_ndtr

Array = NDArray[np.float64]

LOG_TWO_PI = float(np.log(2.0 * np.pi))


class Noise(Protocol):
    """A law of noise that is symmetric around zero."""

    def log_share(self, margin: Array, order: int = 2) -> tuple[Array, Array | float, Array | float]:
        """Return log F(margin) and its first two derivatives by the margin, as far as `order` asks.

        Parameters
        ----------
        margin : float64 array (any shape)
            Difference of values over the standard scale of the noise.
        """
        ...


@dataclass(frozen=True)
class Normal:
    """Standard normal noise: probit."""

    def log_share(self, margin: Array, order: int = 2) -> tuple[Array, Array | float, Array | float]:
        """Return log Phi(margin) and its derivatives."""
        value = log_ndtr(margin)
        if order == 0:
            return value, 0.0, 0.0
        slope = hazard(margin)
        return value, slope, hazard_bend(margin, slope) if order > 1 else 0.0


@dataclass(frozen=True)
class Logistic:
    """Standard logistic noise, of variance pi^2 / 3: logit."""

    def log_share(self, margin: Array, order: int = 2) -> tuple[Array, Array | float, Array | float]:
        """Return log Lambda(margin) and its derivatives."""
        value = -np.logaddexp(0.0, -margin)
        if order == 0:
            return value, 0.0, 0.0
        slope = expit(-margin)
        return value, slope, -slope * expit(margin)


def log_density(x: Array) -> Array:
    """Return the logarithm of the standard normal density."""
    return -0.5 * (x * x + LOG_TWO_PI)


def hazard(x: Array) -> Array:
    """Return the slope of log Phi at x: phi(x) / Phi(x), the inverse Mills ratio."""
    # below zero by the scaled error function, which neither under- nor overflows
    below = np.sqrt(2.0 / np.pi) / erfcx(-np.minimum(x, 0.0) / np.sqrt(2.0))
    above = np.maximum(x, 0.0)
    return np.where(x < 0.0, below, np.exp(log_density(above) - log_ndtr(above)))


def hazard_bend(x: Array, slope: Array) -> Array:
    """Return the second derivative of log Phi at x, given the first: -m (x + m), which lies between -1 and 0."""
    # x + m cancels far below zero; from -1000 on two terms of the series are exact to 1e-11
    far = np.minimum(x, -1.0)
    return np.where(x < -1000.0, -1.0 + 1.0 / (far * far), -slope * (x + slope))
