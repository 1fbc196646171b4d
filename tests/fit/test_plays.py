"""People's precisions from the games that they played."""

from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.errors import InputError
from blocs.fit.learn import fit_problem
from blocs.fit.methods import Map
from blocs.fit.plays import at, lay_plays
from blocs.web.play.course import PERSON, Happening, Table
from blocs.web.play.record import record_of
from blocs.web.play.solved import Solved


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quarrel")
    (folder / "quarrel.yaml").write_text(THEORY, encoding="utf-8")
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    return blocs.load(folder / "case.yaml")


THEORY = """
theory: quarrel
version: 1
roles: {patron: holds the bloc together, client: drifts}
facts: {trade: {type: share, help: part of the trade}}
parameters:
  worth: {prior: "LogNormal(0, 0.5)", help: what the client is worth}
  sharpness: {prior: "LogNormal(0, 1)", help: of the patron}
  sharpness_client: {prior: "LogNormal(0, 1)", help: of the client}
define: {lam: 1.0 * sharpness_client}
state: {line: {values: [loyal, defiant]}}
stages:
  - stage: line
    role: client
    options:
      hold: {}
      defy: {when: line == loyal, set: {line: defiant}, cost: {client: 0.3}}
      submit: {when: line == defiant, set: {line: loyal}, cost: {client: 0.3}}
  - stage: answer
    role: patron
    options:
      hold: {}
      press: {when: line == defiant, chance: [{p: 0.5, set: {line: loyal}, label: works}, {p: rest, label: fails}], cost: {patron: 0.2}}
payoffs: {patron: {hold: worth * (line == loyal)}, client: {free: 0.5 * (line == defiant), trade: trade * (line == loyal)}}
play: {discount: 0.8, precision: {patron: sharpness, client: lam}}
outcomes: {defiant: line == defiant, loyal: otherwise}
"""
CASE = """
case: small
theory: ./quarrel.yaml
calendar: {start: "1960-01", step: month, steps: 12}
roles: {patron: {actor: A}, client: {actor: B}}
facts: {trade: {value: 0.3, assumed: for the test}}
"""


def played(case, seed, precision=None, people=frozenset({"client"}), events=()):
    """Play a game in which people choose as a solved player of a given precision would."""
    game = blocs.compile(case)
    own = Solved.of(game)
    if precision is not None:
        sharp = blocs.changed(case)
        parameters = dict(sharp.theory_spec.parameters)
        from blocs.language.priors import Fixed

        parameters["sharpness_client"] = parameters["sharpness_client"].model_copy(update={"prior": Fixed(precision)})
        sharp._theory_spec = sharp.theory_spec.model_copy(update={"parameters": parameters})
        person = Solved.of(blocs.compile(sharp))
    else:
        person = own
    table, rng = Table(own, seed, people), np.random.default_rng(seed)
    state, waiting = table.start(), list(events)
    while state.outcome is None:
        if waiting and state.place >= waiting[0].place:
            state = table.tell(state, waiting.pop(0))
        row = table.automatic(state)
        if row is None:
            turn = table.turn(state)
            odds = person.choices(turn.step, turn.stage, turn.node)
            row = table.entry(state, str(rng.choice(list(turn.options), p=odds / odds.sum())), PERSON)
        state = table.put(state, row)
    return record_of(table, state, dict.fromkeys(people, "x")), table, state


def test_the_likelihood_is_the_product_of_the_choices_of_people_alone(case):
    event = Happening(6, "News", "", {})
    record, table, state = played(case, 1, events=[event])
    plays = lay_plays(case, [record, record])
    expected = 0.0
    for one in state.moves:
        arcs = table.solved.game.graph.arcs_of(one.node)
        if one.entry.by == PERSON and len(arcs) > 1:
            share = table.solved.choices(one.step, one.stage, one.node)
            expected += np.log(share[arcs.index(one.arc)])
    medians = {name: prior.median for name, prior in plays.problem.priors.items()}
    assert plays.likelihood.value(at(plays.problem, medians))[0] == pytest.approx(2 * expected, rel=1e-9)
    assert plays.precisions == {"sharpness_client": ("client",)} and set(plays.problem.priors) == {"sharpness_client"}
    assert plays.choices == {"client": 2 * sum(one.entry.by == PERSON for one in state.moves)}


def test_the_gradient_is_that_of_the_likelihood(case):
    plays = lay_plays(case, [played(case, seed)[0] for seed in range(3)])
    u = np.array([0.3])
    value, slope = plays.problem.log_posterior(u)
    step = 1e-5
    around = [plays.problem.log_posterior(u + sign * step)[0] for sign in (1, -1)]
    assert slope[0] == pytest.approx((around[0] - around[1]) / (2 * step), rel=1e-6)
    assert np.isfinite(value)


@pytest.mark.parametrize("precision", [0.5, 4.0])
def test_the_precision_with_which_people_played_is_found_again(case, precision):
    plays = lay_plays(case, [played(case, seed, precision)[0] for seed in range(40)])
    found = fit_problem(plays.problem, Map(starts=1))
    # the curvature at the mode gives a standard error on the whitened scale; four of them are nearly certain
    u = np.array([(np.log(found.mode["sharpness_client"]) - 0.0) / 1.0])
    step = 1e-3
    here = plays.problem.log_posterior(u)[0]
    bend = (plays.problem.log_posterior(u + step)[0] - 2 * here + plays.problem.log_posterior(u - step)[0]) / step**2
    error = 1 / np.sqrt(-bend)
    assert abs(np.log(found.mode["sharpness_client"] / precision)) < 4 * error
    # the prior has a spread of one on this scale: the choices have told something
    assert error < 0.7


def test_a_play_that_does_not_fit_is_refused(case):
    record, _, _ = played(case, 1)
    with pytest.raises(InputError, match="another case"):
        lay_plays(case, [record.model_copy(update={"case_hash": "0" * 64})])
    moves = list(record.moves)
    moves[2] = moves[2].model_copy(update={"option": "press"})
    with pytest.raises(InputError, match=r"moves\[2\]"):
        lay_plays(case, [record.model_copy(update={"moves": tuple(moves)})])
    with pytest.raises(InputError, match="without a gap"):
        lay_plays(case, [record.model_copy(update={"moves": record.moves[1:]})])
    with pytest.raises(InputError, match="nobody chose"):
        lay_plays(case, [played(case, 1, people=frozenset())[0]])
