"""Random values from priors with NumPy alone, for checks that only look at some values and must start fast.

Forecasts and fits use quantiles instead (`Prior.ppf`), so that draws can be placed evenly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocs.language.priors import Beta, Fixed, Gamma, HalfNormal, LogitNormal, LogNormal, Normal, Prior, Uniform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def sample(prior: Prior, rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Return `size` independent values; float64 array (draw,)."""
    import numpy as np

    match prior:
        case Normal(mean, sd):
            return rng.normal(mean, sd, size)
        case LogNormal(mu, sigma):
            return rng.lognormal(mu, sigma, size)
        case HalfNormal(sd):
            return np.abs(rng.normal(0.0, sd, size))
        case Beta(a, b):
            return rng.beta(a, b, size)
        case Gamma(shape, rate):
            return rng.gamma(shape, 1.0 / rate, size)
        case Uniform(low, high):
            return rng.uniform(low, high, size)
        case LogitNormal(mu, sigma):
            return 0.5 * (1.0 + np.tanh(0.5 * rng.normal(mu, sigma, size)))
        case Fixed(value):
            return np.full(size, value)
    raise TypeError(f"{type(prior).__name__} is a family of priors without a sampler")
