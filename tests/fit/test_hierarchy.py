"""Parameters that differ from case to case, and facts within their ranges: from Python and the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import ndtri
from tests.fit.tug import Make, event

import blocs
from blocs.cli import main
from blocs.fit.learn import fit
from blocs.fit.methods import Laplace, Map
from blocs.fit.problem import TAU_MEDIAN, problem_of
from blocs.forecast.paths import sample_courses
from blocs.language.case import Case
from blocs.solve.draws import medians

TRUTH = (-1.5, 1.5, -1.5, 1.5)
STEPS = 30


def simulated(make: Make, name: str, worth: float, seed: int) -> Case:
    """Return a case whose history was made at a known worth of defiance, all else at the prior medians."""
    game = blocs.compile(make([], name, STEPS))
    course = sample_courses(game, medians(game, {"worth": worth}), 1, seed)[0]
    lines = [
        event(move.date, move.role, move.option, f", result: {move.result}" if move.result else "")
        for move in course.moves
    ]
    return make(lines, name, STEPS)


@pytest.fixture
def cases(make: Make) -> list[Case]:
    return [simulated(make, f"c{number}", worth, number + 1) for number, worth in enumerate(TRUTH)]


def test_differences_between_cases_are_recovered(cases: list[Case]) -> None:
    varied = fit(cases, Laplace(draws=100, starts=1), seed=1, deviations=["worth"])
    draws = varied.by_case["worth"][0]
    distance = (draws.mean(axis=0) - TRUTH) / draws.std(axis=0)
    assert np.abs(distance).max() < 3
    assert [mean > 0 for mean in draws.mean(axis=0)] == [worth > 0 for worth in TRUTH]
    # the spread is learned to be larger than its prior says: its 5 % point lies above the prior's median
    assert np.quantile(varied.spreads["worth"], 0.05) > TAU_MEDIAN
    # one worth for all explains these histories far worse
    mode, shared = (fit(cases, Map(starts=1), deviations=names) for names in (["worth"], []))
    assert mode.log_likelihood.sum() > shared.log_likelihood.sum() + 10
    # a case that was not fitted has the shared worth and the spread between cases: it is less certain than theirs
    other = cases[0].model_copy(update={"case": "elsewhere"})
    other._theory_spec = cases[0].theory_spec
    new = varied.draws(case=other).values["worth"]
    assert new.std() > draws.std(axis=0).max()
    # its law is that of Normal(0.3, 1) moved by u + tau eta: the shared part alone is narrower
    assert new.std() > varied.values["worth"].std()


def test_the_command_line_fits_the_same(cases: list[Case], make: Make, tmp_path, capsys) -> None:
    files = [str(tmp_path / f"{case.case}.yaml") for case in cases[:2]]
    options = ["--method", "map", "--starts", "1", "--vary", "worth", "--integrate-facts", "--json"]
    assert main(["fit", *files, *options]) == 0
    told = json.loads(capsys.readouterr().out)
    posterior = fit(cases[:2], Map(starts=1, iterations=300), facts="integrated", deviations=["worth"])
    shown = {name: row["mode"] for name, row in told["parameters"].items()}
    assert shown["worth [c1]"] == pytest.approx(posterior.mode_by_case["worth"][1], rel=1e-6)
    assert shown["trade [c0]"] == pytest.approx(posterior.mode_by_case["trade"][0], rel=1e-6)
    assert shown["tau worth"] == pytest.approx(posterior.mode["tau worth"], rel=1e-6)
    assert 0.1 < shown["trade [c0]"] < 0.9  # the range that the case gives
    assert main(["fit", *files, "--method", "map", "--vary", "wort"]) == 1
    assert "did you mean `worth`" in capsys.readouterr().err


def test_integrating_a_fact_is_integrating_the_likelihood(make: Make) -> None:
    """On the fact's whitened scale and on its own, by quadrature, the likelihood has the same mean over its range."""
    case = simulated(make, "c", 0.5, 4)
    problem = problem_of([case], facts="integrated")
    assert problem.names[-1] == "trade [c]"
    points, weights = np.polynomial.legendre.leggauss(12)
    u = np.zeros((12, problem.size))
    # the range is 0.1 to 0.9 and the value 0.5: uniform, so that shares of the law are shares of the range
    u[:, -1] = ndtri((points + 1) / 2)
    exact = weights @ np.exp(problem.log_likelihood(u)[:, 0]) / 2
    fixed = problem_of([case])
    trades = 0.1 + 0.8 * (points + 1) / 2
    likelihood = fixed.likelihoods[0]
    at = {name: np.full(12, value[0]) for name, value in fixed.parameters(np.zeros(4)).items()}
    again = weights @ np.exp(likelihood.value({**at, "trade": trades}, 12)) / 2
    assert np.log(exact) == pytest.approx(np.log(again), abs=1e-11)
    assert abs(np.log(exact) - fixed.log_likelihood(np.zeros(4))[0, 0]) > 1e-3
