"""Derivatives by the reverse pass, against central differences."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from tests.small import theory
from tests.strategies import Drawn, theories

import blocs
from blocs.errors import UsageError
from blocs.game.columns import Column
from blocs.game.game import Game, compile_theory
from blocs.game.history import lay_out
from blocs.solve.draws import Draws, medians
from blocs.solve.gradient import Seed, gradient, table_slopes
from blocs.solve.sequential import Pass, Restriction, backward

Floats = NDArray[np.float64]
Values = dict[str, Floats]

OBSERVERS = (Column("outcome", index=0), Column("outcome", index=1), Column("length"))


def columns_of(game: Game) -> Any:
    return game.columns(*OBSERVERS)


def solved(game: Game, values: Values, **settings: Any) -> Pass:
    draws = len(next(iter(values.values())))
    return backward(game, game.tables(values, columns_of(game), draws), threads=1, **settings)


def jittered(drawn: Drawn, draws: int = 1) -> Values:
    """Return parameter values away from the ties that round numbers bring, and the fact `size` with them."""
    rng = np.random.default_rng(drawn.seed)
    size = float(drawn.theory.facts["size"].default)  # type: ignore[arg-type]
    return {name: value + rng.uniform(0.01, 0.1, draws) for name, value in {**drawn.values, "size": size}.items()}


def course(game: Game, done: Pass, seed: int) -> list[Seed]:
    """Return the choices of one random course of play."""
    graph, rng = game.graph, Random(seed)
    seeds, node = [], graph.start
    for t in range(graph.steps):
        for k in range(graph.stages):
            arc = rng.choice(list(graph.arcs_of(node)))
            seeds.append(Seed(t, k, node, arc, weight=rng.choice([1.0, 0.5])))
            node = int(graph.branch_next[rng.choice(list(graph.branches_of(arc)))])
            if graph.nodes <= node < graph.nodes + graph.ends:
                return seeds
        node -= graph.nodes + graph.ends
    return seeds


def log_likelihood(game: Game, done: Pass, seeds: list[Seed]) -> Floats:
    graph = game.graph
    places = [
        int(done.sigma_at[one.step, one.stage]) + one.arc - int(graph.arc_ptr[graph.node_ptr[one.stage]])
        for one in seeds
    ]
    weights = np.array([one.weight for one in seeds])
    return weights @ np.log(done.sigma[places])


def differences(game: Game, values: Values, name: str, seeds: list[Seed], **settings: Any) -> tuple[Floats, Floats]:
    """Return central differences of (column, draw) values at the start and of the log-likelihood, and whether to trust them.

    A kink (a tie in `max`) within reach shows as a difference between the two sides.
    """
    h = 1e-5
    sides = []
    for step in (-h, 0.0, h):
        done = solved(game, {**values, name: values[name] + step}, **settings)
        sides.append(np.vstack([done.start, log_likelihood(game, done, seeds)]))
    low, middle, high = sides
    central = (high - low) / (2 * h)
    kink = np.abs(high + low - 2 * middle) / h > 1e-3 * (1 + np.abs(central)) + 1e-2 * np.abs(central)
    return central, ~kink


def assert_gradients(
    game: Game, values: Values, seeds: list[Seed], wrt: list[str], few: bool = False, **settings: Any
) -> None:
    """Hold gradients of every column at the start (or of a `few`) and of the log-likelihood against differences."""
    done = solved(game, values, keep=True, **settings)
    draws = done.start.shape[1]
    known = Draws(values, None, "test", draws)
    number = len(done.start)
    rows = [0, len(game.roles), number] if few else list(range(number + 1))
    found = np.zeros((len(wrt), number + 1, draws))
    for c in rows:
        d_start = np.zeros((number, draws))
        if c < number:
            d_start[c] = 1.0
        slopes = gradient(game, done, columns_of(game), known, d_start, wrt, seeds if c == number else (), threads=1)
        found[:, c] = [slopes[name] for name in wrt]
    scale = 1e-3 * (1.0 + np.abs(np.vstack([done.start, log_likelihood(game, done, seeds)])))
    for i, name in enumerate(wrt):
        wanted, trusted = differences(game, values, name, seeds, **settings)
        gap = np.abs(found[i] - wanted) / np.maximum(np.abs(wanted), scale)
        assert np.where(trusted, gap, 0.0)[rows].max() < 1e-6, name


def numeric(game: Game) -> list[str]:
    return [*game.theory.parameters, "size"]


@settings(max_examples=25)
@given(theories())
def test_gradients_of_random_theories(drawn: Drawn) -> None:
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn)
    seeds = course(game, solved(game, values), drawn.seed)
    assert_gradients(game, values, seeds, numeric(game))


@settings(max_examples=10)
@given(theories("probit", most_steps=3))
def test_gradients_of_probit_play(drawn: Drawn) -> None:
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn)
    assert_gradients(game, values, course(game, solved(game, values), drawn.seed), numeric(game))


@settings(max_examples=10)
@given(theories(most_steps=3))
def test_gradients_of_restricted_play(drawn: Drawn) -> None:
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn)
    moves = [number for number, (_, plan) in enumerate(game.layout.options) if plan.name != "hold"]
    chosen = Restriction(Random(drawn.seed).choice(moves), 0, drawn.steps - 1, forced=drawn.seed % 2 == 0)
    assert_gradients(game, values, [], numeric(game), restrictions=[chosen])


@settings(max_examples=10)
@given(theories(most_steps=3))
def test_a_batch_has_the_gradients_of_its_draws(drawn: Drawn) -> None:
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn, 5)
    together = solved(game, values, keep=True)
    d_start = np.random.default_rng(drawn.seed).normal(size=together.start.shape)
    seeds = course(game, together, drawn.seed)
    columns = columns_of(game)
    wrt = numeric(game)
    every = gradient(game, together, columns, Draws(values, None, "test", 5), d_start, wrt, seeds, threads=1)
    shared = gradient(game, together, columns, Draws(values, None, "test", 5), d_start, wrt, seeds, threads=3)
    for d in range(5):
        one = {name: value[d : d + 1] for name, value in values.items()}
        done = solved(game, one, keep=True)
        alone = gradient(game, done, columns, Draws(one, None, "test", 1), d_start[:, d : d + 1], wrt, seeds)
        for name in wrt:
            assert shared[name][d] == every[name][d]
            np.testing.assert_allclose(every[name][d], alone[name][0], rtol=1e-10, atol=1e-10)


@settings(max_examples=15)
@given(theories(most_steps=3))
def test_the_pull_back_agrees_with_tables_that_are_moved(drawn: Drawn) -> None:
    """What the tables do when a parameter moves, weighed with the slopes by table rows, is the gradient."""
    game, values = compile_theory(drawn.theory, None, drawn.steps), jittered(drawn)
    done = solved(game, values, keep=True)
    d_start = np.random.default_rng(drawn.seed).normal(size=done.start.shape)
    slopes = table_slopes(game, done, d_start)
    found = gradient(game, done, columns_of(game), Draws(values, None, "test", 1), d_start, numeric(game))
    h = 1e-6
    for name in numeric(game):
        up, down = (game.tables({**values, name: values[name] + step}, columns_of(game), 1) for step in (h, -h))
        total = size = 0.0
        for part in ("cost", "probability", "pay", "weight", "discount", "precision"):
            tangent = (getattr(up, part) - getattr(down, part)) / (2 * h)
            total += float((getattr(slopes, part) * tangent).sum())
            size += float(np.abs(getattr(slopes, part) * tangent).sum())
        assert abs(total - found[name][0]) <= 1e-6 * (1 + size)


def test_gradient_at_a_discount_of_zero() -> None:
    options = {"hold": {}, "up": {"when": "x < 2", "set": {"x": "next"}}, "end": {"set": {"x": 3}}}
    made = theory({"x": [0, 3]}, {"a": options}, parameters=["rate"], payoffs={"a": {"pay": "1 + x * x"}}, ends_when="x == 3",
                  play={"discount": "rate"}, horizon={"after_last_step": "2"}, outcomes={"end": "x == 3", "go": "otherwise"})  # fmt: skip
    game = compile_theory(made, None, 3)
    values = {"rate": np.array([0.0, 1e-9, 0.4])}
    done = solved(game, values, keep=True)
    d_start = np.zeros_like(done.start)
    d_start[0] = 1.0
    found = gradient(game, done, columns_of(game), Draws(values, None, "test", 3), d_start, ["rate"])["rate"]
    # at the start all three options are taken equally often and lead to 1, 2 and 10
    assert found[0] == pytest.approx((1 + 2 + 10) / 3, rel=1e-12)
    assert found[1] == pytest.approx(found[0], rel=1e-6)
    h = 1e-6
    up, down = (solved(game, {"rate": values["rate"][2:] + step}).start[0, 0] for step in (h, -h))
    assert found[2] == pytest.approx((up - down) / (2 * h), rel=1e-8)


def test_what_nothing_depends_on_has_no_slope() -> None:
    made = theory({"x": [0, 1]}, {"a": {"hold": {}, "up": {"set": {"x": 1}}}}, parameters=["p", "idle"],
                  payoffs={"a": {"pay": "p * x + 0 * log(1 - x + p)"}}, outcomes={"one": "x == 1", "two": "otherwise"})  # fmt: skip
    game = compile_theory(made, None, 2)
    values = {"p": np.array([0.3]), "idle": np.array([1.0])}
    done = solved(game, values, keep=True)
    found = gradient(
        game, done, columns_of(game), Draws(values, None, "test", 1), np.ones_like(done.start), ["p", "idle"]
    )
    assert found["idle"][0] == 0.0 and found["p"][0] != 0.0


def test_best_play_has_no_gradient() -> None:
    made = theory(
        {}, {"a": {"one": {}, "two": {}}}, play={"response": "best"}, outcomes={"one": "true", "two": "otherwise"}
    )
    game = compile_theory(made, None, 1)
    done = solved(game, {"p": np.zeros(1)}, keep=True)
    with pytest.raises(UsageError, match="a best response has no derivative"):
        table_slopes(game, done, np.zeros_like(done.start))


def test_values_of_every_step_are_needed() -> None:
    made = theory({}, {"a": {"one": {}, "two": {}}}, outcomes={"one": "true", "two": "otherwise"})
    game = compile_theory(made, None, 2)
    done = solved(game, {"p": np.zeros(1)})
    with pytest.raises(ValueError, match="must have kept"):
        table_slopes(game, done, np.zeros_like(done.start))


@pytest.fixture(scope="module")
def shipped() -> Game:
    return blocs.compile(blocs.load("sino-albanian-1961"))


def test_gradients_of_the_shipped_case(shipped: Game) -> None:
    game = shipped
    facts = [
        name for name, spec in game.theory.facts.items() if spec.type == "share" and name not in game.plan.fixed_facts
    ]
    parameters = list(game.theory.parameters)
    wrt = [*parameters[:: len(parameters) // 3], "patience", "precision_client", facts[0]]
    values = dict(medians(game).values) | {
        name: np.array([float(game.plan.facts[name])]) for name in wrt if name in facts
    }
    seeds = [Seed(one.step, one.stage, one.node, one.arc) for one in lay_out(game).decisions if one.open]
    assert_gradients(game, values, seeds, wrt, few=True)
