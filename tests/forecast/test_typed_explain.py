"""Reasons type by type: they add up, are those of the game without types where types are alike, and hold by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.typed import BORDER, BORDER_CASE

import blocs
from blocs.forecast.explain import choose_decisions, explain
from blocs.forecast.explanation import Explanation, by_decision
from blocs.game.game import Game
from blocs.game.history import lay_out
from blocs.solve.draws import Draws, draw, medians
from blocs.solve.private import Beliefs, Exact, Grid
from blocs.solve.sequential import Restriction

# two people who do not know each other's mind, one move each, and nothing after
SMALL = """
theory: offer
roles: {seller: asks much or little, buyer: takes it or not}
parameters: {greed: 0, haste: 0.5, worth: 1.5}
state: {price: {range: [0, 2]}, sold: {type: boolean}}
stages:
  - stage: ask
    role: seller
    options:
      hold: {set: {price: 1}}
      more: {set: {price: 2}, cost: {seller: 0.3 + greed}}
  - stage: answer
    role: buyer
    options:
      hold: {cost: {buyer: haste}}
      take: {set: {sold: true}}
payoffs:
  seller: {money: price * sold}
  buyer: {good: worth * sold, price: -price * sold}
types:
  seller:
    proud: {prior: 0.25, set: {greed: -0.5}}
    plain: {prior: rest, set: {greed: 0.2}}
play: {discount: 0.5, precision: {seller: 2, buyer: 3}}
horizon: {after_last_step: 1}
outcomes: {sale: sold, none: otherwise}
"""
SMALL_CASE = """
case: offer-1
theory: offer.yaml
calendar: {start: "1900", step: year, steps: 1}
roles: {seller: {actor: S}, buyer: {actor: B}}
history:
  - {date: "1900", role: seller, option: more, event: a high price, assumed: made up}
"""


def compiled(folder: Path, theory: str, case: str, name: str, **sections: Any) -> Game:
    text = yaml.safe_dump({**yaml.safe_load(theory), **sections}, sort_keys=False)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    return blocs.compile(blocs.load(folder / "case.yaml"))


@pytest.fixture(scope="module")
def border(tmp_path_factory: pytest.TempPathFactory) -> Game:
    return compiled(tmp_path_factory.mktemp("border"), BORDER, BORDER_CASE, "border")


def told(game: Game, draws: Draws, role: str, method: Beliefs | None = None) -> list[Explanation]:
    return explain(game, draws, choose_decisions(game, lay_out(game), role=role), beliefs=method)


@pytest.mark.parametrize("method", [Exact(), Grid(5)], ids=["exact", "grid"])
def test_parts_add_up_and_agree_with_the_solution(border: Game, method: Beliefs) -> None:
    draws = draw(border, 4, 0)
    solution = blocs.solve(border, draws, beliefs=method)
    assert solution.history is not None
    number = {(d.step, d.stage): i for i, d in enumerate(solution.history.decisions)}
    (path,) = solution.beliefs
    for role in border.roles:
        decisions = choose_decisions(border, lay_out(border), role=role)
        groups = by_decision(explain(border, draws, decisions, beliefs=method))
        for decision, group in zip(decisions, groups, strict=True):
            at = number[decision.step, decision.stage]
            assert [one.type for one in group] == (["bold", "timid"] if role == "north" else [""])
            for kind, one in enumerate(group):
                assert one.error < 1e-9
                assert one.contributions.sum(axis=0) == pytest.approx(one.value, abs=1e-9)
                if one.belief is not None:
                    assert one.belief == pytest.approx(path.before[at, kind], abs=1e-12)
                    assert one.public == pytest.approx(solution.choices[at], abs=1e-12)
                if isinstance(method, Exact):
                    weight = np.exp(one.precision * (one.value - one.value.max(axis=0)))
                    assert one.probability == pytest.approx(weight / weight.sum(axis=0), abs=1e-10)
            if len(group) > 1:
                mean = sum(one.belief * one.probability for one in group if one.belief is not None)
                assert mean == pytest.approx(group[0].public, abs=1e-12)


def test_a_finer_grid_comes_closer_to_the_exact_reasons(border: Game) -> None:
    draws = draw(border, 2, 0)
    exact = told(border, draws, "north", Exact())
    errors = []
    for points in (5, 17, 65):
        found = told(border, draws, "north", Grid(points))
        errors.append(
            max(
                float(np.abs(one.value - other.value).max())
                + float(np.abs(one.contributions - other.contributions).max())
                for one, other in zip(found, exact, strict=True)
            )
        )
    assert errors[1] < errors[0] / 3 and errors[2] < errors[1] / 3 and errors[2] < 2e-3


@pytest.mark.parametrize("method", [Exact(), Grid(3)], ids=["exact", "grid"])
def test_types_that_are_alike_have_the_reasons_of_the_game_without_types(tmp_path: Path, method: Beliefs) -> None:
    alike = {"north": {"one": {"prior": 0.3, "set": {"dread": 0}}, "other": {"prior": "rest", "set": {"dread": 0}}}}
    typed = compiled(tmp_path, BORDER, BORDER_CASE, "border", types=alike)
    values = medians(typed)
    found = {role: told(typed, values, role, method) for role in typed.roles}
    plain = compiled(tmp_path, BORDER, BORDER_CASE, "border", types={})
    for role in plain.roles:
        expected = told(plain, values, role)
        for group, one in zip(by_decision(found[role]), expected, strict=True):
            for mine in group:
                assert mine.parts == one.parts
                assert mine.contributions == pytest.approx(one.contributions, abs=1e-10)
                assert mine.value == pytest.approx(one.value, abs=1e-10)
                assert mine.probability == pytest.approx(one.probability, abs=1e-10)


def test_a_single_type_has_the_reasons_of_the_game_with_its_parameters(tmp_path: Path) -> None:
    single = {"north": {"bold": {"prior": 1, "set": {"dread": "-daring"}}}}
    typed = compiled(tmp_path, BORDER, BORDER_CASE, "border", types=single)
    values = medians(typed)
    found = told(typed, values, "north")
    daring = float(values.values["daring"][0])
    parameters = {**yaml.safe_load(BORDER)["parameters"], "dread": -daring}
    plain = compiled(tmp_path, BORDER, BORDER_CASE, "border", types={}, parameters=parameters)
    for one, other in zip(found, told(plain, medians(plain), "north"), strict=True):
        assert one.type == "bold" and one.belief == pytest.approx([1.0])
        assert one.contributions == pytest.approx(other.contributions, abs=1e-10)
        assert one.probability == pytest.approx(other.probability, abs=1e-10)


def test_a_small_game_by_hand(tmp_path: Path) -> None:
    """The buyer moves last and cares for the price alone, so that all values can be written down."""
    game = compiled(tmp_path, SMALL, SMALL_CASE, "offer")
    # after the step the good is had for one more step, discounted by a half
    takes = {price: 1 / (1 + np.exp(3 * (-0.5 - 0.5 * (1.5 - price)))) for price in (1, 2)}
    proud, plain = told(game, medians(game), "seller")
    assert (proud.type, plain.type) == ("proud", "plain")
    assert [proud.belief, plain.belief] == [pytest.approx([0.25]), pytest.approx([0.75])]
    public = 0.0
    for one, greed, prior in ((proud, -0.5, 0.25), (plain, 0.2, 0.75)):
        hold, more = 0.5 * 1 * takes[1], 0.5 * 2 * takes[2] - 0.3 - greed
        assert one.value[:, 0] == pytest.approx([hold, more], abs=1e-12)
        parts = {part.name: one.contributions[i, :, 0] for i, part in enumerate(one.parts)}
        assert parts["money"] == pytest.approx([hold, 0.5 * 2 * takes[2]], abs=1e-12)
        assert parts["greed"] == pytest.approx([0, -greed], abs=1e-12)
        chance = 1 / (1 + np.exp(2 * (hold - more)))
        assert one.probability[1, 0] == pytest.approx(chance, abs=1e-12)
        public += prior * chance
        gap = one.difference("more", "hold")
        assert gap.total == pytest.approx([more - hold], abs=1e-12)
        assert f"For the seller ({one.type})" in gap.sentence() and "interval" not in gap.sentence()
    assert proud.public is not None
    assert proud.public[1, 0] == pytest.approx(public, abs=1e-12)
    said = proud.to_json()
    assert said["type"] == "proud" and said["belief"]["mean"] == pytest.approx(0.25)
    assert said["public_probability"]["more"]["mean"] == pytest.approx(public, abs=1e-12)


def test_forced_moves_are_refused(border: Game) -> None:
    forced = Restriction(0, 0, 0, True)
    with pytest.raises(blocs.InputError, match="not taken apart under forced moves"):
        explain(border, medians(border), restrictions=[forced])
