"""How beliefs are laid out in memory: the grid of each role, and for who moves at a stage, lanes and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.game.game import Game
from blocs.game.types import TypedTables, types_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# lanes are filled up to a multiple of what vector registers take at once, where there are enough of them
ABREAST, FEW = 16, 8


def grid_points(prior: float, size: int) -> Floats:
    """Return an odd number of beliefs from 0 to 1 with the prior in the middle, closer together towards both ends.

    Where the prior is certain there is nothing to learn, and the belief stays at its end.
    """
    if size < 3 or size % 2 == 0:
        raise UsageError(f"a grid of beliefs has an odd number of points of at least 3, not {size}")
    middle = prior if 0.0 < prior < 1.0 else 0.5
    ramp = _ramp(size)
    return np.concatenate([middle * ramp, middle + (1.0 - middle) * ramp[1:]])


def points_by_prior(prior: float, size: int) -> Floats:
    """Return the derivative of each point of a grid by the prior; float64 array (point,)."""
    if not 0.0 < prior < 1.0:
        return np.zeros(size)
    ramp = _ramp(size)
    return np.concatenate([ramp, 1.0 - ramp[1:]])


def _ramp(size: int) -> Floats:
    half = size // 2
    # twice as dense at 0 and 1 as a straight division, and smooth in the prior
    ramp = np.sin(0.5 * np.pi * np.arange(half + 1) / half) ** 2
    return 0.5 * (ramp + np.arange(half + 1) / half)


@dataclass(frozen=True)
class Mover:
    """Who moves at a stage, as the kernels want it; see `blocs.game.belief_kernels.stage`.

    Attributes
    ----------
    axis : int
        Of the mover's belief; -1 where it has no types.
    deciding : int array (2,)
    kind : int array (column,)
    points : float64 array (point,)
    inner : int
        How many places lie between one point of the mover's belief and the next.
    place, base, number : int array (lane,)
    odds, belief : float64 array (lane,)
    sure : int array (place,)
    cut : float64 array (point,)
    edge : float64 array (4, place)
    ends : float64 array (2, place)
    """

    axis: int
    deciding: Ints
    kind: Ints
    points: Floats
    inner: int
    place: Ints
    base: Ints
    number: Ints
    odds: Floats
    belief: Floats
    sure: Ints
    cut: Floats
    edge: Floats
    ends: Floats


def mover(game: Game, tables: TypedTables, points: Sequence[Floats], role: int) -> Mover:
    """Lay out the beliefs for a role that moves.

    Parameters
    ----------
    game : Game
    tables : TypedTables
    points : sequence of float64 arrays (point,)
        The grid of each role with types.
    role : int
    """
    columns = tables.columns
    mine = [c for c, one in enumerate(columns.players) if one.role == role]
    typed = types_of(game, role) is not None
    kind = np.array([one.type if one.role == role and typed else -1 for one in columns.all], dtype=np.int64)
    places = int(np.prod([len(one) for one in points]))
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    if not typed:
        return Mover(
            -1, np.array([mine[0], mine[0]]), kind, nothing, places, none, none, none, nothing, nothing,
            np.arange(places), nothing, np.empty((4, 0)), np.empty((2, 0)),
        )  # fmt: skip
    axis = [one.role for one in game.plan.types].index(role)
    own = points[axis]
    inner = int(np.prod([len(one) for one in points[axis + 1 :]]))
    at = np.arange(places)
    number = (at // inner) % len(own)
    within = (number > 0) & (number < len(own) - 1)
    place = at[within]
    width = len(place) if len(place) <= FEW else -(-len(place) // ABREAST) * ABREAST
    place = np.concatenate([place, np.full(width - len(place), place[0])])
    with np.errstate(divide="ignore"):
        cut = np.log(own) - np.log1p(-own)
    # the last point begins no cell: what is written there is not read
    low, high = own[np.minimum(number, len(own) - 2)], own[np.minimum(number + 1, len(own) - 1)]
    span = high - low
    edge = np.stack([low / span, low * high / span, (1.0 - high) / span, (1.0 - low) * (1.0 - high) / span])
    return Mover(
        axis, np.array(mine), kind, own, inner, place, place - number[place] * inner, number[place],
        cut[number[place]], own[number[place]], at[~within], cut, edge, np.stack([low, high]),
    )  # fmt: skip
