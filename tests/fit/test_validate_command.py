"""`blocs validate`: scores, held-out steps, checks by simulation and the calibration curve, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.fit.pictures import well_drawn
from tests.fit.tug import Make, event

import blocs
from blocs.cli import main
from blocs.fit.learn import fit
from blocs.fit.methods import Laplace, Map
from blocs.fit.validate import Bin, calibration_of, decision_frequencies, leave_last_out, score, truncated
from blocs.report.figures.calibration import calibration_curve
from blocs.report.figures.palette import NARROW, WIDE

HISTORY = [
    event("1960-01", "client", "defy"),
    event("1960-02", "patron", "press", ", result: fails"),
    event("1960-03", "patron", "press", ", result: works"),
    event("1960-05", "client", "submit"),
]


@pytest.fixture
def files(make: Make, tmp_path: Path) -> list[str]:
    make(HISTORY, "one", 6)
    make([event("1960-02", "client", "defy")], "two", 5)
    return [str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml")]


def told(capsys, *words: str) -> dict:
    assert main(["validate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_option_of_every_decision_is_in_the_calibration(files: list[str], capsys) -> None:
    found = told(capsys, *files)
    assert found["parameters"] == "at the prior medians"
    options = 0
    for name in files:
        solution = blocs.solve(blocs.compile(blocs.load(name)), None)
        options += sum(len(decision.arcs) for decision in solution.history.decisions if decision.open)
        mine = score(solution, decision_frequencies(solution))
        # what was taken is forecast with the probability that is scored
        assert np.log(mine.offered[mine.taken]) == pytest.approx(mine.theory)
        assert mine.taken.sum() == len(mine.theory)
    assert sum(one["count"] for one in found["calibration"]) == options
    decisions = sum(one["decisions"] for one in found["cases"])
    assert sum(one["happened"] * one["count"] for one in found["calibration"]) == pytest.approx(decisions)
    for one in found["calibration"]:
        assert one["happened_low"] <= one["happened"] <= one["happened_high"]


def test_the_last_steps_are_held_out(files: list[str], capsys) -> None:
    found = told(capsys, files[0], "--leave-last", "2")
    case = blocs.load(files[0])
    alone = leave_last_out(case, 2, Map(starts=1, iterations=200))
    assert found["cases"][0] == alone.to_json()
    # four stages of two steps are left, those with one legal option not counted
    assert 0 < found["cases"][0]["decisions"] <= 4
    # the fit saw nothing of them: another end of the history, forbidden to a fit that looks, changes no probability
    other = case.model_copy(update={"history": tuple(e for e in case.history if str(e.date) < "1960-05")})
    other._theory_spec = case.theory_spec
    early = fit([truncated(case, 4)], Map(starts=1, iterations=200)).mode
    assert fit([truncated(other, 4)], Map(starts=1, iterations=200)).mode == early
    assert main(["validate", files[0], "--leave-last", "2", "--iterations", "1"]) == 3
    assert "one: The search did NOT reach a mode" in capsys.readouterr().err
    assert main(["validate", files[0], "--leave-last", "6"]) == 2
    assert "between 1 and 5 of the 6 steps" in capsys.readouterr().err


def test_a_posterior_is_scored_and_checked(files: list[str], make: Make, tmp_path: Path, capsys) -> None:
    path = tmp_path / "p.nc"
    posterior = fit([blocs.load(name) for name in files], Laplace(draws=64, starts=1))
    posterior.save(path)
    found = told(capsys, *files, "--posterior", str(path), "--check")
    assert "posterior of one, two" in found["parameters"]
    case = blocs.load(files[0])
    solution = blocs.solve(blocs.compile(case), posterior.draws(64, case))
    assert found["cases"][0] == score(solution, decision_frequencies(solution)).to_json()
    check = found["checks"]["one"]["answer: press"]
    assert check["real"] == 2 and 0 <= check["p"] <= 1 and check["low"] <= check["mean"] <= check["high"]
    # the mean over simulated courses is the exact expectation, to four standard errors of 256 courses
    game = solution.game
    names = [f"{game.plan.stages[k].name}: {plan.name}" for k, plan in game.layout.options]
    exact = solution.taken.mean(axis=2).sum(axis=0)[names.index("answer: press")]
    assert check["mean"] == pytest.approx(exact, abs=4 * 2 / np.sqrt(256))
    assert main(["validate", *files, "--check"]) == 0
    out = capsys.readouterr().out
    assert "simulated from the prior" in out and "answer: press" in out
    assert main(["validate", files[0], "--posterior", str(path), "--leave-last", "1"]) == 2


def test_the_curve_is_drawn(files: list[str], tmp_path: Path, capsys) -> None:
    path = tmp_path / "curve.svg"
    assert main(["validate", *files, "--figure", str(path)]) == 0
    assert "share that was taken" in path.read_text(encoding="utf-8")
    assert main(["validate", *files, "--figure", "curve.gif"]) == 1
    assert "is no format of figures" in capsys.readouterr().err
    curve = [Bin(0.0, 0.1, 0.03, 0.05, 0.02, 0.11, 150), Bin(0.9, 1.0, 0.97, 0.93, 0.82, 0.97, 53)]
    for width in (WIDE, NARROW):
        assert well_drawn(calibration_curve(curve, width))
    assert calibration_of([]) == []
