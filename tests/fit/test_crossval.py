"""One fit to all, and without each: against searches from scratch; outcomes that count beside choices."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fit import tug
from tests.fit.tug import event

import blocs
from blocs.errors import NumericalError, UsageError
from blocs.fit.crossval import CLOSE, joint_fit, without
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.mode import curvature, find_mode
from blocs.fit.problem import problem_of
from blocs.fit.trial import put_on_trial, summary
from blocs.forecast.score import Frequencies
from blocs.solve.draws import Draws

VALUES = {"worth": np.array([0.4]), "force": np.array([1.3]), "odds": np.array([0.35]), "twin": np.array([-0.1])}
DEFIES = [event("1960-01", "client", "defy"), event("1960-02", "patron", "press", ", result: works")]
GIVES_IN = [event("1960-01", "client", "defy"), event("1960-03", "client", "submit")]
LATE = [event("1960-03", "client", "defy"), event("1960-03", "patron", "press", ", result: fails")]
OUTCOMES = "outcomes: {beaten: hurt == yes, free: otherwise}"


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    from tests.fit.tug import maker

    make = maker(tmp_path_factory.mktemp("tug"))
    return [make(DEFIES, "a"), make(GIVES_IN, "b", trade=0.2), make(LATE, "c", trade=0.8)]


def test_an_outcome_counts_as_its_forecast_from_the_start(cases):
    game = blocs.compile(cases[0])
    likelihood = HistoryLikelihood.of(game)
    solved = blocs.solve(game, Draws(VALUES, None, "given", 1))
    forecast = solved.forecast().outcomes[cases[0].outcome].mean
    both = likelihood.value(VALUES, outcome_weight=4.0)[0]
    assert both == pytest.approx(likelihood.value(VALUES)[0] + 4.0 * np.log(forecast), abs=1e-12)


@pytest.mark.parametrize("weight", [0.5, 4.0])
def test_its_gradient_against_differences(cases, weight):
    likelihood = HistoryLikelihood.of(blocs.compile(cases[2]))
    at = {**VALUES, "trade": np.array([0.8])}
    value, gradient = likelihood.gradient(at, list(at), outcome_weight=weight)
    assert value[0] == pytest.approx(likelihood.value(at, outcome_weight=weight)[0], abs=1e-12)
    for name in at:
        up, down = ({**at, name: at[name] + sign * 1e-6} for sign in (1, -1))
        ends = [likelihood.value(one, outcome_weight=weight)[0] for one in (up, down)]
        assert gradient[name][0] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6, abs=1e-8), name


def test_an_impossible_outcome_is_told(tmp_path):
    text = tug.THEORY.replace("outcomes: {loyal: line == loyal, defiant: otherwise}", OUTCOMES)
    (tmp_path / "tug.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(
        tug.CASE.format(name="b", steps=4, trade=0.5, history="  []").replace("outcome: defiant", "outcome: beaten"),
        encoding="utf-8",
    )
    likelihood = HistoryLikelihood.of(blocs.compile(blocs.load(tmp_path / "b.yaml")))
    never = {**VALUES, "odds": np.array([0.0])}
    with pytest.raises(NumericalError, match="outcome of b probability zero"):
        likelihood.gradient(never, ["worth"], outcome_weight=1.0)
    assert likelihood.value(never, outcome_weight=1.0)[0] == -np.inf


@pytest.mark.parametrize("weight", [0.0, 4.0])
def test_without_one_case_is_the_fit_to_the_others(cases, weight):
    problem = problem_of(cases, outcome_weight=weight)
    joint = joint_fit(problem)
    assert joint.approximation.converged and problem.outcome_weight == weight
    for number in range(3):
        found = without(problem, joint, number)
        rest = problem_of([case for i, case in enumerate(cases) if i != number], outcome_weight=weight)
        mode = find_mode(rest, 1, 200, 0)
        hessian = curvature(rest, mode.u)
        step = found.mean - mode.u
        assert found.left < CLOSE
        assert np.sqrt(step @ hessian @ step) < 2 * CLOSE
        # the curvature is that at the joint mode, which is near
        spread = np.sqrt(np.diag(found.covariance)) / np.sqrt(np.diag(np.linalg.inv(hessian)))
        assert ((spread > 0.7) & (spread < 1.4)).all()


def test_curvatures_add_up_to_that_of_the_whole(cases):
    problem = problem_of(cases)
    joint = joint_fit(problem)
    whole = curvature(problem, joint.approximation.mean) - np.eye(problem.size)
    assert joint.curvatures.sum(axis=0) == pytest.approx(whole, abs=0.05)


def test_a_trial_holds_each_case_out(cases):
    trial = put_on_trial(cases, outcome_weight=2.0, draws=32)
    assert [one.case for one in trial.held_out] == ["a", "b", "c"]
    for own, (fitted, scores) in enumerate(zip(trial.others, trial.held_out, strict=True)):
        assert set(fitted.cases) == {"a", "b", "c"} - {cases[own].case}
        assert scores.outcomes[cases[own].outcome] == scores.outcome_probability
        assert sum(scores.outcomes.values()) == pytest.approx(1.0)
        assert scores.rank == 1 + sum(p > scores.outcome_probability for p in scores.outcomes.values())
    assert set(trial.everything.cases) == {"a", "b", "c"} and len(trial.left) == 4
    # fitted to the case itself, its decisions are told better than by the fit to the others
    assert sum(one.theory.sum() for one in trial.seen) > sum(one.theory.sum() for one in trial.held_out)
    with pytest.raises(UsageError):
        put_on_trial(cases[:2])


def test_a_summary_keeps_mean_and_spread(cases):
    problem = problem_of(cases)
    joint = joint_fit(problem)
    fitted = summary(problem, joint.approximation, range(2), Frequencies({("answer", "press"): 3.0}))
    # every option is listed, taken or not
    assert {stage: dict(options) for stage, options in fitted.counts.items()} == {
        "line": {"hold": 0.0, "defy": 0.0, "submit": 0.0},
        "answer": {"hold": 0.0, "press": 3.0},
    }
    centre = fitted.centre(cases[0].theory_spec)
    straight = problem.parameters(joint.approximation.mean[None, :])
    for name in VALUES:
        assert centre[name][0] == pytest.approx(straight[name][0], rel=1e-12)
