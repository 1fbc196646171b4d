"""What is wrong with a theory is told all at once when it is compiled; what is right means what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.small import theory

from blocs.errors import InputError, NumericalError
from blocs.game.game import Game, compile_theory
from blocs.game.plan import STEP_YEARS, make_plan

STATE = {"x": [0, 3], "mood": ["calm", "cross"], "open": True}


def problems(stages: dict[str, Any] | None = None, **parts: Any) -> str:
    made = theory(STATE, stages or {"a": {"hold": {}}}, parameters=["p"], **parts)
    with pytest.raises(InputError) as caught:
        compile_theory(made, None, 2)
    return str(caught.value)


@pytest.mark.parametrize(
    ("where", "option", "message"),
    [
        ("when", {"when": "y > 1"}, "unknown name `y`"),
        ("when", {"when": "x"}, "this gives a number; expected true or false"),
        ("set.mood", {"set": {"mood": "angry"}}, "unknown name `angry`"),
        ("set.mood", {"set": {"mood": "x"}}, "this gives a number; expected one of [calm, cross]"),
        ("set.open", {"set": {"open": "1"}}, "this gives a number; expected true or false"),
        ("cost.a", {"cost": {"a": "2 +"}}, "this is not a formula"),
        ("chance[0].p", {"chance": [{"p": "q"}, {"p": "rest"}]}, "unknown name `q`"),
        ("when", {"when": "p > 1"}, "a parameter cannot decide what is legal"),
        ("when", {"when": "worth > 1"}, "a parameter cannot decide what is legal"),
        ("set.x", {"set": {"x": "p * 2"}}, "a parameter cannot decide what is legal, where an option leads"),
        ("chance[0].set.x", {"chance": [{"p": "1", "set": {"x": "p"}}]}, "a parameter cannot decide"),
    ],
)
def test_options_that_are_wrong(where: str, option: dict[str, Any], message: str) -> None:
    text = problems({"a": {"hold": {}, "odd": option}}, define={"worth": "p * x"})
    assert f"stages[0].options.odd.{where}" in text
    assert message in text


@pytest.mark.parametrize(
    ("where", "parts", "message"),
    [
        ("define.bad", {"define": {"bad": "1 +"}}, "this is not a formula"),
        ("ends_when", {"ends_when": "p > 0"}, "a parameter cannot decide"),
        ("ends_when", {"ends_when": "mood"}, "expected true or false"),
        ("forget.x", {"forget": {"x": "mod == calm"}}, "did you mean `mood`?"),
        ("payoffs.a.pay.formula", {"payoffs": {"a": {"pay": "moody"}}}, "did you mean `mood`?"),
        ("outcomes.odd", {"outcomes": {"odd": "p"}}, "a parameter cannot decide"),
        ("play.discount", {"play": {"discount": "x"}}, "this may depend on parameters and facts, not on the state"),
        ("play.precision.a", {"play": {"precision": {"a": "x"}}}, "not on the state"),
        ("horizon.after_last_step", {"horizon": {"after_last_step": "x"}}, "not on the state"),
        ("facts.size", {"facts": {"size": {"type": "number"}}}, "the fact `size` has no value in the case"),
    ],
)
def test_parts_that_are_wrong(where: str, parts: dict[str, Any], message: str) -> None:
    text = problems(**parts)
    assert where in text
    assert message in text


def test_all_problems_are_told_at_once() -> None:
    text = problems(
        {"a": {"hold": {"when": "y"}, "odd": {"cost": {"a": "z"}}}},
        payoffs={"a": {"pay": "u"}},
        ends_when="v",
        define={"w": "("},
    )
    assert all(f"`{name}`" in text for name in "yzuv") and "define.w" in text


def test_start_that_is_no_value() -> None:
    made = theory({"x": {"range": [0, 3], "start": 7}}, {"a": {"hold": {}}})
    with pytest.raises(InputError, match=r"(?s)state\.x\.start.*`7` is not a value of `x`; expected one of 0, 1, 2, 3"):
        compile_theory(made, None, 1)


def after(game: Game, option: str) -> list[dict[str, str]]:
    """Return the states to which an option leads from the start of a game of one stage."""
    graph = game.graph
    arc = next(arc for arc in graph.arcs_of(graph.start) if game.option_names[graph.arc_option[arc]] == option)
    rows = [int(graph.branch_next[branch]) - graph.nodes - graph.ends for branch in graph.branches_of(arc)]
    return [game.plan.space.labels(int(graph.codes[row])) for row in rows]


def test_what_an_option_sets() -> None:
    made = theory(
        {"x": {"range": [-2, 3], "start": 1}, "y": {"range": [0, 9], "start": 4}, "mood": ["calm", "cross", "wild"],
         "next": ["previous", "next"], "open": True},
        {"a": {
            "swap": {"set": {"x": "y - 2", "y": "x + 1"}},
            "number": {"set": {"x": -2, "mood": "wild", "open": False, "y": "7.0"}},
            "step": {"set": {"x": "next", "mood": "next", "y": " previous "}},
            "choice": {"set": {"mood": "wild if open else calm", "open": "x > 5", "y": "min(9, y * 2)"}},
            "named": {"set": {"next": "next"}},
            "drawn": {"set": {"x": 3, "y": 0}, "chance": [
                {"p": 0.25, "set": {"x": "x - 1"}, "label": "less"}, {"p": "rest ", "label": "same"}]},
        }},
    )  # fmt: skip
    game = compile_theory(made, None, 1)
    start = {"x": "1", "y": "4", "mood": "calm", "next": "previous", "open": "true"}
    assert after(game, "swap") == [{**start, "x": "2", "y": "2"}]
    assert after(game, "number") == [{**start, "x": "-2", "mood": "wild", "open": "false", "y": "7"}]
    assert after(game, "step") == [{**start, "x": "2", "mood": "cross", "y": "3"}]
    assert after(game, "choice") == [{**start, "mood": "wild", "open": "false", "y": "8"}]
    # a variable may have values called `next` and `previous`; then they are values
    assert after(game, "named") == [{**start, "next": "next"}]
    # a branch sets what it sets on the state before the option, over what the option sets
    assert after(game, "drawn") == [{**start, "x": "0", "y": "0"}, {**start, "x": "3", "y": "0"}]
    drawn = game.layout.options[-1][1]
    assert drawn.results == ("less", "same")


def test_facts_fix_the_structure_or_stay_symbols() -> None:
    made = theory(
        {"x": [0, 3]},
        {
            "a": {
                "hold": {},
                "up": {
                    "when": "gate and size > 1",
                    "set": {"x": "1 if step_years < 0.5 else 2"},
                    "cost": {"a": "rate"},
                },
            }
        },
        facts={
            "gate": {"type": "boolean", "default": True},
            "size": {"type": "number", "default": 2},
            "rate": {"type": "share", "default": 0.5},
            "level": {"type": ["low", "high"], "default": "high"},
        },
        payoffs={"a": {"pay": "rate * (level == high) + x * step_years"}},
    )
    plan = make_plan(made, None, STEP_YEARS["quarter"])
    assert plan.fixed_facts == {"gate", "size", "step_years"}
    assert plan.facts == {"gate": True, "size": 2.0, "rate": 0.5, "level": 1, "step_years": 0.25}
    game = compile_theory(made, None, 1, STEP_YEARS["quarter"])
    assert after(game, "up") == [{"x": "1"}]
    tables = game.tables({}, game.columns(), 1)
    assert tables.pay[game.graph.pay_bundle[: game.graph.first_stage], 0, 0].tolist() == [0.5, 0.75]
    tables = game.tables({"rate": np.array([0.5, 0.75])}, game.columns(), 2)
    assert tables.pay[game.graph.pay_bundle[0], 0].tolist() == [0.5, 0.75]
    assert sorted(tables.cost[:, 0, 1].tolist()) == [-0.75, 0.0]


def numbers(error: type[Exception], values: dict[str, Any] | None = None, **parts: Any) -> str:
    """Return what is said when the tables of a small game are computed."""
    chance = parts.pop("chance", [{"p": "0.5"}, {"p": "rest"}])
    cost = {"a": parts.pop("cost", "0")}
    made = theory(STATE, {"a": {"hold": {}, "try": {"chance": chance, "cost": cost}}}, parameters=["p"], **parts)
    game = compile_theory(made, None, 2)
    with pytest.raises(error) as caught:
        game.tables({"p": np.array([0.5, 2.0]), **(values or {})}, game.columns(), 2)
    return str(caught.value)


@pytest.mark.parametrize(
    ("error", "parts", "message"),
    [
        (InputError, {"chance": [{"p": "p"}, {"p": "rest"}]}, "this probability is 2 in a reachable state, for some draw"),
        (InputError, {"chance": [{"p": "-p"}, {"p": "rest"}]}, "this probability is -2"),
        (InputError, {"chance": [{"p": "0.6"}, {"p": "p / 2"}, {"p": "rest"}]}, "the probabilities of `try` sum to 1.6, more than 1"),
        (InputError, {"chance": [{"p": "0.5"}, {"p": "p / 4"}]}, "the probabilities of `try` sum to 0.625, not to 1"),
        (InputError, {"play": {"discount": "p"}}, "the discount must lie in [0, 1], it is 2"),
        (InputError, {"play": {"discount": "1"}, "horizon": {"after_last_step": "continue"}}, "need a discount below 1"),
        (InputError, {"horizon": {"after_last_step": "1 - p"}}, "cannot be negative, it is -1"),
        (InputError, {"play": {"precision": {"a": "1 - p"}}}, "a precision cannot be negative"),
        (NumericalError, {"cost": "1 / (p - 2)"}, "stages[0].options.try.cost.a has no finite value in a reachable state"),
        (NumericalError, {"payoffs": {"a": {"pay": "log(x)"}}}, "payoffs.a.pay.formula has no finite value"),
        (NumericalError, {"chance": [{"p": "sqrt(1 - p)"}, {"p": "rest"}]}, "has no finite value"),
        (NumericalError, {"play": {"precision": {"a": "exp(999 * p)"}}}, "play.precision.a has no finite value for some draw"),
    ],
)  # fmt: skip
def test_tables_that_are_wrong(error: type[Exception], parts: dict[str, Any], message: str) -> None:
    assert message in numbers(error, **parts)


def test_what_no_state_reaches_may_have_no_value() -> None:
    made = theory({"x": [0, 3]}, {"a": {"hold": {}}}, payoffs={"a": {"pay": "1 / (x - 2) + log(1 - x)"}})
    game = compile_theory(made, None, 2)
    tables = game.tables({}, game.columns(), 1)
    assert tables.pay[game.graph.pay_bundle[0], 0, 0] == -0.5


def test_probabilities_may_miss_one_by_rounding() -> None:
    chance = [{"p": "0.1"}, {"p": "0.2"}, {"p": "0.7"}]
    made = theory({}, {"a": {"try": {"chance": chance}, "all": {"chance": [{"p": "1 + 1 / 10 ** 12"}, {"p": "rest"}]}}})
    game = compile_theory(made, None, 1)
    found = game.tables({}, game.columns(), 1).probability
    assert found.min() >= 0 and found.max() <= 1
