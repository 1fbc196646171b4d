"""Simulation-based calibration: fitting must give back, on average, what simulated histories were made from.

Parameters are drawn from the prior, a history is simulated, the fit is run; the rank of the true value among the
posterior's draws must be uniform (Talts, Betancourt, Simpson, Vehtari & Gelman 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.fit.learn import fit_problem
from blocs.fit.methods import Method
from blocs.fit.problem import problem_of
from blocs.game.game import compile_game
from blocs.solve.draws import Draws

if TYPE_CHECKING:
    from blocs.language.case import Case

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Calibration:
    """Ranks of true values among posterior draws.

    Attributes
    ----------
    ranks : int64 array (simulation, coordinate)
        From 0 to `draws`.
    draws : int
    names : tuple of str
    p_values : dict from name to float
        Of a chi-squared test that the ranks are uniform.
    """

    ranks: NDArray[np.int64]
    draws: int
    names: tuple[str, ...]
    p_values: dict[str, float]

    def sentence(self) -> str:
        """Say whether the ranks look uniform; with k coordinates the smallest p-value is held against 0.01 / k."""
        worst = min(self.p_values, key=lambda name: self.p_values[name])
        bar = 0.01 / len(self.p_values)
        verdict = "uniform" if self.p_values[worst] > bar else "NOT uniform"
        return (
            f"Over {len(self.ranks)} simulated histories the ranks are {verdict} "
            f"(smallest p-value {self.p_values[worst]:.3f}, of {worst})."
        )


def calibrate(
    case: Case,
    method: Method,
    *,
    simulations: int = 100,
    draws: int = 63,
    bins: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> Calibration:
    """Run simulation-based calibration of the whole chain on a case's game.

    Parameters
    ----------
    case : Case
        Its history is replaced by simulated ones.
    method : Method
        Of fitting; must give draws.
    simulations : int
    draws : int
        Draws among which ranks are taken, picked from the posterior's; `draws` + 1 should be a multiple of `bins`.
    bins : int
        Of the test.
    seed : int
    progress : callable (done, total), optional
    """
    from scipy.stats import chisquare

    rng = np.random.default_rng(seed)
    names: tuple[str, ...] = ()
    ranks = []
    for number in range(simulations):
        simulated, truth = simulate(case, rng)
        problem = problem_of([simulated])
        names = tuple(problem.names)
        posterior = fit_problem(problem, method, seed=seed + number)
        flat = posterior.u.reshape(-1, problem.size)
        flat = flat[rng.permutation(len(flat))[:draws]]
        ranks.append((flat < truth).sum(axis=0))
        if progress is not None:
            progress(number + 1, simulations)
    table = np.array(ranks, dtype=np.int64)
    p_values = {}
    for i, name in enumerate(names):
        counts = np.bincount(table[:, i] * bins // (draws + 1), minlength=bins)
        p_values[name] = float(chisquare(counts).pvalue)
    return Calibration(table, draws, names, p_values)


def simulate(case: Case, rng: np.random.Generator) -> tuple[Case, Floats]:
    """Draw parameters from their priors, play the game out, and return the case with that history and the parameters.

    The parameters come on the whitened scale, in the order of the fit's coordinates.
    """
    from blocs.forecast.paths import sample_courses
    from blocs.language.case import Event
    from blocs.language.whitening import White

    game = compile_game(case)
    free = {name: spec.prior for name, spec in case.theory_spec.parameters.items() if spec.prior.free}
    truth = rng.standard_normal(len(free))
    values = {name: White(name, prior).value(truth[i : i + 1])[0] for i, (name, prior) in enumerate(free.items())}
    course = sample_courses(game, Draws(values, None, "simulation", 1), 1, int(rng.integers(2**31)))[0]
    history = tuple(
        Event.model_validate(
            {
                "date": move.date,
                "role": move.role,
                "stage": move.stage,
                "option": move.option,
                **({"result": move.result} if move.result else {}),
                "event": "simulated",
                "assumed": "simulated",
            }
        )
        for move in course.moves
    )
    new = case.model_copy(update={"history": history})
    new._theory_spec = case.theory_spec
    return new, truth
