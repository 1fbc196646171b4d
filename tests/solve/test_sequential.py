"""The backward and forward passes, against a plain recursion and against what must not change them."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.oracle import Oracle, State
from tests.small import theory
from tests.strategies import Drawn, theories

from blocs.errors import InputError, NumericalError
from blocs.forecast.solving import follow
from blocs.game.columns import Column
from blocs.game.forward import sample
from blocs.game.game import Game, compile_theory
from blocs.language.theory import Theory
from blocs.solve.sequential import Pass, Restriction, backward, residual

EXACT = {"rtol": 1e-12, "atol": 1e-12}
Floats = NDArray[np.float64]


def compiled(drawn: Drawn) -> Game:
    return compile_theory(drawn.theory, None, drawn.steps)


def solved(game: Game, values: dict[str, Any], *observers: Column, draws: int = 1, **settings: Any) -> Pass:
    columns = game.columns(*observers)
    return backward(game, game.tables(values, columns, draws), **settings)


def code(game: Game, state: State) -> int:
    return game.plan.space.encode(
        [int(value) - v.low for v, value in zip(game.plan.space.variables, state, strict=True)]
    )


def assert_same(game: Game, done: Pass, oracle: Oracle, draw: int = 0) -> None:
    """Hold values at the start, every choice probability and what follows from them against a plain player."""
    graph = game.graph
    np.testing.assert_allclose(done.start[: len(game.roles), draw], oracle.begin(0, oracle.start), **EXACT)
    for t, stages in enumerate(oracle.reach()[0]):
        for k, states in enumerate(stages):
            for state in states:
                arcs = graph.arcs_of(graph.node_of(k, code(game, state)))
                at = int(done.sigma_at[t, k]) + arcs.start - int(graph.arc_ptr[graph.node_ptr[k]])
                wanted = list(oracle.node(t, k, state)[1].values())
                np.testing.assert_allclose(done.sigma[at : at + len(arcs), draw], wanted, **EXACT)
    taken, ended, left = (one[..., draw] for one in follow(game, done))
    want_taken, want_ended, want_left, _ = oracle.play()
    for t in range(graph.steps):
        for number, (k, plan) in enumerate(game.layout.options):
            np.testing.assert_allclose(taken[t, number], want_taken.get((t, k, plan.name), 0.0), **EXACT)
        for o, name in enumerate(game.outcomes):
            np.testing.assert_allclose(ended[t, o], want_ended.get((t, name), 0.0), **EXACT)
    np.testing.assert_allclose(left, [want_left.get(name, 0.0) for name in game.outcomes], **EXACT)


# ---- against a plain recursion


@given(theories())
def test_logit_play_is_that_of_a_plain_recursion(drawn: Drawn) -> None:
    game = compiled(drawn)
    assert_same(game, solved(game, drawn.values), drawn.oracle())


@settings(max_examples=20)
@given(theories("probit", most_steps=3))
def test_probit_play_is_that_of_a_plain_recursion(drawn: Drawn) -> None:
    game = compiled(drawn)
    done = solved(game, drawn.values, keep=True)
    assert_same(game, done, drawn.oracle())
    assert residual(game, done) < 1e-12


@settings(max_examples=20)
@given(theories("best", most_steps=3))
def test_best_play_is_that_of_a_plain_recursion(drawn: Drawn) -> None:
    game = compiled(drawn)
    done = solved(game, drawn.values, keep=True)
    assert_same(game, done, drawn.oracle())
    assert residual(game, done) < 1e-12


@given(theories(), st.data())
def test_restricted_play_is_that_of_a_plain_recursion(drawn: Drawn, data: st.DataObject) -> None:
    game = compiled(drawn)
    moves = [(number, k, plan.name) for number, (k, plan) in enumerate(game.layout.options) if plan.name != "hold"]
    steps = st.integers(0, drawn.steps - 1)
    restrictions, told = [], []
    for number, k, name in data.draw(st.lists(st.sampled_from(moves), min_size=1, max_size=2, unique=True)):
        first, last = sorted([data.draw(steps), data.draw(steps)])
        forced = data.draw(st.booleans())
        restrictions.append(Restriction(number, first, last, forced))
        told.append((k, name, first, last, forced))
    done = solved(game, drawn.values, restrictions=restrictions, keep=True)
    assert_same(game, done, Oracle(drawn.theory, drawn.steps, drawn.values, restrictions=told))
    assert residual(game, done, restrictions) < 1e-12


@given(theories())
def test_columns_are_what_the_forward_pass_finds(drawn: Drawn) -> None:
    game = compiled(drawn)
    outcomes = [Column("outcome", index=o) for o in range(len(game.outcomes))]
    options = [Column("option", index=number) for number in range(len(game.layout.options))]
    done = solved(game, drawn.values, *outcomes, *options, Column("length"))
    taken, ended, left = follow(game, done)
    found = done.start[len(game.roles) :, 0]
    np.testing.assert_allclose(found[: len(outcomes)], (ended.sum(axis=0) + left)[:, 0], **EXACT)
    np.testing.assert_allclose(found[: len(outcomes)].sum(), 1.0, **EXACT)
    np.testing.assert_allclose(found[len(outcomes) : -1], taken.sum(axis=0)[:, 0], **EXACT)
    np.testing.assert_allclose(found[-1], drawn.oracle().play()[3], **EXACT)


@given(theories())
def test_terms_and_costs_add_up_to_values(drawn: Drawn) -> None:
    game = compiled(drawn)
    terms = [Column("term", role=term.role, index=i) for i, term in enumerate(game.plan.terms)]
    costs = [
        Column("cost", role=role, index=number)
        for number in range(len(game.layout.options))
        for role in range(len(game.roles))
    ]
    done = solved(game, drawn.values, *terms, *costs)
    for role in range(len(game.roles)):
        parts = [done.start[len(game.roles) + i, 0] for i, column in enumerate([*terms, *costs]) if column.role == role]
        np.testing.assert_allclose(sum(parts), done.start[role, 0], **EXACT)


# ---- draws, threads


def several(drawn: Drawn, count: int) -> dict[str, Floats]:
    rng = np.random.default_rng(drawn.seed)
    return {name: value + rng.normal(0, 0.3, count) for name, value in drawn.values.items()}


@settings(max_examples=20)
@given(theories(), st.integers(2, 19))
def test_a_batch_of_draws_is_its_single_draws(drawn: Drawn, count: int) -> None:
    game, values = compiled(drawn), several(drawn, count)
    together = solved(game, values, Column("outcome", index=0), draws=count, keep=True)
    for d in (0, count - 1):
        alone = solved(game, {name: value[d] for name, value in values.items()}, Column("outcome", index=0), keep=True)
        np.testing.assert_allclose(together.start[:, d], alone.start[:, 0], rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(together.sigma[:, d], alone.sigma[:, 0], rtol=1e-13, atol=1e-13)
        assert residual(game, together, draw=d) < 1e-12
        for one, two in zip(follow(game, together), follow(game, alone), strict=True):
            np.testing.assert_allclose(one[..., d], two[..., 0], rtol=1e-13, atol=1e-13)


def wide(width: int) -> Game:
    """Return a game with stages of `width` squared states from the first step on."""
    wander = {"hold": {}, "up": {"when": f"x < {width - 1}", "set": {"x": "next"}, "cost": {"a": "c"}},
              "down": {"when": "x > 0", "set": {"x": "previous"}}}  # fmt: skip
    leap = {"hold": {"chance": [{"p": f"1 / {width}", "set": {"y": i}} for i in range(width)]}}
    spread = {"hold": {"chance": [{"p": f"1 / {width}", "set": {"x": i}} for i in range(width)]}}
    made = theory(
        {"x": [0, width - 1], "y": [0, width - 1]},
        {
            "a: leap": leap,
            "a: spread": spread,
            "a": wander,
            "b": {"hold": {}, "jump": {"set": {"y": f"{width - 1} - y"}}},
        },
        parameters=["c", "w"],
        payoffs={"a": {"x": "w * abs(x - y)"}, "b": {"y": "sqrt(1 + x * y) / 9"}},
        outcomes={"far": f"abs(x - y) > {width / 2}", "near": "otherwise"},
    )
    return compile_theory(made, None, 3)


@pytest.mark.parametrize("draws", [1, 5])
def test_threads_change_no_bit(draws: int) -> None:
    game = wide(26)
    values = {"c": np.linspace(0.1, 0.4, draws), "w": np.linspace(0.5, 1.0, draws)}
    one, two, three = (solved(game, values, Column("outcome", index=0), draws=draws, threads=n) for n in (1, 2, 3))
    assert np.array_equal(one.start, two.start) and np.array_equal(one.sigma, two.sigma)
    assert np.array_equal(one.start, three.start) and np.array_equal(one.sigma, three.sigma)
    for first, second in zip(follow(game, one, 1), follow(game, two, 3), strict=True):
        assert np.array_equal(first, second)


def test_rows_that_are_watched_are_copied_as_the_pass_goes_by() -> None:
    game = wide(5)
    rows = [(0, 0), (1, int(game.graph.node_ptr[2])), (2, 3)]
    values = {"c": 0.2, "w": 1.0}
    kept = solved(game, values, keep=True)
    done = solved(game, values, watch=rows)
    for found, (step, row) in zip(done.watched, rows, strict=True):
        assert np.array_equal(found, kept.value[step, row])


# ---- what must not change play


def renamed(made: Theory, names: dict[str, str]) -> Theory:
    """Return a theory in which variables, roles, options and values have other names."""
    text = json.dumps(made.model_dump(mode="json", exclude_none=True))
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    return Theory.model_validate(json.loads(pattern.sub(lambda found: names[found[1]], text)))


@given(theories())
def test_names_change_nothing(drawn: Drawn) -> None:
    made = drawn.theory
    old = [*made.state, *made.roles, "o0", "o1", "o2", *drawn.values, "worth"]
    old += [value for spec in made.state.values() for value in spec.values or ()]
    names = {name: f"zz_{len(old) - i}_{name}" for i, name in enumerate(old)}
    again = replace(drawn, theory=renamed(made, names))
    one = solved(compiled(drawn), drawn.values)
    two = solved(compiled(again), {names[name]: value for name, value in drawn.values.items()})
    assert np.array_equal(one.start, two.start) and np.array_equal(one.sigma, two.sigma)


def reordered(made: Theory) -> Theory:
    """Return a theory with variables, roles, options, terms and definitions in the opposite order."""

    def turned(part: dict[str, Any]) -> dict[str, Any]:
        return dict(reversed(part.items()))

    stages = tuple(stage.model_copy(update={"options": turned(dict(stage.options))}) for stage in made.stages)
    payoffs = {role: turned(dict(terms)) for role, terms in reversed(made.payoffs.items())}
    update = {"stages": stages, "payoffs": payoffs, "state": turned(made.state), "roles": turned(made.roles)}
    return made.model_copy(update=update)


@given(theories())
def test_order_changes_nothing(drawn: Drawn) -> None:
    # what is forgotten is put back one variable after the other, in their own order
    assume(len(drawn.theory.forget) < 2)
    one_game, two_game = compiled(drawn), compiled(replace(drawn, theory=reordered(drawn.theory)))
    observers = [Column("outcome", index=o) for o in range(3)]
    one, two = (solved(game, drawn.values, *observers) for game in (one_game, two_game))
    roles = len(one_game.roles)
    np.testing.assert_allclose(one.start[:roles], two.start[:roles][::-1], **EXACT)
    np.testing.assert_allclose(one.start[roles:], two.start[roles:], **EXACT)


@given(theories(), st.sampled_from([-3.0, 2.5, 100.0]))
def test_a_constant_in_every_step_changes_no_choice(drawn: Drawn, constant: float) -> None:
    role = next(iter(drawn.theory.roles))
    terms = drawn.theory.payoffs[role]
    more = {**drawn.theory.payoffs, role: {**terms, "shift": {"formula": str(constant)}}}
    data = drawn.theory.model_dump(mode="json", exclude_none=True) | {
        "payoffs": {name: {t: {"formula": getattr(x, "formula", None) or x["formula"]} for t, x in some.items()}
                    for name, some in more.items()}
    }  # fmt: skip
    one, two = compiled(drawn), compiled(replace(drawn, theory=Theory.model_validate(data)))
    before, after = (solved(game, drawn.values, Column("outcome", index=0)) for game in (one, two))
    np.testing.assert_allclose(before.sigma, after.sigma, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(before.start[-1], after.start[-1], rtol=1e-9, atol=1e-11)
    oracle = drawn.oracle()
    weight = 1 / (1 - oracle.discount) if math.isinf(oracle.after) else oracle.after
    steps = sum(oracle.discount**t for t in range(drawn.steps)) + oracle.discount**drawn.steps * weight
    np.testing.assert_allclose(after.start[0] - before.start[0], constant * steps, rtol=1e-9, atol=1e-9)


@given(theories())
def test_what_a_role_that_never_moves_wants_changes_no_choice(drawn: Drawn) -> None:
    data = drawn.theory.model_dump(mode="json", exclude_none=True)
    data["roles"] = {"watcher": "", **data["roles"]}
    data["payoffs"]["watcher"] = {"pay": {"formula": "p0 * 100 + v0 * 3"}}
    one, two = compiled(drawn), compiled(replace(drawn, theory=Theory.model_validate(data)))
    before, after = solved(one, drawn.values), solved(two, drawn.values)
    assert np.array_equal(before.sigma, after.sigma)
    np.testing.assert_array_equal(before.start, after.start[1:])


# ---- what comes beyond the last step


@pytest.mark.parametrize(
    ("after", "discount", "value"),
    [("nothing", "0.5", 1 + 0.5 + 0.25), ("continue", "0.5", 2.0), ("4", "0.5", 1 + 0.5 + 0.25 + 0.125 * 4),
     ("2 * p", "1", 3 + 6.0), ("nothing", "1", 3.0), ("nothing", "0", 1.0), ("continue", "0", 1.0)],
)  # fmt: skip
def test_payoffs_beyond_the_last_step(after: str, discount: str, value: float) -> None:
    parts = {"payoffs": {"a": {"pay": "1"}}, "play": {"discount": discount}, "horizon": {"after_last_step": after}}
    going = theory({"x": [0, 1]}, {"a": {"hold": {}}}, parameters=["p"], **parts)
    over = theory({"x": [0, 1]}, {"a": {"end": {"set": {"x": 1}}}}, parameters=["p"], ends_when="x == 1", **parts)
    for made in (going, over):
        assert solved(compile_theory(made, None, 3), {"p": 3.0}).start[0, 0] == pytest.approx(value, rel=1e-15)


# ---- limits


def choice(precision: str, **parts: Any) -> Game:
    options = {"hold": {}, "gain": {"set": {"x": 1}}, "same": {"set": {"x": 1}}, "lose": {"cost": {"a": "1"}}}
    made = theory({"x": [0, 1]}, {"a": options}, payoffs={"a": {"pay": "x"}}, parameters=["p"],
                  play={"precision": {"a": precision}}, horizon={"after_last_step": "1"}, **parts)  # fmt: skip
    return compile_theory(made, None, 1)


def test_precision_zero_is_blind_chance() -> None:
    assert solved(choice("0"), {"p": 0.0}).sigma[:, 0].tolist() == [0.25] * 4


def test_precision_that_is_huge_is_the_best_response() -> None:
    np.testing.assert_allclose(solved(choice("1e6"), {"p": 0.0}).sigma[:, 0], [0, 0.5, 0.5, 0], atol=1e-300)


def test_precision_in_between_by_hand() -> None:
    weights = np.exp([0, 0.7, 0.7, -0.7])
    np.testing.assert_allclose(solved(choice("p"), {"p": 0.7}).sigma[:, 0], weights / weights.sum(), rtol=1e-15)


@pytest.mark.parametrize("x", [0.0, -1e-9, -0.3, -5.0, -36.7, -300.0, -700.0])
def test_exponential_of_the_kernels(x: float) -> None:
    found = solved(choice("p"), {"p": -x}).sigma[:, 0]
    assert found[0] / found[1] == pytest.approx(math.exp(x), rel=1e-15)


@given(theories())
def test_precision_that_is_huge_approaches_best_play(drawn: Drawn) -> None:
    data = drawn.theory.model_dump(mode="json", exclude_none=True)
    data["play"] |= {"precision": dict.fromkeys(data["roles"], "1e6"), "response": "logit"}
    sharp = compiled(replace(drawn, theory=Theory.model_validate(data)))
    data["play"]["response"] = "best"
    best = compiled(replace(drawn, theory=Theory.model_validate(data)))
    one, two = (solved(game, drawn.values) for game in (sharp, best))
    close = np.abs(one.sigma - two.sigma).max()
    # values nearer to one another than 1e-4 are told apart by the best response only
    assume(close < 1e-6 or ((one.sigma < 1e-6) | (one.sigma > 1 - 1e-6) | np.isclose(one.sigma, two.sigma)).all())
    np.testing.assert_allclose(one.start, two.start, rtol=1e-6, atol=1e-6)


def test_values_that_overflow_are_told() -> None:
    options = {"hold": {}, "up": {"set": {"x": 1}}}
    made = theory({"x": [0, 1]}, {"a": options}, parameters=["p"], payoffs={"a": {"pay": "p + x"}})
    with pytest.raises(NumericalError, match="the values of the game overflow"):
        solved(compile_theory(made, None, 3), {"p": 1e308})
    with pytest.raises(NumericalError, match=r"payoffs\.a\.pay.* has no finite value"):
        solved(compile_theory(made, None, 3), {"p": math.inf})


def test_probit_is_for_two_options() -> None:
    made = theory({}, {"a": {"one": {}, "two": {}, "three": {}}}, play={"response": "probit"})
    with pytest.raises(InputError, match="probit` is for two options; `stage 0` has up to 3"):
        solved(compile_theory(made, None, 1), {})


def test_probit_cannot_be_restricted() -> None:
    made = theory({}, {"a": {"one": {}, "two": {}}}, play={"response": "probit"})
    with pytest.raises(InputError, match="under `response: logit` or `best`"):
        solved(compile_theory(made, None, 1), {}, restrictions=[Restriction(0, 0, 0, True)])


def test_restrictions_that_leave_no_choice_are_told() -> None:
    made = theory({"x": [0, 1]}, {"a: line": {"up": {"set": {"x": 1}}, "down": {"when": "x == 1", "set": {"x": 0}}}})
    game = compile_theory(made, None, 2)
    with pytest.raises(InputError, match=r"in step 1 every option of `line` that is legal is forbidden .*: x 0"):
        solved(game, {}, restrictions=[Restriction(0, 0, 1, False)])
    solved(game, {}, restrictions=[Restriction(1, 0, 1, False)])


# ---- the certificate


@given(theories())
def test_certificate_is_small_for_a_solution(drawn: Drawn) -> None:
    game = compiled(drawn)
    done = solved(game, drawn.values, Column("outcome", index=0), Column("length"), keep=True)
    assert residual(game, done) < 1e-12
    assert residual(game, solved(game, drawn.values)) < 1e-12


@pytest.mark.parametrize("what", ["sigma", "node", "carry", "ended", "start", "cost", "pay", "precision"])
def test_certificate_is_large_for_what_is_no_solution(what: str) -> None:
    options = {
        "hold": {},
        "up": {"when": "x < 3", "set": {"x": "next"}, "cost": {"a": "0.3"}},
        "end": {"set": {"x": 4}},
    }
    made = theory({"x": [0, 4]}, {"a": options, "b": {"hold": {}, "reset": {"set": {"x": 0}}}}, ends_when="x == 4",
                  payoffs={"a": {"pay": "x"}, "b": {"pay": "-x"}}, play={"discount": "0.9"},
                  horizon={"after_last_step": "continue"})  # fmt: skip
    game = compile_theory(made, None, 4)
    done = solved(game, {}, keep=True)
    graph, tables = game.graph, done.tables
    assert residual(game, done) < 1e-14
    if what == "sigma":
        done.sigma[5] += 1e-6
    elif what == "start":
        done.start[1] += 1e-6
    elif what in ("node", "carry", "ended"):
        row = {"node": 1, "carry": graph.nodes + graph.ends, "ended": graph.nodes}[what]
        done.value[2, row, 0] += 1e-5
    else:
        done = replace(done, tables=replace(tables, **{what: getattr(tables, what) + 1e-5 * getattr(tables, what)}))
    assert residual(game, done) > 1e-8


# ---- sampled play


def test_sampled_play_has_the_exact_frequencies() -> None:
    options = {
        "hold": {},
        "try": {"chance": [{"p": "0.4", "set": {"x": 2}}, {"p": "0.35", "set": {"x": 1}}, {"p": "rest"}]},
    }
    made = theory({"x": [0, 2]}, {"a": options, "b": {"hold": {}, "back": {"when": "x == 1", "set": {"x": 0}}}},
                  ends_when="x == 2", payoffs={"a": {"pay": "x"}},
                  outcomes={"done": "x == 2", "half": "x == 1", "none": "otherwise"})  # fmt: skip
    game = compile_theory(made, None, 3)
    graph = game.graph
    done = solved(game, {})
    taken, ended, left = (one[..., 0] for one in follow(game, done))
    paths, places = 20_000, graph.steps * graph.stages
    uniforms = np.random.default_rng(7).random((paths, places, 2))
    arcs, branches = np.empty((paths, places), np.int32), np.empty((paths, places), np.int32)
    last = sample(
        graph.steps, graph.node_ptr, graph.arc_ptr, graph.branch_ptr, graph.branch_next, graph.branch_row,
        done.tables.probability, done.sigma, done.sigma_at, 0, uniforms, graph.ends, arcs, branches,
    )  # fmt: skip

    def close(found: Any, probability: Any) -> None:
        p = np.asarray(probability)
        # five standard deviations, for some twenty numbers and a fixed seed
        assert (np.abs(found - p) <= 5 * np.sqrt(p * (1 - p) / paths) + 1e-12).all()

    rows = np.where(
        last < graph.nodes + graph.ends, last - graph.nodes + graph.first_stage, last - graph.nodes - graph.ends
    )
    outcome = graph.outcome[rows]
    close(np.bincount(outcome, minlength=3) / paths, ended.sum(axis=0) + left)
    for t in range(graph.steps):
        for k in range(graph.stages):
            place = t * graph.stages + k
            here = arcs[:, place][arcs[:, place] >= 0]
            counts = np.bincount(graph.arc_option[here], minlength=len(game.layout.options))
            stage = np.array(game.option_stages) == k
            close(counts[stage] / paths, taken[t][stage])
            assert not counts[~stage].any()
    # each path is one: an arc of the node that the branch before led to, nothing after an end
    for path in range(50):
        node = graph.start
        for arc, branch in zip(arcs[path], branches[path], strict=True):
            if node < 0:
                assert arc == branch == -1
                continue
            assert arc in graph.arcs_of(node) and branch in graph.branches_of(int(arc))
            after = int(graph.branch_next[branch])
            ends = graph.nodes <= after < graph.nodes + graph.ends
            node = -1 if ends else after if after < graph.nodes else after - graph.nodes - graph.ends
