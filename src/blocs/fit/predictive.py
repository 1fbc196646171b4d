"""What a theory makes of the crisis when it is played again: simulated courses beside the real history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.forecast.paths import outcome_numbers, play_out
from blocs.forecast.score import chosen_option
from blocs.game.game import Game
from blocs.game.history import HOLD, lay_out
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.draws import Draws
from blocs.solve.private import Beliefs, private_solver
from blocs.solve.sequential import Room, backward, batches

if TYPE_CHECKING:
    import pandas as pd

    from blocs.fit.problem import FitProblem

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# a posterior that is one point is played so often
COURSES_OF_A_POINT = 200


@dataclass(frozen=True)
class Replicates:
    """Courses of play reduced to what is compared with a history.

    Attributes
    ----------
    options : tuple of str
        ``stage: option``, `hold` left out.
    outcomes : tuple of str
    taken : int64 array (course, option)
        How often each option was taken.
    ended : int64 array (course, outcome)
        One where the course came to the outcome, else zero.
    """

    options: tuple[str, ...]
    outcomes: tuple[str, ...]
    taken: NDArray[np.int64]
    ended: NDArray[np.int64]


def option_labels(game: Game) -> tuple[str, ...]:
    """Return ``stage: option`` of every option but `hold`."""
    return tuple(f"{game.plan.stages[k].name}: {plan.name}" for k, plan in game.layout.options if plan.name != HOLD)


def replicate(
    game: Game,
    draws: Draws,
    *,
    each: int = 1,
    seed: int = 0,
    progress: Progress | None = None,
    beliefs: Beliefs | None = None,
) -> Replicates:
    """Play a game out at every draw.

    Parameters
    ----------
    game : Game
    draws : Draws
    each : int
        Courses per draw, which stand together in the result.
    seed : int
        Draw d is played with the stream (seed, d), however the work is split.
    progress : callable (done, total), optional
    beliefs : Exact or Grid, optional
        How a game with private types is solved; see `blocs.solve`. The types are drawn anew for each course.

    Returns
    -------
    Replicates
    """
    if each < 1:
        raise UsageError("at least one course is played at each draw")
    graph, total = game.graph, len(draws)
    acts = np.array([plan.name != HOLD for _, plan in game.layout.options], dtype=bool)
    taken = np.zeros((total * each, len(acts)), dtype=np.int64)
    ended = np.zeros((total * each, len(game.outcomes)), dtype=np.int64)

    def count(row: int, arcs: NDArray[np.int32], last: NDArray[np.int32]) -> None:
        taken[row] = np.bincount(graph.arc_option[arcs], minlength=len(acts))
        outcome = int(outcome_numbers(game, last)[0])
        if outcome >= 0:
            ended[row, outcome] = 1

    if game.plan.types:
        solver = private_solver(game, beliefs)
        for number in range(total):
            tables = typed_tables(game, draws.part(number, number + 1).values, typed_columns(game), 1)
            stream = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
            for course, one in enumerate(solver.sample(tables, 0, each, stream)):
                arcs = np.array([arc for _, _, arc, _ in one.moves], dtype=np.int32)
                count(number * each + course, arcs, np.array([one.last], dtype=np.int32))
            if progress is not None:
                progress(number + 1, total)
        return Replicates(option_labels(game), game.outcomes, taken[:, acts], ended)
    room = Room()
    for low, high in batches(game, total):
        tables = game.tables(draws.part(low, high).values, game.columns(), high - low)
        done = backward(game, tables, room=room)
        for number in range(low, high):
            uniforms = np.random.default_rng([seed, number]).random((each, graph.steps * graph.stages, 2))
            arcs, _, last = play_out(game, done, number - low, uniforms)
            for course in range(each):
                count(number * each + course, arcs[course][arcs[course] >= 0], last[course : course + 1])
        if progress is not None:
            progress(high, total)
    return Replicates(option_labels(game), game.outcomes, taken[:, acts], ended)


def real_counts(game: Game) -> NDArray[np.int64]:
    """Return how often each option but `hold` was really taken, doubtful events counted as coded; (option,)."""
    counts = np.zeros(len(game.layout.options), dtype=np.int64)
    for decision in lay_out(game).decisions:
        counts[chosen_option(decision)] += 1
    return counts[[plan.name != HOLD for _, plan in game.layout.options]]


def predictive_check(
    game: Game, draws: Draws, *, paths: int = 200, seed: int = 0, progress: Progress | None = None
) -> pd.DataFrame:
    """Compare how often options are taken in simulated courses with the real history.

    Parameters
    ----------
    game : Game
    draws : Draws
        Of a posterior, say.
    paths : int
        How many courses at least; each draw is played equally often.
    seed : int
    progress : callable (done, total), optional

    Returns
    -------
    DataFrame
        One row per option: how often it was really taken, mean and 90 % interval over simulated courses, and the share
        of courses in which it was taken at least as often, those as often counted by half (a posterior predictive
        p-value; Gelman, Meng & Stern 1996): near 0 or 1 where history is unlike what the theory makes.
    """
    import pandas as pd

    played = replicate(game, draws, each=-(-paths // len(draws)), seed=seed, progress=progress)
    real = real_counts(game)
    low, high = np.quantile(played.taken, [0.05, 0.95], axis=0)
    p = (played.taken > real).mean(axis=0) + 0.5 * (played.taken == real).mean(axis=0)
    return pd.DataFrame(
        {"real": real, "mean": played.taken.mean(axis=0), "low": low, "high": high, "p": p},
        index=pd.Index(played.options, name="option"),
    )


@dataclass(frozen=True)
class Predictions:
    """Simulated and real counts of the cases of a fit, on common axes.

    Attributes
    ----------
    options, outcomes : tuple of str
        Of all cases together.
    simulated : dict
        ``times_taken`` (chain, draw, case, option) and ``outcome`` (chain, draw, case, outcome), one course per draw
        (200 of them where the posterior is one point).
    observed : dict
        The same of the real histories: (case, option), (case, outcome). Not-a-number where a case does not have the
        option, or does not say how it ended.
    """

    options: tuple[str, ...]
    outcomes: tuple[str, ...]
    simulated: dict[str, Floats]
    observed: dict[str, Floats]


def predictions(problem: FitProblem, u: Floats, *, seed: int = 0, progress: Progress | None = None) -> Predictions:
    """Play every case of a fit out at every draw of its posterior.

    Parameters
    ----------
    problem : FitProblem
    u : float64 array (chain, draw, coordinate)
    seed : int
    progress : callable (done, total), optional
    """
    flat = u.reshape(-1, u.shape[2])
    each = COURSES_OF_A_POINT if len(flat) == 1 else 1
    shape = (u.shape[0], u.shape[1] * each)
    games = [likelihood.game for likelihood in problem.likelihoods]
    options = _union([option_labels(game) for game in games])
    outcomes = _union([game.outcomes for game in games])
    taken = np.full((*shape, len(games), len(options)), np.nan)
    ended = np.full((*shape, len(games), len(outcomes)), np.nan)
    real = np.full((len(games), len(options)), np.nan)
    how = np.full((len(games), len(outcomes)), np.nan)
    total = len(flat) * len(games)
    for number, game in enumerate(games):
        draws = Draws(problem.parameters(flat, number), seed, "posterior", len(flat))
        before = number * len(flat)
        told = _after(progress, before, total)
        # the stream of a case is its own: two cases alike are not played alike
        beliefs = getattr(problem.likelihoods[number], "method", None)
        played = replicate(game, draws, each=each, seed=seed + number, progress=told, beliefs=beliefs)
        mine = [options.index(name) for name in played.options]
        ends = [outcomes.index(name) for name in played.outcomes]
        taken[:, :, number, mine] = played.taken.reshape(*shape, len(mine))
        ended[:, :, number, ends] = played.ended.reshape(*shape, len(ends))
        real[number, mine] = real_counts(game)
        if game.case is not None and game.case.outcome in outcomes:
            how[number, ends] = [float(name == game.case.outcome) for name in played.outcomes]
    return Predictions(
        options, outcomes, {"times_taken": taken, "outcome": ended}, {"times_taken": real, "outcome": how}
    )


def _after(progress: Progress | None, before: int, total: int) -> Progress | None:
    return (lambda done, _: progress(before + done, total)) if progress is not None else None


def _union(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return all names in the order in which they first come."""
    return tuple(dict.fromkeys(name for part in parts for name in part))
