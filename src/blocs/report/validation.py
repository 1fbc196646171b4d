"""The page on how theories fare with cases that they did not see, from the results of trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.fit.trial import Trial
from blocs.fit.validate import Bin, Scores, calibration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

FREQUENCIES = "option frequencies"
# resampled sets of cases behind an interval
RESAMPLED = 10_000


@dataclass(frozen=True)
class Tried:
    """The scores of one trial, as they are kept on disk.

    Parameters
    ----------
    theory : str
    parameters : int
    outcome_weight : float
    seen, held_out : tuple of Scores
    left : tuple of float
        How far each search stopped from its mode, in posterior standard deviations.
    seconds : float
        CPU time of the trial.
    """

    theory: str
    parameters: int
    outcome_weight: float
    seen: tuple[Scores, ...]
    held_out: tuple[Scores, ...]
    left: tuple[float, ...]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "theory": self.theory,
            "parameters": self.parameters,
            "outcome_weight": self.outcome_weight,
            "left": list(self.left),
            "seconds": self.seconds,
            "seen": [_scores_to_json(one) for one in self.seen],
            "held_out": [_scores_to_json(one) for one in self.held_out],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tried:
        """Read what `to_json` returned."""
        return cls(
            data["theory"],
            data["parameters"],
            data["outcome_weight"],
            tuple(_scores_from_json(one) for one in data["seen"]),
            tuple(_scores_from_json(one) for one in data["held_out"]),
            tuple(data["left"]),
            data["seconds"],
        )


def tried(trial: Trial, seconds: float) -> Tried:
    """Return what is kept of a trial."""
    return Tried(trial.theory, trial.parameters, trial.outcome_weight, trial.seen, trial.held_out, trial.left, seconds)


def _scores_to_json(one: Scores) -> dict[str, Any]:
    arrays = {
        name: [round(float(x), 6) for x in getattr(one, name)]
        for name in ("theory", "uniform", "frequencies", "offered")
    }
    return {
        "case": one.case,
        "outcome": one.outcome,
        "outcomes": dict(one.outcomes),
        "taken": [int(x) for x in one.taken],
        "trouble": list(one.trouble),
        **arrays,
    }


def _scores_from_json(data: Mapping[str, Any]) -> Scores:
    outcomes = data["outcomes"]
    return Scores(
        case=data["case"],
        theory=np.array(data["theory"]),
        uniform=np.array(data["uniform"]),
        frequencies=np.array(data["frequencies"]),
        outcome=data["outcome"],
        outcome_probability=outcomes[data["outcome"]],
        likeliest=max(outcomes, key=lambda name: outcomes[name]),
        offered=np.array(data["offered"]),
        taken=np.array(data["taken"], dtype=bool),
        trouble=tuple(data["trouble"]),
        outcomes=outcomes,
    )


def outcome_frequencies(scores: Sequence[Scores]) -> Floats:
    """Return what the other cases' outcomes give each case's own: their share, plus one half each; (case,)."""
    real = [one.outcome for one in scores]
    names = list(scores[0].outcomes)
    found = []
    for own in range(len(real)):
        count = {name: 0.5 for name in names}
        for other, outcome in enumerate(real):
            if other != own and outcome is not None:
                count[outcome] += 1.0
        found.append(count[str(real[own])] / sum(count.values()))
    return np.array(found)


def stacking(columns: Mapping[str, Floats]) -> dict[str, float]:
    """Return the weights of a mixture that gives what happened the highest log score (Yao et al. 2018).

    Parameters
    ----------
    columns : mapping from forecaster to float64 array (event,)
        Log-probability of each event.
    """
    logs = np.stack(list(columns.values()), axis=1)
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.full(chances.shape[1], 1.0 / chances.shape[1])
    # the score is concave in the weights, and this climbs it monotonically
    for _ in range(5000):
        parts = chances * weights
        new = (parts / parts.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(new - weights).max() < 1e-9:
            break
        weights = new
    return dict(zip(columns, (float(x) for x in weights), strict=True))


def stacked_out(columns: Mapping[str, Sequence[Floats]]) -> list[Floats]:
    """Return what a mixture gives each case when its weights were chosen on the other cases.

    Parameters
    ----------
    columns : mapping from forecaster to one float64 array (event,) for each case
        Held-out log-probabilities of the events of each case.

    Returns
    -------
    list of float64 array (event,)
        Log-probabilities under the mixture, case by case.
    """
    number = len(next(iter(columns.values())))
    found = []
    for own in range(number):
        rest = {name: np.concatenate([x for i, x in enumerate(each) if i != own]) for name, each in columns.items()}
        weights = stacking(rest)
        found.append(np.log(sum(weights[name] * np.exp(each[own]) for name, each in columns.items())))
    return found


def interval(differences: Floats, seed: int = 0) -> tuple[float, float]:
    """Return a 95 % interval of a total over cases by resampling cases (paired bootstrap)."""
    rng = np.random.default_rng(seed)
    n = len(differences)
    totals = differences[rng.integers(0, n, (RESAMPLED, n))].sum(axis=1)
    low, high = np.quantile(totals, [0.025, 0.975])
    return float(low), float(high)


def outcome_calibration(scores: Sequence[Scores], bins: int = 5) -> list[Bin]:
    """Return the calibration curve of outcomes: every outcome of every case is an event."""
    chance = [p for one in scores for p in one.outcomes.values()]
    came = [name == one.outcome for one in scores for name in one.outcomes]
    return calibration(chance, came, bins)


def decision_calibration(scores: Sequence[Scores], bins: int = 10) -> list[Bin]:
    """Return the calibration curve of decisions: every legal option of every decision is an event."""
    from blocs.fit.validate import calibration_of

    return calibration_of(scores, bins)


def figures(result: Tried) -> dict[str, Figure]:
    """Return the calibration pictures of a trial, by file name."""
    from blocs.report.figures.calibration import calibration_curve

    outcomes = calibration_curve(outcome_calibration(result.held_out))
    axes = outcomes.axes[0]
    axes.set_xlabel("forecast probability of an outcome")
    axes.set_ylabel("share that came true")
    return {
        "validation-decisions.svg": calibration_curve(decision_calibration(result.held_out)),
        "validation-outcomes.svg": outcomes,
    }
