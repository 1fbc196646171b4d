"""Is what was learned any good? Scores against yardsticks, held-out cases and decisions, calibration, predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.fit.learn import fit
from blocs.fit.methods import Map, Method
from blocs.forecast.score import Frequencies, chosen_option, count_options
from blocs.forecast.solution import Solution
from blocs.forecast.solving import solve
from blocs.game.game import Game, compile_game
from blocs.solve.draws import Draws

if TYPE_CHECKING:
    from blocs.fit.posterior import Posterior
    from blocs.language.case import Case

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Scores:
    """Log-probabilities given to the decisions of one case by the theory and by two yardsticks.

    Attributes
    ----------
    case : str
    theory, uniform, frequencies : float64 arrays (decision,)
    outcome : str or None
        What really happened, where the case says.
    outcome_probability : float
        What the theory gave it; NaN where the case does not say.
    likeliest : str
        The outcome that the theory thought likeliest.
    offered : float64 array (option,)
        Forecast probability of every legal option of every decision that counts.
    taken : bool array (option,)
        Whether it was taken.
    trouble : tuple of str
        What is wrong with the fit that the parameters come from, in sentences; empty where all is well.
    outcomes : dict from outcome to float
        What the theory gave each.
    """

    case: str
    theory: Floats
    uniform: Floats
    frequencies: Floats
    outcome: str | None
    outcome_probability: float
    likeliest: str
    offered: Floats
    taken: NDArray[np.bool_]
    trouble: tuple[str, ...] = ()
    outcomes: Mapping[str, float] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        """Place of the real outcome among all, the likeliest first; 0 where the case does not name it."""
        if self.outcome is None or self.outcome not in self.outcomes:
            return 0
        return 1 + sum(chance > self.outcomes[self.outcome] for chance in self.outcomes.values())

    @property
    def gain(self) -> float:
        """Log score per decision beyond that of option frequencies."""
        return float(np.mean(self.theory - self.frequencies)) if len(self.theory) else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return totals and means as plain values."""
        return {
            "case": self.case,
            "decisions": len(self.theory),
            "theory": float(self.theory.mean()),
            "uniform": float(self.uniform.mean()),
            "frequencies": float(self.frequencies.mean()),
            "gain": self.gain,
            "outcome": self.outcome,
            "outcome_probability": self.outcome_probability,
            "likeliest": self.likeliest,
            "trouble": list(self.trouble),
        }


def decision_frequencies(solution: Solution) -> Frequencies:
    """Count the options of a solved case's own history."""
    game = solution.game
    decisions = solution.history.decisions if solution.history else ()
    return count_options(decisions, [stage.name for stage in game.plan.stages], game.option_names)


def merge(frequencies: Sequence[Frequencies]) -> Frequencies:
    """Add up counts over cases."""
    counts: dict[tuple[str, str], float] = {}
    for one in frequencies:
        for key, number in one.counts.items():
            counts[key] = counts.get(key, 0.0) + number
    return Frequencies(counts)


def score(solution: Solution, frequencies: Frequencies, keep: Sequence[int] | None = None) -> Scores:
    """Score a solved case's history.

    Parameters
    ----------
    solution : Solution
        Over draws: probabilities are averaged before the logarithm.
    frequencies : Frequencies
        The case's own in sample; those of other cases out of sample.
    keep : sequence of int, optional
        Steps whose decisions count; all by default.
    """
    game = solution.game
    names, stages = game.option_names, [stage.name for stage in game.plan.stages]
    theory, uniform, frequency, offered, taken = [], [], [], [], []
    for decision, choice in zip(solution.history.decisions if solution.history else (), solution.choices, strict=True):
        if not decision.open or (keep is not None and decision.step not in keep):
            continue
        theory.append(np.log(choice[decision.arc - decision.arcs.start].mean()))
        offered.append(choice.mean(axis=1))
        taken.append(np.array(decision.arcs) == decision.arc)
        uniform.append(-np.log(len(decision.arcs)))
        legal = [names[o] for o in decision.options]
        frequency.append(np.log(frequencies.probability(stages[decision.stage], names[chosen_option(decision)], legal)))
    outcomes = solution.forecast().outcomes
    real = game.case.outcome if game.case is not None else None
    return Scores(
        case=game.case.case if game.case is not None else game.theory.theory,
        theory=np.array(theory),
        uniform=np.array(uniform),
        frequencies=np.array(frequency),
        outcome=real,
        outcome_probability=outcomes[real].mean if real in outcomes else float("nan"),
        likeliest=max(outcomes, key=lambda name: outcomes[name].mean) if outcomes else "",
        offered=np.concatenate([np.zeros(0), *offered]),
        taken=np.concatenate([np.zeros(0, dtype=bool), *taken]),
        outcomes={name: spread.mean for name, spread in outcomes.items()},
    )


def with_parameters(game: Game, draws: Draws) -> Solution:
    """Solve a game at given parameters; facts keep their stated values."""
    values = {name: value for name, value in draws.values.items() if name in game.theory.parameters}
    return solve(game, Draws(values, draws.seed, draws.origin, len(draws)))


def leave_last_out(case: Case, steps: int, method: Method | None = None, *, seed: int = 0) -> Scores:
    """Fit a case to all but its last steps and score the decisions of those.

    Parameters
    ----------
    case : Case
    steps : int
        How many steps at the end to hold out.
    method : Method, optional
        Default: `Map()`.
    """
    total = case.calendar.steps
    if not 1 <= steps < total:
        raise UsageError(f"hold out between 1 and {total - 1} of the {total} steps, not {steps}")
    first = total - steps
    early = truncated(case, first)
    posterior = fit([early], method or Map(), seed=seed)
    game = compile_game(case)
    solution = with_parameters(game, posterior.draws(case=case))
    seen = decision_frequencies(solve(compile_game(early), None))
    return _with_trouble(score(solution, seen, keep=range(first, total)), posterior)


def _with_trouble(scores: Scores, posterior: Posterior) -> Scores:
    return scores if posterior.sound else replace(scores, trouble=posterior.diagnostics)


def truncated(case: Case, steps: int) -> Case:
    """Return the case with the same calendar but a history that is known only up to a step.

    What happened later is not told to the fit: the calendar ends with the last known step, and the theory's horizon
    takes the rest of the future's place.
    """
    calendar = case.calendar.model_copy(update={"steps": steps})
    kept = tuple(event for event in case.history if case.calendar.index(event.date) < steps)
    new = case.model_copy(update={"calendar": calendar, "history": kept})
    new._theory_spec = case.theory_spec
    return new


@dataclass(frozen=True)
class Bin:
    """One point of a calibration curve.

    Parameters
    ----------
    low, high : float
        Forecast probabilities that fall here.
    forecast : float
        Their mean.
    happened : float
        Share of them that came true.
    happened_low, happened_high : float
        95 % interval of that share (Wilson 1927).
    count : int
    """

    low: float
    high: float
    forecast: float
    happened: float
    happened_low: float
    happened_high: float
    count: int


def calibration_of(scores: Sequence[Scores], bins: int = 10) -> list[Bin]:
    """Return the calibration curve of all decisions of some scored cases."""
    return calibration(
        np.concatenate([np.zeros(0), *(one.offered for one in scores)]),
        np.concatenate([np.zeros(0, dtype=bool), *(one.taken for one in scores)]),
        bins,
    )


def calibration(
    probability: Sequence[float] | Floats, happened: Sequence[bool] | NDArray[np.bool_], bins: int = 10
) -> list[Bin]:
    """Return a calibration curve: of what was forecast with probability p, how much came true.

    Parameters
    ----------
    probability : sequence of float
        One per possible event: every legal option of every decision, say.
    happened : sequence of bool
    bins : int
        Equal parts of [0, 1]; empty ones are left out.
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(happened, dtype=bool)
    place = np.minimum((p * bins).astype(int), bins - 1)
    curve = []
    for number in range(bins):
        mine = place == number
        n = int(mine.sum())
        if not n:
            continue
        low, high = wilson(int(y[mine].sum()), n)
        curve.append(
            Bin(number / bins, (number + 1) / bins, float(p[mine].mean()), float(y[mine].mean()), low, high, n)
        )
    return curve


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the Wilson (1927) interval of a share; `z` is the normal quantile of its level."""
    share, square = successes / trials, z * z / trials
    middle = (share + square / 2) / (1 + square)
    half = z * np.sqrt(share * (1 - share) / trials + square / (4 * trials)) / (1 + square)
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))
