"""All inputs together: the nearest place, in standard deviations, where a given outcome is the likeliest.

This is the design-point problem of structural reliability: the point of a level set that is nearest to the middle. Each
step goes to the nearest point of the tangent planes (Hasofer & Lind 1974, Rackwitz & Fiessler 1978), with one plane for
every rival outcome near the top, and is shortened where an exact penalty would grow (Zhang & Der Kiureghian 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError
from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import Input
from blocs.forecast.sensitivity import by_type
from blocs.forecast.structures import Structures
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.solve.draws import Draws
from blocs.solve.gradient import gradient
from blocs.solve.private import Beliefs
from blocs.solve.sequential import backward
from blocs.solve.start_gradient import start_gradient

Floats = NDArray[np.float64]
Derive = Callable[[Floats], dict[str, Floats]]

# the place looked for is one where the outcome leads by this much in log-odds, so that it does lead after rounding
MARGIN = 1e-6
# below this an outcome counts as impossible: its logarithm says nothing about the way towards it
IMPOSSIBLE = 1e-290
MOST_STEPS = 40
# the polish stops when half the squared distance changes by less; distances are then good to about six digits
TOLERANCE = 1e-7
# tangent planes bring a search near the level set; their convergence is slow where it is curved, so few steps are made
FIRST_STEPS = 4
# a step shorter than this part of the distance is none
CLOSE_ENOUGH = 1e-4
# no step is longer: further away tangent planes of log-odds say little
LONGEST_STEP = 2.0
# rivals within this of the top, in log-odds, get a tangent plane of their own
NEAR_TOP = 0.7
# a step is halved at most so many times
HALVINGS = 4
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
    beliefs : Exact or Grid, optional
        How games with private types are solved.
    """

    def __init__(
        self,
        structures: Structures,
        inputs: Sequence[Input],
        still: Mapping[str, float],
        threads: int = 0,
        progress: Callable[[int], None] | None = None,
        beliefs: Beliefs | None = None,
    ) -> None:
        self.structures, self.inputs, self.still = structures, tuple(inputs), still
        self.threads, self.progress, self.beliefs = threads, progress, beliefs
        self.outcomes = structures.game.outcomes

    def values(self, place: Floats) -> dict[str, Floats]:
        """Return parameters and facts at a place, each an array (1,)."""
        values = {name: np.array([value]) for name, value in self.still.items()}
        for one, position in zip(self.inputs, place, strict=True):
            values[one.name] = np.array([float(one.at(position))])
        return values

    def at(self, place: Floats) -> Spot:
        """Solve the game at a place."""
        values = self.values(place)
        game = self.structures.groups(values, 1)[0][0]
        names = [one.name for one in self.inputs]
        solved = self._typed(game, values, names) if game.plan.types else self._sequential(game, values, names)
        if self.progress is not None:
            self.progress(1)
        # a copy: optimisers reuse their arrays
        return Spot(self, np.array(place, dtype=np.float64), values, *solved)

    def _sequential(self, game: Game, values: Mapping[str, Floats], names: Sequence[str]) -> tuple[Floats, Derive]:
        columns = game.columns(*self._observers())
        done = backward(game, game.tables(values, columns, 1), keep=True, threads=self.threads)
        players = len(game.roles)

        def derive(weights: Floats) -> dict[str, Floats]:
            found = [
                gradient(
                    game,
                    done,
                    columns,
                    Draws(values, None, "place", 1),
                    np.concatenate([np.zeros(players), row])[:, None],
                    names,
                    threads=self.threads,
                )
                for row in weights
            ]
            return {name: np.array([float(one[name][0]) for one in found]) for name in names}

        return done.start[players:, 0], derive

    def _typed(self, game: Game, values: Mapping[str, Floats], names: Sequence[str]) -> tuple[Floats, Derive]:
        probabilities = outcome_probabilities(Structures(game), values, 1, threads=self.threads, beliefs=self.beliefs)[
            :, 0
        ]
        kinds = {one.name: one.kind for one in self.inputs}

        @cache
        def slopes() -> dict[str, Floats]:
            found = start_gradient(
                game,
                values,
                [name for name in names if kinds[name] != "type"],
                observers=self._observers(),
                method=self.beliefs,
            )
            return {**found.slopes, **by_type(game, found)}

        def derive(weights: Floats) -> dict[str, Floats]:
            return {name: weights @ slopes()[name] for name in names}

        return probabilities, derive

    def _observers(self) -> list[Column]:
        return [Column("outcome", index=o, label=name) for o, name in enumerate(self.outcomes)]


@dataclass(frozen=True)
class Spot:
    """The game solved at one place.

    Attributes
    ----------
    around : Surroundings
    place : float64 array (input,)
    values : mapping from name to float64 array (1,)
    probabilities : float64 array (outcome,)
    derive : callable
        From weights (number, outcome) to the derivatives of the weighted sums of probabilities by name; (number,).
    """

    around: Surroundings
    place: Floats
    values: Mapping[str, Floats]
    probabilities: Floats
    derive: Derive

    def odds(self, target: int, rivals: Sequence[int]) -> Floats:
        """Return the log-odds of an outcome against each rival; (rival,)."""
        p = np.maximum(self.probabilities, IMPOSSIBLE)
        return np.log(p[target]) - np.log(p[list(rivals)])

    def lead(self, target: int) -> float:
        """Return the log-odds of an outcome against the likeliest of the others."""
        others = [o for o in range(len(self.around.outcomes)) if o != target]
        return float(self.odds(target, others).min())

    def rivals(self, target: int) -> tuple[int, ...]:
        """Return the likeliest of the other outcomes and those that are nearly as likely."""
        others = [o for o in range(len(self.around.outcomes)) if o != target]
        odds = self.odds(target, others)
        return tuple(o for o, lead in zip(others, odds, strict=True) if lead <= odds.min() + NEAR_TOP)

    def slopes(self, target: int, rivals: Sequence[int]) -> Floats:
        """Return the gradients of the log-odds against each rival by the position; (rival, input)."""
        p = np.maximum(self.probabilities, IMPOSSIBLE)
        scale = np.array([float(one.slope(self.values[one.name])[0]) for one in self.around.inputs])
        weights = np.zeros((len(rivals), len(p)))
        weights[:, target] = 1.0 / p[target]
        for row, rival in enumerate(rivals):
            weights[row, rival] = -1.0 / p[rival]
        found = self.derive(weights)
        return np.stack([found[one.name] for one in self.around.inputs], axis=1) * scale


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


def nearest_place(around: Surroundings, target: int, starts: Sequence[Floats], limit: float) -> Place | str:
    """Return the nearest place where `target` is the likeliest outcome, or why there is none.

    Parameters
    ----------
    around : Surroundings
    target : int
        The outcome wanted.
    starts : sequence of float64 arrays (input,)
    limit : float
        How far each input may go.
    """
    if around.at(np.zeros(len(around.inputs))).probabilities[target] <= IMPOSSIBLE:
        return "it is impossible under the stated facts"
    found: list[Spot] = []
    problems = []
    for start in starts:
        try:
            arrived = _descend(around, target, start, _bounds(around, limit))
        except (NumericalError, InputError) as error:
            # far out a payoff may overflow or a probability leave its range: this start leads nowhere
            problems.append(str(error).splitlines()[0])
            continue
        if arrived is not None:
            found.append(arrived)
    if not found:
        why = f"no search from {len(starts)} start{'s' * (len(starts) > 1)} ended at such a place within {limit:g} sd"
        return f"{why} along each axis" + (f"; {problems[0]}" if problems else "")
    best = min(found, key=lambda spot: float(np.linalg.norm(spot.place)))
    distance = float(np.linalg.norm(best.place))
    agreeing = sum(float(np.linalg.norm(spot.place)) <= distance * (1 + SAME) for spot in found)
    return Place(best.place, distance, _stationarity(best, target, _bounds(around, limit)), len(found), agreeing)


def _bounds(around: Surroundings, limit: float) -> Floats:
    """Return the least and the greatest position of each input; (input, 2)."""
    reach = np.array([one.reach for one in around.inputs]).reshape(-1, 2)
    return np.clip(reach, -limit, limit)


def _descend(around: Surroundings, target: int, start: Floats, bounds: Floats) -> Spot | None:
    """Return the place that a search from `start` comes to; None where it comes to none."""
    spot = _approach(around, target, around.at(np.clip(start, *bounds.T)), bounds)
    rivals = spot.rivals(target)
    for _ in range(len(around.outcomes)):
        spot = _polish(around, target, rivals, spot, bounds)
        above = [o for o in spot.rivals(target) if o not in rivals]
        if spot.lead(target) > 0 or not above:
            return _over_the_edge(around, spot, target, bounds)
        rivals = (*rivals, *above)
    return None


def _approach(around: Surroundings, target: int, spot: Spot, bounds: Floats) -> Spot:
    """Go from tangent planes to tangent planes, with those of whichever outcomes are near the top."""
    penalty = 0.0
    for _ in range(FIRST_STEPS):
        rivals = spot.rivals(target)
        slopes, odds = spot.slopes(target, rivals), spot.odds(target, rivals)
        aim = _nearest_on_planes(spot.place, odds, slopes, bounds)
        step = aim - spot.place
        length = float(np.linalg.norm(step))
        if length <= CLOSE_ENOUGH * (CLOSE_ENOUGH + float(np.linalg.norm(spot.place))):
            break
        step *= min(1.0, LONGEST_STEP / length)
        # the penalty has to outweigh what the distance gains by falling short of the level set
        steepness = max(float(np.linalg.norm(slopes, axis=1).min()), 1e-12)
        penalty = max(penalty, 2.0 * float(np.linalg.norm(aim)) / steepness)
        before = _merit(spot, target, penalty)
        for halving in range(HALVINGS + 1):
            tried = around.at(np.clip(spot.place + 0.5**halving * step, *bounds.T))
            if _merit(tried, target, penalty) < before:
                spot = tried
                break
        else:
            break
    return spot


def _polish(around: Surroundings, target: int, rivals: tuple[int, ...], spot: Spot, bounds: Floats) -> Spot:
    """Return the nearest place at which `target` leads all `rivals`, by sequential quadratic programming."""
    from scipy.optimize import minimize

    last = spot

    def at(place: Floats) -> Spot:
        nonlocal last
        if not np.array_equal(place, last.place):
            last = around.at(place)
        return last

    result = minimize(
        lambda s: 0.5 * float(s @ s),
        spot.place,
        jac=lambda s: s,
        method="SLSQP",
        bounds=bounds,
        constraints=[
            {
                "type": "ineq",
                "fun": lambda s: at(s).odds(target, rivals) - MARGIN,
                "jac": lambda s: at(s).slopes(target, rivals),
            }
        ],
        options={"maxiter": MOST_STEPS, "ftol": TOLERANCE},
    )
    return at(np.clip(result.x, *bounds.T))


def _merit(spot: Spot, target: int, penalty: float) -> float:
    return 0.5 * float(spot.place @ spot.place) + penalty * max(0.0, MARGIN - spot.lead(target))


def _nearest_on_planes(place: Floats, odds: Floats, slopes: Floats, bounds: Floats) -> Floats:
    """Return the point nearest to the middle at which all linearised log-odds reach the margin, within bounds."""
    from scipy.optimize import minimize

    needed = slopes @ place - odds + MARGIN
    result = minimize(
        lambda s: 0.5 * float(s @ s),
        np.clip(place, *bounds.T),
        jac=lambda s: s,
        method="SLSQP",
        bounds=bounds,
        constraints=[{"type": "ineq", "fun": lambda s: slopes @ s - needed, "jac": lambda s: slopes}],
        options={"maxiter": 50, "ftol": 1e-12},
    )
    if result.success:
        return np.clip(result.x, *bounds.T)
    # the planes do not meet within the bounds: go as far towards the steepest of them as the bounds allow
    way = slopes[int(np.argmin(odds))]
    return np.clip(place + LONGEST_STEP * way / max(float(np.linalg.norm(way)), 1e-12), *bounds.T)


def _over_the_edge(around: Surroundings, spot: Spot, target: int, bounds: Floats) -> Spot | None:
    """Go on outwards by the hair that is missing until the outcome leads; None where more than a hair is missing."""
    for _ in range(8):
        missing = MARGIN - spot.lead(target)
        if missing <= 0.5 * MARGIN:
            return spot
        rival = spot.rivals(target)[:1]
        gain = float((spot.slopes(target, rival) @ spot.place)[0])
        if not 0 < missing < 0.05 * gain:
            return None
        spot = around.at(np.clip(spot.place * (1.0 + 1.01 * missing / gain), *bounds.T))
    return None


def _stationarity(spot: Spot, target: int, bounds: Floats) -> float:
    """Return the part of a position that neither binding gradients nor bounds explain, relative to its length."""
    from scipy.optimize import nnls

    rivals = spot.rivals(target)
    odds, slopes = spot.odds(target, rivals), spot.slopes(target, rivals)
    inside = (spot.place > bounds[:, 0] + 1e-9) & (spot.place < bounds[:, 1] - 1e-9)
    if not inside.any():
        return 0.0
    # a rival binds when it is as close as the closest, up to what the search leaves
    binding = slopes[odds <= odds.min() + 1e-3][:, inside]
    weights, _ = nnls(binding.T, spot.place[inside])
    missed = spot.place[inside] - weights @ binding
    return float(np.linalg.norm(missed) / max(float(np.linalg.norm(spot.place)), 1e-12))
