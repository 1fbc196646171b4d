"""From coefficients to linear predictors and back: which column enters which utility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.estimation.jets import Jet, variable

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Predictor:
    """One utility, scale or other quantity that is linear in coefficients.

    Parameters
    ----------
    name : str
        Such as ``u1(war)`` or ``log(sigma)``.
    terms : tuple of str
        What each column is; empty for a quantity that is fixed.
    columns : float64 array (row, term)
    offset : float or float64 array (row,)
        Added to the sum; the whole value when there are no terms.
    """

    name: str
    terms: tuple[str, ...]
    columns: Array
    offset: float | Array = 0.0

    @staticmethod
    def fixed(name: str, rows: int, value: float = 0.0) -> Predictor:
        """Return a predictor that is a known number."""
        return Predictor(name, (), np.zeros((rows, 0)), value)


@dataclass(frozen=True)
class Design:
    """All predictors of a model, in the model's order."""

    predictors: tuple[Predictor, ...]

    def __post_init__(self) -> None:
        rows = {predictor.columns.shape[0] for predictor in self.predictors}
        if len(rows) != 1:
            raise InputError("the predictors do not have the same number of rows")
        problems = [
            Problem(f"{predictor.columns.shape[1]} columns for {len(predictor.terms)} terms", path=predictor.name)
            for predictor in self.predictors
            if predictor.columns.shape[1] != len(predictor.terms)
        ]
        if problems:
            raise InputError(problems)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.predictors[0].columns.shape[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Coefficients, as ``predictor:term``."""
        return tuple(f"{one.name}:{term}" for one in self.predictors for term in one.terms)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where the coefficients of each predictor stand."""
        ends = np.cumsum([0] + [len(one.terms) for one in self.predictors])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    @cached_property
    def matrix(self) -> Array:
        """All columns side by side (row, coefficient)."""
        return np.concatenate([one.columns for one in self.predictors], axis=1)

    def predict(self, theta: Array) -> list[Array]:
        """Return each predictor's values (..., row) for coefficients (..., coefficient)."""
        shape = (*np.shape(theta)[:-1], self.rows)
        result = []
        for one, place in zip(self.predictors, self.slices, strict=True):
            value = theta[..., place] @ one.columns.T + one.offset if one.terms else np.broadcast_to(one.offset, shape)
            result.append(np.ascontiguousarray(value, dtype=np.float64))
        return result

    def jets(self, theta: Array, order: int) -> list[Jet]:
        """Return the predictors as jets; those without coefficients carry no derivative."""
        values = self.predict(np.asarray(theta, dtype=np.float64))
        return [
            variable(i, value, order) if one.terms else Jet(value, order=order)
            for i, (one, value) in enumerate(zip(self.predictors, values, strict=True))
        ]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Design:
        """Return the design of some rows."""
        return Design(
            tuple(
                Predictor(
                    one.name,
                    one.terms,
                    one.columns[rows],
                    one.offset if np.ndim(one.offset) == 0 else np.asarray(one.offset)[rows],
                )
                for one in self.predictors
            )
        )

    def scores(self, jet: Jet) -> Array:
        """Return the derivative of each row by each coefficient (row, coefficient)."""
        result = np.zeros((self.rows, len(self.names)))
        for i, slope in jet.first.items():
            result[:, self.slices[i]] = self.predictors[i].columns * slope[:, None]
        return result

    def gradient(self, jet: Jet, weights: Array) -> Array:
        """Return the weighted sum of the scores (..., coefficient)."""
        result = np.zeros((*jet.value.shape[:-1], len(self.names)))
        for i, slope in jet.first.items():
            result[..., self.slices[i]] = (weights * slope) @ self.predictors[i].columns
        return result

    def hessian(self, jet: Jet, weights: Array) -> Array:
        """Return the weighted sum of the second derivatives (..., coefficient, coefficient)."""
        count = len(self.names)
        result = np.zeros((*jet.value.shape[:-1], count, count))
        for (i, j), bend in jet.second.items():
            one, two = self.slices[i], self.slices[j]
            block = self._block(i, j, weights * bend)
            result[..., one, two] = block
            if i != j:
                result[..., two, one] = np.swapaxes(block, -1, -2)
        return result

    def _block(self, i: int, j: int, bend: Array) -> Array:
        left, right = self.predictors[i].columns, self.predictors[j].columns
        if bend.ndim == 1:
            return (left * bend[:, None]).T @ right
        # a batch: one matrix product with the products of columns, made once
        products = self._products(i, j)
        return (bend @ products).reshape(*bend.shape[:-1], left.shape[1], right.shape[1])

    def _products(self, i: int, j: int) -> Array:
        store = self._product_store
        if (i, j) not in store:
            left, right = self.predictors[i].columns, self.predictors[j].columns
            store[i, j] = (left[:, :, None] * right[:, None, :]).reshape(self.rows, -1)
        return store[i, j]

    @cached_property
    def _product_store(self) -> dict[tuple[int, int], Array]:
        return {}


def predictors_from(names: Sequence[str], given: dict[str, tuple[tuple[str, ...], Array]], rows: int) -> Design:
    """Build a design for the predictors `names` from terms and columns; those not given are fixed at zero."""
    return Design(
        tuple(Predictor(name, *given[name]) if name in given else Predictor.fixed(name, rows) for name in names)
    )
