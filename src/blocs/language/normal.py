"""Quantiles of the normal distribution with NumPy alone: loading SciPy for them would take longer than checking a case.

Reference: Wichura (1988), Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# half the width of the middle part, and where the far tails begin, in the algorithm's own terms
_MIDDLE, _FAR = 0.425, 5.0

# fmt: off
# coefficients of numerator and denominator, highest power first: the middle, the tails, the far tails
_MIDDLE_RATIO = (
    (
        2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
        1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0,
    ),
    (
        5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
        5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
    ),
)
_TAIL_RATIO = (
    (
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
        3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0,
    ),
    (
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
        6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0,
    ),
)
_FAR_RATIO = (
    (
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
        2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0,
    ),
    (
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
        1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0,
    ),
)
# fmt: on


def normal_quantile(u: ArrayLike) -> NDArray:
    """Return the values below which shares `u` of the standard normal's mass lie.

    Parameters
    ----------
    u : array
        Between 0 and 1. At 0 and 1 the answer is infinite, outside it is not a number.

    Returns
    -------
    float64 array of the same shape
        Relative error about 1e-16.
    """
    import numpy as np

    u = np.asarray(u, dtype=np.float64)
    q = u - 0.5
    middle = 0.180625 - np.minimum(np.abs(q), _MIDDLE) ** 2
    inner = _ratio(_MIDDLE_RATIO, middle) * q
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.sqrt(-np.log(np.minimum(u, 1.0 - u)))
        near = _ratio(_TAIL_RATIO, np.clip(r, 0.0, _FAR) - 1.6)
        far = _ratio(_FAR_RATIO, np.maximum(np.where(np.isinf(r), _FAR, r), _FAR) - _FAR)
    tail = np.where(np.isinf(r), np.inf, np.where(r <= _FAR, near, far))
    return np.where(np.abs(q) <= _MIDDLE, inner, np.copysign(np.where(np.isnan(r), np.nan, tail), q))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: NDArray) -> NDArray:
    above, below = 0.0, 0.0
    for a, b in zip(*coefficients, strict=True):
        above, below = above * r + a, below * r + b
    return above / below  # type: ignore[return-value]
