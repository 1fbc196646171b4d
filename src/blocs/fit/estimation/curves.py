"""Comparative statics: the probabilities of outcomes as one column varies, branch by branch where there are several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from blocs.errors import InputError, UsageError
from blocs.fit.estimation.effects import Outcomes, predicted
from blocs.fit.estimation.results import Estimates
from blocs.fit.tables import Table, table_from

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]

# an equilibrium that moves further between two neighbouring values is another one
LARGEST_STEP = 0.2


@dataclass(frozen=True)
class Curves:
    """Outcome probabilities along a column; several points at one value where there are several equilibria.

    Parameters
    ----------
    column : str
    values : float64 array (point,)
        Of the column.
    outcomes : tuple of str
    chances, errors : float64 array (point, outcome)
        Probabilities and their standard errors; errors are not-a-number where there are none.
    branch : int array (point,)
        Points of one branch are one curve.
    """

    column: str
    values: Array
    outcomes: tuple[str, ...]
    chances: Array
    errors: Array
    branch: NDArray[np.intp]

    def bounds(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return lower and upper ends of the intervals, within [0, 1]."""
        reach = ndtri(0.5 + level / 2.0) * self.errors
        return np.clip(self.chances - reach, 0.0, 1.0), np.clip(self.chances + reach, 0.0, 1.0)

    def to_pandas(self, level: float = 0.95) -> pandas.DataFrame:
        """Return a DataFrame with one row a point and outcome."""
        import pandas as pd

        low, high = self.bounds(level)
        size = len(self.outcomes)
        return pd.DataFrame(
            {
                self.column: np.repeat(self.values, size),
                "branch": np.repeat(self.branch, size),
                "outcome": list(self.outcomes) * len(self.values),
                "probability": self.chances.ravel(),
                "std_error": self.errors.ravel(),
                "low": low.ravel(),
                "high": high.ravel(),
            }
        )


def varied(
    table: Table, column: str, values: Sequence[float] | Array, base: Mapping[str, float | str] | int | None = None
) -> Table:
    """Return a table in which one column varies and the others stay.

    Parameters
    ----------
    table : Table
    column : str
    values : sequence of float
        One row each.
    base : mapping from column to value, or row number, optional
        The other columns: values by name over the medians (or commonest words) of the table, or one of its rows,
        counted from 0. The medians when not given.
    """
    table.require([column, *(base if isinstance(base, Mapping) else ())])
    if not len(values):
        raise UsageError("comparative statics need at least one value")
    if column in table.categories:
        raise UsageError(f"`{column}` is a category: it does not vary along a line")
    if isinstance(base, int) and not 0 <= base < len(table):
        raise InputError(f"there is no row {base}; rows are counted from 0 to {len(table) - 1}")
    cells: dict[str, list[object]] = {}
    for name in table.names:
        if isinstance(base, int):
            middle: object = table.columns[name][base]
        elif isinstance(base, Mapping) and name in base:
            middle = base[name]
        else:
            middle = _middle(table, name)
        cells[name] = [middle] * len(values)
    cells[column] = [float(value) for value in values]
    return table_from(cells, table.categories)


def _middle(table: Table, name: str) -> float | str:
    """Return the median of a column of numbers, or the commonest word."""
    if name not in table.categories:
        try:
            return float(np.median(table.numbers(name)))
        except InputError:
            pass
    words, counts = np.unique(table.columns[name], return_counts=True)
    return str(words[np.argmax(counts)])


def span(table: Table, column: str, points: int = 41) -> Array:
    """Return values from the least to the largest of a column."""
    values = table.numbers(column)
    return np.linspace(values.min(), values.max(), points)


def curves(
    model: Outcomes,
    estimates: Estimates,
    column: str,
    values: Sequence[float] | Array | None = None,
    base: Mapping[str, float | str] | int | None = None,
) -> Curves:
    """Predict the outcomes of a strategic model as a column varies; see `varied` for the arguments."""
    along = span(model.table, column) if values is None else np.asarray(values, dtype=np.float64)
    found = predicted(model, estimates, varied(model.table, column, along, base))
    return Curves(column, along, found.outcomes, found.values, found.errors, np.zeros(len(along), dtype=np.intp))


def branches(place: NDArray[np.intp], position: Array) -> NDArray[np.intp]:
    """Follow equilibria from one value of a column to the next.

    Parameters
    ----------
    place : int array (point,)
        Number of the value at which each equilibrium was found, ascending.
    position : float64 array (point,)
        What tells equilibria at one value apart, ascending within each value.

    Returns
    -------
    int array (point,)
        Equal numbers are one branch. Neighbours are joined in order so that they move least in all; none moves by more
        than `LARGEST_STEP`.
    """
    branch = np.full(len(place), -1, dtype=np.intp)
    count, before = 0, np.zeros(0, dtype=np.intp)
    for number in range(int(place.max()) + 1 if len(place) else 0):
        here = np.flatnonzero(place == number)
        few, many = (before, here) if len(before) <= len(here) else (here, before)
        best = min(
            combinations(range(len(many)), len(few)),
            key=lambda chosen: float(np.abs(position[many[list(chosen)]] - position[few]).sum()),
        )
        for one, other in zip(few, many[list(best)], strict=True):
            old, new = (one, other) if few is before else (other, one)
            if abs(position[old] - position[new]) <= LARGEST_STEP:
                branch[new] = branch[old]
        for point in here[branch[here] < 0]:
            branch[point] = count
            count += 1
        before = here
    return branch
