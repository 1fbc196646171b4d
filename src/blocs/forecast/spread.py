"""A quantity over draws, in four numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# central interval that is reported: 90 %
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Spread:
    """A quantity over draws: mean, median and the central 90 % interval."""

    mean: float
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: NDArray[np.float64]) -> Spread:
        """Summarise an array (draw,)."""
        low, median, high = np.quantile(draws, [LOW, 0.5, HIGH])
        return cls(float(np.mean(draws)), float(median), float(low), float(high))

    def to_json(self) -> dict[str, float]:
        """Return plain numbers."""
        return {"mean": self.mean, "median": self.median, "low": self.low, "high": self.high}
