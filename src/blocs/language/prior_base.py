"""What every prior has in common; the families are in `blocs.language.priors`."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from blocs.language.transforms import Identity, Transform

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def digits(value: float) -> str:
    """Return a number as short as it can be written without loss."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True)
class Prior:
    """A distribution of one parameter."""

    positive: ClassVar[tuple[str, ...]] = ()
    free: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value):
                raise ValueError(f"`{field.name}` of {type(self).__name__} must be finite")
            if field.name in self.positive and value <= 0:
                raise ValueError(f"`{field.name}` of {type(self).__name__} must be above 0, not {digits(value)}")

    def __str__(self) -> str:
        """Render as it is written in a theory."""
        return f"{type(self).__name__}({', '.join(digits(getattr(self, one.name)) for one in fields(self))})"

    @property
    def transform(self) -> Transform:
        """The map between the parameter's range and the whole line."""
        return Identity()

    @property
    def support(self) -> tuple[float, float]:
        """Least and greatest value; may be infinite."""
        return (-math.inf, math.inf)

    @property
    def median(self) -> float:
        """The value that half of the mass lies below."""
        return float(self.ppf(0.5))

    def ppf(self, u: ArrayLike) -> NDArray:
        """Return quantiles: the values below which shares `u` of the mass lie."""
        raise TypeError(f"{type(self).__name__} has no quantiles")

    def logpdf(self, x: ArrayLike) -> NDArray:
        """Return the log-density at `x`; minus infinity outside the support."""
        import numpy as np

        x, inside = self._inside(x)
        with np.errstate(all="ignore"):
            return np.where(inside, self._logpdf(x), -np.inf)

    def dlogpdf(self, x: ArrayLike) -> NDArray:
        """Return the derivative of the log-density at `x`; NaN outside the support."""
        import numpy as np

        x, inside = self._inside(x)
        with np.errstate(all="ignore"):
            return np.where(inside, self._dlogpdf(x), np.nan)

    def line_logpdf(self, z: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return the log-density on the whole line, Jacobian included, and its derivative; exact in the tails."""
        import numpy as np

        z = np.asarray(z, dtype=np.float64)
        x, slope = self.transform.from_line(z), self.transform.slope(z)
        value = self.logpdf(x) + self.transform.log_slope(z)
        return value, self.dlogpdf(x) * slope + self.transform.log_slope_gradient(z)

    def to_unconstrained(self, x: ArrayLike) -> NDArray:
        """Return z on the whole line, given values of the parameter."""
        return self.transform.to_line(x)

    def from_unconstrained(self, z: ArrayLike) -> tuple[NDArray, NDArray, NDArray]:
        """Return x(z), dx/dz and log dx/dz."""
        return self.transform.from_line(z), self.transform.slope(z), self.transform.log_slope(z)

    def _inside(self, x: ArrayLike) -> tuple[NDArray, NDArray]:
        import numpy as np

        x = np.asarray(x, dtype=np.float64)
        low, high = self.support
        return x, (x >= low) & (x <= high)

    def _logpdf(self, x: NDArray) -> NDArray:
        raise TypeError(f"{type(self).__name__} has no density")

    def _dlogpdf(self, x: NDArray) -> NDArray:
        raise TypeError(f"{type(self).__name__} has no density")
