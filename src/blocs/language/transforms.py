"""Maps between a parameter's own range and the whole real line, where samplers and optimisers work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Transform(Protocol):
    """A smooth increasing map x(z) from the real line onto the range of a parameter. All methods keep the shape."""

    def to_line(self, x: ArrayLike) -> NDArray:
        """Return z, given x."""
        ...

    def from_line(self, z: ArrayLike) -> NDArray:
        """Return x, given z."""
        ...

    def slope(self, z: ArrayLike) -> NDArray:
        """Return dx/dz, which is positive."""
        ...

    def log_slope(self, z: ArrayLike) -> NDArray:
        """Return log dx/dz: what is added to a log-density in x to have it in z."""
        ...

    def log_slope_gradient(self, z: ArrayLike) -> NDArray:
        """Return the derivative of `log_slope` by z."""
        ...


@dataclass(frozen=True)
class Identity:
    """x = z: the whole line."""

    def to_line(self, x: ArrayLike) -> NDArray:
        """Return z, given x."""
        import numpy as np

        return np.asarray(x, dtype=np.float64)

    def from_line(self, z: ArrayLike) -> NDArray:
        """Return x, given z."""
        return self.to_line(z)

    def slope(self, z: ArrayLike) -> NDArray:
        """Return dx/dz."""
        import numpy as np

        return np.ones(np.shape(z))

    def log_slope(self, z: ArrayLike) -> NDArray:
        """Return log dx/dz."""
        import numpy as np

        return np.zeros(np.shape(z))

    def log_slope_gradient(self, z: ArrayLike) -> NDArray:
        """Return the derivative of `log_slope`."""
        return self.log_slope(z)


@dataclass(frozen=True)
class Exponential:
    """x = exp(z): positive numbers."""

    def to_line(self, x: ArrayLike) -> NDArray:
        """Return z, given x."""
        import numpy as np

        return np.log(np.asarray(x, dtype=np.float64))

    def from_line(self, z: ArrayLike) -> NDArray:
        """Return x, given z."""
        import numpy as np

        return np.exp(np.asarray(z, dtype=np.float64))

    def slope(self, z: ArrayLike) -> NDArray:
        """Return dx/dz."""
        return self.from_line(z)

    def log_slope(self, z: ArrayLike) -> NDArray:
        """Return log dx/dz."""
        import numpy as np

        return np.asarray(z, dtype=np.float64)

    def log_slope_gradient(self, z: ArrayLike) -> NDArray:
        """Return the derivative of `log_slope`."""
        import numpy as np

        return np.ones(np.shape(z))


@dataclass(frozen=True)
class Interval:
    """x = low + (high - low) logistic(z): numbers between two bounds."""

    low: float = 0.0
    high: float = 1.0

    def to_line(self, x: ArrayLike) -> NDArray:
        """Return z, given x."""
        from scipy.special import logit

        return logit((_float(x) - self.low) / (self.high - self.low))

    def from_line(self, z: ArrayLike) -> NDArray:
        """Return x, given z."""
        from scipy.special import expit

        return self.low + (self.high - self.low) * expit(_float(z))

    def slope(self, z: ArrayLike) -> NDArray:
        """Return dx/dz."""
        from scipy.special import expit

        return (self.high - self.low) * expit(_float(z)) * expit(-_float(z))

    def log_slope(self, z: ArrayLike) -> NDArray:
        """Return log dx/dz."""
        import numpy as np
        from scipy.special import log_expit

        return np.log(self.high - self.low) + log_expit(_float(z)) + log_expit(-_float(z))

    def log_slope_gradient(self, z: ArrayLike) -> NDArray:
        """Return the derivative of `log_slope`."""
        from scipy.special import expit

        return expit(-_float(z)) - expit(_float(z))


def _float(x: ArrayLike) -> NDArray:
    import numpy as np

    return np.asarray(x, dtype=np.float64)
