"""Explanations add up, agree with the solution, and can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.errors import InputError
from blocs.forecast.explain import choose_decisions, explain
from blocs.game.history import lay_out
from blocs.language.case import Case
from blocs.solve.draws import draw, medians


def test_parts_add_up_to_the_value_and_values_to_the_choices(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    history = lay_out(game)
    draws = draw(game, 8, 1)
    decisions = [decision for decision in history.decisions if decision.open]
    solution = blocs.solve(game, draws)
    chosen = {(d.step, d.stage): c for d, c in zip(history.decisions, solution.choices, strict=True)}
    for decision, one in zip(decisions, explain(game, draws, decisions), strict=True):
        assert one.error < 1e-9
        assert one.contributions.sum(axis=0) == pytest.approx(one.value, abs=1e-9)
        # the logit response to the explained values is the solution's choice
        weight = np.exp(one.precision * (one.value - one.value.max(axis=0)))
        assert one.probability == pytest.approx(weight / weight.sum(axis=0), abs=1e-12)
        assert one.probability == pytest.approx(chosen[(decision.step, decision.stage)], abs=1e-12)


def test_last_decision_by_hand(quarrel: Case) -> None:
    """At the last step what follows is the discounted perpetuity of the last state's payoffs."""
    game = blocs.compile(quarrel)
    history = lay_out(game)
    values = {name: float(value[0]) for name, value in medians(game).values.items()}
    # the second decision of the third step: the client is defiant, the patron may intervene
    decision = next(d for d in history.decisions if d.step == 2 and d.stage == 1)
    one = explain(game, medians(game), [decision])[0]
    assert one.options == ("hold", "intervene") and one.chosen == "hold"
    names = [(part.when, part.name) for part in one.parts]
    price = one.contributions[[i for i, (when, _) in enumerate(names) if when == "now"], 1].sum()
    assert price == pytest.approx(-(values["cost"] + 0.1 * 2), abs=1e-12)
    # after an intervention the crisis has ended: the base is lost for good, and nothing else pays the patron
    assert one.value[1, 0] == pytest.approx(price, abs=1e-12)
    gap = one.difference("intervene", "hold")
    assert gap.parts.sum(axis=0) == pytest.approx(gap.total, abs=1e-12)
    assert "intervene" in gap.sentence() and "1960-03" in gap.sentence()


def test_cost_formulas_are_taken_apart_by_their_parameters(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    one = explain(game, medians(game), choose_decisions(game, lay_out(game), option="intervene", at="1960-03"))[0]
    assert {part.name for part in one.parts if part.when == "now"} == {"cost", "distance"}


def test_choosing_decisions(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    history = lay_out(game)
    found = choose_decisions(game, history, option="intervene")
    assert [d.step for d in found] == [1, 2, 3]
    assert choose_decisions(game, history, role="client", at="1960-01")[0].stage == 0
    for question, message in (
        ({"role": "patrn"}, "did you mean `patron`"),
        ({"option": "intervne"}, "did you mean `intervene`"),
        ({"at": "1970-01"}, "outside the calendar"),
        ({"at": "1960-01", "option": "intervene"}, "not legal"),
        ({"at": "1960-01"}, "nothing to decide"),
    ):
        with pytest.raises(InputError, match=message):
            choose_decisions(game, history, **question)
    with pytest.raises(InputError) as told:
        choose_decisions(game, history, at="1970-01", role="clint", option="invad")
    assert len(told.value.problems) == 3
    one = explain(game, medians(game), found[:1])[0]
    with pytest.raises(InputError, match="no legal option"):
        one.difference("intervene", "leave")


def test_tables_and_json(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    one = explain(game, draw(game, 4, 0), choose_decisions(game, lay_out(game), option="intervene"))[0]
    frame = one.to_pandas()
    assert frame.iloc[:-1].sum().to_numpy() == pytest.approx(frame.iloc[-1].to_numpy(), abs=1e-9)
    told = one.difference("intervene", "hold").to_json()
    assert sum(part["mean"] for part in told["parts"]) == pytest.approx(told["total"]["mean"], abs=1e-9)
