"""Rows of the tables: the distinct values that a formula with parameters can take over the states.

The parts of a formula that mention state variables only (its *atoms*) are computed on a grid; states that agree on all
atoms share a row. What is left, the skeleton, is a formula of atoms, parameters and facts, computed per row and draw.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.space import Projection, Space
from blocs.language.formulas import Expr, differentiate, evaluate, names
from blocs.language.formulas.syntax import Slot


@dataclass(frozen=True)
class RowFormula:
    """One formula, split into atoms over states and a skeleton over parameters and facts.

    Parameters
    ----------
    label : str
        Where the formula stands, for messages: ``payoffs.patron.base``.
    skeleton : Expr
        The formula with `Slot` in place of its atoms.
    slots : tuple of arrays, each (row,)
        Value of each atom in each row.
    projection : Projection
        The state variables that matter.
    row_of_point : int32 array (point,)
        Row of each point of the projection's grid.
    symbols : frozenset of str
        Parameters and facts that the skeleton mentions.
    """

    label: str
    skeleton: Expr
    slots: tuple[NDArray[Any], ...]
    projection: Projection
    row_of_point: NDArray[np.int32]
    symbols: frozenset[str]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.row_of_point.max()) + 1

    def compute(self, values: Mapping[str, Any], draws: int) -> NDArray[np.float64]:
        """Return the formula's values; float64 array (row, draw). Parameters are (draw,) or scalar."""
        result = evaluate(self.skeleton, values, self._columns())
        return np.array(np.broadcast_to(np.asarray(result, dtype=np.float64), (self.rows, draws)))

    def slopes(self, values: Mapping[str, Any], draws: int, wrt: Collection[str]) -> dict[str, NDArray[np.float64]]:
        """Return derivatives by name; each float64 array (row, draw), to read only."""
        gradient = differentiate(self.skeleton, values, self.symbols & frozenset(wrt), self._columns())[1]
        shape = (self.rows, draws)
        return {name: np.broadcast_to(np.asarray(g, dtype=np.float64), shape) for name, g in gradient.items()}

    def _columns(self) -> list[NDArray[Any]]:
        return [slot[:, None] for slot in self.slots]


def split(expr: Expr, state: Collection[str]) -> tuple[Expr, list[Expr]]:
    """Return the skeleton of a resolved formula and its atoms: the largest parts that mention state variables only."""
    atoms: list[Expr] = []
    known = frozenset(state)

    def visit(node: Expr) -> Expr:
        mentioned = names(node)
        if mentioned and mentioned <= known:
            if node not in atoms:
                atoms.append(node)
            return Slot(atoms.index(node))
        if not mentioned & known:
            return node
        changes: dict[str, Any] = {}
        for one in fields(node):
            part = getattr(node, one.name)
            if isinstance(part, Expr):
                changes[one.name] = visit(part)
            elif isinstance(part, tuple) and part and isinstance(part[0], Expr):
                changes[one.name] = tuple(visit(item) for item in part)
        return replace(node, **changes)

    return visit(expr), atoms


def row_formula(label: str, expr: Expr, space: Space) -> RowFormula:
    """Prepare a resolved formula for tables over `space`."""
    state = space.index.keys()
    projection = space.projection(names(expr) & frozenset(state))
    skeleton, atoms = split(expr, state)
    row_of_point = np.zeros(projection.size, dtype=np.int64)
    columns = []
    for atom in atoms:
        column = np.broadcast_to(np.asarray(evaluate(atom, projection.values)), (projection.size,))
        _, inverse = np.unique(column, return_inverse=True)
        _, row_of_point = np.unique(row_of_point * (int(inverse.max()) + 1) + inverse, return_inverse=True)
        columns.append(column)
    first = np.unique(row_of_point, return_index=True)[1]
    slots = tuple(np.ascontiguousarray(column[first]) for column in columns)
    symbols = names(skeleton)
    return RowFormula(label, skeleton, slots, projection, row_of_point.astype(np.int32), symbols)


def combine(parts: list[tuple[Projection, NDArray[np.int32]]], space: Space) -> tuple[Projection, NDArray[np.int32]]:
    """Find the combinations of several lookups.

    Parameters
    ----------
    parts : list of (projection, lookup)
        Each lookup gives an integer at each point of its projection.

    Returns
    -------
    projection : Projection
        On all variables that any part mentions.
    members : int32 array (part, point)
        The integer that each part has at each point of the joint grid.
    """
    mentioned = frozenset(space.variables[i].name for projection, _ in parts for i in projection.positions)
    joint = space.projection(mentioned)
    members = np.zeros((len(parts), joint.size), dtype=np.int32)
    for member, (projection, lookup) in zip(members, parts, strict=True):
        point = np.zeros(joint.size, dtype=np.int64)
        for i, stride in zip(projection.positions, projection.strides, strict=True):
            point += joint.ranks[space.variables[i].name] * stride
        member[:] = lookup[point]
    return joint, members


def distinct(members: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the class of each column of `members` and one column per class; (point,) and (part, class)."""
    classes = np.zeros(members.shape[1], dtype=np.int64)
    for member in members:
        _, classes = np.unique(classes * (int(member.max()) + 1) + member, return_inverse=True)
    first = np.unique(classes, return_index=True)[1]
    return classes.astype(np.int32), np.ascontiguousarray(members[:, first])
