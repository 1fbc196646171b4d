"""Theories that are held against the one that the cases are written for: same moves, other reasons."""

from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.game.history import lay_out
from blocs.language.fitted import fitted_for
from blocs.language.load import examine, under_theory
from blocs.library import theory_path

RIVALS = ("base-rates", "conflict-expectations", "exit-voice-loyalty", "pure-capability")


def under(name: str, case: str = "soviet-yugoslav-1948"):
    return under_theory(blocs.load(case), blocs.load_theory(name))


@pytest.mark.parametrize("name", RIVALS)
def test_it_knows_every_move_of_the_cases_and_has_no_fit_that_is_not_its_own(name):
    assert [str(problem) for problem in examine(theory_path(name)).errors] == []
    case = under(name)
    own, usual = blocs.compile(case), blocs.compile(blocs.load("soviet-yugoslav-1948"))
    assert own.option_names == usual.option_names and own.outcomes == usual.outcomes
    assert own.graph.nodes == usual.graph.nodes
    assert len(lay_out(own).decisions) == len(lay_out(usual).decisions)
    assert fitted_for(case) is None


def test_base_rates_are_the_same_everywhere_and_know_no_facts():
    # the last choice of a role in a step: before it, the role counts what its later moves of the step will cost
    last = ("support from the rival", "politics of the patron", "answer of the client")
    solution = blocs.solve(blocs.compile(under("base-rates")), None)
    chances = {}
    assert solution.history is not None
    for decision, choice in zip(solution.history.decisions, solution.choices, strict=True):
        if solution.game.plan.stages[decision.stage].name not in last:
            continue
        key = (decision.stage, tuple(decision.options))
        chances.setdefault(key, []).append(choice[:, 0])
    assert len(chances) >= 6
    for found in chances.values():
        assert np.ptp(np.array(found), axis=0) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "fact", "matters"),
    [
        ("pure-capability", "grievance", False),
        ("pure-capability", "rival_capacity", True),
        ("exit-voice-loyalty", "rival_capacity", False),
        ("exit-voice-loyalty", "grievance", True),
        ("conflict-expectations", "nationalism", False),
        ("conflict-expectations", "grievance", True),
        ("base-rates", "trade_dependence", False),
    ],
)
def test_what_a_theory_leaves_out_makes_no_difference(name, fact, matters):
    forecasts = []
    for value in (0.1, 0.9):
        case = blocs.changed(under(name), facts={fact: value})
        forecasts.append(blocs.solve(blocs.compile(case), None, with_history=False).outcome_draws()[:, 0])
    assert (np.abs(forecasts[0] - forecasts[1]).max() > 1e-3) == matters
