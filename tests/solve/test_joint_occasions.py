"""Roles that choose at once, or without a last step, on occasion only: against games that say the same in other words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.optimize import brentq
from tests.solve.struggle import CASE, THEORY, palace
from tests.solve.test_endless import RATES, check_slopes, horizon
from tests.solve.test_gradient import assert_gradients, course, jittered, numeric, solved
from tests.solve.test_joint import assert_same_tree, logit, two_by_two
from tests.strategies import Drawn, joint_theories, theories

import blocs
from blocs.forecast.explain import choose_decisions, explain
from blocs.game.game import Game, compile_theory
from blocs.game.history import lay_out
from blocs.interop.efg import parse_efg
from blocs.language.load import under_theory
from blocs.language.theory import Theory
from blocs.library import theory_path
from blocs.solve.draws import Draws, medians
from blocs.solve.extensive import solve_extensive
from blocs.solve.gradient import gradient
from blocs.solve.joint import look_for_others
from blocs.solve.sequential import Pass, Restriction, backward, residual

FORMULAS = ("0.3", "1 - exp(-exp({0}))", "logistic({0} - size)", "clip(size, 0.25, 0.75)")


def on_occasion(drawn: Drawn) -> tuple[Drawn, dict[str, str]]:
    """Return the theory in which some roles choose on occasion only, in all their stages; and how likely that is."""
    pick = Random(drawn.seed + 1)
    data = drawn.theory.model_dump(exclude_unset=True)
    roles = list(data["roles"])
    rates = {
        role: pick.choice(FORMULAS).format(pick.choice(list(drawn.values)))
        for role in pick.sample(roles, pick.randint(1, len(roles)))
    }
    for stage in data["stages"]:
        if "roles" in stage:
            stage["occasion"] = {role: rates[role] for role in stage["roles"] if role in rates}
        elif stage["role"] in rates:
            stage["occasion"] = rates[stage["role"]]
    return replace(drawn, theory=Theory.model_validate(data)), rates


def among_the_results(drawn: Drawn, rates: dict[str, str]) -> Theory:
    """Return the same game in which a role always chooses, and what it chooses comes to holding if there is no occasion.

    What an option brings more than holding is then the less by the probability of an occasion, and a role that is the
    more precise by as much answers as before.
    """
    data = drawn.theory.model_dump(exclude_unset=True)
    for stage in data["stages"]:
        stage.pop("occasion", None)
        groups = stage["options"] if "roles" in stage else {stage["role"]: stage["options"]}
        for role, options in groups.items():
            for name, option in options.items() if role in rates else ():
                if name == "hold":
                    continue
                q, own, other = rates[role], _results(option), _results(options["hold"])
                found = [{"p": f"({q}) * ({p})", "set": moves} for p, moves in own]
                found += [{"p": f"(1 - ({q})) * ({p})", "set": moves} for p, moves in other]
                found[-1]["p"] = "rest"
                option.pop("set", None)
                cost = {payer: f"({q}) * ({text})" for payer, text in option.get("cost", {}).items()}
                option.update(chance=found, cost=cost)
    precision = data["play"].setdefault("precision", {})
    for role, q in rates.items():
        precision[role] = f"({precision.get(role, '1')}) / ({q})"
    return Theory.model_validate(data)


def _results(option: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    branches = option.get("chance") or [{"p": "rest"}]
    stated = "".join(f" - ({one['p']})" for one in branches if one["p"] != "rest")
    return [
        (f"1{stated}" if one["p"] == "rest" else one["p"], {**option.get("set", {}), **one.get("set", {})})
        for one in branches
    ]


def same_game(drawn: Drawn) -> None:
    made, rates = on_occasion(drawn)
    one = compile_theory(made.theory, None, drawn.steps)
    other = compile_theory(among_the_results(made, rates), None, drawn.steps)
    values = jittered(drawn, 2)
    mine, theirs = (solved(game, values, keep=True) for game in (one, other))
    np.testing.assert_allclose(mine.start, theirs.start, rtol=1e-8, atol=1e-8)
    assert residual(one, mine, draw=1) < 1e-11


@settings(max_examples=20)
@given(joint_theories())
def test_an_occasion_is_a_result_of_chance(drawn: Drawn) -> None:
    same_game(drawn)


@settings(max_examples=20)
@given(joint_theories(most_steps=2))
def test_the_exported_tree_has_the_same_equilibrium(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    assert_same_tree(made.theory, drawn)


@settings(max_examples=10, deadline=None)
@given(theories(discounts=RATES, most_steps=2))
def test_without_a_last_step_too(drawn: Drawn) -> None:
    same_game(replace(drawn, theory=horizon(drawn.theory, "forever")))


@settings(max_examples=6, deadline=None)
@given(joint_theories(most_steps=2))
def test_and_where_roles_choose_at_once_for_ever(drawn: Drawn) -> None:
    assume(drawn.theory.play.discount != "1")
    same_game(replace(drawn, theory=horizon(drawn.theory, "forever")))


@settings(max_examples=10)
@given(joint_theories())
def test_with_a_certain_occasion_nothing_changes(drawn: Drawn) -> None:
    data = drawn.theory.model_dump(exclude_unset=True)
    for stage in data["stages"]:
        stage["occasion"] = dict.fromkeys(stage["roles"], "1") if "roles" in stage else "1"
    one, other = (compile_theory(each, None, drawn.steps) for each in (drawn.theory, Theory.model_validate(data)))
    first, second = (solved(game, jittered(drawn)) for game in (one, other))
    assert np.array_equal(first.start, second.start)
    np.testing.assert_allclose(first.sigma, second.sigma, rtol=0, atol=1e-300)


@settings(max_examples=12)
@given(joint_theories(most_steps=2))
def test_gradients(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    game, values = compile_theory(made.theory, None, drawn.steps), jittered(drawn, 2)
    assert_gradients(game, values, course(game, solved(game, values), drawn.seed), numeric(game))


@settings(max_examples=6)
@given(joint_theories(most_steps=2))
def test_gradients_and_answers_where_options_are_forced_or_forbidden(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    game, values = compile_theory(made.theory, None, drawn.steps), jittered(drawn)
    moves = [number for number, (_, plan) in enumerate(game.layout.options) if plan.name != "hold"]
    chosen = [Restriction(Random(drawn.seed).choice(moves), 0, drawn.steps - 1, forced=drawn.seed % 2 == 0)]
    assert residual(game, solved(game, values, keep=True, restrictions=chosen), chosen) < 1e-12
    assert_gradients(game, values, [], numeric(game), few=True, restrictions=chosen)


@settings(max_examples=5, deadline=None)
@given(theories(discounts=RATES, most_steps=2))
def test_gradients_without_a_last_step(drawn: Drawn) -> None:
    check_slopes(on_occasion(drawn)[0])


@settings(max_examples=3, deadline=None)
@given(joint_theories(most_steps=2))
def test_gradients_of_choices_made_at_once_for_ever(drawn: Drawn) -> None:
    assume(drawn.theory.play.discount != "1")
    check_slopes(on_occasion(drawn)[0])


# ---- two roles with two options each: a answers with up or down, b with left or right

PENNIES = [[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]
CHICKEN = [[-3.0, 2.0], [0.0, 1.0]], [[-3.0, 0.0], [2.0, 1.0]]
SEXES = [[3.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 4.0]]


def busy(game: tuple[list[list[float]], list[list[float]]], precision: float, a: object, b: object) -> Game:
    """Return the game in which a goes down and b right where they have no occasion; `rate` is a parameter."""
    data = two_by_two(*game, precision).theory.model_dump(exclude_unset=True)
    data["parameters"] = {"rate": {"prior": "Beta(2, 2)"}}
    data["stages"][0].update(occasion={"a": str(a), "b": str(b)}, otherwise={"a": "down", "b": "right"})
    return compile_theory(Theory.model_validate(data), None, 1)


def played(game: Game, *rates: float, **settings_: Any) -> Pass:
    tables = game.tables({"rate": np.array(rates)}, game.columns(), len(rates))
    return backward(game, tables, keep=True, **settings_)


def shares(game: Game, **settings_: Any) -> tuple[float, float]:
    """Return the probabilities with which up and left are done."""
    sigma = played(game, 0.5, **settings_).sigma[:, 0]
    return float(sigma[0]), float(sigma[2])


@pytest.mark.parametrize(
    ("a", "b", "precision"), [(0.5, 0.8, 1.0), (0.9, 0.2, 6.0), (1.0, 0.4, 30.0), (0.02, 1.0, 3.0)]
)
def test_pennies_that_pay_unevenly_solve_their_two_equations(a: float, b: float, precision: float) -> None:
    """Answers are logit(lambda (10 Q - 1)) and logit(lambda (1 - 2 P)), where P and Q are what is done."""

    def left(up: float) -> float:
        return b * logit(precision * (1 - 2 * up))

    wanted = brentq(lambda up: up - a * logit(precision * (10 * left(up) - 1)), 0, 1, xtol=1e-15, rtol=1e-14)
    assert shares(busy(PENNIES, precision, a, b)) == pytest.approx((wanted, left(wanted)), rel=1e-9)


@pytest.mark.parametrize(("a", "b", "precision"), [(0.5, 0.8, 2.0), (0.7, 0.95, 6.0), (1.0, 0.3, 20.0)])
@pytest.mark.parametrize("game", [PENNIES, CHICKEN, SEXES])
def test_chance_that_only_the_role_itself_sees(
    game: tuple[list[list[float]], list[list[float]]], a: float, b: float, precision: float
) -> None:
    """The same as a tree: chance says to each whether it has an occasion, and neither sees what it says to the other.

    The general solver for games in extensive form follows the same branch from choice at random.
    """
    rows, columns = game
    occasions = [(True, True), (True, False), *([(False, True), (False, False)] if a < 1.0 else [])]
    chances = [(a if a_acts else 1 - a) * (b if b_acts else 1 - b) for a_acts, b_acts in occasions]
    lines = [f'c "" 1 "" {{ {" ".join(f"{chr(34)}{n}{chr(34)} {chance!r}" for n, chance in enumerate(chances))} }} 0']
    number = 0
    for a_acts, b_acts in occasions:
        if a_acts:
            lines.append('p "" 1 1 "" { "up" "down" } 0')
        for i in (0, 1) if a_acts else (1,):
            if b_acts:
                lines.append('p "" 2 1 "" { "left" "right" } 0')
            for j in (0, 1) if b_acts else (1,):
                number += 1
                lines.append(f't "" {number} "" {{ {rows[i][j]} {columns[i][j]} }}')
    (found,) = solve_extensive(parse_efg('EFG 2 R "" { "1" "2" }\n' + "\n".join(lines)), [precision])
    # the tree's own chances come first
    answers = found.probabilities[len(chances) :]
    assert shares(busy(game, precision, a, b)) == pytest.approx((a * answers[0], b * answers[2]), rel=1e-8)


def test_with_few_occasions_there_is_one_equilibrium() -> None:
    """Answers are less of what is done, so that they contract where those of the game without occasions fork."""
    _with_few_occasions(1.0, 2.0, "found in 1,")
    _with_few_occasions(0.9, 10.0, "found in 1,")
    _with_few_occasions(0.4, 2.0, "(1 provably have none)")


def _with_few_occasions(share: float, precision: float, told: str) -> None:
    game = busy(CHICKEN, precision, share, share)
    done = played(game, 0.5)
    up = brentq(lambda p: p - logit(precision * (1 - 4 * share * p)), 0, 1, xtol=1e-15)
    assert done.sigma[[0, 2], 0] == pytest.approx(share * up, rel=1e-10)
    agree, text = look_for_others(game, done)
    assert told in text and agree is ("none found" in text)


def test_a_rate_of_zero_has_a_slope() -> None:
    game, rates = busy(SEXES, 1.0, "rate", 0.5), (0.0, 1e-7)
    done = played(game, *rates)
    assert done.sigma[0, 0] == 0.0
    draws = Draws({"rate": np.array(rates)}, None, "test", 2)
    found = gradient(game, done, game.columns(), draws, np.ones((2, 2)), ["rate"])
    # alone with b, which now and then goes left; and b's answer to it moves with a's going up
    b = 0.5 * logit(-4.0)
    a = logit(4 * b - 1)
    worth = np.array([[4.0, 0.0], [0.0, 5.0]])
    of_a = a * np.array([1.0, -1.0]) @ worth @ np.array([b, 1 - b])
    turned = 0.5 * logit(-4.0) * (1 - logit(-4.0)) * 5.0 * a
    of_b = np.array([0.0, 1.0]) @ worth @ np.array([1.0, -1.0]) * turned
    assert found["rate"] == pytest.approx(np.full(2, of_a + of_b), rel=1e-5)


def test_restrictions_leave_no_choice_to_the_occasion() -> None:
    game = busy(SEXES, 1.0, 0.3, 0.5)
    names = list(game.option_names)
    forced, forbidden = (Restriction(names.index(name), 0, 0, name == "up") for name in ("up", "down"))
    assert shares(game, restrictions=[forced])[0] == 1.0
    assert shares(game, restrictions=[forbidden])[0] == 1.0
    # b answers to what is then certain
    assert shares(game, restrictions=[forced])[1] == pytest.approx(0.5 * logit(1.0), rel=1e-12)


# ---- theories and cases


def test_an_explanation_of_a_choice_made_at_once_tells_of_the_occasion(tmp_path: Path) -> None:
    often = THEORY.replace(
        "    roles: [patron, client]\n", "    roles: [patron, client]\n    occasion: {patron: 0.25}\n"
    )
    assert often != THEORY
    game = blocs.compile(palace(tmp_path, often, CASE))
    decisions = choose_decisions(game, lay_out(game), role="patron", at="1960-02")
    (told,) = explain(game, medians(game), decisions)
    assert told.occasion is not None and told.occasion[0] == pytest.approx(0.25)
    answers = np.exp(told.precision[0] * (told.value[:, 0] - told.value[0, 0]))
    answers /= answers.sum()
    assert told.probability[1:, 0] == pytest.approx(0.25 * answers[1:], rel=1e-10)
    assert told.probability[0, 0] == pytest.approx(0.25 * answers[0] + 0.75, rel=1e-10)


BUSY = """\
theory: busy
extends: patron-client
parameters: {rate: {prior: "LogNormal(0.7, 0.7)", help: occasions a year}}
stages:
  - {stage: line of the client, occasion: 1 - exp(-rate * step_years)}
  - {stage: answer of the client, occasion: 1 - exp(-rate * step_years)}
  - {stage: support from the rival, occasion: 0.4}
  - {stage: economy of the patron, occasion: 0.4}
  - {stage: forces and alliance of the patron, occasion: 0.4}
  - {stage: politics of the patron, occasion: 1 - exp(-2 * rate * step_years)}
"""


def test_plot_and_purge_at_once_over_a_theory_with_occasions(tmp_path: Path) -> None:
    (tmp_path / "busy.yaml").write_text(BUSY)
    shipped = Path(theory_path("patron-client-covert")).read_text()
    text = re.sub(r"(?m)^extends: .*$", "extends: ./busy.yaml", shipped)
    text = re.sub(r"(?m)^    occasion: .*\n", "", text)
    (tmp_path / "covert.yaml").write_text(text)
    theory = blocs.load_theory(tmp_path / "covert.yaml")
    at_once = theory.stages[-1]
    # the occasions come along with the options
    assert at_once.occasion == {"client": "1 - exp(-rate * step_years)", "patron": "1 - exp(-2 * rate * step_years)"}
    case = under_theory(blocs.load("sino-albanian-1961"), theory)
    game = compile_theory(case.theory_spec, case, 2, step_years=1 / 12)
    middle = medians(game).values
    assert game.graph.joint and (game.graph.stage_otherwise >= 0).all()
    done = backward(game, game.tables(middle, game.columns(), 1), keep=True)
    assert residual(game, done) < 1e-11
    # a purge is the less likely the rarer its occasions: nobody purges oftener than there are any
    purge = [number for number, name in enumerate(game.option_names) if name == "purge"]
    arcs = np.flatnonzero(np.isin(game.graph.arc_option, purge))
    k = int(np.searchsorted(game.graph.arc_ptr[game.graph.node_ptr], arcs[0], side="right")) - 1
    first = int(game.graph.arc_ptr[game.graph.node_ptr[k]])
    count = int(game.graph.arc_ptr[int(game.graph.node_ptr[k]) + int(game.graph.active[1, k])])
    there = done.sigma[int(done.sigma_at[1, k]) - first + arcs[arcs < count], 0]
    assert 0.0 < there.max() <= done.tables.occasion[k, 0] < 0.5
    rate = {name: np.array([np.ravel(value)[0] * 1.0]) for name, value in middle.items()}
    d_start = np.ones((len(game.roles), 1))
    slope = gradient(game, done, game.columns(), Draws(rate, None, "test", 1), d_start, ["rate"])["rate"][0]
    sides = [
        backward(game, game.tables({**rate, "rate": rate["rate"] + h}, game.columns(), 1)).start.sum()
        for h in (-1e-4, 1e-4)
    ]
    assert slope == pytest.approx((sides[1] - sides[0]) / 2e-4, rel=1e-5)
