"""A likelihood that is a sum over rows of a table, with its score and its Hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.design import Design
from blocs.fit.estimation.jets import Jet

Array = NDArray[np.float64]

# from the predictors' jets (and the rows that are wanted, None for all) to each row's log-likelihood
Density = Callable[[Sequence[Jet]], Jet]


@dataclass(frozen=True)
class Point:
    """An objective at one value of the coefficients.

    Parameters
    ----------
    value : float
        The weighted log-likelihood; minus infinity where the model is not defined.
    gradient : float64 array (coefficient,), or None when not asked for
    hessian : float64 array (coefficient, coefficient), or None when not asked for
    """

    value: float
    gradient: Array | None = None
    hessian: Array | None = None


class Objective(Protocol):
    """What an optimiser needs."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        ...

    def at(self, theta: Array, order: int = 2) -> Point:
        """Value and derivatives up to `order`."""
        ...


class RowObjective(Objective, Protocol):
    """An objective that is a sum over rows, so that standard errors can be had from it."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        ...

    @property
    def weights(self) -> Array:
        """Weight of each row."""
        ...

    def row_values(self, theta: Array) -> Array:
        """Log-likelihood of each row, without weights."""
        ...

    def scores(self, theta: Array) -> Array:
        """Return the derivative of each row by each coefficient, without weights (row, coefficient)."""
        ...

    def with_weights(self, weights: Array) -> RowObjective:
        """Return the same likelihood with other weights."""
        ...


@dataclass(frozen=True)
class RowLikelihood:
    """The likelihood of a table whose rows depend on coefficients through linear predictors.

    Parameters
    ----------
    design : Design
    density : function from the predictors' jets to a jet of each row's log-likelihood
        It must accept any leading axes, which carry bootstrap replicates.
    weights : float64 array (row,)
    """

    design: Design
    density: Density
    weights: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.design.names

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.design.rows

    def jet(self, theta: Array, order: int) -> Jet:
        """Return each row's log-likelihood (..., row) with derivatives by the predictors."""
        # far out a trial step may overflow; it then counts as minus infinity and is not taken
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            return self.density(self.design.jets(theta, order))

    def at(self, theta: Array, order: int = 2) -> Point:
        """Value and derivatives up to `order` at one vector of coefficients."""
        jet = self.jet(np.asarray(theta, dtype=np.float64), order)
        with np.errstate(over="ignore", invalid="ignore"):
            value = float(self.weights @ jet.value)
        if not np.isfinite(value):
            return Point(-np.inf)
        # derivatives that overflow are left as they are: the optimiser looks at them and steps back
        with np.errstate(over="ignore", invalid="ignore"):
            gradient = self.design.gradient(jet, self.weights) if order >= 1 else None
            hessian = self.design.hessian(jet, self.weights) if order >= 2 else None
        return Point(value, gradient, hessian)

    def row_values(self, theta: Array) -> Array:
        """Log-likelihood of each row, without weights."""
        return self.jet(theta, 0).value

    def scores(self, theta: Array) -> Array:
        """Return the derivative of each row by each coefficient, without weights (row, coefficient)."""
        return self.design.scores(self.jet(theta, 1))

    @property
    def scales(self) -> Array:
        """Root mean square of each coefficient's column: how much one unit of it moves a predictor."""
        return np.sqrt(np.mean(self.design.matrix**2, axis=0))

    def spread(self, direction: Array) -> float:
        """Largest change of any predictor in any row when the coefficients move by `direction`."""
        changes = [
            np.abs(one.columns @ direction[place]).max(initial=0.0)
            for one, place in zip(self.design.predictors, self.design.slices, strict=True)
        ]
        return float(max(changes, default=0.0))

    def with_weights(self, weights: Array) -> RowLikelihood:
        """Return the same likelihood with other weights."""
        return replace(self, weights=np.asarray(weights, dtype=np.float64))
