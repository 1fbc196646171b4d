"""Predicted probabilities, differences and marginal effects, with intervals by the delta method or by simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from blocs.errors import UsageError
from blocs.fit.estimation.design import Design
from blocs.fit.estimation.jets import Jet
from blocs.fit.estimation.results import Estimates
from blocs.fit.tables import Table

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]

# step of a marginal effect in standard deviations of its column: the error of the central difference is of order 1e-7
STEP = 1e-3


class Outcomes(Protocol):
    """A model that gives outcomes their probabilities."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes."""
        ...

    @property
    def table(self) -> Table:
        """The rows that were fitted."""
        ...

    def log_chances(self, theta: Array, table: Table | None = None, order: int = 1) -> tuple[Design, list[Jet]]:
        """Return the design and the log-probability of each outcome in each row."""
        ...


class Uncertainty(Protocol):
    """A way to carry the uncertainty of estimates to what is computed from them."""

    def bounds(self, quantity: Quantity, estimates: Estimates, level: float) -> tuple[Array, Array, Array]:
        """Return standard errors, lower and upper bounds, of the shape of the quantity."""
        ...


class Quantity(Protocol):
    """Something computed from coefficients."""

    def value(self, theta: Array) -> Array:
        """Return its value (any shape)."""
        ...

    def slope(self, theta: Array) -> Array:
        """Return its derivative, of the same shape with coefficients last."""
        ...


@dataclass(frozen=True)
class Delta:
    """The delta method: linear in the coefficients around their estimates."""

    def bounds(self, quantity: Quantity, estimates: Estimates, level: float) -> tuple[Array, Array, Array]:
        """Return standard errors and symmetric bounds."""
        slope = quantity.slope(estimates.values)
        variance = np.einsum("...i,ij,...j->...", slope, estimates.covariance, slope)
        error = np.sqrt(np.maximum(variance, 0.0))
        value = quantity.value(estimates.values)
        reach = ndtri(0.5 + level / 2.0) * error
        return error, value - reach, value + reach


@dataclass(frozen=True)
class Simulation:
    """Draws of the coefficients from their normal law (King, Tomz & Wittenberg 2000).

    Parameters
    ----------
    draws : int
    seed : int
    """

    draws: int = 1000
    seed: int = 0

    def bounds(self, quantity: Quantity, estimates: Estimates, level: float) -> tuple[Array, Array, Array]:
        """Return standard deviations and quantiles over the draws."""
        random = np.random.default_rng(self.seed)
        thetas = random.multivariate_normal(estimates.values, estimates.covariance, self.draws, method="eigh")
        drawn = np.array([quantity.value(theta) for theta in thetas])
        edge = 0.5 - level / 2.0
        low, high = np.quantile(drawn, [edge, 1.0 - edge], axis=0)
        return drawn.std(axis=0, ddof=1), low, high


@dataclass(frozen=True)
class Effects:
    """Probabilities or effects with their uncertainty.

    Parameters
    ----------
    labels : tuple of str
        What each line is: rows of a table, or columns whose effect it is.
    outcomes : tuple of str
    values, errors, low, high : float64 array (line, outcome)
    level : float
    """

    labels: tuple[str, ...]
    outcomes: tuple[str, ...]
    values: Array
    errors: Array
    low: Array
    high: Array
    level: float

    def to_pandas(self) -> pandas.DataFrame:
        """Return a DataFrame with a line for each label and outcome."""
        import pandas as pd

        index = pd.MultiIndex.from_product([self.labels, self.outcomes], names=["of", "outcome"])
        parts = {"value": self.values, "std_error": self.errors, "low": self.low, "high": self.high}
        return pd.DataFrame({name: part.ravel() for name, part in parts.items()}, index=index)


@dataclass(frozen=True)
class _Chances:
    """Probabilities of the outcomes in each row of a table, or their mean over rows."""

    model: Outcomes
    tables: tuple[Table | None, ...]
    factors: tuple[float, ...]
    mean: bool

    def value(self, theta: Array) -> Array:
        """Return a weighted sum of the probabilities in several tables (row or one, outcome)."""
        total: Array | float = 0.0
        for table, factor in zip(self.tables, self.factors, strict=True):
            _, logs = self.model.log_chances(theta, table, 0)
            chances = np.exp(np.array([log.value for log in logs])).T
            total = total + factor * (chances.mean(axis=0, keepdims=True) if self.mean else chances)
        return np.asarray(total)

    def slope(self, theta: Array) -> Array:
        """Return its derivative (row or one, outcome, coefficient)."""
        total: Array | float = 0.0
        for table, factor in zip(self.tables, self.factors, strict=True):
            design, logs = self.model.log_chances(theta, table, 1)
            slopes = np.stack([np.exp(log.value)[:, None] * design.scores(log) for log in logs], axis=1)
            total = total + factor * (slopes.mean(axis=0, keepdims=True) if self.mean else slopes)
        return np.asarray(total)


@dataclass(frozen=True)
class _Stack:
    """Several quantities of one line each, as lines of one."""

    parts: tuple[_Chances, ...]

    def value(self, theta: Array) -> Array:
        """Return the lines."""
        return np.concatenate([part.value(theta) for part in self.parts])

    def slope(self, theta: Array) -> Array:
        """Return their derivatives."""
        return np.concatenate([part.slope(theta) for part in self.parts])


def predicted(
    model: Outcomes,
    estimates: Estimates,
    table: Table | None = None,
    method: Uncertainty | None = None,
    level: float = 0.95,
) -> Effects:
    """Predict the probability of every outcome in every row, of the fitted table or of another one."""
    estimates.require_maximum()
    rows = table if table is not None else model.table
    quantity = _Chances(model, (table,), (1.0,), mean=False)
    return _finish(quantity, model, estimates, tuple(f"line {line}" for line in rows.lines), method, level)


def first_difference(
    model: Outcomes,
    estimates: Estimates,
    change: Mapping[str, tuple[float | str, float | str]],
    method: Uncertainty | None = None,
    level: float = 0.95,
) -> Effects:
    """Average change of the outcomes' probabilities when columns move from one value to another in every row.

    Parameters
    ----------
    change : mapping from column to (from, to)
        All at once.
    """
    estimates.require_maximum()
    if not change:
        raise UsageError("say which column moves: {'column': (from, to)}")
    before = _with(model.table, {name: pair[0] for name, pair in change.items()})
    after = _with(model.table, {name: pair[1] for name, pair in change.items()})
    label = ", ".join(f"{name}: {pair[0]} to {pair[1]}" for name, pair in change.items())
    return _finish(_Chances(model, (after, before), (1.0, -1.0), mean=True), model, estimates, (label,), method, level)


def marginal_effects(
    model: Outcomes,
    estimates: Estimates,
    columns: tuple[str, ...],
    method: Uncertainty | None = None,
    level: float = 0.95,
) -> Effects:
    """Average slope of the outcomes' probabilities by each column, by central differences of the column."""
    estimates.require_maximum()
    parts = []
    for name in columns:
        values = model.table.numbers(name)
        if name in model.table.categories:
            raise UsageError(f"`{name}` is a category: ask for its first difference")
        step = STEP * (float(values.std()) or 1.0)
        tables = (_with(model.table, {name: values + step}), _with(model.table, {name: values - step}))
        parts.append(_Chances(model, tables, (0.5 / step, -0.5 / step), mean=True))
    return _finish(_Stack(tuple(parts)), model, estimates, columns, method, level)


def _with(table: Table, new: Mapping[str, float | str | Array]) -> Table:
    """Return a table with some columns replaced, by one value or by one for each row."""
    table.require(new)
    columns = dict(table.columns)
    for name, value in new.items():
        cells = value.tolist() if isinstance(value, np.ndarray) else [value] * len(table)
        columns[name] = tuple(repr(float(cell)) if not isinstance(cell, str) else cell for cell in cells)
    return Table(columns, table.lines, table.file, table.categories, table.deleted)


def _finish(
    quantity: Quantity,
    model: Outcomes,
    estimates: Estimates,
    labels: tuple[str, ...],
    method: Uncertainty | None,
    level: float,
) -> Effects:
    errors, low, high = (method or Delta()).bounds(quantity, estimates, level)
    return Effects(labels, model.outcomes, quantity.value(estimates.values), errors, low, high, level)
