"""A theory on trial: fitted to all cases, then to all but one in turn, and scored on what it did not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.fit.crossval import Approximation, Joint, joint_fit, without
from blocs.fit.problem import FitProblem, problem_of
from blocs.fit.validate import Scores, decision_frequencies, merge, score
from blocs.forecast.score import Frequencies
from blocs.forecast.solving import solve
from blocs.game.game import Game
from blocs.language.fitted import Fitted, coding_hash, compress
from blocs.language.identity import content_hash
from blocs.solve.draws import Draws
from blocs.solve.sobol_points import sobol_points

if TYPE_CHECKING:
    from blocs.language.case import Case

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

# how much an outcome counts beside one choice: it is told once a crisis, and choices some sixty times
OUTCOME_WEIGHT = 4.0
# draws that a held-out case is averaged over
DRAWS = 128


@dataclass(frozen=True)
class Trial:
    """What a theory can tell about cases that it saw, and about cases that it did not see.

    Attributes
    ----------
    theory : str
    outcome_weight : float
    parameters : int
        Free parameters.
    seen : tuple of Scores
        At the mode of the fit to all; beside option frequencies of all cases, this one included.
    held_out : tuple of Scores
        Over draws of the fit to the other cases; beside the option frequencies of the others.
    everything : Fitted
        The fit to all cases.
    others : tuple of Fitted
        For each case, the fit to the others.
    left : tuple of float
        How far each search stopped from its mode, in posterior standard deviations: that for all cases first.
    """

    theory: str
    outcome_weight: float
    parameters: int
    seen: tuple[Scores, ...]
    held_out: tuple[Scores, ...]
    everything: Fitted = field(repr=False)
    others: tuple[Fitted, ...] = field(repr=False)
    left: tuple[float, ...]


def put_on_trial(
    cases: Sequence[Case],
    *,
    outcome_weight: float = OUTCOME_WEIGHT,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Trial:
    """Fit a theory to all cases and to all but each, and score it on both.

    Parameters
    ----------
    cases : sequence of Case
        At least three, under one theory.
    outcome_weight : float
        See `FitProblem`.
    draws : int
        Draws that held-out forecasts are averaged over.
    seed : int
        Of these draws.
    progress : callable (what, done, total), optional
    """
    if len(cases) < 3:
        raise UsageError("leaving one case out and fitting the others needs at least three cases")
    problem = problem_of(cases, outcome_weight=outcome_weight)
    games = [one.game for one in problem.likelihoods]
    counted = [decision_frequencies(solve(game, None)) for game in games]
    joint = joint_fit(problem, progress=progress)
    pooled = merge(counted)
    everything = summary(problem, joint.approximation, range(len(cases)), pooled)
    seen = [_score(game, everything.centre(game.theory), pooled, 1) for game in games]
    held_out, others, left = [], [], [joint.approximation.left]
    for number in range(len(games)):
        fitted, scores, found = _hold_out(problem, joint, number, counted, draws, seed)
        others.append(fitted)
        held_out.append(scores)
        left.append(found.left)
        if progress is not None:
            progress("holding out", number + 1, len(games))
    theory = games[0].theory.theory
    return Trial(
        theory, outcome_weight, problem.size, tuple(seen), tuple(held_out), everything, tuple(others), tuple(left)
    )


def leave_one_case_out(
    cases: Sequence[Case],
    *,
    outcome_weight: float = OUTCOME_WEIGHT,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Scores]:
    """Forecast each case with parameters fitted to the others, beside the option frequencies of the others."""
    return list(put_on_trial(cases, outcome_weight=outcome_weight, draws=draws, seed=seed, progress=progress).held_out)


def summary(problem: FitProblem, found: Approximation, used: Sequence[int], counted: Frequencies) -> Fitted:
    """Return an approximation as the summary that ships with a theory.

    `used` are the numbers of the cases fitted, `counted` the options in their histories.
    """
    games = [problem.likelihoods[number].game for number in used]
    cases = [game.case for game in games if game.case is not None]
    mean, directions, spreads = compress(found.mean, found.covariance)
    return Fitted(
        theory=games[0].theory.theory,
        theory_sha256=content_hash(cases[0].whole_theory),
        cases={case.case: coding_hash(case) for case in cases},
        names=tuple(problem.names),
        mean=mean,
        directions=directions,
        spreads=spreads,
        label=f"fit to {len(cases)} cases",
        method=f"mode and curvature; weight of an outcome {problem.outcome_weight:g}",
        # options that the case left out alone may take are listed too, as never taken by the others
        counts=counted.by_stage(_moves([one.game for one in problem.likelihoods])),
    )


def _moves(games: Sequence[Game]) -> list[tuple[str, str]]:
    """Return the stage and the name of every option; a case may leave some out."""
    found = {(game.plan.stages[k].name, option.name): None for game in games for k, option in game.layout.options}
    return list(found)


def _hold_out(
    problem: FitProblem, joint: Joint, number: int, counted: Sequence[Frequencies], draws: int, seed: int
) -> tuple[Fitted, Scores, Approximation]:
    found = without(problem, joint, number)
    rest = [other for other in range(len(counted)) if other != number]
    frequencies = merge([counted[other] for other in rest])
    fitted, game = summary(problem, found, rest, frequencies), problem.likelihoods[number].game
    values = fitted.values(game.theory, sobol_points(len(fitted.names), seed, 0, draws))
    scores = _score(game, values, frequencies, draws)
    if not found.converged:
        name = problem.case_name(number)
        told = (f"The search without {name} stopped {found.left:.2f} posterior standard deviations from its mode.",)
        scores = replace(scores, trouble=told)
    return fitted, scores, found


def _score(game: Game, values: dict[str, Floats], frequencies: Frequencies, draws: int) -> Scores:
    held = {
        name: np.full(draws, spec.prior.median) for name, spec in game.theory.parameters.items() if not spec.prior.free
    }
    return score(solve(game, Draws({**held, **values}, None, "fit", draws)), frequencies)
