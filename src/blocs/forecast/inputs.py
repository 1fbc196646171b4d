"""The uncertain numbers of a case, parameters and facts, each on the scale of its uncertainty."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blocs.errors import UsageError
from blocs.game.game import Game
from blocs.game.types import prior_name, type_priors
from blocs.language.priors import Beta, Gamma, HalfNormal, LogitNormal, LogNormal, Normal, Prior, Uniform
from blocs.language.transforms import Identity, Transform
from blocs.solve.draws import fact_quantile, medians

Floats = NDArray[np.float64]
Basis = Literal["prior", "range", "convention"]

# what counts as one step of a fact that a case gives without a range: a tenth of a share, a tenth of any other number
CONVENTION = 0.1


@dataclass(frozen=True)
class Input:
    """One parameter, one numeric fact, or the probability of a private type.

    Positions are counted in standard deviations of the prior on the whole line (logarithms of positive parameters,
    log-odds of shares), from the prior median; for facts in standard deviations of the uncertainty about the fact, from
    its stated value.

    Attributes
    ----------
    name : str
    kind : {"parameter", "fact", "type"}
        A type stands for the probability that theory or case give to a private type of a role at the start.
    value : float
        Prior median, or the value that the case states.
    transform : Transform
        From the whole line to the input's own range.
    sd : float
        Standard deviation on the whole line; for a fact, in its own unit.
    low, high : float
        Least and greatest value that has a meaning; may be infinite.
    basis : {"prior", "range", "convention"}
        Where `sd` comes from: the prior, the range that the case states, or a tenth where it states none.
    prior : Prior or None
    interval : tuple of float or None
        The range that the case states for a fact.
    """

    name: str
    kind: Literal["parameter", "fact", "type"]
    value: float
    transform: Transform = field(repr=False)
    sd: float
    low: float
    high: float
    basis: Basis
    prior: Prior | None = None
    interval: tuple[float, float] | None = None

    @property
    def uncertain(self) -> bool:
        """Whether it has a distribution: a prior or a range."""
        return self.basis != "convention"

    @property
    def unit(self) -> str:
        """What one standard deviation is, in words."""
        if self.basis == "prior":
            return "prior standard deviation"
        return "standard deviation of its range" if self.basis == "range" else f"{self.sd:g}, by convention"

    @property
    def reach(self) -> tuple[float, float]:
        """Positions between which the value has a meaning; infinite for parameters."""
        if self.kind == "parameter":
            return (-math.inf, math.inf)
        return (self.low - self.value) / self.sd, (self.high - self.value) / self.sd

    def at(self, position: ArrayLike) -> Floats:
        """Return the values at positions; facts stay within what has a meaning."""
        centre = float(self.transform.to_line(self.value))
        found = self.transform.from_line(centre + self.sd * np.asarray(position, dtype=np.float64))
        return found if self.kind == "parameter" else np.clip(found, self.low, self.high)

    def position(self, value: ArrayLike) -> Floats:
        """Return the positions of values."""
        return (self.transform.to_line(value) - self.transform.to_line(self.value)) / self.sd

    def slope(self, value: ArrayLike) -> Floats:
        """Return the derivative of the value by the position, at the given values."""
        return self.sd * self.transform.slope(self.transform.to_line(value))

    def quantile(self, share: ArrayLike) -> Floats:
        """Return quantiles of the prior, or of the uncertainty about a fact; its value where there is none."""
        u = np.asarray(share, dtype=np.float64)
        if self.prior is not None:
            return np.asarray(self.prior.ppf(u), dtype=np.float64)
        if self.interval is None:
            return np.full(u.shape, self.value)
        return fact_quantile(u, self.interval[0], self.value, self.interval[1])


def inputs_of(game: Game, held: Collection[str] = ()) -> tuple[Input, ...]:
    """Return parameters with a prior, then numeric facts in the order of the case, without those `held`.

    Facts that decide what is legal are among them: their derivative is that through payoffs, costs and probabilities.
    The last are the probabilities of private types where they are given as numbers: of two types of a role the first,
    of more all, the others giving way in proportion. Where they are formulas, what these mention stands for them.
    """
    parameters = ((name, spec.prior) for name, spec in game.theory.parameters.items() if name not in held)
    found = [_of_prior(name, prior) for name, prior in parameters if prior.free]
    stated_first = dict.fromkeys([*(game.case.facts if game.case is not None else ()), *game.theory.facts])
    for name in stated_first:
        spec = game.theory.facts[name]
        if name not in held and spec.type in ("share", "number", "count"):
            stated = game.case.facts.get(name) if game.case is not None else None
            interval = stated.range if stated is not None else None
            found.append(_of_fact(name, spec.type, float(game.plan.facts[name]), interval, spec.low, spec.high))
    return (*found, *(_of_type(name, p) for name, p in stated_types(game).items()))


def stated_types(game: Game) -> dict[str, float]:
    """Return the probabilities of private types that are inputs of their own, by `blocs.game.types.prior_name`."""
    numeric = {name for name, spec in game.theory.facts.items() if spec.type in ("share", "number", "count")}
    moving = numeric | {name for name, spec in game.theory.parameters.items() if spec.prior.free}
    found = {}
    values = {name: np.array([spec.prior.median]) for name, spec in game.theory.parameters.items()}
    for one in game.plan.types:
        if any(kind.prior is not None and kind.prior.symbols & moving for kind in one.types):
            continue
        p = type_priors(game, one, values, 1)[:, 0]
        for number in range(1 if len(p) == 2 else len(p)):
            if 0.0 < p[number] < 1.0:
                found[prior_name(game, one, number)] = float(p[number])
    return found


def _of_type(name: str, p: float) -> Input:
    return Input(name, "type", p, Identity(), CONVENTION, 0.0, 1.0, "convention")


def _of_prior(name: str, prior: Prior) -> Input:
    low, high = prior.support
    return Input(name, "parameter", prior.median, prior.transform, line_sd(prior), low, high, "prior", prior)


def _of_fact(
    name: str, kind: str, value: float, interval: tuple[float, float] | None, low: float | None, high: float | None
) -> Input:
    least = low if low is not None else 0.0 if kind in ("share", "count") else -math.inf
    most = high if high is not None else 1.0 if kind == "share" else math.inf
    if interval is not None and interval[0] < interval[1]:
        # uniform on each side of the stated value, with half of the mass on each
        sd = math.sqrt(((value - interval[0]) ** 2 + (interval[1] - value) ** 2) / 6.0)
        return Input(name, "fact", value, Identity(), sd, least, most, "range", None, interval)
    sd = CONVENTION if kind == "share" else CONVENTION * (abs(value) or 1.0)
    return Input(name, "fact", value, Identity(), sd, least, most, "convention")


def line_sd(prior: Prior) -> float:
    """Return the standard deviation of a prior on the whole line, in closed form."""
    from scipy.special import polygamma

    match prior:
        case Normal():
            return prior.sd
        case LogNormal() | LogitNormal():
            return prior.sigma
        case Beta():
            # log-odds of a beta variable: a difference of two independent log-gamma variables
            return math.sqrt(float(polygamma(1, prior.a) + polygamma(1, prior.b)))
        case Gamma():
            return math.sqrt(float(polygamma(1, prior.shape)))
        case HalfNormal():
            # half the logarithm of a chi-squared variable with one degree of freedom
            return math.pi / math.sqrt(8.0)
        case Uniform():
            # its log-odds are logistic
            return math.pi / math.sqrt(3.0)
    raise UsageError(f"no standard deviation is known for {prior}")


def at_quantiles(inputs: Sequence[Input], points: Floats) -> dict[str, Floats]:
    """Return the value of each input at its column of `points`, which is (draw, input); arrays (draw,)."""
    return {one.name: one.quantile(points[:, i]) for i, one in enumerate(inputs)}


def baseline(game: Game, settings: Mapping[str, Any] | None = None) -> dict[str, float]:
    """Return every parameter at the game's centre or its setting, every numeric fact and type at what is stated."""
    values = {name: float(value[0]) for name, value in medians(game).values.items()}
    values.update({one.name: one.value for one in inputs_of(game) if one.kind != "parameter"})
    values.update({name: float(value) for name, value in (settings or {}).items()})
    return values
