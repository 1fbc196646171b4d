"""Private types in numbers: the columns of a game with types, and tables in which each type has its own payoffs.

A type shifts parameters, and only what its own role receives, pays and its precision may depend on them. So the tables
of a typed game are those of the game without types, but for the columns of a typed role, which are computed from the
shifted values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.columns import Column, Columns
from blocs.game.game import Game
from blocs.game.plan import RoleTypes
from blocs.game.tables import ROUNDING, Tables

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TypedTables:
    """Tables of a game with private types.

    Attributes
    ----------
    tables : Tables
        With the columns of `typed_columns`; `Tables.precision` is that of the roles without types.
    columns : Columns
    precision : float64 array (deciding column, draw)
        How precisely each role, or each type of it, chooses.
    prior : tuple of float64 arrays (type, draw)
        Of each role with types, in the order of `Plan.types`.
    """

    tables: Tables
    columns: Columns
    precision: Floats
    prior: tuple[Floats, ...]

    @property
    def draws(self) -> int:
        """Length of the draw axis."""
        return self.tables.draws


def deciding_columns(game: Game) -> tuple[Column, ...]:
    """Return one value column for each role without types and for each type of the others, role by role."""
    found = []
    for role, name in enumerate(game.roles):
        types = types_of(game, role)
        if types is None:
            found.append(Column("value", role=role, label=name))
        else:
            found += [
                Column("value", role=role, label=f"{name}: {one.name}", type=number)
                for number, one in enumerate(types.types)
            ]
    return tuple(found)


def types_of(game: Game, role: int) -> RoleTypes | None:
    """Return the types of a role, or None."""
    return next((one for one in game.plan.types if one.role == role), None)


def typed_columns(game: Game, *observers: Column) -> Columns:
    """Return the deciding columns followed by `observers`."""
    return Columns(deciding_columns(game), observers)


def typed_tables(game: Game, values: Mapping[str, Any], columns: Columns, draws: int) -> TypedTables:
    """Compute the tables of a game with types for parameter (and fact) values, each a scalar or an array (draw,).

    Raises
    ------
    InputError
        Probabilities of types that are not between 0 and 1 or do not add up to 1, for some draw.
    """
    kinds = columns.all
    tables = game.maker.compute(values, columns, draws)
    precision = np.stack([tables.precision[one.role] for one in columns.players])
    cost, pay = tables.cost.copy(), tables.pay.copy()
    for one in game.plan.types:
        for number in range(len(one.types)):
            mine = [c for c, column in enumerate(kinds) if column.role == one.role and column.type == number]
            if not one.types[number].shifts or not mine:
                continue
            own = game.maker.compute(shifted(game, one, number, values, draws), Columns((), _only(kinds, mine)), draws)
            cost[:, mine], pay[:, mine] = own.cost, own.pay
            for c in mine:
                if c < len(columns.players):
                    precision[c] = own.precision[one.role]
    rare = tables.occasion[game.graph.stage_otherwise >= 0]
    if (rare <= 0.0).any():
        message = "with private types an occasion cannot be impossible: nobody could learn from an act that never comes"
        raise InputError(Problem(message, path="stages"))
    prior = tuple(type_priors(game, one, values, draws) for one in game.plan.types)
    return TypedTables(replace(tables, cost=cost, pay=pay), columns, precision, prior)


def _only(kinds: Sequence[Column], mine: Sequence[int]) -> tuple[Column, ...]:
    return tuple(kinds[c] for c in mine)


def shifted(game: Game, types: RoleTypes, number: int, values: Mapping[str, Any], draws: int) -> dict[str, Any]:
    """Return the values as they are for one type of a role."""
    everything = {**game.plan.facts, **values}
    own = {name: formula.compute(everything, draws)[0] for name, formula in types.types[number].shifts.items()}
    return {**values, **own}


def prior_name(game: Game, types: RoleTypes, number: int) -> str:
    """Return the name under which values may give the probability of a type at the start: `role: type`."""
    return f"{game.roles[types.role]}: {types.types[number].name}"


def type_priors(game: Game, types: RoleTypes, values: Mapping[str, Any], draws: int) -> Floats:
    """Return the probability of each type of a role at the start; (type, draw).

    Where `values` give the probability of a type under its `prior_name`, this one counts, and the other types of the
    role give way in proportion.
    """
    everything = {**game.plan.facts, **values}
    found = np.zeros((len(types.types), draws))
    rest = -1
    for number, one in enumerate(types.types):
        if one.prior is None:
            rest = number
        else:
            found[number] = one.prior.compute(everything, draws)[0]
    if rest >= 0:
        found[rest] = 1.0 - found.sum(axis=0)
    name = game.roles[types.role]
    if (found < -ROUNDING).any() or (found > 1 + ROUNDING).any() or not np.isfinite(found).all():
        worst = found.flat[np.argmax(np.abs(np.nan_to_num(found, nan=np.inf) - 0.5))]
        message = f"a probability of a type of `{name}` is {worst:g}, for some draw"
        raise InputError(Problem(message, path=f"types.{name}", hint="use `clip(p, 0, 1)` or `logistic`"))
    total = found.sum(axis=0)
    if (np.abs(total - 1) > ROUNDING).any():
        message = f"the probabilities of the types of `{name}` sum to {total[np.argmax(np.abs(total - 1))]:g}, not to 1"
        raise InputError(Problem(message, path=f"types.{name}", hint="write `rest` for one of them"))
    found = np.clip(found, 0.0, 1.0) / np.clip(found, 0.0, 1.0).sum(axis=0)
    weight = found.copy()
    for number in range(len(types.types)):
        asked = values.get(prior_name(game, types, number))
        if asked is not None:
            # the odds of the type against all others become those of the probability that was asked for
            others = weight * (1.0 - asked) * found[number]
            weight[number] = weight[number] * asked * (1.0 - found[number])
            others[number] = weight[number]
            weight = others / others.sum(axis=0)
    return weight
