"""Normal probabilities of two variables on the logarithmic scale, exact also far out in the tails."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from blocs.errors import UsageError
from blocs.solve.responses.noise import LOG_TWO_PI

Array = NDArray[np.float64]

# beyond this exponent a piece of the integrand adds less than 1e-17 of the whole
NEGLIGIBLE = 40.0
# 24 nodes give full precision where the exponent varies by less than this over the range; tested against 200 nodes
SMOOTH = 12.0
# nodes near correlation one would have to crowd; the signalling model needs 1 / sqrt(2)
LARGEST_CORRELATION = 0.95


@lru_cache(maxsize=8)
def _nodes(count: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (points + 1.0), 0.5 * weights


def log_bivariate(h: Array, k: Array, correlation: float) -> Array:
    """Logarithm of Pr(X <= h, Y <= k) for standard normal X, Y with the given correlation.

    Plackett's integral over the correlation, by Gauss-Legendre quadrature. All its terms are positive when the
    correlation is, so that the relative error stays near 1e-14 wherever h and k are; where the integrand is a narrow
    peak (arguments far from zero) the rule is moved to the peak.

    Parameters
    ----------
    h, k : float64 array (any shape, the same)
    correlation : float
        Between 0 and 0.95.

    Returns
    -------
    float64 array, of the shape of `h`

    Cost: 24 exponentials an element, 64 in the tails.
    References: Plackett (1954); Drezner & Wesolowsky (1990).
    """
    if not 0.0 <= correlation <= LARGEST_CORRELATION:
        raise UsageError(f"the correlation must lie between 0 and {LARGEST_CORRELATION}, not at {correlation}")
    h, k = np.asarray(h, dtype=np.float64), np.asarray(k, dtype=np.float64)
    end = float(np.arcsin(correlation))
    apart = log_ndtr(h) + log_ndtr(k)
    sharp = h * h + k * k > SMOOTH
    joint = np.empty_like(apart)
    smooth = ~sharp
    if smooth.any():
        joint[smooth] = _panel(h[smooth], k[smooth], np.zeros(()), np.full((), end), 24)
    if sharp.any():
        joint[sharp] = _peak(h[sharp], k[sharp], end)
    return np.logaddexp(apart, joint - LOG_TWO_PI)


def _exponent(h: Array, k: Array, angle: Array) -> Array:
    sine = np.sin(angle)
    return -(h * h + k * k - 2.0 * h * k * sine) / (2.0 * (1.0 - sine * sine))


def _panel(h: Array, k: Array, start: Array, stop: Array, count: int) -> Array:
    """Logarithm of the integral of exp(exponent) from `start` to `stop`, element by element."""
    points, weights = _nodes(count)
    shape = (count,) + (1,) * h.ndim
    # a peak on the border leaves an empty panel; the least positive width then adds nothing, without log(0)
    width = np.maximum(stop - start, 1e-300)
    values = _exponent(h, k, start + points.reshape(shape) * width)
    peak = values.max(axis=0)
    return peak + np.log(np.tensordot(weights, np.exp(values - peak), axes=1)) + np.log(width)


def _peak(h: Array, k: Array, end: float) -> Array:
    """Logarithm of the integral where it is a narrow peak: one panel on each side, as wide as anything is left."""
    near, far = np.minimum(np.abs(h), np.abs(k)), np.maximum(np.abs(h), np.abs(k))
    # the exponent is stationary where the sine is near / far; with opposite signs it falls from the start on
    top = np.where(h * k > 0.0, np.minimum(np.arcsin(near / far), end), 0.0)
    floor = _exponent(h, k, top) - NEGLIGIBLE
    below = _reach(h, k, floor, top, np.zeros_like(top))
    above = _reach(h, k, floor, top, np.full_like(top, end))
    return np.logaddexp(_panel(h, k, below, top, 32), _panel(h, k, top, above, 32))


def _reach(h: Array, k: Array, floor: Array, top: Array, limit: Array) -> Array:
    """Return how far from the peak towards the limit the integrand still matters (bisection, to 1/256 of the way)."""
    inside, outside = top.copy(), limit.copy()
    all_matters = _exponent(h, k, limit) >= floor
    for _ in range(8):
        middle = 0.5 * (inside + outside)
        matters = _exponent(h, k, middle) >= floor
        inside = np.where(matters, middle, inside)
        outside = np.where(matters, outside, middle)
    return np.where(all_matters, limit, outside)
