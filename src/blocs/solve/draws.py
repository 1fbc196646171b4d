"""Draws: one value for every parameter (and for every fact that is known only as a range)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.solve.sobol_points import sobol_points

if TYPE_CHECKING:
    import pandas as pd

    from blocs.game.game import Game


@dataclass(frozen=True)
class Draws:
    """Parameter values of many draws.

    Parameters
    ----------
    values : dict from name to float64 array (draw,)
        Parameters, and facts with a range.
    seed : int or None
        None for draws that were not random.
    origin : str
        Where the values come from, in words.
    """

    values: Mapping[str, NDArray[np.float64]]
    seed: int | None
    origin: str = "prior"
    size: int = field(default=1)

    def __len__(self) -> int:
        """Return the number of draws."""
        return self.size

    def part(self, low: int, high: int) -> Draws:
        """Return the draws from `low` to `high`."""
        values = {name: value[low:high] for name, value in self.values.items()}
        return Draws(values, self.seed, self.origin, high - low)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per draw and one column per parameter."""
        import pandas as pd

        return pd.DataFrame(dict(self.values), index=pd.RangeIndex(self.size, name="draw"))


def uncertain_facts(game: Game) -> dict[str, tuple[float, float, float]]:
    """Return low end, value and high end of each fact that a case gives with a range and that may vary by draw.

    Facts that decide what is legal or how a crisis is named are part of the graph and stay at their value.
    """
    if game.case is None:
        return {}
    found = {}
    for name, fact in game.case.facts.items():
        if fact.range is not None and name not in game.plan.fixed_facts and name in game.theory.facts:
            low, high = float(fact.range[0]), float(fact.range[1])
            found[name] = (low, float(fact.value), high)
    return found


def fact_quantile(u: NDArray[np.float64], low: float, value: float, high: float) -> NDArray[np.float64]:
    """Return quantiles of a fact's uncertainty: uniform on each side of the stated value, which is the median."""
    return np.where(u < 0.5, low + (value - low) * 2 * u, value + (high - value) * (2 * u - 1))


def draw(game: Game, draws: int, seed: int = 0, settings: Mapping[str, Any] | None = None) -> Draws:
    """Draw parameters from their priors and facts from their ranges, as scrambled Sobol points.

    Parameters
    ----------
    game : Game
    draws : int
        How many; powers of two fill the space most evenly.
    seed : int
        Of the scrambling.
    settings : mapping, optional
        Parameters and facts held at a value.

    Returns
    -------
    Draws
        The first `m` of `n` draws are those of a call with `m`.
    """
    held = check_settings(game, settings or {})
    facts = {name: ends for name, ends in uncertain_facts(game).items() if name not in held}
    free = [name for name in game.theory.parameters if name not in held]
    points = sobol_points(len(free) + len(facts), seed, 0, draws)
    values = parameter_values(game, points[:, : len(free)], held)
    for i, (name, ends) in enumerate(facts.items(), start=len(free)):
        values[name] = fact_quantile(points[:, i], *ends)
    values.update({name: np.full(draws, value) for name, value in held.items()})
    return Draws(values, seed, origin(game), draws)


def origin(game: Game) -> str:
    """Say what the parameters of a game are drawn from: the prior, or a fit."""
    return game.fitted.label if game.fitted is not None else "prior"


def parameter_values(
    game: Game, points: NDArray[np.float64], held: Mapping[str, float]
) -> dict[str, NDArray[np.float64]]:
    """Return parameters at points of the unit cube: the one place where a fit or the priors are drawn from.

    Parameters
    ----------
    game : Game
    points : float64 array (draw, parameter)
        One column for each parameter that is not held, in the order of the theory.
    held : mapping from name to float
        Under a fit the others are drawn as if these stood at their centre.
    """
    free = [name for name in game.theory.parameters if name not in held]
    if game.fitted is None:
        return {
            name: np.asarray(game.theory.parameters[name].prior.ppf(points[:, i]), dtype=np.float64)
            for i, name in enumerate(free)
        }
    columns = {name: points[:, i] for i, name in enumerate(free)}
    middle = np.full(len(points), 0.5)
    cube = np.stack([columns.get(name, middle) for name in game.fitted.names], axis=1)
    values = game.fitted.values(game.theory, cube)
    fixed = {name: np.full(len(points), game.theory.parameters[name].prior.median) for name in free}
    return {name: values.get(name, fixed[name]) for name in free}


def medians(game: Game, settings: Mapping[str, Any] | None = None) -> Draws:
    """Return one central draw: every parameter at its prior median, or at the mode of the fit that the game uses.

    Facts have their stated values.
    """
    held = check_settings(game, settings or {})
    values = {name: np.array([spec.prior.median], dtype=np.float64) for name, spec in game.theory.parameters.items()}
    if game.fitted is not None:
        values.update(game.fitted.centre(game.theory))
    values.update({name: np.array([value], dtype=np.float64) for name, value in held.items()})
    return Draws(values, None, centre_name(game), 1)


def centre_name(game: Game) -> str:
    """Say what `medians` returns."""
    return f"mode of the {game.fitted.label}" if game.fitted is not None else "prior medians"


def check_settings(game: Game, settings: Mapping[str, Any]) -> dict[str, float]:
    """Return settings as numbers; unknown names and values that are no numbers are errors."""
    known = [*game.theory.parameters, *game.theory.facts]
    problems, held = [], {}
    for name, value in settings.items():
        if name not in known:
            problems.append(Problem(f"there is no parameter or fact `{name}`", hint=nearest(name, known)))
        elif name in game.plan.fixed_facts:
            problems.append(
                Problem(
                    f"the fact `{name}` shapes the game and has to be set before it is compiled",
                    hint="use `with_facts`",
                )
            )
        else:
            try:
                held[name] = float(value)
            except (TypeError, ValueError):
                problems.append(Problem(f"`{value}` is not a value for `{name}`"))
    if problems:
        raise InputError(problems)
    return held
