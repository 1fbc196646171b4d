"""What drives each outcome: exact derivatives of its probability by every parameter and numeric fact, ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError, Problem, nearest
from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import Input, baseline, inputs_of
from blocs.forecast.outcomes import Spread
from blocs.forecast.structures import Structures
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.game.pullback import pull_back
from blocs.game.types import prior_name
from blocs.solve.certificate import Certificate
from blocs.solve.draws import Draws, centre_name, check_settings, draw
from blocs.solve.gradient import table_slopes
from blocs.solve.private import Beliefs, Solver, private_solver
from blocs.solve.sequential import Pass, backward
from blocs.solve.start_gradient import StartGradient, start_gradient

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# values of every step are kept for the reverse pass; outcomes and draws that need more are taken in turn
KEEP_BYTES = 1 << 30
# positions, in standard deviations, of the five-point difference that checks the derivatives: its error is of the order
# of the fourth power of the step, rounding of the order of 1e-16 over the step, and both are then near 1e-12
STEP = 2.0**-9
_STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))


@dataclass(frozen=True)
class Driver:
    """One input and what it does to one outcome, over draws (or at one point).

    Attributes
    ----------
    input : Input
    outcome : str
    value : Spread
        Of the input.
    slope : Spread
        dP/dx: change of the probability per unit of the input.
    per_sd : Spread
        Change of the probability per standard deviation of the input's uncertainty, to first order.
    elasticity : Spread or None
        d log P / d log x; None where the input is not positive throughout, or the outcome impossible.
    """

    input: Input
    outcome: str
    value: Spread
    slope: Spread
    per_sd: Spread
    elasticity: Spread | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.input.name,
            "kind": self.input.kind,
            "outcome": self.outcome,
            "sd_is": self.input.unit,
            "value": self.value.to_json(),
            "slope": self.slope.to_json(),
            "per_sd": self.per_sd.to_json(),
            "elasticity": self.elasticity.to_json() if self.elasticity is not None else None,
        }


@dataclass(frozen=True)
class Sensitivity:
    """Derivatives of outcome probabilities.

    Attributes
    ----------
    inputs : tuple of Input
    outcomes : tuple of str
        Those that were asked for.
    values : float64 array (input, draw)
    probability : float64 array (outcome, draw)
    slope : float64 array (outcome, input, draw)
        dP/dx.
    origin : str
        Where the derivatives were taken: "prior medians", or over how many draws.
    certificate : Certificate
        Its residual is the largest deviation from a difference quotient, in probability per standard deviation.
    """

    inputs: tuple[Input, ...]
    outcomes: tuple[str, ...]
    values: Floats = field(repr=False)
    probability: Floats = field(repr=False)
    slope: Floats = field(repr=False)
    origin: str
    certificate: Certificate

    @property
    def per_sd(self) -> Floats:
        """Change of each probability per standard deviation of each input; (outcome, input, draw)."""
        scale = np.stack([one.slope(value) for one, value in zip(self.inputs, self.values, strict=True)])
        return self.slope * scale

    @property
    def elasticity(self) -> Floats:
        """Elasticities d log P / d log x, (outcome, input, draw); NaN where x is not positive or P is zero."""
        p = self.probability[:, None, :]
        usable = (self.values > 0) & (p > 0)
        return np.where(usable, self.slope * self.values / np.where(p > 0, p, 1.0), np.nan)

    def ranked(self, outcome: str, most: int | None = None) -> list[Driver]:
        """Return the inputs by the size of their mean effect per standard deviation, the largest first."""
        if outcome not in self.outcomes:
            raise InputError(Problem(f"there is no outcome `{outcome}`", hint=nearest(outcome, self.outcomes)))
        o = self.outcomes.index(outcome)
        effect, elasticity = self.per_sd[o], self.elasticity[o]
        order = np.argsort(-np.abs(effect.mean(axis=1)), kind="stable")[:most]
        return [
            Driver(
                input=self.inputs[i],
                outcome=outcome,
                value=Spread.of(self.values[i]),
                slope=Spread.of(self.slope[o, i]),
                per_sd=Spread.of(effect[i]),
                elasticity=Spread.of(elasticity[i]) if np.isfinite(elasticity[i]).all() else None,
            )
            for i in order
        ]

    def to_json(self) -> dict[str, Any]:
        """Return plain values: for each outcome its probability and its drivers, the strongest first."""
        return {
            "at": self.origin,
            "outcomes": {
                name: {
                    "probability": Spread.of(row).to_json(),
                    "drivers": [driver.to_json() for driver in self.ranked(name)],
                }
                for name, row in zip(self.outcomes, self.probability, strict=True)
            },
            "certificate": self.certificate.to_json(),
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per outcome and input, ranked within each outcome; means over draws."""
        import pandas as pd

        rows = [
            {
                "outcome": driver.outcome,
                "input": driver.input.name,
                "kind": driver.input.kind,
                "value": driver.value.mean,
                "slope": driver.slope.mean,
                "per_sd": driver.per_sd.mean,
                "per_sd_low": driver.per_sd.low,
                "per_sd_high": driver.per_sd.high,
                "elasticity": driver.elasticity.mean if driver.elasticity is not None else None,
            }
            for name in self.outcomes
            for driver in self.ranked(name)
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        """Show the three strongest drivers of each outcome."""
        lines = [f"Sensitivity at {self.origin} (change of the probability per standard deviation)"]
        for name, row in zip(self.outcomes, self.probability, strict=True):
            told = ", ".join(f"{one.input.name} {one.per_sd.mean:+.1%}" for one in self.ranked(name, 3))
            lines.append(f"{name} ({row.mean():.1%}): {told}")
        return "\n".join(lines)


def sensitivity(
    game: Game,
    draws: int | Draws | None = None,
    *,
    outcomes: Sequence[str] | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
) -> Sensitivity:
    """Differentiate the probability of outcomes by every parameter with a prior and every numeric fact.

    In a game with private types the probabilities of the types are inputs too, where they are given as numbers.

    Parameters
    ----------
    game : Game
        With `response: logit`.
    draws : int, Draws or None
        Where: at that many draws from the priors, at given draws, or (None) at the prior medians.
    outcomes : sequence of str, optional
        Default: all.
    seed : int
        Of the draws.
    settings : mapping, optional
        Parameters (and facts that do not shape the game) held at a value; nothing is differentiated by them.
    progress : callable (done, total), optional
        Told after every reverse pass.
    threads : int
        Zero: as many as Numba has.
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError
        An unknown outcome or setting.
    UsageError
        The response is not logit.

    Notes
    -----
    One backward pass carries all outcomes as observers beside the players' values. What an outcome's reverse pass
    touches are the players' columns and its own, so each gets a pass over those alone. Cost per draw: one backward pass
    with all columns, and per outcome a reverse pass with one column more than there are players. A fact that shapes the
    graph is differentiated through payoffs, costs and probabilities. In a game with private types the derivatives go
    through the equilibrium of choices and beliefs (implicit function theorem).
    """
    held = check_settings(game, settings or {})
    names = known_outcomes(game, outcomes)
    inputs = inputs_of(game, held)
    if draws is None:
        values = {name: np.array([value]) for name, value in baseline(game, held).items()}
        drawn = Draws(values, None, centre_name(game), 1)
    else:
        drawn = draw(game, draws, seed, held) if isinstance(draws, int) else draws
    size = len(drawn)
    values = {**{name: np.full(size, value) for name, value in baseline(game).items()}, **drawn.values}
    probability, slope = np.empty((len(names), size)), np.empty((len(names), len(inputs), size))
    numbers = [game.outcomes.index(name) for name in names]
    done = 0
    parts = [(numbers, i, i + 1) for i in range(size)] if game.plan.types else _parts(game, numbers, size)
    solver = private_solver(game, beliefs) if game.plan.types else None
    for part, low, high in parts:
        some = {name: value[low:high] for name, value in values.items()}
        if solver is not None:
            slopes = _typed_slopes(game, part, some, inputs, solver)
        else:
            slopes = _slopes(game, part, some, [one.name for one in inputs], high - low, threads)
        for o, chance, found in slopes:
            row = numbers.index(o)
            probability[row, low:high], slope[row, :, low:high] = chance, found
            done += high - low
            if progress is not None:
                progress(done, len(names) * size)
    # over all outcomes the probabilities sum to one, and their derivatives to zero
    sums = slope.sum(axis=0) if len(names) == len(game.outcomes) else None
    point = np.stack([values[one.name] for one in inputs]) if inputs else np.zeros((0, size))
    origin = drawn.origin if draws is None else f"{size:,} draws from the {drawn.origin}"
    result = Sensitivity(inputs, names, point, probability, slope, origin, Certificate(0.0, 1.0))
    return replace(
        result, certificate=_certify(game, result, {n: v[:1] for n, v in values.items()}, sums, threads, beliefs)
    )


def known_outcomes(game: Game, outcomes: Sequence[str] | None) -> tuple[str, ...]:
    """Return the outcomes that were asked for, or all; an unknown one is an `InputError`."""
    wanted = tuple(game.outcomes) if outcomes is None else tuple(outcomes)
    unknown = [name for name in wanted if name not in game.outcomes]
    if unknown:
        raise InputError(
            [Problem(f"there is no outcome `{name}`", hint=nearest(name, game.outcomes)) for name in unknown]
        )
    return wanted


def _parts(game: Game, outcomes: Sequence[int], draws: int) -> list[tuple[list[int], int, int]]:
    """Divide outcomes and draws so that the kept values of a part fit in memory."""
    graph = game.graph
    column = graph.steps * graph.slots * 8
    together = int(np.clip(KEEP_BYTES // column - len(game.roles), 1, len(outcomes)))
    size = int(np.clip(KEEP_BYTES // (column * (len(game.roles) + together)), 1, 16))
    return [
        (list(outcomes[first : first + together]), low, min(low + size, draws))
        for low in range(0, draws, size)
        for first in range(0, len(outcomes), together)
    ]


def _slopes(
    game: Game, outcomes: Sequence[int], values: Mapping[str, Floats], names: Sequence[str], draws: int, threads: int
):
    """Yield the number of each outcome, its probability (draw,), and its derivatives (input, draw)."""
    observers = [Column("outcome", index=o, label=game.outcomes[o]) for o in outcomes]
    columns = game.columns(*observers)
    tables = game.tables(values, columns, draws)
    done = backward(game, tables, keep=True, threads=threads)
    players = len(game.roles)
    d_start = np.zeros((players + 1, draws))
    d_start[-1] = 1.0
    own = _only(done, players + 1)
    for i, o in enumerate(outcomes):
        # the players' values stay; the outcome's take the place of those of the one before
        own.value[:, :, players] = done.value[:, :, players + i]
        slopes = table_slopes(game, own, d_start, threads=threads)
        found = pull_back(game.maker, own.tables, game.columns(observers[i]), slopes, values, names)
        yield o, done.start[players + i], np.stack([found[name] for name in names])


def _typed_slopes(
    game: Game, outcomes: Sequence[int], values: Mapping[str, Floats], inputs: Sequence[Input], solver: Solver
) -> Iterator[tuple[int, Floats, Floats]]:
    """Yield the same for one draw of a game with private types."""
    observers = [Column("outcome", index=o, label=game.outcomes[o]) for o in outcomes]
    names = [one.name for one in inputs if one.kind != "type"]
    found = start_gradient(game, values, names, observers=observers, solver=solver)
    slopes = {**found.slopes, **by_type(game, found)}
    for i, o in enumerate(outcomes):
        yield o, found.number[i : i + 1], np.stack([slopes[one.name][i : i + 1] for one in inputs])


def by_type(game: Game, found: StartGradient) -> dict[str, Floats]:
    """Return derivatives by the probability of each type, by its name; arrays (number,)."""
    return {
        prior_name(game, types, number): slopes[:, number]
        for types, slopes in zip(game.plan.types, found.by_prior, strict=True)
        for number in range(len(types.types))
    }


def _only(done: Pass, count: int) -> Pass:
    """Return a pass as if it had carried the first columns alone; outcomes differ in their values only."""
    return replace(
        done,
        start=done.start[:count],
        value=np.ascontiguousarray(done.value[:, :, :count]),
        tables=done.tables.part(slice(count)),
        endless=done.endless.only(count) if done.endless is not None else None,
    )


def _certify(
    game: Game,
    found: Sensitivity,
    values: Mapping[str, Floats],
    sums: Floats | None,
    threads: int,
    beliefs: Beliefs | None,
) -> Certificate:
    """Compare the derivatives at the first draw with difference quotients, each outcome along its own gradient."""
    if not found.inputs:
        return Certificate(0.0, 1.0, message="there is nothing to differentiate by")
    effect = found.per_sd[:, :, 0]
    if not np.isfinite(effect).all():
        raise NumericalError("a derivative has no finite value")
    length = np.linalg.norm(effect, axis=1)
    moving = np.flatnonzero(length > 0)
    points: dict[str, list[float]] = {name: [] for name in values}
    for o in moving:
        for steps, _ in _STENCIL:
            for name, value in values.items():
                points[name].append(float(value[0]))
            for one, direction in zip(found.inputs, effect[o] / length[o], strict=True):
                at = one.position(values[one.name][0]) + STEP * steps * direction
                points[one.name][-1] = float(one.transform.from_line(one.transform.to_line(one.value) + one.sd * at))
    worst, total = 0.0, 1.0
    if len(moving):
        several = {name: np.array(row) for name, row in points.items()}
        size = len(moving) * len(_STENCIL)
        solved = outcome_probabilities(Structures(game), several, size, threads=threads, beliefs=beliefs)
        total = float(solved.sum(axis=0)[0])
        for i, o in enumerate(moving):
            four = solved[game.outcomes.index(found.outcomes[o]), i * len(_STENCIL) : (i + 1) * len(_STENCIL)]
            quotient = sum(weight * p for (_, weight), p in zip(_STENCIL, four, strict=True)) / STEP
            worst = max(worst, abs(float(quotient) - float(length[o])))
    said = f"derivatives agree with five-point differences within {worst:.0e}"
    if sums is not None:
        scale = float(np.abs(found.slope).max())
        said += f" and sum to zero over outcomes within {float(np.abs(sums).max()) / (scale or 1.0):.0e} of the largest"
    return Certificate(worst, total, iterations=found.probability.size, message=said)
