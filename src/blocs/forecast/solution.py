"""What is kept of a solved game: probabilities by date, choices in the real history, beliefs, and the certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.forecast.spread import Spread
from blocs.game.game import Game
from blocs.game.history import History
from blocs.solve.certificate import Certificate
from blocs.solve.draws import Draws

if TYPE_CHECKING:
    import xarray as xr

    from blocs.forecast.outcomes import Forecast

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class BeliefPath:
    """What the others believed of one role along the real history.

    Attributes
    ----------
    role : str
    types : tuple of str
    prior : float64 array (type, draw)
    values : float64 array (type, draw)
        What each type can expect at the start.
    before : float64 array (decision + 1, type, draw)
        The belief before each decision of the history, and after the last one.
    dates : tuple of str
    by_step : float64 array (step, type, draw)
        The belief at the end of each step of the history.
    """

    role: str
    types: tuple[str, ...]
    prior: Floats = field(repr=False)
    values: Floats = field(repr=False)
    before: Floats = field(repr=False)
    dates: tuple[str, ...]
    by_step: Floats = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return plain values: by type the prior and, date by date, mean and 90 % interval over draws."""
        return {
            "types": {
                name: {
                    "prior": float(self.prior[i].mean()),
                    "value": Spread.of(self.values[i]).to_json(),
                    "belief": [
                        {"date": date, **Spread.of(row[i]).to_json()}
                        for date, row in zip(self.dates, self.by_step, strict=True)
                    ],
                }
                for i, name in enumerate(self.types)
            }
        }


@dataclass(frozen=True)
class Solution:
    """Equilibrium of a game for one or many draws.

    Attributes
    ----------
    game : Game
    draws : Draws
    values : float64 array (role, draw)
        What each role can expect at the start, in its units of payoff.
    taken : float64 array (step, option, draw)
        Probability that each option is taken in each step.
    ended : float64 array (step, outcome, draw)
        Probability that the crisis ends in the step with the outcome.
    left : float64 array (outcome, draw)
        Probability that it is still open after the last step, by outcome.
    history : History or None
        The real course, where the case has one.
    choices : tuple of float64 arrays (legal option, draw)
        Choice probabilities at each decision of the real course.
    certificate : Certificate
    seconds : float
        Time that the solution took.
    beliefs : tuple of BeliefPath
        Of each role with private types: what the others believed along the real history.
    """

    game: Game
    draws: Draws
    values: Floats
    taken: Floats
    ended: Floats
    left: Floats
    history: History | None
    choices: tuple[Floats, ...]
    certificate: Certificate
    seconds: float = field(compare=False)
    beliefs: tuple[BeliefPath, ...] = ()

    def forecast(self) -> Forecast:
        """Return probabilities of outcomes and options, expected dates, and the scores of the real history."""
        from blocs.forecast.outcomes import Forecast

        return Forecast(self)

    def outcome_draws(self) -> Floats:
        """Return the probability of each outcome; (outcome, draw)."""
        return self.ended.sum(axis=0) + self.left

    def to_xarray(self) -> xr.Dataset:
        """Return the arrays with named axes and coordinates."""
        import xarray as xr

        game = self.game
        options = [f"{game.plan.stages[k].name}: {plan.name}" for k, plan in game.layout.options]
        dates = step_labels(game)
        return xr.Dataset(
            {
                "value": (("role", "draw"), self.values),
                "taken": (("date", "option", "draw"), self.taken),
                "ended": (("date", "outcome", "draw"), self.ended),
                "left": (("outcome", "draw"), self.left),
                "outcome_probability": (("outcome", "draw"), self.outcome_draws()),
            },
            coords={"role": list(game.roles), "date": dates, "option": options, "outcome": list(game.outcomes)},
            attrs=reproduce(game, self.draws),
        )

    def __repr__(self) -> str:
        """Summarise the solution in a line."""
        return f"Solution({len(self.draws)} draws of {self.draws.origin}, {self.certificate})"


def step_labels(game: Game) -> list[str]:
    """Return the name of each step: its date, or its number where there is no case."""
    return game.case.calendar.labels() if game.case is not None else [str(t + 1) for t in range(game.graph.steps)]


def reproduce(game: Game, draws: Draws) -> dict[str, Any]:
    """Return what somebody needs to get the same numbers again."""
    from blocs.version import __version__

    record: dict[str, Any] = {"version": __version__, "theory": game.theory.theory, "draws": len(draws)}
    if draws.seed is not None:
        record["seed"] = draws.seed
    record["parameters"] = draws.origin
    if game.case is not None:
        record["case"] = game.case.case
    return record
