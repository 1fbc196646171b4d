"""Many beliefs at once against one at a time, and the logarithm against the library's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from tests.typed import dynamic_types

from blocs.game.belief_lanes import _log, lines, settle_lanes
from blocs.game.belief_search import SETTLED, local
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.belief_layout import grid_points, mover, points_by_prior


@njit
def logarithms(x: np.ndarray, found: np.ndarray) -> None:
    for i in range(len(x)):
        found[i] = _log(x[i])


def test_the_logarithm_is_the_librarys() -> None:
    x = np.concatenate([np.geomspace(1e-300, 1e300, 4001), np.linspace(0.5, 2.0, 4001)])
    found = np.empty_like(x)
    logarithms(x, found)
    # two units in the last place, or the last digits of one where the logarithm is near zero
    np.testing.assert_allclose(found, np.log(x), rtol=5e-16, atol=1e-16)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([3, 5, 9]),
    st.integers(2, 4),
    st.sampled_from([0.3, 2.0]),
    st.booleans(),
    st.sampled_from([(-1, 1.0), (0, 0.9), (1, 0.2), (1, 1e-3)]),
)
def test_lanes_come_to_the_choices_that_the_patient_search_finds(
    seed: int, size: int, n: int, spread: float, second: bool, rare: tuple[int, float]
) -> None:
    game = dynamic_types(2, 2, 1.0)
    tables = typed_tables(game, {"war_a": 0.0, "war_b": 0.0}, typed_columns(game), 1)
    idle, occasion = rare
    random = np.random.default_rng(seed)
    points = tuple(grid_points(float(p), size) for p in random.uniform(0.1, 0.9, 2))
    one = mover(game, tables, points, int(second))
    places, width = size * size, len(one.place)
    lanes = size * (size - 2)
    worth = spread * random.normal(size=(n, 5, places))
    lam = random.uniform(0.5, 2.0, 2)
    first, other = int(one.deciding[0]), int(one.deciding[1])
    line = np.empty((4, n, places))
    lines(n, first, other, lam[0], lam[1], one.inner, worth, one.edge, line)
    z, room, failed = np.tile(one.odds, n), np.empty((6, n * width)), np.empty(width, np.bool_)
    cell, here = np.empty(n * width, np.int64), np.empty((8, n * width))
    bad, answers = settle_lanes(
        n, width, lanes, one.inner, one.base, one.number, one.odds, one.cut, one.edge, line, idle, occasion, z, cell,
        np.empty(n * width), np.empty(n * width), here, room, np.empty((16, width)), failed,
    )  # fmt: skip
    assert bad <= SETTLED
    assert answers >= lanes
    if spread < 1.0 and size > 3:
        assert not failed[:lanes].all()
    for x in np.flatnonzero(~failed[:lanes]):
        alone, patient = np.zeros(n), np.empty((13, n))
        # from the evidence that was found the patient search must not move
        alone[:] = z.reshape(n, width)[:, x] - one.odds[x]
        worst, _, _ = local(
            n, one.odds[x], lam[0], lam[1], worth, first, other, one.base[x], one.inner, points[one.axis], idle,
            occasion, alone, patient, np.full(n, min(one.number[x], size - 2)), np.empty(n), np.empty(n),
        )  # fmt: skip
        assert worst <= SETTLED
        for kind in (0, 1):
            p = room[2 + kind].reshape(n, width)[:, x]
            assert p.sum() == pytest.approx(1.0, abs=1e-14)
            np.testing.assert_allclose(p, patient[4 + kind], atol=1e-11)


@given(st.floats(0.01, 0.99), st.sampled_from([3, 5, 9]))
def test_the_points_move_with_the_prior_as_their_derivative_says(prior: float, size: int) -> None:
    h = 1e-6
    moved = (grid_points(prior + h, size) - grid_points(prior - h, size)) / (2 * h)
    np.testing.assert_allclose(points_by_prior(prior, size), moved, atol=1e-9)
