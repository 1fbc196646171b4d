"""Derivatives through the equilibrium of games with private types, against differences of whole solutions."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.typed import TypedGame, typed_game

from blocs.errors import NumericalError
from blocs.game.public_tree import count_histories, public_tree
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.continuation import follow
from blocs.solve.filtering import TreeFilter
from blocs.solve.typed_gradient import pull_back_types, table_slopes
from blocs.solve.typed_tree import TypedTree

DISCOUNTS = ("1", "0.9", "logistic(p0)")


def made(seed: int) -> TypedGame | None:
    """Return a random game whose precisions, priors and shifts depend on parameters too."""
    found = typed_game(seed, 2, DISCOUNTS)
    if found is None:
        return None
    data = dict(found.data)
    data["play"] = {**data["play"], "precision": dict.fromkeys(data["roles"], "exp(p0 / 4)")}
    data["types"] = {
        role: {
            name: {**spec, "prior": "0.2 + 0.5 * logistic(p0)" if number == 0 else "rest"}
            for number, (name, spec) in enumerate(kinds.items())
        }
        for role, kinds in data["types"].items()
    }
    for role, kinds in data["types"].items():
        kinds["t1"] = {**kinds["t1"], "set": {f"own_{role}": f"own_{role} * 0.5 - p0"}}
    return found.changed(types=data["types"], play=data["play"])


def solved(game: TypedGame, values: dict[str, float]) -> TypedTree:
    problem = TypedTree(public_tree(game.game), typed_tables(game.game, values, typed_columns(game.game), 1))
    point = follow(problem, [1.0], scale=problem.scale())[0]
    problem.sweep(point.x, 1.0)
    return problem


def course_of(problem: TypedTree, seed: int) -> list[tuple[int, int, int, int]]:
    """Return a course of play: step, node, arc and branch of each move."""
    pick, graph = Random(seed), problem.tree.game.graph
    node, found = graph.start, []
    for board in problem.boards:
        arc = pick.choice(list(graph.arcs_of(node)))
        branch = pick.choice(list(graph.branches_of(arc)))
        found.append((board.level.step, node, arc, branch))
        node = int(graph.branch_next[branch])
        if graph.nodes <= node < graph.nodes + graph.ends:
            break
        node -= graph.nodes + graph.ends if node >= graph.nodes else 0
    return found


def log_probability(problem: TypedTree, course: list[tuple[int, int, int, int]]) -> float:
    walk = TreeFilter(problem)
    at, total = walk.start(), 0.0
    for step, node, arc, branch in course:
        probability, at = walk.after(at, step, node, arc, branch)
        total += float(np.log(probability))
    return total


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1).map(made).filter(lambda one: one is not None), st.integers(0, 1000))
def test_the_gradient_of_a_course_of_play(game: TypedGame, seed: int) -> None:
    assume(1 < count_histories(game.game) <= 200)
    try:
        problem = solved(game, game.values)
    except NumericalError:
        assume(False)
    course = course_of(problem, seed)
    seeds = [np.zeros(len(board.level.arc)) for board in problem.boards]
    walk = TreeFilter(problem)
    at = walk.start()
    for step, node, arc, branch in course:
        move = walk.move(at, arc)
        probability, there = walk.after(at, step, node, arc, branch)
        seeds[at[0]][move] = 1.0 / probability
        at = there
    exact = pull_back_types(problem, table_slopes(problem, seeds), game.values, set(game.values))
    h = 1e-5
    for name, value in game.values.items():
        up, down = ({**game.values, name: value + sign * h} for sign in (1, -1))
        try:
            ends = [log_probability(solved(game, moved), course) for moved in (up, down)]
        except NumericalError:
            assume(False)
        difference = (ends[0] - ends[1]) / (2 * h)
        # two solutions good to 1e-13 give differences good to 1e-8; kinks such as abs(p0) at 0 are left out
        if name == "p0" and value == 0:
            continue
        np.testing.assert_allclose(exact[name], difference, rtol=2e-5, atol=2e-6)
