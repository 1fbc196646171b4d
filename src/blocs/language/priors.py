"""Priors of parameters: small frozen objects that are written as ``LogNormal(-0.7, 0.6)`` and read without evaluation.

Each gives quantiles, log-densities and their gradients, in the parameter's own range and on the whole line. Arrays may
have any shape, which the results keep. NumPy and SciPy are loaded when a number is asked for, not before.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from blocs.errors import nearest
from blocs.language.normal import normal_quantile
from blocs.language.prior_base import Prior, digits
from blocs.language.transforms import Exponential, Interval, Transform

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_TEXT = re.compile(r"\s*([A-Za-z]+)\s*\(([^()]*)\)\s*")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_LONGEST = 200
_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
# the standard normal's third quartile: the median of its absolute value
_THIRD_QUARTILE = 0.6744897501960817


@dataclass(frozen=True)
class Normal(Prior):
    """The normal distribution, with its mean and standard deviation."""

    mean: float
    sd: float
    positive: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def median(self) -> float:
        """The mean."""
        return self.mean

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        return self.mean + self.sd * normal_quantile(u)

    def _logpdf(self, x: NDArray) -> NDArray:
        return _normal_logpdf(x, self.mean, self.sd)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        return (self.mean - x) / self.sd**2


@dataclass(frozen=True)
class LogNormal(Prior):
    """Its logarithm is normal, with mean `mu` and standard deviation `sigma`. Positive; its median is exp(mu)."""

    mu: float
    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    @property
    def transform(self) -> Transform:
        """The exponential."""
        return Exponential()

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return (0.0, math.inf)

    @property
    def median(self) -> float:
        """exp(mu)."""
        return math.exp(self.mu)

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        import numpy as np

        return np.exp(self.mu + self.sigma * normal_quantile(u))

    def _logpdf(self, x: NDArray) -> NDArray:
        import numpy as np

        logs = np.log(x)
        return np.where(x > 0, _normal_logpdf(logs, self.mu, self.sigma) - logs, -np.inf)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        import numpy as np

        return -(1.0 + (np.log(x) - self.mu) / self.sigma**2) / x

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the normal log-density of z = log x, and its derivative."""
        return _normal_on_line(z, self.mu, self.sigma)


@dataclass(frozen=True)
class HalfNormal(Prior):
    """The absolute value of a normal with mean 0 and standard deviation `sd`. Positive."""

    sd: float
    positive: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def transform(self) -> Transform:
        """The exponential."""
        return Exponential()

    @property
    def support(self) -> tuple[float, float]:
        """Numbers from 0."""
        return (0.0, math.inf)

    @property
    def median(self) -> float:
        """0.674 sd."""
        return _THIRD_QUARTILE * self.sd

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        import numpy as np

        return self.sd * normal_quantile(0.5 + 0.5 * np.asarray(u, dtype=np.float64))

    def _logpdf(self, x: NDArray) -> NDArray:
        return _normal_logpdf(x, 0.0, self.sd) + math.log(2.0)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        return -x / self.sd**2


@dataclass(frozen=True)
class Beta(Prior):
    """The beta distribution on 0 to 1, with mean a / (a + b)."""

    a: float
    b: float
    positive: ClassVar[tuple[str, ...]] = ("a", "b")

    @property
    def transform(self) -> Transform:
        """The logistic function."""
        return Interval()

    @property
    def support(self) -> tuple[float, float]:
        """From 0 to 1."""
        return (0.0, 1.0)

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        from scipy.special import betaincinv

        return betaincinv(self.a, self.b, u)

    def _logpdf(self, x: NDArray) -> NDArray:
        from scipy.special import betaln, xlog1py, xlogy

        return xlogy(self.a - 1.0, x) + xlog1py(self.b - 1.0, -x) - betaln(self.a, self.b)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        return (self.a - 1.0) / x - (self.b - 1.0) / (1.0 - x)

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the log-density of z = logit x, and its derivative."""
        import numpy as np
        from scipy.special import betaln, expit, log_expit

        z = np.asarray(z, dtype=np.float64)
        value = self.a * log_expit(z) + self.b * log_expit(-z) - betaln(self.a, self.b)
        return value, self.a * expit(-z) - self.b * expit(z)


@dataclass(frozen=True)
class Gamma(Prior):
    """The gamma distribution with a shape and a rate; its mean is shape / rate. Positive."""

    shape: float
    rate: float
    positive: ClassVar[tuple[str, ...]] = ("shape", "rate")

    @property
    def transform(self) -> Transform:
        """The exponential."""
        return Exponential()

    @property
    def support(self) -> tuple[float, float]:
        """Positive numbers."""
        return (0.0, math.inf)

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        from scipy.special import gammaincinv

        return gammaincinv(self.shape, u) / self.rate

    def _logpdf(self, x: NDArray) -> NDArray:
        from scipy.special import gammaln, xlogy

        return xlogy(self.shape - 1.0, x) - self.rate * x + self.shape * math.log(self.rate) - gammaln(self.shape)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        return (self.shape - 1.0) / x - self.rate

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the log-density of z = log x, and its derivative."""
        import numpy as np
        from scipy.special import gammaln

        z = np.asarray(z, dtype=np.float64)
        decay = self.rate * np.exp(z)
        return self.shape * (z + math.log(self.rate)) - decay - gammaln(self.shape), self.shape - decay


@dataclass(frozen=True)
class Uniform(Prior):
    """Every value from `low` to `high` is equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low >= self.high:
            raise ValueError(f"`low` of Uniform must be below `high`, not {digits(self.low)} and {digits(self.high)}")

    @property
    def transform(self) -> Transform:
        """The logistic function, stretched."""
        return Interval(self.low, self.high)

    @property
    def support(self) -> tuple[float, float]:
        """From `low` to `high`."""
        return (self.low, self.high)

    @property
    def median(self) -> float:
        """The middle."""
        return 0.5 * (self.low + self.high)

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        import numpy as np

        return self.low + (self.high - self.low) * np.asarray(u, dtype=np.float64)

    def _logpdf(self, x: NDArray) -> NDArray:
        import numpy as np

        return np.full(x.shape, -math.log(self.high - self.low))

    def _dlogpdf(self, x: NDArray) -> NDArray:
        import numpy as np

        return np.zeros(x.shape)

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the logistic log-density, and its derivative: the bounds cancel."""
        unit = Interval()
        return unit.log_slope(z), unit.log_slope_gradient(z)


@dataclass(frozen=True)
class LogitNormal(Prior):
    """Its log-odds are normal, with mean `mu` and standard deviation `sigma`. Between 0 and 1."""

    mu: float
    sigma: float
    positive: ClassVar[tuple[str, ...]] = ("sigma",)

    @property
    def transform(self) -> Transform:
        """The logistic function."""
        return Interval()

    @property
    def support(self) -> tuple[float, float]:
        """From 0 to 1."""
        return (0.0, 1.0)

    @property
    def median(self) -> float:
        """logistic(mu)."""
        return 1.0 / (1.0 + math.exp(-self.mu)) if self.mu > -700 else 0.0

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles."""
        from scipy.special import expit

        return expit(self.mu + self.sigma * normal_quantile(u))

    def _logpdf(self, x: NDArray) -> NDArray:
        import numpy as np
        from scipy.special import logit

        value = _normal_logpdf(logit(x), self.mu, self.sigma) - np.log(x) - np.log1p(-x)
        return np.where((x > 0) & (x < 1), value, -np.inf)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        from scipy.special import logit

        return ((self.mu - logit(x)) / self.sigma**2 + 2.0 * x - 1.0) / (x * (1.0 - x))

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the normal log-density of z = logit x, and its derivative."""
        return _normal_on_line(z, self.mu, self.sigma)


@dataclass(frozen=True)
class Fixed(Prior):
    """One value, without uncertainty: the parameter is not fitted."""

    value: float
    free: ClassVar[bool] = False

    @property
    def support(self) -> tuple[float, float]:
        """The value alone."""
        return (self.value, self.value)

    @property
    def median(self) -> float:
        """The value."""
        return self.value

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return the value, whatever the share."""
        import numpy as np

        return np.full(np.shape(u), self.value)

    def _logpdf(self, x: NDArray) -> NDArray:
        import numpy as np

        return np.zeros(x.shape)

    def _dlogpdf(self, x: NDArray) -> NDArray:
        return self._logpdf(x)


FAMILIES: dict[str, type[Prior]] = {
    family.__name__: family for family in (Normal, LogNormal, HalfNormal, Beta, Gamma, Uniform, LogitNormal, Fixed)
}


def signature(family: type[Prior]) -> str:
    """Return how a prior of this family is written: ``Normal(mean, sd)``."""
    return f"{family.__name__}({', '.join(field.name for field in fields(family))})"


def parse_prior(text: str) -> Prior:
    """Read a prior.

    Parameters
    ----------
    text : str
        The name of a family and its numbers in order: ``LogNormal(-0.7, 0.6)``.

    Raises
    ------
    ValueError
        With what was expected.
    """
    found = _TEXT.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError("expected a prior such as LogNormal(-0.7, 0.6) or Fixed(1)")
    name, inside = found[1], found[2].strip()
    if name not in FAMILIES:
        hint = nearest(name, FAMILIES) or f"expected one of {', '.join(FAMILIES)}"
        raise ValueError(f"there is no prior `{name}`; {hint}")
    family = FAMILIES[name]
    numbers = [part.strip() for part in inside.split(",")] if inside else []
    if len(numbers) != len(fields(family)):
        raise ValueError(f"{name} takes {len(fields(family))} numbers, not {len(numbers)}; write {signature(family)}")
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            raise ValueError(f"`{number}` is no number; write {signature(family)} with numbers")
    return family(*(float(number) for number in numbers))


def _normal_logpdf(x: NDArray, mean: float, sd: float) -> NDArray:
    return -0.5 * ((x - mean) / sd) ** 2 - math.log(sd) - _HALF_LOG_TWO_PI


def _normal_on_line(z: ArrayLike, mean: float, sd: float) -> tuple[NDArray, NDArray]:
    import numpy as np

    z = np.asarray(z, dtype=np.float64)
    return _normal_logpdf(z, mean, sd), (mean - z) / sd**2
