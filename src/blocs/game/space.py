"""States as mixed-radix codes, and tables over the few variables that a formula mentions.

A state is one rank per variable. Its *code* is the mixed-radix number with the first variable varying slowest. A
formula mentions few variables, so it is computed once on the grid of their values and then looked up for any number of
states: that is what makes compiling fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.language.formulas import BOOLEAN, NUMBER, Enumeration, Kind

Codes = NDArray[np.int64]
Columns = NDArray[np.uint16]  # (variable, state)

# a rank is stored in two bytes
MAX_VALUES = 1 << 16
# a formula over more combinations than this is better split; the table of one formula then stays below 32 MB
MAX_GRID = 1 << 22


@dataclass(frozen=True)
class Variable:
    """One state variable.

    Parameters
    ----------
    name : str
    labels : tuple of str
        The values in order, as shown to people; a value is stored as its rank in this tuple.
    kind : Kind
        What a formula sees: an enumeration, a boolean or a number.
    low : int
        Number at rank zero, for integers.
    """

    name: str
    labels: tuple[str, ...]
    kind: Kind
    low: int = 0

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.labels)

    def rank(self, value: Any) -> int:
        """Return the rank of a value given by name, number or truth; `KeyError` if it is none of them."""
        if isinstance(value, bool) or (self.kind == BOOLEAN and str(value) in ("true", "false")):
            value = str(value).lower()
        if isinstance(value, float) and value == int(value):
            value = int(value)
        try:
            return self.labels.index(str(value))
        except ValueError:
            raise KeyError(value) from None

    def as_values(self, ranks: NDArray[Any]) -> NDArray[Any]:
        """Return what a formula sees for these ranks."""
        if self.kind == BOOLEAN:
            return ranks.astype(bool)
        return ranks.astype(np.float64) + self.low if self.kind == NUMBER else ranks


@dataclass(frozen=True)
class Space:
    """All combinations of the values of the state variables."""

    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        """Refuse spaces whose codes would not fit in 63 bits, or whose ranks would not fit in two bytes."""
        total = 1
        for variable in self.variables:
            if variable.size > MAX_VALUES:
                raise InputError(f"`{variable.name}` has {variable.size:,} values; the limit is {MAX_VALUES:,}")
            total *= variable.size
        if total >= 2**62:
            raise InputError(f"the state variables have {total:.1e} combinations; codes go up to 4.6e18")

    @property
    def size(self) -> int:
        """Number of combinations, reachable or not."""
        return int(np.prod([variable.size for variable in self.variables], dtype=np.int64))

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each variable by name."""
        return {variable.name: i for i, variable in enumerate(self.variables)}

    @cached_property
    def strides(self) -> NDArray[np.int64]:
        """Weight of each variable's rank in a code; shape (variable,)."""
        sizes = np.array([variable.size for variable in self.variables], dtype=np.int64)
        return np.cumprod(np.append(sizes[1:], 1)[::-1])[::-1] if len(sizes) else sizes

    def encode(self, ranks: Sequence[int]) -> int:
        """Return the code of one state given by the ranks of its variables."""
        return int(np.dot(np.asarray(ranks, dtype=np.int64), self.strides))

    def decode(self, codes: Codes) -> Columns:
        """Return the ranks of each variable; shape (variable, state)."""
        columns = np.empty((len(self.variables), len(codes)), dtype=np.uint16)
        # 32-bit division is twice as fast, and most games fit
        rest = codes.astype(np.int32) if self.size < 2**31 else codes
        for i in range(len(self.variables) - 1, 0, -1):
            quotient = rest // self.variables[i].size
            columns[i] = rest - quotient * self.variables[i].size
            rest = quotient
        if self.variables:
            columns[0] = rest
        return columns

    def labels(self, code: int) -> dict[str, str]:
        """Return one state as variable -> value, for people."""
        column = self.decode(np.array([code], dtype=np.int64))[:, 0]
        return {v.name: v.labels[int(rank)] for v, rank in zip(self.variables, column, strict=True)}

    def projection(self, names: frozenset[str] | set[str]) -> Projection:
        """Return the projection on the variables among `names`, in the order of the space."""
        return Projection(self, tuple(i for i, variable in enumerate(self.variables) if variable.name in names))


@dataclass(frozen=True)
class Projection:
    """A few variables of a space and the grid of their values."""

    space: Space
    positions: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse grids too large to tabulate."""
        if self.size > MAX_GRID:
            mentioned = ", ".join(self.space.variables[i].name for i in self.positions)
            raise InputError(
                f"one formula (or the options, costs and effects that belong together) mentions {mentioned}: "
                f"{self.size:,} combinations; the limit is {MAX_GRID:,}"
            )

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Weight of each variable's rank in the grid's index."""
        weights, total = [], 1
        for i in reversed(self.positions):
            weights.append(total)
            total *= self.space.variables[i].size
        return tuple(reversed(weights))

    @property
    def size(self) -> int:
        """Number of points of the grid."""
        total = 1
        for i in self.positions:
            total *= self.space.variables[i].size
        return total

    @cached_property
    def ranks(self) -> dict[str, NDArray[np.int64]]:
        """Rank of each mentioned variable at each point of the grid."""
        points = np.arange(self.size)
        result = {}
        for i, stride in zip(self.positions, self.strides, strict=True):
            variable = self.space.variables[i]
            result[variable.name] = (points // stride) % variable.size
        return result

    @cached_property
    def values(self) -> dict[str, NDArray[Any]]:
        """What a formula sees of each mentioned variable at each point of the grid."""
        return {name: self.space.variables[self.space.index[name]].as_values(r) for name, r in self.ranks.items()}

    def points(self, columns: Columns) -> NDArray[np.int32]:
        """Return the grid's index of each state; `columns` is (variable, state)."""
        total = np.zeros(columns.shape[1], dtype=np.int32)
        for i, stride in zip(self.positions, self.strides, strict=True):
            total += columns[i] if stride == 1 else columns[i].astype(np.int32) * np.int32(stride)
        return total


def kind_of(values: tuple[str, ...] | None, boolean: bool) -> Kind:
    """Return the kind of a variable declared by values, as a boolean, or else as integers."""
    if values is not None:
        return Enumeration(values)
    return BOOLEAN if boolean else NUMBER
