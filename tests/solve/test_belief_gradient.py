"""Derivatives on a grid of beliefs, against differences of whole solutions and against the exact tree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.solve.test_typed_gradient import made
from tests.typed import BORDER

from blocs.errors import NumericalError
from blocs.game.columns import Column
from blocs.game.game import Game, compile_theory
from blocs.game.types import typed_columns
from blocs.language.theory import Theory
from blocs.solve.private import Beliefs, Exact, Grid
from blocs.solve.start_gradient import StartGradient, start_gradient

BORDER_VALUES = {"gain": 0.4, "fear": 0.3, "daring": 0.8, "dread": 0.0}


def everything(game: Game, values: Mapping[str, float], method: Beliefs, wrt: bool = True) -> StartGradient:
    """Return all values at the start, outcomes among them, and their derivatives."""
    observers = [Column("outcome", index=o) for o in range(len(game.outcomes))]
    size = len(typed_columns(game, *observers))
    weights = np.eye(size) if wrt else np.zeros((0, size))
    return start_gradient(game, values, set(values) if wrt else (), observers=observers, weights=weights, method=method)


def border(**changes: str) -> Game:
    text = BORDER
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return compile_theory(Theory.model_validate(yaml.safe_load(text)), None, 3)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 5]))
def test_values_and_outcomes_by_every_parameter(seed: int, points: int) -> None:
    game = made(seed)
    assume(game is not None)
    assert game is not None
    method = Grid(points, starts=0)
    values = game.values
    exact = everything(game.game, values, method)
    h = 1e-5
    for name, value in values.items():
        up, down = (
            everything(game.game, {**values, name: value + sign * h}, method, wrt=False).start for sign in (1, -1)
        )
        np.testing.assert_allclose(exact.slopes[name], (up - down) / (2 * h), rtol=1e-6, atol=1e-6)


def test_the_derivatives_come_closer_to_those_of_the_tree_on_a_finer_grid() -> None:
    game = border()
    exact = everything(game, BORDER_VALUES, Exact(starts=0))
    gaps = []
    for points in (3, 9, 33):
        near = everything(game, BORDER_VALUES, Grid(points, starts=0))
        gaps.append(max(np.abs(near.slopes[name] - exact.slopes[name]).max() for name in BORDER_VALUES))
    # slopes between points: the error falls with the width of the cells at least
    assert gaps[0] > 1e-3
    assert gaps[1] < gaps[0] / 4
    assert gaps[2] < gaps[1] / 3


def test_a_discount_of_zero_has_a_derivative() -> None:
    game = border(**{"discount: 0.9": "discount: patience", "  dread: 0\n": "  dread: 0\n  patience: Beta(2, 2)\n"})
    method, values, h = Grid(5, starts=0), {**BORDER_VALUES, "patience": 0.0}, 1e-4
    found = everything(game, values, method).slopes["patience"]
    zero, one, two = (everything(game, {**values, "patience": i * h}, method, wrt=False).start for i in range(3))
    # a discount cannot be negative: differences to one side, of second order
    np.testing.assert_allclose(found, (4 * one - two - 3 * zero) / (2 * h), atol=1e-6)


@pytest.mark.parametrize("prior", ["1", "0"])
def test_a_type_that_everybody_knows(prior: str) -> None:
    game = border(**{"prior: logistic(fear)": f"prior: {prior}"})
    tree, grid = (everything(game, BORDER_VALUES, method) for method in (Exact(starts=0), Grid(3, starts=0)))
    # what a type that cannot be would get differs: on the tree it is counted where nobody believes in it
    common = [c for c, one in enumerate(typed_columns(game).players) if one.type != int(prior)]
    for name in BORDER_VALUES:
        np.testing.assert_allclose(grid.slopes[name][common], tree.slopes[name][common], atol=1e-9)


def test_an_equilibrium_without_derivative_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from blocs.game import belief_adjoint

    kernel = belief_adjoint.pull_stage
    monkeypatch.setattr(belief_adjoint, "pull_stage", lambda *arguments: kernel(*arguments) + 1)
    with pytest.raises(NumericalError, match="has no derivative here"):
        everything(border(), BORDER_VALUES, Grid(3, starts=0))
