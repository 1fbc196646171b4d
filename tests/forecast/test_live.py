from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.errors import InputError
from blocs.forecast.compare import compare
from blocs.forecast.live import LiveCase
from blocs.forecast.solving import solve
from blocs.forecast.whatif import WhatIf

CASE = "guatemalan-1954"  # the shortest of those that ship


@pytest.fixture(scope="module")
def live():
    return LiveCase(blocs.load(CASE))


def test_what_is_solved_live_is_what_a_full_solution_says(live):
    full = solve(live.game, live.centre)
    glance = live.glance(WhatIf(""))
    assert glance.taken == pytest.approx(full.taken[:, :, 0], abs=1e-14)
    assert list(glance.outcomes.values()) == pytest.approx(full.outcome_draws()[:, 0].tolist(), abs=1e-14)
    assert glance.history is not None and full.history is not None
    for mine, theirs in zip(glance.choices, full.choices, strict=True):
        assert mine == pytest.approx(theirs[:, 0], abs=1e-14)


@pytest.mark.parametrize(
    "what_if",
    [
        WhatIf("parameter", set={"base_worth": 2.0}),
        WhatIf("fact of payoffs", set={"trade_dependence": 0.1}),
        WhatIf("fact that decides what is legal", set={"land_route": False, "arms_importance": 0}),
        WhatIf("start", start={"faction": "organised"}),
        WhatIf("forbidden", without=("back_coup",)),
        WhatIf("all", set={"rival_present": False, "patience": 0.5}, without=("invade",), start={"polemics": "public"}),
    ],
    ids=lambda one: one.name,
)
def test_every_kind_of_change_gives_what_a_comparison_gives(live, what_if):
    # a comparison compiles every alternative anew and keeps nothing
    expected = compare(live.case, [what_if], draws=live.centre).alternatives[0].solution.outcome_draws()[:, 0]
    for _ in range(2):  # the second time the graph is at hand
        assert list(live.glance(what_if).outcomes.values()) == pytest.approx(expected.tolist(), abs=1e-14)


def test_forced_moves_are_made(live):
    date = live.case.calendar.labels()[0]
    glance = live.glance(WhatIf("", force=(f"{date} patron hold",)))
    patron = [
        o
        for o, name in enumerate(live.game.option_names)
        if live.game.plan.stages[live.game.option_stages[o]].role == 0 and name != "hold"
    ]
    assert np.all(glance.taken[0, patron] == 0.0)


def test_graphs_are_kept_up_to_a_number_and_the_case_as_it_was_always():
    live = LiveCase(blocs.load(CASE), most_graphs=2)
    first = live.prepare(WhatIf("")).game
    games = [live.prepare(WhatIf("", start={"polemics": value})).game for value in ("reserved", "public", "reserved")]
    assert live.prepare(WhatIf("")).game is first
    assert live.prepare(WhatIf("", start={"polemics": "reserved"})).game is games[2]
    assert len(live._games) == 2


def test_a_course_that_would_not_be_legal_is_left_out(live):
    done = {event.option for event in live.case.history if event.role == "patron"}
    taken_away = live.glance(WhatIf("", without=(sorted(done)[0],)))
    assert taken_away.history is None and taken_away.choices == ()


def test_all_mistakes_are_told_at_once(live):
    wrong = WhatIf("", set={"land_rout": True, "sea_reach": 7}, force=("1900-01 patron hold",))
    with pytest.raises(InputError) as told:
        live.prepare(wrong)
    assert len(told.value.problems) == 3
    assert "land_route" in told.value.problems[0].hint
