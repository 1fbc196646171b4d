"""Alternatives on the same draws: what is unchanged differs by nothing, forced moves happen, mistakes are told at once."""

from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.errors import InputError
from blocs.forecast.compare import compare
from blocs.forecast.whatif import WhatIf, named_alternatives, read_forces
from blocs.language.case import Case


def test_no_change_makes_no_difference(quarrel: Case) -> None:
    result = compare(quarrel, [WhatIf("same"), WhatIf("same fact", set={"distance": 2})], draws=8)
    for one in result.alternatives:
        assert np.array_equal(one.differences, np.zeros_like(one.differences))


def test_a_set_fact_equals_a_case_written_so(quarrel: Case) -> None:
    settings = {"trade": 0.45}
    result = compare(quarrel, [WhatIf("less trade", set=settings)], draws=8, seed=3)
    direct = blocs.solve(blocs.compile(quarrel), 8, seed=3, settings=settings)
    # a fixed fact leaves the draws of the parameters as they are only if it takes no place in the sequence, so
    # compare with draws whose fact is replaced
    from blocs.solve.draws import Draws, draw

    game = blocs.compile(quarrel)
    shared = draw(game, 8, 3)
    values = {**shared.values, "trade": np.full(8, 0.45)}
    expected = blocs.solve(game, Draws(values, 3, "prior", 8)).outcome_draws()
    assert result.alternatives[0].solution.outcome_draws() == pytest.approx(expected, abs=1e-13)
    assert direct.outcome_draws().sum(axis=0) == pytest.approx(np.ones(8))


def test_forbidden_and_forced_moves(quarrel: Case) -> None:
    result = compare(
        quarrel,
        [
            WhatIf("never", without=("intervene",)),
            WhatIf("at once", force=("1960-01 client defy", "1960-01 patron intervene")),
            WhatIf("late start", start={"line": "defiant"}),
        ],
        draws=8,
    )
    never, at_once, late = result.alternatives
    outcomes = list(result.baseline.game.outcomes)
    crushed, repelled = outcomes.index("crushed"), outcomes.index("repelled")
    assert np.all(never.solution.outcome_draws()[[crushed, repelled]] == 0)
    assert at_once.solution.outcome_draws()[[crushed, repelled]].sum(axis=0) == pytest.approx(np.ones(8), abs=1e-12)
    assert at_once.carried_out == {"1960-01 client defy": 1.0, "1960-01 patron intervene": 1.0}
    assert at_once.solution.certificate.residual < 1e-12
    assert not np.allclose(late.differences, 0)


def test_mistakes_are_told_all_at_once(quarrel: Case) -> None:
    wrong = [
        WhatIf("a", set={"trde": 0.1}),
        WhatIf("b", set={"border": "maybe"}),
        WhatIf("c", start={"line": "gon"}),
        WhatIf("d", without=("intervne",)),
        WhatIf("e", without=("hold",)),
        WhatIf("f", force=("1960-01 client leave",)),
        WhatIf("g", force=("1960-02 client defy", "1960-02 client hold")),
        WhatIf("h", force=("1970-01 client defy", "nonsense", "1960-01 clint defy", "1960-01 client dfy")),
    ]
    with pytest.raises(InputError) as caught:
        compare(quarrel, wrong, draws=4)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for piece in (
        "did you mean `trade`",
        "true or false",
        "`gon` is not a value of `line`",
        "did you mean `intervene`",
        "`hold`",
        "no course of play makes `leave` legal",
        "contradicts",
        "outside the calendar",
        "no forced move",
        "did you mean `client`",
        "did you mean `defy`",
    ):
        assert piece in told, (piece, told)


def test_mistakes_of_one_alternative_are_told_all_at_once(quarrel: Case) -> None:
    forces = ("1960-01 client dfy", "1970-01 client defy")
    wrong = WhatIf("a", set={"trde": 1}, start={"line": "gon"}, without=("intervne",), force=forces)
    with pytest.raises(InputError) as caught:
        compare(quarrel, [wrong], draws=4)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for piece in ("`trade`", "`gon`", "`intervene`", "`defy`", "outside the calendar"):
        assert piece in told, (piece, told)


def test_hold_without_a_stage_is_meant_for_all_of_them() -> None:
    game = blocs.compile(blocs.load("sino-albanian-1961"))
    (move,) = read_forces(game, ["1960-07 patron hold"])
    stages = {game.plan.stages[game.option_stages[one.option]].name for one in move.restrictions}
    assert stages == {stage.name for stage in game.plan.stages if game.roles[stage.role] == "patron"}
    with pytest.raises(InputError, match="contradicts `1960-07 patron hold`"):
        read_forces(game, ["1960-07 patron hold", "1960-07 patron back_coup"])


def test_named_alternatives_of_a_case(quarrel: Case) -> None:
    assert named_alternatives(quarrel) == []
    with pytest.raises(InputError, match="no alternative"):
        named_alternatives(quarrel, ["border"])


def test_forced_moves_read_the_stage_too(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    (one,) = read_forces(game, ["1960-02 client line of the client: defy"])[0].restrictions
    assert game.option_names[one.option] == "defy" and (one.first, one.last, one.forced) == (1, 1, True)


def test_result_tables(quarrel: Case) -> None:
    result = compare(quarrel, [WhatIf("never", without=("intervene",))], draws=4)
    frame = result.to_pandas()
    assert set(frame.index.get_level_values(0)) == {"as it was", "never"}
    assert frame.loc["never", "mean"].sum() == pytest.approx(1, abs=1e-12)
    assert frame.loc["never", "difference"].sum() == pytest.approx(0, abs=1e-12)
    assert result.to_json()["alternatives"]["never"]["likeliest"] in result.baseline.game.outcomes
