"""Jets: arrays that carry their first and second derivatives by a few predictors.

A likelihood of rows is written once, as if it were a value; its score and its Hessian come with it, exact to rounding.
Derivatives are kept only for the predictors that a quantity depends on, so that sparse models stay cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Jet:
    """A value with derivatives.

    Parameters
    ----------
    value : float64 array (..., row)
    first : dict from predictor to float64 array (..., row)
        First derivatives; an absent predictor has derivative zero.
    second : dict from (i, j), i <= j, to float64 array (..., row)
        Second derivatives; an absent pair is zero. Empty when `order` is below two.
    order : int
        How many derivatives are carried: 0, 1 or 2.
    """

    value: Array
    first: dict[int, Array] = field(default_factory=dict)
    second: dict[Pair, Array] = field(default_factory=dict)
    order: int = 2

    def __add__(self, other: Jet | Array | float) -> Jet:
        """Add a jet, an array or a number."""
        if not isinstance(other, Jet):
            return Jet(self.value + other, self.first, self.second, self.order)
        return combine(self, other, self.value + other.value, 1.0, 1.0)

    __radd__ = __add__

    def __neg__(self) -> Jet:
        """Change the sign."""
        return self.times(-1.0)

    def __sub__(self, other: Jet | Array | float) -> Jet:
        """Subtract a jet, an array or a number."""
        if not isinstance(other, Jet):
            return Jet(self.value - other, self.first, self.second, self.order)
        return combine(self, other, self.value - other.value, 1.0, -1.0)

    def __rsub__(self, other: Array | float) -> Jet:
        """Subtract from an array or a number."""
        return self.times(-1.0) + other

    def __mul__(self, other: Jet | Array | float) -> Jet:
        """Multiply by a jet, an array or a number."""
        if not isinstance(other, Jet):
            return self.times(other)
        return combine(self, other, self.value * other.value, other.value, self.value, cross=1.0)

    __rmul__ = __mul__

    def times(self, factor: Array | float) -> Jet:
        """Multiply by something that depends on no predictor."""
        return Jet(
            self.value * factor,
            {i: g * factor for i, g in self.first.items()},
            {pair: h * factor for pair, h in self.second.items()},
            self.order,
        )

    def compose(self, value: Array, slope: Array | float, bend: Array | float) -> Jet:
        """Apply a function of one argument, given its value and two derivatives at `self.value`."""
        first = {i: slope * g for i, g in self.first.items()}
        second: dict[Pair, Array] = {}
        if self.order == 2:
            second = {pair: slope * h for pair, h in self.second.items()}
            bent = {i: bend * g for i, g in self.first.items()}
            for i, g in bent.items():
                for j, k in self.first.items():
                    if i <= j:
                        _accumulate(second, (i, j), g * k)
        return Jet(value, first, second, self.order)

    def exp(self) -> Jet:
        """Exponential."""
        value = np.exp(self.value)
        return self.compose(value, value, value)

    def log(self) -> Jet:
        """Natural logarithm."""
        inverse = 1.0 / self.value
        return self.compose(np.log(self.value), inverse, -inverse * inverse)

    def reciprocal(self) -> Jet:
        """One over the jet."""
        inverse = 1.0 / self.value
        return self.compose(inverse, -inverse * inverse, 2.0 * inverse**3)

    def sqrt(self) -> Jet:
        """Square root."""
        root = np.sqrt(self.value)
        return self.compose(root, 0.5 / root, -0.25 / (root * self.value))

    def square(self) -> Jet:
        """Square."""
        return self.compose(self.value * self.value, 2.0 * self.value, 2.0)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Jet:
        """Keep some rows."""
        return Jet(
            self.value[..., rows],
            {i: g[..., rows] for i, g in self.first.items()},
            {pair: h[..., rows] for pair, h in self.second.items()},
            self.order,
        )


def variable(index: int, value: Array, order: int = 2) -> Jet:
    """Return predictor number `index` itself."""
    return Jet(value, {index: np.ones_like(value)} if order else {}, {}, order)


def constant(value: Array, order: int = 2) -> Jet:
    """Return something that depends on no predictor."""
    return Jet(value, {}, {}, order)


def combine(
    one: Jet,
    two: Jet,
    value: Array,
    by_one: Array | float,
    by_two: Array | float,
    bend_one: Array | float = 0.0,
    cross: Array | float = 0.0,
    bend_two: Array | float = 0.0,
) -> Jet:
    """Apply a function of two arguments, given its value, its slopes and its three second derivatives."""
    order = min(one.order, two.order)
    first = {i: by_one * g for i, g in one.first.items()}
    for i, g in two.first.items():
        first[i] = first[i] + by_two * g if i in first else by_two * g
    second: dict[Pair, Array] = {}
    if order == 2:
        for pair, h in one.second.items():
            second[pair] = by_one * h
        for pair, h in two.second.items():
            _accumulate(second, pair, by_two * h)
        for factor, left, right in ((bend_one, one, one), (bend_two, two, two)):
            if isinstance(factor, float) and factor == 0.0:
                continue
            for i, g in left.first.items():
                for j, k in right.first.items():
                    if i <= j:
                        _accumulate(second, (i, j), factor * g * k)
        if not (isinstance(cross, float) and cross == 0.0):
            for i, g in one.first.items():
                bent = cross * g
                for j, k in two.first.items():
                    # a pair met as (i, j) and as (j, i) fills one entry twice, as it must; i == j counts double
                    _accumulate(second, (min(i, j), max(i, j)), bent * k if i != j else 2.0 * bent * k)
    return Jet(value, first, second, order)


def total(jets: Sequence[Jet]) -> Jet:
    """Sum of one or more jets."""
    result = jets[0]
    for jet in jets[1:]:
        result = result + jet
    return result


def _accumulate(store: dict[Pair, Array], pair: Pair, amount: Array) -> None:
    store[pair] = store[pair] + amount if pair in store else amount
