"""Derivatives of what can be expected at the start of a game with private types, however the game is solved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.private import Beliefs, Solver, private_solver
from blocs.solve.sequential import Restriction
from blocs.solve.typed_gradient import pull_back_types

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StartGradient:
    """Numbers at the start of a game with private types, and their derivatives.

    Attributes
    ----------
    start : float64 array (column,)
        Of each role, or each type of it, and then of the observers.
    number : float64 array (number,)
    slopes : dict of float64 arrays (number,)
        By parameter or fact.
    by_prior : tuple of float64 arrays (number, type)
        By the probability of each type of each role with types, the others of the role giving way in proportion.
    """

    start: Floats
    number: Floats
    slopes: dict[str, Floats]
    by_prior: tuple[Floats, ...]


def start_gradient(
    game: Game,
    values: Mapping[str, Any],
    wrt: Collection[str],
    *,
    observers: Sequence[Column] = (),
    weights: Floats | None = None,
    method: Beliefs | None = None,
    restrictions: Sequence[Restriction] = (),
    solver: Solver | None = None,
) -> StartGradient:
    """Differentiate values at the start through the equilibrium of a game with private types.

    Parameters
    ----------
    game : Game
        With private types.
    values : mapping
        Parameter and fact values, each a scalar or an array (1,).
    wrt : collection of str
        Parameters and numeric facts.
    observers : sequence of Column
        Carried along, after the deciding columns; an outcome's column is its probability at the start.
    weights : float64 array (number, column), optional
        Each number is so many times the columns' values at the start; by default each observer is a number.
    method, restrictions : as in `blocs.solve.private.private_solver`
    solver : Solver, optional
        One that is at hand, instead of these two.

    Raises
    ------
    InputError
        As `private_solver`.
    NumericalError
        The game has no solution that was found, or no derivative there.
    """
    columns = typed_columns(game, *observers)
    if weights is None:
        weights = np.eye(len(columns))[len(columns.players) :]
    tables = typed_tables(game, values, columns, 1)
    if solver is None:
        solver = private_solver(game, method, restrictions)
    start, found = solver.slopes(tables, 0, weights)
    pulled = [pull_back_types(game, tables, 0, one, values, wrt) for one in found]
    by_prior = []
    for q, prior in enumerate(tables.prior):
        p, raw = prior[:, 0], np.array([one.prior[q] for one in found]).reshape(len(found), len(prior))
        # p_i rises by one, the others fall by p_j / (1 - p_i) each
        others = (raw @ p)[:, None] - raw * p
        by_prior.append(np.where(p < 1, raw - others / np.where(p < 1, 1 - p, 1.0), 0.0))
    return StartGradient(
        start,
        weights @ start,
        {name: np.array([one[name] for one in pulled]) for name in wrt},
        tuple(by_prior),
    )
