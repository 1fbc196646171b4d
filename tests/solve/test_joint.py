"""Stages in which several roles choose at once: against a plain referee, closed forms and an independent solver."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.optimize import brentq
from tests.joint_oracle import Choices, JointOracle
from tests.oracle import State
from tests.solve.struggle import CASE, THEORY, palace
from tests.solve.test_gradient import assert_gradients, course, jittered, numeric
from tests.solve.test_gradient import solved as solved_at
from tests.solve.test_sequential import EXACT, code, solved
from tests.strategies import Drawn, joint_theories

import blocs
from blocs.errors import InputError
from blocs.fit.likelihood import HistoryLikelihood
from blocs.forecast.explain import explain
from blocs.forecast.paths import likeliest_paths, sample_courses
from blocs.forecast.solving import follow, solve
from blocs.game.change import changed
from blocs.game.game import Game, compile_theory
from blocs.game.history import lay_out
from blocs.interop.efg import format_efg, parse_efg
from blocs.interop.unfolding import tree_size, unfold
from blocs.language.theory import Theory
from blocs.solve.draws import draw, medians
from blocs.solve.extensive import solve_extensive
from blocs.solve.joint import look_for_others
from blocs.solve.sequential import Pass, Restriction, residual


def choices_of(game: Game, done: Pass, draw: int = 0) -> Any:
    """Return what makes a referee who is told the engine's choices at each stage of the theory in each state."""
    graph, names = game.graph, game.option_names

    def choose(t: int, k: int, state: State) -> Choices:
        found: Choices = {}
        turns = [number for number, turn in enumerate(game.plan.stages) if turn.number == k]
        head = graph.node_of(turns[0], code(game, state))
        for number in turns:
            group, shares = graph.group_of(number, head), {}
            for node in group:
                arcs = graph.arcs_of(node)
                at = int(done.sigma_at[t, number]) + arcs.start - int(graph.arc_ptr[graph.node_ptr[number]])
                mine = done.sigma[at : at + len(arcs), draw]
                if shares:
                    # a role cannot tell the nodes of a group apart
                    assert list(shares.values()) == mine.tolist()
                shares = dict(zip([names[graph.arc_option[arc]] for arc in arcs], mine.tolist(), strict=True))
            role = game.roles[game.plan.stages[number].role]
            legal = referee.legal(k, state)[role]
            # where everything before has ended the crisis, nothing is left to choose
            found[role] = shares or dict.fromkeys(legal, 1.0 / len(legal))
            assert list(found[role]) == legal
        return found

    referee: JointOracle

    def judge(theory: Theory, values: dict[str, float]) -> JointOracle:
        nonlocal referee
        referee = JointOracle(theory, graph.steps, values, choose)
        return referee

    return judge


@given(joint_theories())
def test_choices_made_at_once_answer_one_another(drawn: Drawn) -> None:
    game = compile_theory(drawn.theory, None, drawn.steps)
    done = solved(game, drawn.values, keep=True)
    referee = choices_of(game, done)(drawn.theory, drawn.values)
    np.testing.assert_allclose(done.start[:, 0], referee.begin(0, referee.start), **EXACT)
    assert referee.worst < 1e-12
    assert residual(game, done) < 1e-12
    taken, ended, left = (one[..., 0] for one in follow(game, done))
    want_taken, want_ended, want_left, _ = referee.play()
    for t in range(game.graph.steps):
        for number, (k, plan) in enumerate(game.layout.options):
            turn = game.plan.stages[k]
            wanted = want_taken.get((t, turn.number, game.roles[turn.role], plan.name), 0.0)
            np.testing.assert_allclose(taken[t, number], wanted, **EXACT)
        for o, name in enumerate(game.outcomes):
            np.testing.assert_allclose(ended[t, o], want_ended.get((t, name), 0.0), **EXACT)
    np.testing.assert_allclose(left, [want_left.get(name, 0.0) for name in game.outcomes], **EXACT)


@settings(max_examples=25)
@given(joint_theories(most_steps=2))
def test_gradients_with_choices_made_at_once(drawn: Drawn) -> None:
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn)
    seeds = course(game, solved_at(game, values), drawn.seed)
    assert_gradients(game, values, seeds, numeric(game))


def assert_same_tree(made: Theory, drawn: Drawn) -> Game:
    """Solve the exported tree by the general solver, which knows nothing of stages and needs precision and discount 1."""
    data = made.model_dump(exclude_none=True)
    beyond = "2" if data["horizon"]["after_last_step"] == "continue" else data["horizon"]["after_last_step"]
    data |= {"play": {"precision": dict.fromkeys(data["roles"], "1")}, "horizon": {"after_last_step": beyond}}
    game = compile_theory(Theory.model_validate(data), None, drawn.steps)
    assume(tree_size(game) < 1500)
    values = {name: value for name, value in drawn.values.items() if name in game.theory.parameters}
    tree = parse_efg(format_efg(unfold(game, values)))
    assert tree.nodes == tree_size(game)
    (found,) = solve_extensive(tree, [1.0])
    np.testing.assert_allclose(found.payoffs, solved(game, values).start[:, 0], rtol=1e-9, atol=1e-9)
    return game


@settings(max_examples=25)
@given(joint_theories(most_steps=2))
def test_the_exported_tree_has_the_same_equilibrium(drawn: Drawn) -> None:
    assume(assert_same_tree(drawn.theory, drawn).graph.joint)


# ---- games with known answers


def two_by_two(rows: list[list[float]], columns: list[list[float]], precision: float = 1.0, **play: Any) -> Game:
    """Return a game of one stage: role a chooses the row, b the column."""
    names = [["aa", "ab"], ["ba", "bb"]]
    pay = [
        {names[i][j]: f"{number[i][j]} * (end == {names[i][j]})" for i in range(2) for j in range(2)}
        for number in (rows, columns)
    ]
    data = {
        "theory": "matrix",
        "roles": {"a": "", "b": ""},
        "state": {"end": {"values": ["none", "up", "down", "aa", "ab", "ba", "bb"]}},
        "stages": [
            {
                "stage": "at once",
                "roles": ["a", "b"],
                "options": {
                    "a": {"up": {"set": {"end": "up"}}, "down": {"set": {"end": "down"}}},
                    "b": {
                        "left": {"set": {"end": "aa if end == up else ba"}},
                        "right": {"set": {"end": "ab if end == up else bb"}},
                    },
                },
            }
        ],
        "payoffs": {"a": pay[0], "b": pay[1]},
        "play": {"precision": {"a": str(precision), "b": str(precision)}, **play},
        "horizon": {"after_last_step": "1"},
        "outcomes": {"both": "otherwise"},
    }
    return compile_theory(Theory.model_validate(data), None, 1)


def shares(game: Game, **settings: Any) -> tuple[float, float]:
    """Return the probabilities of up and left."""
    sigma = solved(game, {}, **settings).sigma[:, 0]
    return float(sigma[0]), float(sigma[2])


def logit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@pytest.mark.parametrize("precision", [0.0, 0.5, 3.0, 50.0, 1e4])
def test_matching_pennies_are_even_at_every_precision(precision: float) -> None:
    game = two_by_two([[1, -1], [-1, 1]], [[-1, 1], [1, -1]], precision)
    assert shares(game) == pytest.approx((0.5, 0.5), abs=1e-12)


@pytest.mark.parametrize("precision", [0.3, 1.0, 4.0, 40.0])
def test_pennies_that_pay_unevenly_solve_their_two_equations(precision: float) -> None:
    """With 9 instead of 1 for up and left (Ochs 1995), p = logit(lambda (10 q - 1)) and q = logit(lambda (1 - 2 p))."""
    p, q = shares(two_by_two([[9, 0], [0, 1]], [[0, 1], [1, 0]], precision))
    wanted = brentq(
        lambda p: p - logit(precision * (10 * logit(precision * (1 - 2 * p)) - 1)), 0, 1, xtol=1e-15, rtol=1e-14
    )
    assert p == pytest.approx(wanted, abs=1e-11)
    assert q == pytest.approx(logit(precision * (1 - 2 * wanted)), abs=1e-11)


@pytest.mark.parametrize("precision", [0.5, 2.0, 10.0, 200.0])
def test_chicken_stays_symmetric_on_its_branch(precision: float) -> None:
    """The branch from choice at random is symmetric, past the fork at which two others leave it."""
    game = two_by_two([[-3, 2], [0, 1]], [[-3, 0], [2, 1]], precision)
    p, q = shares(game)
    wanted = brentq(lambda p: p - logit(precision * (1 - 4 * p)), 0, 1, xtol=1e-15, rtol=1e-14)
    assert (p, q) == pytest.approx((wanted, wanted), abs=1e-11)
    done = solved(game, {}, keep=True)
    assert residual(game, done) < 1e-12
    agree, told = look_for_others(game, done)
    assert agree is (precision < 1.5) and ("found in 1," in told) is not agree


def test_battle_of_the_sexes_goes_to_the_side_with_more_to_gain() -> None:
    """Of its equilibria the branch leads to (right, right), which is better against choice at random."""
    game = two_by_two([[3, 0], [0, 1]], [[1, 0], [0, 4]], 8.0)
    p, q = shares(game)
    assert p < 0.01 and q < 0.01
    assert p == pytest.approx(logit(8 * (4 * q - 1)), abs=1e-12) and q == pytest.approx(
        logit(8 * (5 * p - 4)), abs=1e-12
    )
    (found,) = solve_extensive(unfold(two_by_two([[24, 0], [0, 8]], [[8, 0], [0, 32]])), [1.0])
    assert found.probabilities[0] == pytest.approx(p, rel=1e-8)
    message = str(solve(game, None).certificate)
    assert "search" in message and "found in 1, where the branch from choice at random was taken" in message


def test_a_branch_that_turns_back_is_followed_around_its_turns() -> None:
    """Stag hunt with a little more for hunting alone at random: precision falls for a while on the way."""
    rows = [[10.0, 0.0], [7.0, 6.0]]
    for precision in np.linspace(0.05, 3.0, 40):
        game = two_by_two(rows, [[10.0, 7.0], [0.0, 6.0]], float(precision))
        p, q = shares(game)
        assert p == pytest.approx(q, abs=1e-10)
        assert p == pytest.approx(logit(precision * (9 * p - 6)), abs=1e-11)


# ---- what must not change anything


@given(joint_theories(most_steps=2))
def test_payoffs_shifted_by_a_constant_change_no_choice(drawn: Drawn) -> None:
    game = compile_theory(drawn.theory, None, drawn.steps)
    data = drawn.theory.model_dump(exclude_none=True)
    for role in data["roles"]:
        data["payoffs"].setdefault(role, {})["gift"] = {"formula": "1.5"}
    # what goes on after the end would be worth another number of steps
    shifted = compile_theory(Theory.model_validate(data), None, drawn.steps)
    one, two = solved(game, drawn.values).sigma, solved(shifted, drawn.values).sigma
    np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-8)


def test_the_order_of_roles_that_do_not_touch_the_same_thing_is_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    second.mkdir()
    # odds and costs of the struggle depend on what was carried out before: here they do not
    theory = THEORY.replace("odds * (1 if friends == ready else 0.5)", "odds * 0.5")
    theory = theory.replace("risk * (2 if friends == ready else 1)", "risk")
    theory = theory.replace(
        "prepare: {when: friends == quiet, set: {friends: ready}", "prepare: {when: friends == quiet"
    )
    # and what one role does ends nothing before the other has acted
    theory = theory.replace("ends_when: verdict == coup\n", "")
    case = CASE[: CASE.index("history:")]
    one = blocs.compile(palace(first, theory, case))
    swapped = theory.replace("roles: [patron, client]", "roles: [client, patron]")
    two = blocs.compile(palace(second, swapped, case))
    drawn = draw(one, 4, 0)
    a, b = (solved(game, drawn.values, draws=4).start for game in (one, two))
    np.testing.assert_allclose(a, b, rtol=1e-11)


@given(joint_theories(most_steps=2))
def test_a_role_with_nothing_to_choose_is_as_good_as_absent(drawn: Drawn) -> None:
    """With one option each but for one role, choosing at once is choosing in turn."""
    data = drawn.theory.model_dump(exclude_none=True)
    turns = []
    for stage in data["stages"]:
        if "roles" not in stage:
            turns.append(stage)
            continue
        for role in stage["roles"][:-1]:
            stage["options"][role] = {"hold": {}}
        turns += [
            {"stage": f"{stage['stage']} {role}", "role": role, "options": stage["options"][role]}
            for role in stage["roles"]
        ]
    at_once = compile_theory(Theory.model_validate(data), None, drawn.steps)
    in_turn = compile_theory(Theory.model_validate({**data, "stages": turns}), None, drawn.steps)
    one, two = solved(at_once, drawn.values).start, solved(in_turn, drawn.values).start
    np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-11)


@settings(max_examples=20)
@given(joint_theories(most_steps=2))
def test_draws_and_threads_change_nothing(drawn: Drawn) -> None:
    game = compile_theory(drawn.theory, None, drawn.steps)
    values = {name: value + np.array([0.0, 0.1, -0.2]) for name, value in drawn.values.items()}
    together = solved(game, values, draws=3, threads=1)
    shared = solved(game, values, draws=3, threads=2)
    assert np.array_equal(together.sigma, shared.sigma)
    for d in range(3):
        alone = solved(game, {name: value[d] for name, value in values.items()})
        np.testing.assert_allclose(together.sigma[:, d], alone.sigma[:, 0], rtol=1e-9, atol=1e-12)


# ---- a case


def test_a_history_with_choices_made_at_once(tmp_path: Path) -> None:
    game = blocs.compile(palace(tmp_path))
    history = lay_out(game)
    names = [game.plan.stages[one.stage].name for one in history.decisions]
    assert names[:3] == ["line", "struggle (patron)", "struggle (client)"]
    taken = [game.option_names[int(game.graph.arc_option[one.arc])] for one in history.decisions]
    assert taken[:9] == ["defy", "hold", "hold", "hold", "prepare", "hold", "hold", "plot", "purge"]
    likelihood = HistoryLikelihood.of(game)
    values = {name: np.atleast_1d(value) for name, value in medians(game).values.items()}
    value, slopes = likelihood.gradient(values, list(game.theory.parameters))
    assert value == pytest.approx(likelihood.value(values), abs=1e-12)
    for name, slope in slopes.items():
        h = 1e-6
        high, low = (likelihood.value({**values, name: values[name] + step}) for step in (h, -h))
        assert slope == pytest.approx((high - low) / (2 * h), rel=1e-5, abs=1e-7), name


def test_a_move_that_is_illegal_before_the_stage_is_refused(tmp_path: Path) -> None:
    case = (
        CASE + "  - {date: 1960-04, role: client, option: purge, result: fails, event: again, assumed: for the test}\n"
    )
    game = blocs.compile(palace(tmp_path, case=case))
    with pytest.raises(InputError, match="`purge` is not legal for the client in 1960-04") as caught:
        lay_out(game)
    assert "when the client chose `purge`" in str(caught.value)


def test_explanations_add_up_and_answer_the_choices(tmp_path: Path) -> None:
    game = blocs.compile(palace(tmp_path))
    decisions = [one for one in lay_out(game).decisions if one.open]
    for one in explain(game, draw(game, 3, 0), decisions):
        assert one.error < 1e-12
        gap = one.precision * (one.value - one.value[0])
        odds = np.log(one.probability) - np.log(one.probability[0])
        np.testing.assert_allclose(gap, odds, rtol=1e-9, atol=1e-11)


def test_courses_and_alternatives(tmp_path: Path) -> None:
    case = palace(tmp_path)
    game = blocs.compile(case)
    paths = likeliest_paths(game, medians(game))
    assert {path.outcome for path in paths} == {"coup", "defiance", "order"}
    told = "\n".join(one.tell() for one in sample_courses(game, medians(game), 40, 0))
    assert "The Soviet Union prepares." in told and "Albania: purge" in told
    without = changed(case, without=["purge"])
    assert "purge" not in blocs.compile(without).option_names
    solution = solve(game, 8)
    outcomes = solution.outcome_draws().mean(axis=1)
    assert outcomes.sum() == pytest.approx(1, abs=1e-12)
    index = list(solution.to_xarray()["option"].to_numpy())
    assert len(set(index)) == len(index) and "struggle (client): purge" in index
    purge = game.option_names.index("purge")
    forced = [Restriction(purge, 0, 0, forced=True)]
    done = solved(game, medians(game).values, keep=True, restrictions=forced)
    taken, ended, _ = follow(game, done)
    # unless a coup comes first
    assert taken[0, purge, 0] == pytest.approx(1 - ended[0].sum(), abs=1e-12)
    assert residual(game, done, forced) < 1e-12
