"""The posterior summary that ships with the founding case is of this case and this theory, and says what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.fit.problem import problem_of
from blocs.fit.validate import decision_frequencies, score, with_parameters
from blocs.language.identity import content_hash
from blocs.library import case_path
from blocs.solve.draws import Draws


def test_summary_is_of_this_case_and_its_mode_is_a_mode() -> None:
    case = blocs.load("sino-albanian-1961")
    summary = json.loads(
        (Path(case_path("sino-albanian-1961")).parent / "own-posterior.json").read_text(encoding="utf-8")
    )
    assert summary["attributes"]["hashes"] == {"sino-albanian-1961": content_hash(case)}, (
        "the case or its theory changed: fit it again"
    )
    mode = {name: np.array([row["mode"]]) for name, row in summary["parameters"].items()}
    game = blocs.compile(case)
    solution = with_parameters(game, Draws(mode, None, "mode", 1))
    scores = score(solution, decision_frequencies(solution))
    told = summary["scores"][0]
    # the file holds six significant digits
    assert scores.theory.mean() == pytest.approx(told["theory"], abs=1e-3)
    assert scores.gain == pytest.approx(told["gain"], abs=1e-3) and scores.gain > 0
    # what happened must be likeliest in the forecast that ships, not in a fit to what was done month by month
    assert scores.outcome_probability == pytest.approx(told["outcome_probability"], abs=1e-3)
    # nothing nearby is better: the derivative vanishes on the whitened scale
    problem = problem_of([case])
    u = np.array([_whitened(problem, name, mode[name][0]) for name in problem.priors])
    assert np.abs(problem.log_posterior(u)[1]).max() < 0.02


def _whitened(problem, name: str, value: float) -> float:
    """Return where a value lies on the whitened scale."""
    from scipy.optimize import brentq

    return float(brentq(lambda u: float(problem.white[name].value(np.array([u]))[0][0]) - value, -7.9, 7.9, xtol=1e-12))
