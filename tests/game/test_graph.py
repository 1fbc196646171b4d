"""The search for states and its layout, against a search of one state at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.oracle import Oracle, State
from tests.small import theory
from tests.strategies import Drawn, theories

from blocs.errors import InputError
from blocs.game.build import _Known
from blocs.game.game import Game, compile_theory
from blocs.game.inspect import open_after_last_step
from blocs.game.space import Space, Variable
from blocs.language.formulas import NUMBER
from blocs.solve.sequential import backward


def code(game: Game, state: State) -> int:
    """Return the code of a state of the plain player."""
    return game.plan.space.encode(
        [int(value) - v.low for v, value in zip(game.plan.space.variables, state, strict=True)]
    )


def codes_of(game: Game, stage: int, count: int) -> set[int]:
    low = int(game.graph.node_ptr[stage])
    return set(game.graph.codes[low : low + count].tolist())


@given(theories())
def test_states_are_those_that_a_naive_search_finds(drawn: Drawn) -> None:
    game, oracle = compile_theory(drawn.theory, None, drawn.steps), drawn.oracle()
    graph = game.graph
    found, ended, left = oracle.reach()
    assert graph.node_ptr[0] == 0 and graph.node_ptr[-1] == graph.nodes
    for k in range(graph.stages):
        known: set[int] = set()
        for t in range(graph.steps):
            known |= {code(game, state) for state in found[t][k]}
            # exactly the first so many nodes are those reached by the step
            assert codes_of(game, k, int(graph.active[t, k])) == known
    known = {code(game, state) for t in range(graph.steps) for state in found[t][0]}
    known |= {code(game, state) for state in left}
    assert graph.active[-1, 0] == graph.first_stage == len(known)
    assert codes_of(game, 0, graph.first_stage) == known
    assert set(graph.end_codes.tolist()) == {code(game, state) for state in ended}
    assert len(graph.end_codes) == len(ended)
    assert graph.codes[graph.start] == code(game, oracle.start)
    assert (np.diff(graph.active[:-1], axis=0) >= 0).all()
    really_left = {int(one) for one in graph.codes[: graph.first_stage][open_after_last_step(graph)]}
    assert really_left == {code(game, state) for state in left}


@given(theories())
def test_arcs_and_branches_are_the_moves_of_every_state(drawn: Drawn) -> None:
    game, oracle = compile_theory(drawn.theory, None, drawn.steps), drawn.oracle()
    graph = game.graph
    tables = game.tables(drawn.values, game.columns(), 1)
    found = oracle.reach()[0]
    for k in range(graph.stages):
        for state in set().union(*(step[k] for step in found)):
            node = graph.node_of(k, code(game, state))
            moves = oracle.moves(k, state)
            assert [game.option_names[graph.arc_option[arc]] for arc in graph.arcs_of(node)] == list(moves)
            for arc, (costs, results) in zip(graph.arcs_of(node), moves.values(), strict=True):
                np.testing.assert_allclose(-tables.cost[graph.arc_bundle[arc], :, 0], costs, rtol=1e-12, atol=1e-12)
                branches = graph.branches_of(arc)
                wanted = [p for p, _ in results]
                np.testing.assert_allclose(
                    tables.probability[graph.branch_row[branches], 0], wanted, rtol=1e-12, atol=1e-15
                )
                for branch, (_, after) in zip(branches, results, strict=True):
                    assert where(graph, k, int(graph.branch_next[branch])) == place(game, oracle, k, after)


def where(graph: Any, k: int, row: int) -> tuple[str, int]:
    """Return what a row stands for: a node, an ended class (by its payoffs and outcome), or a carry."""
    if row < graph.nodes:
        assert graph.node_ptr[k + 1] <= row < graph.node_ptr[k + 2]
        return "node", int(graph.codes[row])
    if row < graph.nodes + graph.ends:
        return "ended", row - graph.nodes
    return "carry", int(graph.codes[row - graph.nodes - graph.ends])


def place(game: Game, oracle: Oracle, k: int, state: State) -> tuple[str, int]:
    if oracle.ended(state):
        return "ended", int(game.graph.end_class[game.graph.end_codes.tolist().index(code(game, state))])
    return ("node" if k + 1 < game.graph.stages else "carry"), code(game, state)


@given(theories())
def test_payoffs_and_outcomes_of_every_state(drawn: Drawn) -> None:
    game, oracle = compile_theory(drawn.theory, None, drawn.steps), drawn.oracle()
    graph = game.graph
    tables = game.tables(drawn.values, game.columns(), 1)
    found, ended, left = oracle.reach()
    rows = {code(game, state): (state, i) for i, state in enumerate(sorted(ended))}
    for i, one in enumerate(graph.end_codes.tolist()):
        state, row = rows[one][0], graph.first_stage + int(graph.end_class[i])
        np.testing.assert_allclose(tables.pay[graph.pay_bundle[row], :, 0], oracle.pay(state), rtol=1e-12, atol=1e-12)
        assert game.outcomes[graph.outcome[row]] == oracle.outcome(state)
    for state in set().union(left, *(step[0] for step in found)):
        row = graph.node_of(0, code(game, state))
        np.testing.assert_allclose(tables.pay[graph.pay_bundle[row], :, 0], oracle.pay(state), rtol=1e-12, atol=1e-12)
        assert game.outcomes[graph.outcome[row]] == oracle.outcome(state)


@given(theories())
def test_merging_ended_states_changes_no_value(drawn: Drawn) -> None:
    merged = compile_theory(drawn.theory, None, drawn.steps)
    apart = compile_theory(drawn.theory, None, drawn.steps, merge=False)
    assert apart.graph.ends == len(apart.graph.end_codes) >= merged.graph.ends
    one, two = (backward(game, game.tables(drawn.values, game.columns(), 1)) for game in (merged, apart))
    np.testing.assert_allclose(one.start, two.start, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(one.sigma, two.sigma, rtol=1e-12, atol=1e-13)


def test_ended_states_merge_where_payoff_and_outcome_agree() -> None:
    options = {"hold": {}, **{f"to{i}": {"set": {"x": i}} for i in range(1, 7)}}
    made = theory(
        {"x": [0, 6]},
        {"a": options},
        ends_when="x > 0",
        payoffs={"a": {"pay": "x > 3"}},
        outcomes={"even": "x in [2, 4, 6]", "odd": "otherwise"},
    )
    game = compile_theory(made, None, 2)
    assert len(game.graph.end_codes) == 6
    # the states 1 and 3, 2, 4 and 6, and 5
    assert game.graph.ends == 4
    classes = dict(zip(game.graph.end_codes.tolist(), game.graph.end_class.tolist(), strict=True))
    assert classes[1] == classes[3] and classes[4] == classes[6]
    assert len({classes[i] for i in (1, 2, 4, 5)}) == 4


def forgetful(**parts: Any) -> tuple[Any, Any]:
    """Return the same theory with and without forgetting a variable that no longer matters."""
    state = {"open": True, "mood": ["calm", "cross", "wild"], "tally": [0, 3]}
    stages = {
        "a": {
            "hold": {},
            "stir": {"when": "open and mood != wild", "set": {"mood": "next"}, "cost": {"a": "0.2"}},
            "shut": {"set": {"open": False}},
        },
        "b": {"hold": {}, "count": {"when": "tally < 3", "set": {"tally": "next"}}},
    }
    payoffs = {"a": {"mood": "mood * open + tally / 3"}, "b": {"calm": "(mood == calm) * open - tally * p"}}
    common = {
        "payoffs": payoffs,
        "parameters": ["p"],
        "outcomes": {"wild": "open and mood == wild", "rest": "otherwise"},
    }
    return (theory(state, stages, **common), theory(state, stages, forget={"mood": "not open"}, **common))


def test_forgetting_what_does_not_matter_changes_no_value() -> None:
    full, short = (compile_theory(one, None, 5) for one in forgetful())
    assert short.graph.nodes < full.graph.nodes
    assert {tuple(short.plan.space.labels(int(one)).values())[:2] for one in short.graph.codes} == {
        ("true", "calm"),
        ("true", "cross"),
        ("true", "wild"),
        ("false", "calm"),
    }
    one, two = (backward(game, game.tables({"p": 0.3}, game.columns(), 1)) for game in (full, short))
    np.testing.assert_allclose(one.start, two.start, rtol=1e-13)


def test_one_stage_alone_follows_itself() -> None:
    game = compile_theory(
        theory({"x": [0, 9]}, {"a": {"hold": {}, "up": {"when": "x < 9", "set": {"x": "next"}}}}), None, 4
    )
    assert game.graph.active.ravel().tolist() == [1, 2, 3, 4, 5]
    assert game.graph.codes.tolist() == [0, 1, 2, 3, 4]
    # what is reached only after the last step has no moves
    assert len(game.graph.arcs_of(4)) == 0
    assert game.graph.arcs == 8


def test_a_counter_leaves_its_states_behind() -> None:
    game = compile_theory(theory({"year": [0, 9]}, {"a": {"hold": {"set": {"year": "next"}}}}), None, 3)
    assert game.graph.active.ravel().tolist() == [1, 2, 3, 4]
    assert game.graph.codes[open_after_last_step(game.graph)].tolist() == [3]


def test_a_theory_without_state_is_one_decision() -> None:
    game = compile_theory(theory({}, {"a": {"one": {"cost": {"a": "1"}}, "two": {}}}), None, 1)
    assert (game.graph.nodes, game.graph.arcs, game.graph.branches) == (1, 2, 2)
    assert game.plan.space.labels(0) == {}


def failure(made: Any, steps: int = 3) -> str:
    with pytest.raises(InputError) as caught:
        compile_theory(made, None, steps)
    return str(caught.value)


def test_a_stage_without_a_legal_option_is_told_with_its_state() -> None:
    made = theory(
        {"x": [0, 2], "b": False},
        {
            "a": {"up": {"when": "x < 2", "set": {"x": "next"}}},
            "c: second": {"flip": {"when": "x < 2", "set": {"b": "not b"}}},
        },
    )
    text = failure(made)
    assert "stages[1]" in text
    assert "no option is legal in the reachable state: x 2, b true" in text
    assert "give `hold` without a `when`" in text


@pytest.mark.parametrize(
    ("setting", "state"),
    [
        ("next", "x 3"),
        ("previous", "x 0"),
        ("x + 2", "x 2"),
        ("x / 2", "x 1"),
        ("log(x)", "x 0"),
        ("2 ** 16 * 2 ** 16 * x", "x 1"),
    ],
)
def test_values_out_of_range_are_told_with_their_state(setting: str, state: str) -> None:
    made = theory(
        {"x": [0, 3]},
        {"a": {"hold": {}, "up": {"when": "x < 3", "set": {"x": "x + 1"}}, "odd": {"set": {"x": setting}}}},
    )
    text = failure(made, 5)
    assert f"`odd` sets a variable to none of its values in the reachable state: {state}" in text
    assert "forbid it there with `when`" in text


def test_values_out_of_range_do_no_harm_where_they_cannot_be_reached() -> None:
    made = theory({"x": [0, 3]}, {"a": {"hold": {}, "up": {"when": "x < 3", "set": {"x": "next"}}}})
    assert compile_theory(made, None, 9).graph.first_stage == 4


def test_a_crisis_that_has_ended_at_the_start() -> None:
    made = theory({"x": [0, 3]}, {"a": {"hold": {}}}, ends_when="x == 0")
    assert "ends_when" in failure(made) and "this holds already at the start" in failure(made)


def test_forgetting_at_the_start_counts_too() -> None:
    made = theory({"x": {"range": [0, 3], "start": 2}}, {"a": {"hold": {}}}, forget={"x": "x == 2"})
    assert compile_theory(made, None, 1).graph.codes.tolist() == [0]


def test_games_without_a_step_are_refused() -> None:
    assert "a game has at least one step" in failure(theory({}, {"a": {"hold": {}}}), 0)


@pytest.mark.parametrize("share", [1, 1 << 40])
def test_states_are_numbered_alike_densely_and_sparsely(share: int) -> None:
    """A large share makes the space too large for a plain array, so that sorted arrays do the numbering."""
    space = Space((Variable("x", tuple(map(str, range(1000))), NUMBER),))
    known = _Known(space.size, share)
    assert (known.dense is None) == (share > 1)
    rng, numbers = np.random.default_rng(0), dict[int, int]()
    for _ in range(20):
        codes = rng.integers(0, 1000, 60)
        new = sorted({int(one) for one in codes} - numbers.keys())
        numbers |= {one: len(numbers) + i for i, one in enumerate(new)}
        found, fresh = known.number(codes)
        assert found.tolist() == [numbers[int(one)] for one in codes]
        assert fresh.tolist() == new
        assert known.count == len(numbers)
