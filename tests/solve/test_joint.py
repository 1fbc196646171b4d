"""Stages in which several roles choose at once: against a plain referee, closed forms and an independent solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.joint_oracle import Choices, JointOracle
from tests.oracle import State
from tests.solve.test_gradient import assert_gradients, course, jittered, numeric
from tests.solve.test_gradient import solved as solved_at
from tests.solve.test_sequential import EXACT, code, solved
from tests.strategies import Drawn, joint_theories

from blocs.forecast.solving import follow, solve
from blocs.game.game import Game, compile_theory
from blocs.interop.unfolding import unfold
from blocs.language.theory import JointStage, Theory
from blocs.solve.extensive import solve_extensive
from blocs.solve.joint import group_weights, look_for_others
from blocs.solve.sequential import Pass, Restriction, backward, residual


def choices_of(game: Game, done: Pass, draw: int = 0) -> Any:
    """Return a function that tells the engine's choices at a stage of the theory in a state."""
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
