"""All inputs together: the nearest place, in standard deviations, where a given outcome is the likeliest.

This is the design-point problem of structural reliability (Hasofer & Lind 1974): the point of a level set that is
nearest to the middle. It is solved by sequential quadratic programming with exact gradients (Kraft 1988), from several
starts, with a constraint for each rival outcome that would otherwise come out on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError
from blocs.forecast.inputs import Input
from blocs.forecast.solving import follow
from blocs.forecast.structures import Structures
from blocs.game.columns import Column
from blocs.solve.draws import Draws
from blocs.solve.gradient import gradient
from blocs.solve.sequential import backward

Floats = NDArray[np.float64]

# the place looked for is one where the outcome leads by this much in log-odds, so that it does lead after rounding
MARGIN = 1e-6
# below this an outcome counts as impossible: its logarithm says nothing about the way towards it
IMPOSSIBLE = 1e-290
MOST_STEPS = 100
# SLSQP stops when the squared distance changes by less: distances are then good to about six digits
TOLERANCE = 1e-9
# starts that come within this part of each other have found the same distance
SAME = 1e-3


class Surroundings:
    """Probabilities and their gradients at places given in standard deviations from the medians.

    Parameters
    ----------
    structures : Structures
    inputs : sequence of Input
    still : mapping from name to float
    threads : int
    progress : callable (solved), optional
    """

    def __init__(
        self,
        structures: Structures,
        inputs: Sequence[Input],
        still: Mapping[str, float],
        threads: int = 0,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.structures, self.inputs, self.still = structures, tuple(inputs), still
        self.threads, self.progress = threads, progress
        self.outcomes = structures.game.outcomes
        self._last: tuple[bytes, int, tuple[int, ...], Floats, Floats] | None = None

    def values(self, place: Floats) -> dict[str, Floats]:
        """Return parameters and facts at a place, each an array (1,)."""
        values = {name: np.array([value]) for name, value in self.still.items()}
        for one, position in zip(self.inputs, place, strict=True):
            values[one.name] = np.array([float(one.at(position))])
        return values

    def leads(self, place: Floats, target: int, rivals: tuple[int, ...]) -> tuple[Floats, Floats, Floats]:
        """Return all probabilities, the log-odds of `target` against each rival, and their gradients (rival, input)."""
        key = (np.asarray(place, dtype=np.float64).tobytes(), target, rivals)
        if self._last is None or self._last[:3] != key:
            self._last = (*key, *self._solve(place, target, rivals))
        _, _, _, p, slopes = self._last
        odds = np.log(np.maximum(p[target], IMPOSSIBLE)) - np.log(np.maximum(p[list(rivals)], IMPOSSIBLE))
        return p, odds, slopes

    def _solve(self, place: Floats, target: int, rivals: tuple[int, ...]) -> tuple[Floats, Floats]:
        values = self.values(place)
        game = self.structures.groups(values, 1)[0][0]
        asked = (target, *rivals)
        columns = game.columns(*(Column("outcome", index=o, label=self.outcomes[o]) for o in asked))
        done = backward(game, game.tables(values, columns, 1), keep=True, threads=self.threads)
        _, ended, left = follow(game, done, self.threads)
        p = (ended.sum(axis=0) + left)[:, 0]
        players, names = len(game.roles), [one.name for one in self.inputs]
        scale = np.array([float(one.slope(values[one.name])[0]) for one in self.inputs])
        slopes = []
        for i, rival in enumerate(rivals, start=1):
            weights = np.zeros((players + len(asked), 1))
            weights[players] = 1.0 / max(p[target], IMPOSSIBLE)
            weights[players + i] = -1.0 / max(p[rival], IMPOSSIBLE)
            found = gradient(game, done, columns, Draws(values, None, "place", 1), weights, names, threads=self.threads)
            slopes.append([float(found[name][0]) for name in names])
        if self.progress is not None:
            self.progress(1)
        return p, np.array(slopes) * scale


@dataclass(frozen=True)
class Place:
    """The nearest place that one or several starts found for one outcome.

    Attributes
    ----------
    position : float64 array (input,)
        In standard deviations.
    distance : float
    stationarity : float
        By how much the place misses being nearest on its level set, relative to the distance: the part of the position
        that is not along the gradients of the constraints that bind, nor held by the end of an axis.
    starts, agreeing : int
        How many starts arrived, and how many of them at this distance.
    """

    position: Floats = field(repr=False)
    distance: float
    stationarity: float
    starts: int
    agreeing: int


def nearest_place(
    around: Surroundings, target: int, likeliest: int, starts: Sequence[Floats], limit: float
) -> Place | str:
    """Return the nearest place where `target` is the likeliest outcome, or why there is none.

    Parameters
    ----------
    around : Surroundings
    target, likeliest : int
        The outcome wanted, and the likeliest one at the medians.
    starts : sequence of float64 arrays (input,)
    limit : float
        How far each input may go.
    """
    origin = around.leads(np.zeros(len(around.inputs)), target, (likeliest,))[0]
    if origin[target] <= IMPOSSIBLE:
        return "it is impossible under the stated facts"
    found: list[tuple[float, Floats, tuple[int, ...]]] = []
    problems = []
    for start in starts:
        try:
            arrived = _descend(around, target, likeliest, start, limit)
        except (NumericalError, InputError) as error:
            # far out a payoff may overflow or a probability leave its range: this start leads nowhere
            problems.append(str(error).splitlines()[0])
            continue
        if arrived is not None:
            found.append((float(np.linalg.norm(arrived[0])), *arrived))
    if not found:
        why = f"no start of {len(starts)} came to such a place within {limit:g} sd along each axis"
        return f"{why}; {problems[0]}" if problems else why
    distance, position, rivals = min(found, key=lambda one: one[0])
    agreeing = sum(other[0] <= distance * (1 + SAME) for other in found)
    return Place(position, distance, _stationarity(around, position, target, rivals, limit), len(found), agreeing)


def _descend(
    around: Surroundings, target: int, likeliest: int, start: Floats, limit: float
) -> tuple[Floats, tuple[int, ...]] | None:
    """Return a place and the rivals that had to be held down; None where the search failed."""
    from scipy.optimize import minimize

    rivals: tuple[int, ...] = (likeliest,)
    place = np.clip(start, *_bounds(around, limit).T)
    for _ in range(len(around.outcomes)):
        current = rivals
        result = minimize(
            lambda s: 0.5 * float(s @ s),
            place,
            jac=lambda s: s,
            method="SLSQP",
            bounds=_bounds(around, limit),
            constraints=[
                {
                    "type": "ineq",
                    "fun": lambda s, r=current: around.leads(s, target, r)[1] - MARGIN,
                    "jac": lambda s, r=current: around.leads(s, target, r)[2],
                }
            ],
            options={"maxiter": MOST_STEPS, "ftol": TOLERANCE},
        )
        place = np.asarray(result.x, dtype=np.float64)
        p, odds, _ = around.leads(place, target, rivals)
        if not (np.isfinite(place).all() and odds.min() > 0):
            return None
        best = int(np.argmax(p))
        if best == target:
            return place, rivals
        rivals = (*rivals, best)
    return None


def _bounds(around: Surroundings, limit: float) -> Floats:
    """Return the least and the greatest position of each input; (input, 2)."""
    reach = np.array([one.reach for one in around.inputs]).reshape(-1, 2)
    return np.clip(reach, -limit, limit)


def _stationarity(around: Surroundings, place: Floats, target: int, rivals: tuple[int, ...], limit: float) -> float:
    from scipy.optimize import nnls

    _, odds, slopes = around.leads(place, target, rivals)
    bounds = _bounds(around, limit)
    inside = (place > bounds[:, 0] + 1e-9) & (place < bounds[:, 1] - 1e-9)
    # a constraint binds when its lead is the margin and no more, up to what the search leaves
    binding = slopes[odds <= odds.min() + 1e-4][:, inside]
    if not inside.any():
        return 0.0
    weights, _ = nnls(binding.T, place[inside])
    return float(np.linalg.norm(place[inside] - weights @ binding) / max(float(np.linalg.norm(place)), 1e-12))
