"""The forecast: probabilities with their spread over draws, expected dates, the real history decision by decision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.forecast.score import Frequencies, chosen_option, count_options, log_score
from blocs.forecast.solution import Solution, step_labels
from blocs.forecast.spread import Spread

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ScoredDecision:
    """One decision of the real history and what the solution thought of it.

    Attributes
    ----------
    date, stage, role, option : str
        What was chosen.
    event : str
        What happened, in words; empty where nothing was coded and the role held.
    confidence : float
        How likely it is that the event happened as coded.
    probability : Spread
        Probability of what was chosen, over draws.
    likeliest : str
        The option with the highest mean probability.
    likeliest_probability : float
    legal : tuple of str
    uniform, frequency : float
        What the two yardsticks gave to what was chosen.
    """

    date: str
    stage: str
    role: str
    option: str
    event: str
    confidence: float
    probability: Spread
    likeliest: str
    likeliest_probability: float
    legal: tuple[str, ...]
    uniform: float
    frequency: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "date": self.date,
            "stage": self.stage,
            "role": self.role,
            "option": self.option,
            "event": self.event,
            "confidence": self.confidence,
            "probability": self.probability.mean,
            "low": self.probability.low,
            "high": self.probability.high,
            "likeliest": self.likeliest,
            "likeliest_probability": self.likeliest_probability,
            "legal": list(self.legal),
            "uniform": self.uniform,
            "frequency": self.frequency,
        }


@dataclass(frozen=True)
class HistoryScore:
    """The real history scored: mean log probability per decision, and the same for the yardsticks.

    `log_score` averages, over draws, the probability of each choice (the predictive probability) before the logarithm.
    `frequencies` are those of other cases, which `counted_on` then names; where none ship with the parameters, it is
    empty, and they are those of the very decisions that are scored.
    """

    decisions: tuple[ScoredDecision, ...]
    log_score: float
    uniform: float
    frequencies: float
    counted_on: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values; scores are per decision."""
        return {
            "log_score": self.log_score,
            "uniform": self.uniform,
            "frequencies": self.frequencies,
            "frequencies_counted_on": self.counted_on or "this history",
            "decisions": [decision.to_json() for decision in self.decisions],
        }


@dataclass(frozen=True)
class Forecast:
    """What a solution says about how the crisis goes."""

    solution: Solution

    @cached_property
    def outcomes(self) -> dict[str, Spread]:
        """Probability of each outcome."""
        draws = self.solution.outcome_draws()
        return {name: Spread.of(row) for name, row in zip(self.solution.game.outcomes, draws, strict=True)}

    @property
    def likeliest(self) -> str:
        """The outcome with the highest mean probability."""
        return max(self.outcomes, key=lambda name: self.outcomes[name].mean)

    @cached_property
    def option_counts(self) -> dict[str, Spread]:
        """Expected number of times that each option is taken, as ``stage: option``; `hold` is left out."""
        return {label: Spread.of(self.solution.taken[:, number].sum(axis=0)) for number, label in self._moves()}

    def _moves(self) -> list[tuple[int, str]]:
        game = self.solution.game
        return [
            (number, f"{game.plan.stages[k].name}: {plan.name}")
            for number, (k, plan) in enumerate(game.layout.options)
            if plan.name != "hold"
        ]

    @cached_property
    def expected_dates(self) -> dict[str, float | None]:
        """Mean step (from zero) at which each option is taken and each ending comes, given that it is."""
        game, solution = self.solution.game, self.solution
        steps = np.arange(game.graph.steps)[:, None]
        dates: dict[str, float | None] = {}
        for number, label in self._moves():
            dates[label] = _mean_step(solution.taken[:, number], steps)
        for o, name in enumerate(game.outcomes):
            if solution.ended[:, o].max(initial=0.0) > 0:
                dates[f"ends: {name}"] = _mean_step(solution.ended[:, o], steps)
        return dates

    def date_label(self, step: float | None) -> str:
        """Return the name of the step nearest to a mean step."""
        labels = step_labels(self.solution.game)
        return "never" if step is None else labels[int(np.clip(round(step), 0, len(labels) - 1))]

    @cached_property
    def history(self) -> HistoryScore | None:
        """The real history decision by decision; None for a case without one."""
        solution = self.solution
        game, history = solution.game, solution.history
        if history is None or game.case is None:
            return None
        stages, names = [stage.name for stage in game.plan.stages], game.option_names
        frequencies, counted_on = _yardstick(solution)
        scored = []
        for decision, choice in zip(history.decisions, solution.choices, strict=True):
            if not decision.open:
                continue
            legal = tuple(names[o] for o in decision.options)
            event = game.case.history[decision.event] if decision.event >= 0 else None
            mean = choice.mean(axis=1)
            best = int(np.argmax(mean))
            option = names[chosen_option(decision)]
            scored.append(
                ScoredDecision(
                    date=game.case.calendar.label(decision.step),
                    stage=stages[decision.stage],
                    role=game.roles[int(game.graph.stage_role[decision.stage])],
                    option=option,
                    event=event.event if event else "",
                    confidence=event.confidence if event else 1.0,
                    probability=Spread.of(choice[decision.arc - decision.arcs.start]),
                    likeliest=legal[best],
                    likeliest_probability=float(mean[best]),
                    legal=legal,
                    uniform=1.0 / len(legal),
                    frequency=frequencies.probability(stages[decision.stage], option, legal),
                )
            )
        return HistoryScore(
            decisions=tuple(scored),
            log_score=log_score([one.probability.mean for one in scored]),
            uniform=log_score([one.uniform for one in scored]),
            frequencies=log_score([one.frequency for one in scored]),
            counted_on=counted_on,
        )

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per outcome: mean, median, low and high end of the 90 % interval."""
        import pandas as pd

        frame = pd.DataFrame({name: spread.to_json() for name, spread in self.outcomes.items()}).T
        frame.index.name = "outcome"
        return frame

    def __repr__(self) -> str:
        """Show the outcomes as a small table."""
        width = max(len(name) for name in self.outcomes)
        rows = [
            f"{name:<{width}}  {spread.mean:6.1%}  [{spread.low:.1%}, {spread.high:.1%}]"
            for name, spread in self.outcomes.items()
        ]
        return "\n".join(["Forecast (mean and 90 % interval over draws)", *rows])


def _yardstick(solution: Solution) -> tuple[Frequencies, str]:
    """Return option frequencies, and whose: those of the cases that taught the parameters, or the history's own."""
    game, history = solution.game, solution.history
    stages, names = [stage.name for stage in game.plan.stages], game.option_names
    fitted = game.fitted
    # parameters given by hand or from a file may have seen this history, and then its own frequencies are the peer
    if fitted is not None and fitted.label in solution.draws.origin:
        counts = fitted.counts
        if all(plan.name in counts.get(stages[k], ()) for k, plan in game.layout.options):
            return Frequencies.of_stages(counts), f"{len(fitted.cases)} other cases"
    return count_options(history.decisions if history else (), stages, names), ""


def _mean_step(probability: NDArray[np.float64], steps: NDArray[np.int64]) -> float | None:
    total = float(probability.sum())
    return float((probability * steps).sum() / total) if total > 0 else None
