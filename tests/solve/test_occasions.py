"""Roles that choose on occasion only, against the same games with each occasion as a visible move of chance."""

from __future__ import annotations

import copy
import io
import math
from collections import defaultdict
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rich.console import Console
from tests.oracle import Oracle
from tests.small import theory
from tests.solve.test_gradient import assert_gradients, columns_of, course, jittered, numeric, solved
from tests.solve.test_joint import assert_same_tree
from tests.solve.test_typed_gradient import check_gradient_of_a_course
from tests.solve.test_typed_gradient import made as random_types
from tests.strategies import Drawn, theories
from tests.typed import TypedGame, typed_game

import blocs
from blocs.errors import InputError
from blocs.forecast.explain import choose_decisions, explain
from blocs.forecast.solving import follow, solve
from blocs.game.game import Game, compile_theory
from blocs.game.history import lay_out
from blocs.game.public_tree import count_histories
from blocs.game.types import typed_columns, typed_tables
from blocs.interop.unfolding import unfold
from blocs.language.load import under_theory
from blocs.language.theory import Theory
from blocs.report.explaining import print_explanations
from blocs.solve.draws import Draws, medians
from blocs.solve.gradient import Seed, gradient
from blocs.solve.private import Exact
from blocs.solve.sequential import Pass, Restriction, backward, residual

RANDOM = [HealthCheck.too_slow, HealthCheck.filter_too_much]
FORMULAS = ("0.3", "1 - exp(-exp({0}) * step_years)", "logistic({0} - size)", "clip(size, 0.25, 0.75)")


def on_occasion(drawn: Drawn) -> tuple[Theory, list[int]]:
    """Return the theory with occasions in some of its stages, at least one, and the numbers of these."""
    pick = Random(drawn.seed + 1)
    data = drawn.theory.model_dump(exclude_unset=True)
    chosen = sorted(pick.sample(range(len(data["stages"])), pick.randint(1, len(data["stages"]))))
    for k in chosen:
        data["stages"][k]["occasion"] = pick.choice(FORMULAS).format(pick.choice(list(drawn.values)))
    return Theory.model_validate(data), chosen


def told_apart(made: Theory) -> tuple[Theory, dict[int, int]]:
    """Return the same game in which chance says before a stage whether there is an occasion, and all see it.

    The stages of the first theory have new numbers there, which are returned too.
    """
    data: dict[str, Any] = made.model_dump(exclude_unset=True)
    stages, place = [], {}
    for k, stage in enumerate(data["stages"]):
        q = stage.pop("occasion", None)
        if q is not None:
            name = f"occasion{k}"
            data["state"][name] = {"type": "boolean", "start": False}
            branches = [{"p": q, "set": {name: True}}, {"p": "rest", "set": {name: False}}]
            stages.append({"stage": name, "role": stage["role"], "options": {"hold": {"chance": branches}}})
            for option in stage["options"]:
                if option != "hold":
                    own = stage["options"][option]
                    own["when"] = f"({own['when']}) and {name}" if "when" in own else name
        place[k] = len(stages)
        stages.append(stage)
    return Theory.model_validate({**data, "stages": stages}), place


def values_of(drawn: Drawn) -> dict[str, Any]:
    return {**drawn.values, "size": float(drawn.theory.facts["size"].default)}  # type: ignore[arg-type]


@settings(max_examples=40)
@given(theories())
def test_the_same_game_with_a_visible_move_of_chance(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    apart, place = told_apart(made)
    game, values = compile_theory(made, None, drawn.steps), values_of(drawn)
    done = backward(game, game.tables(values, columns_of(game), 1), keep=True)
    oracle = Oracle(apart, drawn.steps, values)
    np.testing.assert_allclose(done.start[: len(game.roles), 0], oracle.begin(0, oracle.start), rtol=1e-9, atol=1e-9)
    taken, ended, left, length = oracle.play()
    mine = follow(game, done)
    for t in range(drawn.steps):
        for number, (k, plan) in enumerate(game.layout.options):
            assert mine[0][t, number, 0] == pytest.approx(taken[t, place[k], plan.name], abs=1e-10)
        for o, label in enumerate(game.outcomes):
            assert mine[1][t, o, 0] == pytest.approx(ended[t, label], abs=1e-10)
    assert mine[2][:, 0] == pytest.approx([left[label] for label in game.outcomes], abs=1e-10)
    # columns of outcomes and of the length are counted backward
    chances = oracle.outcomes()
    assert done.start[len(game.roles) :, 0] == pytest.approx([chances["one"], chances["two"], length], abs=1e-9)
    assert residual(game, done) < 1e-12


@settings(max_examples=25)
@given(theories(most_steps=3))
def test_the_likelihood_sums_over_what_nobody_saw(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    apart, place = told_apart(made)
    game, values = compile_theory(made, None, drawn.steps), values_of(drawn)
    done = backward(game, game.tables(values, columns_of(game), 1))
    seen = _options_taken(game, done, drawn.seed)
    # the options of a course, whatever chance did: forward through our choices ...
    graph = game.graph
    mass = {graph.start: 1.0}
    for t, k, option in seen:
        if k == 0 and t > 0:
            mass = {row - graph.nodes - graph.ends: p for row, p in mass.items() if row >= graph.nodes + graph.ends}
        after: dict[int, float] = defaultdict(float)
        first = int(graph.arc_ptr[graph.node_ptr[k]])
        for node, p in mass.items():
            for arc in graph.arcs_of(node) if node < graph.nodes else ():
                if game.option_names[graph.arc_option[arc]] == option:
                    share = p * done.sigma[int(done.sigma_at[t, k]) + arc - first, 0]
                    for b in graph.branches_of(arc):
                        chance = done.tables.probability[graph.branch_row[b], 0]
                        after[int(graph.branch_next[b])] += share * chance
        mass = after
    # ... and through those of the other game, over both values of every occasion
    oracle = Oracle(apart, drawn.steps, values)
    states = {oracle.start: 1.0}
    back = {there: here for here, there in place.items()}
    wanted = {(t, place[k]): option for t, k, option in seen}
    last = (seen[-1][0], place[seen[-1][1]])
    for t in range(drawn.steps):
        for k in range(len(apart.stages)):
            if (t, k) > last:
                break
            moved: dict[Any, float] = defaultdict(float)
            for state, p in states.items():
                if oracle.ended(state):
                    continue
                for name, (_, results) in oracle.moves(k, state).items():
                    if k not in back or name == wanted[t, k]:
                        for chance, new in results:
                            moved[new] += p * oracle.node(t, k, state)[1][name] * chance
            states = moved
    assert sum(mass.values()) == pytest.approx(sum(states.values()), rel=1e-9)


def _options_taken(game: Game, done: Pass, seed: int) -> list[tuple[int, int, str]]:
    graph = game.graph
    return [(one.step, one.stage, game.option_names[graph.arc_option[one.arc]]) for one in course(game, done, seed)]


@settings(max_examples=15)
@given(theories())
def test_with_a_certain_occasion_nothing_changes(drawn: Drawn) -> None:
    data = drawn.theory.model_dump(exclude_unset=True)
    for stage in data["stages"]:
        stage["occasion"] = "1"
    one, other = (compile_theory(each, None, drawn.steps) for each in (drawn.theory, Theory.model_validate(data)))
    first, second = (backward(game, game.tables(values_of(drawn), columns_of(game), 1)) for game in (one, other))
    assert np.array_equal(first.start, second.start) and np.array_equal(first.sigma, second.sigma)


@settings(max_examples=25)
@given(theories())
def test_gradients(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    game, values = compile_theory(made, None, drawn.steps), jittered(drawn)
    seeds = course(game, solved(game, values), drawn.seed)
    assert_gradients(game, values, seeds, numeric(game))


@settings(max_examples=8)
@given(theories("probit", most_steps=3))
def test_gradients_of_probit_play(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    game, values = compile_theory(made, None, drawn.steps), jittered(drawn)
    assert_gradients(game, values, course(game, solved(game, values), drawn.seed), numeric(game))


@settings(max_examples=10)
@given(theories(most_steps=3))
def test_a_batch_has_the_gradients_of_its_draws(drawn: Drawn) -> None:
    made, _ = on_occasion(drawn)
    game, values = compile_theory(made, None, drawn.steps), jittered(drawn, 4)
    together = solved(game, values, keep=True)
    d_start = np.random.default_rng(drawn.seed).normal(size=together.start.shape)
    seeds, wrt, columns = course(game, together, drawn.seed), numeric(game), columns_of(game)
    every = gradient(game, together, columns, Draws(values, None, "test", 4), d_start, wrt, seeds, threads=2)
    for d in range(4):
        one = {name: value[d : d + 1] for name, value in values.items()}
        done = solved(game, one, keep=True)
        np.testing.assert_allclose(together.start[:, d], done.start[:, 0], rtol=1e-12, atol=1e-12)
        alone = gradient(game, done, columns, Draws(one, None, "test", 1), d_start[:, d : d + 1], wrt, seeds)
        for name in wrt:
            np.testing.assert_allclose(every[name][d], alone[name][0], rtol=1e-9, atol=1e-9)


@settings(max_examples=15)
@given(theories(most_steps=3))
def test_restrictions_leave_no_choice_to_the_occasion(drawn: Drawn) -> None:
    """What is forced is done, occasion or not; and where the option for no occasion is forbidden, there is always one."""
    made, chosen = on_occasion(drawn)
    plain = drawn.theory.model_dump(exclude_unset=True)
    game, values = compile_theory(made, None, drawn.steps), jittered(drawn)
    pick = Random(drawn.seed)
    k = pick.choice(chosen)
    for k_other in set(chosen) - {k}:
        plain["stages"][k_other]["occasion"] = made.stages[k_other].occasion  # type: ignore[union-attr]
    without = compile_theory(Theory.model_validate(plain), None, drawn.steps)
    moves = [number for number, (stage, plan) in enumerate(game.layout.options) if stage == k and plan.name != "hold"]
    hold = next(
        number for number, (stage, plan) in enumerate(game.layout.options) if stage == k and plan.name == "hold"
    )
    forced = [Restriction(hold, 0, drawn.steps - 1, forced=True)]
    one, other = (solved(each, values, restrictions=forced) for each in (game, without))
    np.testing.assert_allclose(one.start, other.start, rtol=1e-12, atol=1e-12)
    assert residual(game, one, forced) < 1e-12
    # a forced option may be illegal in places, where the role chooses (on occasion) among the others
    forced = [Restriction(pick.choice(moves), 0, drawn.steps - 1, forced=True)]
    assert residual(game, solved(game, values, restrictions=forced), forced) < 1e-12
    assert_gradients(game, values, [], numeric(game), restrictions=forced)
    always = all(game.theory.stages[k].options[game.option_names[o]].when is None for o in moves)  # type: ignore[index]
    forbidden = [Restriction(hold, 0, drawn.steps - 1, forced=False)]
    if always:
        one, other = (solved(each, values, restrictions=forbidden) for each in (game, without))
        np.testing.assert_allclose(one.start, other.start, rtol=1e-12, atol=1e-12)


def chooser(occasion: str, **parts: Any) -> Game:
    """Return a game of two states: once up, it pays `prize` a step."""
    made = theory({"x": [0, 1]}, {"a": {"hold": {}, "up": {"when": "x == 0", "set": {"x": 1}}}}, parameters=["prize", "rate"],
                  payoffs={"a": {"pay": "prize * x"}}, outcomes={"up": "x == 1", "down": "otherwise"},
                  horizon={"after_last_step": "1"})  # fmt: skip
    data = made.model_dump(exclude_unset=True)
    data["stages"][0].update(occasion=occasion, **parts)
    return compile_theory(Theory.model_validate(data), None, 2, step_years=0.25)


@pytest.mark.parametrize("draws", [1, 3])
def test_the_derivative_of_a_choice_that_has_no_rest(draws: int) -> None:
    """Where the option for no occasion is forbidden, a choice between two others is a plain logit."""
    made = theory({"x": [0, 1]}, {"a": {"hold": {}, "up": {"set": {"x": 1}}, "down": {"set": {"x": 0}}}}, parameters=["prize"],
                  payoffs={"a": {"pay": "prize * x"}}, outcomes={"up": "x == 1", "down": "otherwise"},
                  horizon={"after_last_step": "1"})  # fmt: skip
    data = made.model_dump(exclude_unset=True)
    data["stages"][0]["occasion"] = "0.5"
    game = compile_theory(Theory.model_validate(data), None, 1)
    values = {"prize": np.linspace(0.7, 1.9, draws)}
    forbidden = [Restriction(game.option_names.index("hold"), 0, 0, forced=False)]
    done = solved(game, values, keep=True, restrictions=forbidden)
    start = game.graph.start
    up = next(arc for arc in game.graph.arcs_of(start) if game.option_names[game.graph.arc_option[arc]] == "up")
    drawn, nothing = Draws(values, None, "test", draws), np.zeros_like(done.start)
    found = gradient(game, done, columns_of(game), drawn, nothing, ["prize"], [Seed(0, 0, start, up)])["prize"]
    # log sigma = -log(1 + exp(-lambda prize)), with a precision of lambda
    lam = done.tables.precision[0]
    np.testing.assert_allclose(found, lam / (1.0 + np.exp(lam * values["prize"])), rtol=1e-12)


def test_two_states_by_hand() -> None:
    game = chooser("1 - exp(-rate * step_years)")
    prize, rate = 0.7, 3.0
    done = backward(game, game.tables({"prize": prize, "rate": rate}, columns_of(game), 1))
    q = 1 - np.exp(-0.75)
    # last step: up brings the prize once; in the first it brings it twice, and holding leaves what comes later
    p = 1 / (1 + np.exp(-prize))
    late = q * p * prize
    answer = 1 / (1 + np.exp(late - 2 * prize))
    assert done.start[0, 0] == pytest.approx(q * answer * 2 * prize + (1 - q * answer) * late, rel=1e-12)
    assert done.start[1, 0] == pytest.approx(q * answer + (1 - q * answer) * q * p, rel=1e-12)


def test_an_occasion_that_never_comes() -> None:
    game = chooser("rate")
    values = {"prize": np.array([0.7, 0.7]), "rate": np.array([0.0, 1e-6])}
    done = backward(game, game.tables(values, columns_of(game), 2), keep=True)
    assert done.start[1, 0] == 0.0
    d_start = np.zeros_like(done.start)
    d_start[1] = 1.0
    found = gradient(game, done, columns_of(game), Draws(values, None, "test", 2), d_start, ["rate", "prize"])
    # without a later chance holding is worth nothing: answers are logistic(2 prize) and logistic(prize)
    slope = 1 / (1 + np.exp(-1.4)) + 1 / (1 + np.exp(-0.7))
    assert found["rate"] == pytest.approx(np.full(2, slope), rel=1e-5)
    assert found["prize"][0] == 0.0


def test_a_chance_outside_its_range_is_refused() -> None:
    game = chooser("rate")
    with pytest.raises(InputError, match=r"this probability is 1\.5 for some draw"):
        game.tables({"prize": 1.0, "rate": 1.5}, columns_of(game), 1)


def test_a_certificate_sees_choices_that_do_not_fit() -> None:
    game = chooser("0.5")
    done = backward(game, game.tables({"prize": 1.0, "rate": 1.0}, columns_of(game), 1), keep=True)
    assert residual(game, done) < 1e-14
    done.sigma[:2, 0] = [0.4, 0.6]
    assert residual(game, done) > 1e-3


@settings(max_examples=25)
@given(theories(most_steps=2))
def test_the_exported_tree_has_the_same_equilibrium(drawn: Drawn) -> None:
    assert_same_tree(on_occasion(drawn)[0], drawn)


@pytest.mark.parametrize(("occasion", "nodes"), [("0", 1), ("1", 5), ("0.5", 13)])
def test_occasions_that_are_open_are_moves_of_chance(occasion: str, nodes: int) -> None:
    """Two steps: up for good, or hold and choose again; before each choice chance says whether there is one."""
    game = chooser(occasion)
    tree = unfold(game, {"prize": 1.0, "rate": 1.0})
    assert tree.nodes == nodes
    assert ("occasion for a" in tree.infoset_labels) == (occasion == "0.5")


def test_types_with_occasions_are_not_written_as_trees() -> None:
    types = {"a": {"keen": {"prior": 0.5, "set": {"prize": "prize + 1"}}, "cool": {"prior": "rest"}}}
    data: dict[str, Any] = chooser("0.5").theory.model_dump(exclude_unset=True) | {"types": types}
    with pytest.raises(InputError, match="with private types, stages in which a role chooses on occasion only"):
        unfold(compile_theory(Theory.model_validate(data), None, 2), {"prize": 1.0, "rate": 1.0})


def test_what_is_done_without_an_occasion_cannot_be_taken_away() -> None:
    with pytest.raises(InputError, match="it cannot be taken away"):
        chooser("0.5", otherwise="wait")


def test_an_act_that_never_comes_tells_nothing_of_types() -> None:
    types = {"a": {"keen": {"prior": 0.5, "set": {"prize": "prize + 1"}}, "cool": {"prior": "rest"}}}
    data: dict[str, Any] = chooser("0.5").theory.model_dump(exclude_unset=True) | {"types": types}
    data["stages"][0]["occasion"] = "0"
    never = compile_theory(Theory.model_validate(data), None, 2)
    with pytest.raises(InputError, match="an occasion cannot be impossible"):
        typed_tables(never, {"prize": 1.0, "rate": 1.0}, typed_columns(never), 1)


def busy_or_not(made: TypedGame, seed: int) -> tuple[TypedGame, TypedGame]:
    """Return a game of one step with types and occasions, and the same with busy types in place of no occasion.

    Who is busy in a stage would pay more than anything for all but holding. That is known from the start, so that it may
    only concern the first stage of a role.
    """
    pick = Random(seed)
    first = {**made.data, "stages": [dict(stage) for stage in made.data["stages"]]}
    second = copy.deepcopy(first)
    rare: dict[str, dict[int, float]] = {}
    starts = {stage["role"]: k for k, stage in reversed(list(enumerate(first["stages"])))}
    for k in pick.sample(list(starts.values()), pick.randint(1, len(starts))):
        rare.setdefault(first["stages"][k]["role"], {})[k] = q = pick.choice([0.25, 0.5, 0.8])
        first["stages"][k]["occasion"] = str(q)
        second["parameters"][f"busy{k}"] = 0
        for name, option in second["stages"][k]["options"].items():
            if name != "hold":
                role = first["stages"][k]["role"]
                option.setdefault("cost", {})
                option["cost"][role] = f"({option['cost'].get(role, 0)}) + busy{k}"
    for role, stages in rare.items():
        kinds = {}
        for name, spec in made.data["types"].get(role, {"only": {"prior": "1"}}).items():
            for which in product([False, True], repeat=len(stages)):
                p = [1 - q if busy else q for busy, q in zip(which, stages.values(), strict=True)]
                costs = {f"busy{k}": "1000" for busy, k in zip(which, stages, strict=True) if busy}
                kinds["_".join([name, *map(str, map(int, which))])] = {
                    "prior": f"({spec['prior']}) * {math.prod(p)}", "set": {**spec.get("set", {}), **costs}
                }  # fmt: skip
        second["types"][role] = kinds
    busy = {name: 0.0 for name in second["parameters"] if name not in made.values}
    games = [compile_theory(Theory.model_validate(data), None, 1) for data in (first, second)]
    return TypedGame(games[0], made.values, first, 1), TypedGame(games[1], made.values | busy, second, 1)


@settings(max_examples=20, deadline=None, suppress_health_check=RANDOM)
@given(st.integers(0, 2**32 - 1).map(lambda seed: typed_game(seed, 2)).filter(lambda one: one is not None))
def test_who_has_no_occasion_is_as_one_who_is_busy(made: TypedGame) -> None:
    one, other = busy_or_not(made, len(made.data["stages"]))
    assume(count_histories(one.game) <= 300)
    first, second = (
        solve(
            each.game,
            Draws({n: np.array([v]) for n, v in each.values.items()}, None, "test", 1),
            beliefs=Exact(starts=0),
        )
        for each in (one, other)
    )
    np.testing.assert_allclose(first.taken, second.taken, atol=1e-9)
    np.testing.assert_allclose(first.ended, second.ended, atol=1e-9)
    np.testing.assert_allclose(first.left, second.left, atol=1e-9)
    assert first.certificate.residual < 1e-9


def rare_types(seed: int) -> TypedGame | None:
    """Return a random game with types whose occasions depend on a parameter."""
    found = random_types(seed)
    if found is None:
        return None
    stages = [dict(stage) for stage in found.data["stages"]]
    for stage in stages[seed % 2 :: 2] or stages:
        stage["occasion"] = "0.2 + 0.7 * logistic(p0)"
    return found.changed(stages=stages)


@settings(max_examples=10, deadline=None, suppress_health_check=RANDOM)
@given(st.integers(0, 2**32 - 1).map(rare_types).filter(lambda one: one is not None), st.integers(0, 1000))
def test_gradients_through_beliefs(game: TypedGame, seed: int) -> None:
    check_gradient_of_a_course(game, seed)


def test_an_explanation_tells_of_the_occasion(tmp_path: Path) -> None:
    path = tmp_path / "busy.yaml"
    path.write_text(BUSY, encoding="utf-8")
    case = under_theory(blocs.load("sino-albanian-1961"), blocs.load_theory(path))
    game = blocs.compile(case)
    told, other = explain(game, medians(game), choose_decisions(game, lay_out(game), role="client", at="1961-01"))
    assert told.stage == "line of the client" and told.occasion is not None
    assert told.occasion[0] == pytest.approx(0.25)
    odds = told.precision[0] * (told.value[:, 0] - told.value[0, 0])
    answers = np.exp(odds) / np.exp(odds).sum()
    # without an occasion the client holds
    assert told.probability[1:, 0] == pytest.approx(0.25 * answers[1:], rel=1e-12)
    assert told.probability[0, 0] == pytest.approx(0.25 * answers[0] + 0.75, rel=1e-12)
    assert told.to_json()["occasion"]["mean"] == pytest.approx(0.25)
    stream = io.StringIO()
    print_explanations(Console(file=stream, width=120), [told])
    assert "An occasion to choose comes with 25.0 %" in stream.getvalue()
    assert other.occasion is None and "occasion" not in other.to_json()


BUSY = """\
theory: busy
extends: patron-client-steady
stages:
  - {stage: line of the client, occasion: 0.25}
"""
