"""Derivatives through the equilibrium of games with private types, against differences of whole solutions."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.typed import BORDER, TypedGame, typed_game

from blocs.errors import NumericalError
from blocs.game.columns import Column
from blocs.game.game import compile_theory
from blocs.game.public_tree import count_histories, public_tree
from blocs.game.types import typed_columns, typed_tables
from blocs.language.theory import Theory
from blocs.solve.continuation import follow
from blocs.solve.filtering import TreeFilter
from blocs.solve.private import Exact
from blocs.solve.start_gradient import start_gradient
from blocs.solve.typed_gradient import pull_back_types, table_slopes
from blocs.solve.typed_tree import TypedTree

DISCOUNTS = ("1", "0.9", "logistic(p0)")


def made(seed: int) -> TypedGame | None:
    """Return a random game whose precisions, priors and shifts depend on parameters too.

    Parameters lie off the eighths that games are made from, where `abs`, `max` and `clip` have their kinks.
    """
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
    values = {name: value + 0.0137 * (number + 1) for number, (name, value) in enumerate(found.values.items())}
    return replace(found, values=values).changed(types=data["types"], play=data["play"])


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
    check_gradient_of_a_course(game, seed)


def check_gradient_of_a_course(game: TypedGame, seed: int) -> None:
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
    exact = pull_back_types(game.game, problem.tables, 0, table_slopes(problem, seeds), game.values, set(game.values))
    h = 1e-5
    for name, value in game.values.items():
        up, down = ({**game.values, name: value + sign * h} for sign in (1, -1))
        try:
            ends = [log_probability(solved(game, moved), course) for moved in (up, down)]
        except NumericalError:
            assume(False)
        difference = (ends[0] - ends[1]) / (2 * h)
        # two solutions good to 1e-13 give differences good to 1e-8
        np.testing.assert_allclose(exact[name], difference, rtol=2e-5, atol=2e-6)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1).map(made).filter(lambda one: one is not None))
def test_the_gradient_of_values_and_outcomes_at_the_start(game: TypedGame) -> None:
    assume(1 < count_histories(game.game) <= 200)
    observers = [Column("outcome", index=o) for o in range(len(game.game.outcomes))]
    size = len(typed_columns(game.game, *observers))
    try:
        exact = start_gradient(
            game.game, game.values, set(game.values), observers=observers, weights=np.eye(size), method=Exact(starts=0)
        )
    except NumericalError:
        assume(False)
    h = 1e-5
    for name, value in game.values.items():
        try:
            up, down = (
                start_gradient(
                    game.game, {**game.values, name: value + sign * h}, (), observers=observers, method=Exact(starts=0)
                ).start
                for sign in (1, -1)
            )
        except NumericalError:
            assume(False)
        np.testing.assert_allclose(exact.slopes[name], (up - down) / (2 * h), rtol=2e-5, atol=2e-6)


def test_the_gradient_by_the_probabilities_of_types() -> None:
    text = BORDER.replace("logistic(fear)", "odds").replace("  dread: 0", "  dread: 0\n  odds: Beta(2, 2)")
    game = compile_theory(Theory.model_validate(yaml.safe_load(text)), None, 2)
    values = {"gain": 0.4, "fear": 0.3, "daring": 0.8, "dread": 0.0, "odds": 0.35}
    observers = [Column("outcome", index=0)]
    found = start_gradient(game, values, ["odds"], observers=observers)
    np.testing.assert_allclose(found.by_prior[0][0, 0], found.slopes["odds"][0], rtol=1e-10)
    np.testing.assert_allclose(found.by_prior[0][0, 1], -found.slopes["odds"][0], rtol=1e-10)
    ends = [
        start_gradient(game, {**values, "odds": 0.35 + h}, (), observers=observers).number[0] for h in (1e-5, -1e-5)
    ]
    np.testing.assert_allclose(found.slopes["odds"][0], (ends[0] - ends[1]) / 2e-5, rtol=1e-6)
