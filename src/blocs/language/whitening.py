"""Parameters on a scale on which every prior is a standard normal.

``u = Phi^-1(F(x))`` with F the prior's distribution function: a change of one is one prior standard deviation, the log
prior is ``-u**2 / 2``, and whatever curvature a posterior has beyond one comes from the data. Normal, log-normal and
logit-normal priors are whitened exactly; the others through their quantiles, to eight standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from blocs.language.priors import Prior

Floats = NDArray[np.float64]

# beyond eight standard deviations the normal distribution function is one in double precision
EDGE = 8.0
_LOG_SQRT_2PI = 0.9189385332046727


@dataclass(frozen=True)
class White:
    """One parameter on the whitened scale."""

    name: str
    prior: Prior

    def value(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the parameter and its derivative by `u`; arrays shaped as `u`."""
        from blocs.language.priors import LogitNormal, LogNormal, Normal

        u = np.asarray(u, dtype=np.float64)
        match self.prior:
            case Normal(mean, sd):
                return mean + sd * u, np.full_like(u, sd)
            case LogNormal(mu, sigma):
                # a search may step far out; exp overflows beyond 700
                x = np.exp(np.clip(mu + sigma * u, -700.0, 700.0))
                return x, sigma * x
            case LogitNormal(mu, sigma):
                z = mu + sigma * u
                x = 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))
                return x, sigma * x * (1.0 - x)
        from scipy.special import ndtr

        inside = np.clip(u, -EDGE, EDGE)
        x = np.asarray(self.prior.ppf(ndtr(inside)), dtype=np.float64)
        log_density = -0.5 * inside**2 - _LOG_SQRT_2PI
        with np.errstate(all="ignore"):
            slope = np.exp(log_density - np.asarray(self.prior.logpdf(x)))
        return x, np.where((np.abs(u) < EDGE) & np.isfinite(slope), slope, 0.0)


@dataclass(frozen=True)
class WhiteFact:
    """A fact known as a range, on the whitened scale: its stated value is the median, each side is uniform."""

    name: str
    low: float
    middle: float
    high: float

    def value(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the fact and its derivative by `u`."""
        from scipy.special import ndtr

        u = np.asarray(u, dtype=np.float64)
        share = ndtr(u)
        density = np.exp(-0.5 * u**2 - _LOG_SQRT_2PI)
        below = 2.0 * (self.middle - self.low)
        above = 2.0 * (self.high - self.middle)
        x = np.where(share < 0.5, self.low + below * share, self.middle + above * (share - 0.5))
        return x, density * np.where(share < 0.5, below, above)
