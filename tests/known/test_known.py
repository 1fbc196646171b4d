"""Every solver against every problem with a known answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.known.problems import KNOWN, Answer, Known, escalation, gambit
from tests.oracle import Oracle

from blocs.forecast.solving import follow
from blocs.game.columns import Column
from blocs.game.game import Game, compile_theory
from blocs.interop.unfolding import unfold
from blocs.solve.extensive import solve_extensive
from blocs.solve.sequential import backward, residual

Values = dict[str, float]
Solver = Callable[[Known, Values], Answer]


@cache
def compiled(problem: Known, merge: bool = True) -> Game:
    return compile_theory(problem.theory(), None, problem.steps, merge=merge)


def summary(game: Game, start: np.ndarray) -> Answer:
    """Read the columns of `observed`."""
    roles = len(game.roles)
    return Answer(
        dict(zip(game.outcomes, start[roles:-1].tolist(), strict=True)),
        dict(zip(game.roles, start[:roles].tolist(), strict=True)),
        float(start[-1]),
    )


def observed(game: Game, values: Values, draws: int = 1, threads: int = 1) -> np.ndarray:
    columns = game.columns(*(Column("outcome", index=o) for o in range(len(game.outcomes))), Column("length"))
    done = backward(game, game.tables(values, columns, draws), keep=True, threads=threads)
    assert residual(game, done, draw=draws - 1) < 1e-12
    return done.start[:, -1]


def by_columns(problem: Known, values: Values) -> Answer:
    return summary(compiled(problem), observed(compiled(problem), values))


def in_a_batch(problem: Known, values: Values) -> Answer:
    """The problem is the last of five draws; the others are elsewhere."""
    spread = {name: value * np.array([0.5, 2.0, 1.5, 0.1, 1.0]) for name, value in values.items()}
    return summary(compiled(problem), observed(compiled(problem), spread, 5))  # type: ignore[arg-type]


def by_threads(problem: Known, values: Values) -> Answer:
    return summary(compiled(problem), observed(compiled(problem), values, threads=2))


def unmerged(problem: Known, values: Values) -> Answer:
    return summary(compiled(problem, False), observed(compiled(problem, False), values))


def forward(problem: Known, values: Values) -> Answer:
    game = compiled(problem)
    done = backward(game, game.tables(values, game.columns(), 1))
    _, ended, left = follow(game, done)
    return Answer(dict(zip(game.outcomes, (ended.sum(axis=0) + left)[:, 0].tolist(), strict=True)))


def as_a_tree(problem: Known, values: Values) -> Answer:
    """Another solver altogether: the game unfolded, and solved in extensive form."""
    game = compiled(problem)
    lam = values[problem.precision] if isinstance(problem.precision, str) else problem.precision
    assert lam is not None
    tree = unfold(game, values)
    (solution,) = solve_extensive(tree, [lam])
    total = dict.fromkeys(game.outcomes, 0.0)
    for label, p in zip(tree.outcome_labels, solution.outcome_probabilities.tolist(), strict=True):
        total[label] += p
    return Answer(total, dict(zip(tree.players, solution.payoffs.tolist(), strict=True)))


def by_recursion(problem: Known, values: Values) -> Answer:
    """The plain player that other tests are held against is itself held against known answers here."""
    oracle = Oracle(problem.theory(), problem.steps, values)
    start = dict(zip(oracle.roles, oracle.begin(0, oracle.start), strict=True))
    return Answer(oracle.outcomes(), start, oracle.play()[3])


SOLVERS: dict[str, tuple[Solver, Callable[[Known], bool]]] = {
    "columns": (by_columns, lambda problem: True),
    "batch": (in_a_batch, lambda problem: True),
    "threads": (by_threads, lambda problem: True),
    "unmerged": (unmerged, lambda problem: True),
    "forward": (forward, lambda problem: True),
    "tree": (as_a_tree, lambda problem: problem.precision is not None),
    "recursion": (by_recursion, lambda problem: problem.small),
}


@pytest.mark.parametrize("problem", KNOWN, ids=lambda problem: problem.name)
@pytest.mark.parametrize("name", SOLVERS)
def test_the_answer_is_known(problem: Known, name: str, request: pytest.FixtureRequest) -> None:
    solve, suits = SOLVERS[name]
    if not suits(problem):
        pytest.skip("this solver is not for this problem")
    answer = problem.answer
    if not isinstance(answer, Answer):
        answer = answer(request.getfixturevalue("shared"))
    found = solve(problem, {**problem.values, **answer.at})
    for label, p in answer.outcomes.items():
        assert found.outcomes[label] == pytest.approx(p, abs=problem.tolerance), label
    assert sum(found.outcomes.values()) == pytest.approx(1, abs=1e-12)
    if found.values:
        for role, value in answer.values.items():
            assert found.values[role] == pytest.approx(value, abs=problem.tolerance), role
    if found.length is not None and answer.length is not None:
        assert found.length == pytest.approx(answer.length, abs=problem.tolerance)


@pytest.mark.parametrize("rounds", [1, 2, 3])
@pytest.mark.parametrize("lam", [1, 2, 5])
def test_every_choice_is_gambits(rounds: int, lam: int, shared: Path) -> None:
    """A label such as ``B|HEH`` tells the history; we know it by the round and by how often anybody escalated."""
    reference = gambit(shared, rounds, lam)
    game = compile_theory(escalation(rounds), None, rounds)
    done = backward(game, game.tables({"sharp": reference["lam"]}, game.columns(), 1))
    graph = game.graph
    for infoset in reference["infosets"]:
        player, history = infoset["label"].split("|")
        step, stage = divmod(len(history), 2)
        assert stage == "AB".index(player)
        node = graph.node_of(stage, game.plan.space.encode([history.count("E"), 0]))
        arcs = graph.arcs_of(node)
        at = int(done.sigma_at[step, stage]) + arcs.start - int(graph.arc_ptr[graph.node_ptr[stage]])
        for i, arc in enumerate(arcs):
            name = game.option_names[graph.arc_option[arc]]
            assert done.sigma[at + i, 0] == pytest.approx(infoset["actions"][name], abs=1e-12)


def test_states_are_those_that_storm_counts() -> None:
    """Storm builds 12,170 states; its `turn` and `t` are our stage and step.

    An ended state keeps them there, and what is open after the last step becomes one more state that is done. A clock in
    the state tells our steps apart, and only the client's stage ends in realignment, only the rival's in war.
    """
    problem = next(one for one in KNOWN if one.name == "Storm, greatest war")
    graph = compiled(problem, False).graph
    left = int(graph.active[-1, 0] - graph.active[-2, 0])
    assert graph.nodes + len(graph.end_codes) + left == 12_170
    # without the clock a node counts once for each step that reaches it
    blind = next(one for one in KNOWN if one.name == "Storm, blind play")
    assert compiled(blind, False).graph.reachable == graph.nodes == 9_442
