"""Private types: the tree of public histories and the grid of beliefs against other solvers, and against themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.typed import TypedGame, dynamic_types, signalling, typed_game

from blocs.errors import InputError, UsageError
from blocs.forecast.solution import Solution
from blocs.forecast.solving import solve
from blocs.game.game import Game, compile_theory
from blocs.game.public_tree import count_histories, public_tree
from blocs.game.types import typed_columns, typed_tables
from blocs.interop.efg import format_efg, parse_efg
from blocs.interop.unfolding import unfold
from blocs.language.theory import Theory
from blocs.solve.belief_grid import BeliefGrid
from blocs.solve.belief_layout import grid_points
from blocs.solve.continuation import follow
from blocs.solve.draws import Draws
from blocs.solve.extensive import solve_extensive
from blocs.solve.filtering import Filter, GridFilter, TreeFilter
from blocs.solve.private import Exact, Grid, private_solver
from blocs.solve.sequential import Restriction
from blocs.solve.typed_tree import TypedTree

typed_games = st.integers(0, 2**32 - 1).map(typed_game).filter(lambda one: one is not None)
binary_games = (
    st.integers(0, 2**32 - 1).map(lambda seed: typed_game(seed, 2, ("1", "0.9"))).filter(lambda one: one is not None)
)
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def draws_of(values: dict[str, float]) -> Draws:
    return Draws({name: np.array([value]) for name, value in values.items()}, None, "test", 1)


def solved(made: TypedGame, method: Exact | Grid | None = None, restrictions: tuple[Restriction, ...] = ()) -> Solution:
    return solve(made.game, draws_of(made.values), beliefs=method, restrictions=restrictions)


def tree_of(game: Game, values: dict[str, float]) -> TypedTree:
    problem = TypedTree(public_tree(game), typed_tables(game, values, typed_columns(game), 1))
    point = follow(problem, [1.0], scale=problem.scale())[0]
    problem.sweep(point.x, 1.0)
    return problem


# ---- against the solver of games in extensive form, which knows nothing of types


@few
@given(typed_games)
def test_a_game_with_types_is_its_tree_with_information_sets(made: TypedGame) -> None:
    if not 1 < count_histories(made.game) <= 200:
        return
    tree = parse_efg(format_efg(unfold(made.game, made.values)))
    (other,) = solve_extensive(tree, [1.0])
    ours = solved(made, Exact(starts=0))
    np.testing.assert_allclose(ours.values[:, 0], other.payoffs, rtol=1e-9, atol=1e-9)
    totals = dict.fromkeys(made.game.outcomes, 0.0)
    for label, probability in zip(tree.outcome_labels, other.outcome_probabilities.tolist(), strict=True):
        totals[label] += probability
    np.testing.assert_allclose(ours.outcome_draws()[:, 0], list(totals.values()), atol=1e-9)
    assert ours.certificate.residual < 1e-9


WORDS = {"SQ": "quo", "CH": "challenge", "CD": "concede", "RS": "resist", "SF": "fight", "BD": "back"}


def reference(shared: Path, name: str) -> tuple[float, dict[str, dict[str, float]]]:
    found = json.loads((shared / "reference" / "solvers" / f"{name}.json").read_text())
    return found["lam"], {one["label"]: one["actions"] for one in found["infosets"]}


def by_history(game: Game, problem: TypedTree) -> dict[tuple[int, str], dict[str, np.ndarray]]:
    """Return choice probabilities by role and by the history of the typed roles' options."""
    found: dict[tuple[int, str], dict[str, np.ndarray]] = {}
    past = [""]
    for board, kept in zip(problem.boards, problem.kept, strict=True):
        level = board.level
        names = [game.option_names[o] for o in game.graph.arc_option[level.arc]]
        for a, name in enumerate(names):
            found.setdefault((level.role, past[level.owner[a]]), {})[name] = kept.sigma[:, a]
        going = zip(level.mover, level.below, strict=True)
        typed = board.typed >= 0
        past = [past[level.owner[m]] + (names[m].upper() if typed else "") for m, below in going if below >= 0]
    return found


@pytest.mark.parametrize(("rounds", "types"), [(1, 2), (2, 2), (3, 2), (1, 5)])
@pytest.mark.parametrize("lam", [1, 2, 5])
def test_rounds_of_escalation_as_gambit_solves_them(rounds: int, types: int, lam: int, shared: Path) -> None:
    at, expected = reference(shared, f"dyn_types{types}_R{rounds}_lam{lam}")
    game = dynamic_types(rounds, types, at)
    found = by_history(game, tree_of(game, {"war_a": 0.0, "war_b": 0.0}))
    assert len(expected) == sum(types for role, _ in found if role < 2)
    for label, actions in expected.items():
        who, past = label.split("|")
        ours = found["AB".index(who[0]), past]
        for action, probability in actions.items():
            assert ours[action.lower()][int(who[1:])] == pytest.approx(probability, abs=1e-10)


@pytest.mark.parametrize("types", [2, 5, 10])
@pytest.mark.parametrize("lam", [1, 2, 5])
def test_crisis_signalling_as_gambit_solves_it(types: int, lam: int, shared: Path) -> None:
    at, expected = reference(shared, f"sig_n{types}_lam{lam}")
    game = signalling(types, at)
    found = by_history(game, tree_of(game, {"war_a": 0.0, "war_b": 0.0}))
    stages = {
        "challenge?": found[0, ""],
        "respond": found[1, "CHALLENGE"],
        "fight?": found[0, "CHALLENGERESIST"],
    }
    for label, actions in expected.items():
        who, stage = label.split(":")
        for action, probability in actions.items():
            assert stages[stage][WORDS[action]][int(who[1:])] == pytest.approx(probability, abs=1e-10)


# ---- against the game without types


def without_types(made: TypedGame) -> TypedGame:
    return made.changed(types={})


@few
@given(typed_games)
def test_one_type_is_the_game_without_types(made: TypedGame) -> None:
    if count_histories(made.game) > 200:
        return
    alone = made.changed(types={role: {"only": {"prior": "1"}} for role in made.data["types"]})
    one, none = solved(alone, Exact(starts=0)), solved(without_types(made))
    np.testing.assert_allclose(one.values, none.values, atol=1e-10)
    np.testing.assert_allclose(one.taken, none.taken, atol=1e-10)


@few
@given(binary_games, st.sampled_from([Exact(starts=0), Grid(5, starts=0)]))
def test_types_that_are_alike_are_the_game_without_types(made: TypedGame, method: Exact | Grid) -> None:
    if count_histories(made.game) > 200:
        return
    alike = made.changed(types={role: {"a": {"prior": "0.3"}, "b": {"prior": "rest"}} for role in made.data["types"]})
    two, none = solved(alike, method), solved(without_types(made))
    np.testing.assert_allclose(two.values, none.values, atol=1e-9)
    np.testing.assert_allclose(two.ended, none.ended, atol=1e-9)
    np.testing.assert_allclose(two.taken, none.taken, atol=1e-9)


@few
@given(binary_games)
def test_a_certain_type_is_the_game_with_its_payoffs(made: TypedGame) -> None:
    if count_histories(made.game) > 200:
        return
    types = {
        role: {name: {**spec, "prior": "1" if name == "t1" else "0"} for name, spec in kinds.items()}
        for role, kinds in made.data["types"].items()
    }
    values = dict(made.values)
    for role, kinds in types.items():
        shift = kinds["t1"]["set"][f"own_{role}"]
        values[f"own_{role}"] = eval(shift, {}, made.values)  # the test's own arithmetic
    known = solve(without_types(made).game, draws_of(values))
    for method in (Exact(starts=0), Grid(3, starts=0)):
        certain = solved(made.changed(types=types), method)
        np.testing.assert_allclose(certain.values, known.values, atol=1e-9)
        np.testing.assert_allclose(certain.outcome_draws(), known.outcome_draws(), atol=1e-9)


# ---- the grid against the tree


@pytest.mark.parametrize("lam", [1.0, 5.0])
def test_a_finer_grid_comes_closer_to_the_exact_solution(lam: float) -> None:
    game = dynamic_types(3, 2, lam)
    check_refinement(game, {"war_a": 0.0, "war_b": 0.0})


def check_refinement(game: Game, values: dict[str, float]) -> None:
    draws = draws_of(values)
    exact = solve(game, draws, beliefs=Exact(starts=0))
    gaps = []
    for points in (5, 9, 17, 33):
        near = solve(game, draws, beliefs=Grid(points, starts=0))
        assert near.certificate.residual < 1e-10
        assert abs(near.certificate.probability_sum - 1) < 1e-12
        gaps.append(
            max(np.abs(near.values - exact.values).max(), np.abs(near.outcome_draws() - exact.outcome_draws()).max())
        )
    # linear interpolation: twice the points, a quarter of the error; a third at least
    assert gaps[0] < 5e-3
    assert gaps[3] < gaps[0] / 27


@few
@given(binary_games)
def test_the_grid_is_near_the_tree_on_random_games(made: TypedGame) -> None:
    if count_histories(made.game) > 200:
        return
    exact, near = solved(made, Exact(starts=0)), solved(made, Grid(33, starts=0))
    if exact.certificate.starts_agree is False:
        return
    np.testing.assert_allclose(near.outcome_draws(), exact.outcome_draws(), atol=5e-3)
    assert near.certificate.residual < 1e-9


def test_points_of_the_grid_hold_the_prior_and_both_ends() -> None:
    for prior in (0.01, 0.3, 0.5, 0.99):
        points = grid_points(prior, 9)
        assert points[0] == 0 and points[-1] == 1 and points[4] == prior
        assert (np.diff(points) > 0).all()
    with pytest.raises(UsageError, match="odd number"):
        grid_points(0.5, 8)


# ---- what beliefs must do


def every_move(game: Game, walk: Filter, most: int = 60) -> Iterator[tuple[Any, list[tuple[float, Any]]]]:
    """Yield positions, each with what follows it: (position, [(probability, position)])."""
    graph = game.graph
    waiting = [(walk.start(), 0, graph.start)]
    while waiting and most:
        most -= 1
        at, step, node = waiting.pop(0)
        after = []
        for arc in graph.arcs_of(node):
            for branch in graph.branches_of(arc):
                probability, there = walk.after(at, step, node, arc, branch)
                row = int(graph.branch_next[branch])
                if branch == graph.branches_of(arc)[0]:
                    after.append((probability, there))
                if row < graph.nodes:
                    waiting.append((there, step, row))
                elif row >= graph.nodes + graph.ends and step + 1 < graph.steps:
                    waiting.append((there, step + 1, row - graph.nodes - graph.ends))
        yield at, after


def test_beliefs_are_a_martingale_along_the_tree_and_on_the_grid() -> None:
    game = dynamic_types(2, 2, 5.0)
    values = {"war_a": 0.0, "war_b": 0.0}
    tables = typed_tables(game, values, typed_columns(game), 1)
    grid = BeliefGrid(game, 5)
    wanted = [(t, node) for t in range(2) for node in range(game.graph.nodes) if node < game.graph.nodes]
    done = grid.solve(tables, watch=wanted)
    moved = 0.0
    walks: list[Filter] = [TreeFilter(tree_of(game, values)), GridFilter(grid, tables, 0, done, wanted)]
    for walk in walks:
        for at, after in every_move(game, walk):
            assert sum(p for p, _ in after) == pytest.approx(1, abs=1e-12)
            for q, belief in enumerate(walk.beliefs(at)):
                mean = sum(p * walk.beliefs(there)[q] for p, there in after)
                np.testing.assert_allclose(mean, belief, atol=1e-12)
                moved = max(moved, *(float(np.abs(walk.beliefs(there)[q] - belief).max()) for _, there in after))
    # and they do move
    assert moved > 0.01


@few
@given(binary_games, st.sampled_from([Exact(starts=0), Grid(5, starts=0)]))
def test_names_and_order_of_types_do_not_matter(made: TypedGame, method: Exact | Grid) -> None:
    if count_histories(made.game) > 200:
        return
    turned = made.changed(
        types={
            role: {f"z{name}": kinds[name] for name in reversed(kinds)} for role, kinds in made.data["types"].items()
        }
    )
    one, two = solved(made, method), solved(turned, method)
    np.testing.assert_allclose(one.outcome_draws(), two.outcome_draws(), atol=1e-8)
    for path, other in zip(one.beliefs, two.beliefs, strict=True):
        np.testing.assert_allclose(path.values, other.values[::-1], atol=1e-8)


@few
@given(binary_games, st.sampled_from([Exact(starts=0), Grid(5, starts=0)]))
def test_a_constant_in_the_payoffs_changes_no_choice(made: TypedGame, method: Exact | Grid) -> None:
    if count_histories(made.game) > 200:
        return
    payoffs = {role: {**terms, "bonus": {"formula": "0.75"}} for role, terms in made.data.get("payoffs", {}).items()}
    one, two = solved(made, method), solved(made.changed(payoffs=payoffs), method)
    np.testing.assert_allclose(one.taken, two.taken, atol=1e-8)


def test_an_option_can_be_forced_or_forbidden() -> None:
    game = dynamic_types(2, 2, 2.0)
    values = draws_of({"war_a": 0.0, "war_b": 0.0})
    number = game.option_names.index("e")
    for method in (Exact(starts=0), Grid(5, starts=0)):
        forbidden = solve(game, values, beliefs=method, restrictions=[Restriction(number, 0, 1, False)])
        assert forbidden.taken[:, number].max() == 0
        forced = solve(game, values, beliefs=method, restrictions=[Restriction(number, 0, 0, True)])
        assert forced.taken[0, number, 0] == pytest.approx(1, abs=1e-12)
        # what both types must do tells nothing
        assert abs(forced.certificate.probability_sum - 1) < 1e-12


@pytest.mark.parametrize("method", [Exact(starts=0), Grid(5, starts=0)])
def test_courses_that_are_played_out_are_as_frequent_as_the_solution_says(method: Exact | Grid) -> None:
    game = dynamic_types(2, 2, 3.0)
    values = {"war_a": 0.0, "war_b": 0.0}
    tables = typed_tables(game, values, typed_columns(game), 1)
    count = 2000
    courses = private_solver(game, method).sample(tables, 0, count, seed=5)
    expected = solve(game, draws_of(values), beliefs=method)
    seen = np.zeros((2, len(game.option_names)))
    told: dict[tuple[int, ...], tuple[float, int]] = {}
    for one in courses:
        for step, _, arc, _ in one.moves:
            seen[step, game.graph.arc_option[arc]] += 1 / count
        key = tuple(branch for *_, branch in one.moves)
        told[key] = (one.probability, told.get(key, (0.0, 0))[1] + 1)
    # four standard errors of a share of 2,000
    np.testing.assert_allclose(seen, expected.taken[:, :, 0], atol=4 * 0.5 / np.sqrt(count))
    # who is of which type is independent of everything but the moves
    assert abs(np.mean([one.types[0] for one in courses]) - 0.5) < 4 * 0.5 / np.sqrt(count)
    for probability, times in told.values():
        assert abs(times / count - probability) < 5 * np.sqrt(probability / count) + 1 / count
    assert sum(p for p, _ in told.values()) <= 1 + 1e-9


# ---- what is refused


def test_what_cannot_be_solved_is_refused_in_a_sentence() -> None:
    with pytest.raises(InputError, match="on a grid of beliefs a role has two types; `a` has 5"):
        solve(dynamic_types(1, 5, 1.0), None, beliefs=Grid(5))
    with pytest.raises(InputError, match="public histories; 200,000 can be unrolled"):
        solve(dynamic_types(12, 2, 1.0), None, beliefs=Exact())
    game = dynamic_types(1, 2, 1.0)
    data = game.theory.model_dump(mode="json", exclude_defaults=True)
    data["types"]["a"]["t0"]["prior"] = "war_a - 1"
    wrong = compile_theory(Theory.model_validate(data), None, 1)
    with pytest.raises(InputError, match="probability of a type of `a` is -1"):
        solve(wrong, None)


def test_that_other_starts_agree_is_told() -> None:
    data = {
        "theory": "talk",
        "roles": {"s": "", "r": ""},
        "parameters": {"taste": 0},
        "state": {"said": {"values": ["nothing", "left", "right"]}},
        "stages": [
            {"stage": "say", "role": "s", "options": {"l": {"set": {"said": "left"}}, "r": {"set": {"said": "right"}}}},
            {
                "stage": "act",
                "role": "r",
                "options": {
                    "up": {"cost": {"s": "-taste", "r": "0"}},
                    "down": {"cost": {"s": "taste", "r": "0"}},
                },
            },
        ],
        "types": {"s": {"one": {"prior": 0.5, "set": {"taste": "1"}}, "two": {"prior": 0.5, "set": {"taste": "-1"}}}},
        "play": {"precision": {"s": 8, "r": 8}},
        "outcomes": {"x": "otherwise"},
    }
    # the receiver's payoff does not depend on the sender's type, so that talk is cheap and nothing is learnt
    game = compile_theory(Theory.model_validate(data), None, 1)
    done = solve(game, None, beliefs=Exact(starts=3))
    assert done.certificate.starts_agree is True
    assert "3 of 3 other starts came to the same equilibrium" in done.certificate.message
