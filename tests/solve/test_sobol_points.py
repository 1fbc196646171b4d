"""The points must be SciPy's, bit for bit: an independent implementation of the same sequence and scrambling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from blocs.errors import UsageError
from blocs.solve.sobol_points import MAX_DRAWS, sobol_points


@pytest.mark.parametrize("dimensions", [1, 2, 3, 76, 1024])
def test_points_are_those_of_scipy(dimensions):
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(11))
    assert np.array_equal(sobol_points(dimensions, 11, 0, 256), sampler.random_base2(8))


@settings(max_examples=40, deadline=None)
@given(
    dimensions=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    low=st.integers(0, 3000),
    count=st.integers(1, 300),
)
def test_any_part_is_that_of_scipy(dimensions, seed, low, count):
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    points = sampler.random_base2(12)[low : low + count]
    assert np.array_equal(sobol_points(dimensions, seed, low, low + count), points)


def test_no_dimension_gives_no_coordinate():
    assert sobol_points(0, 1, 0, 5).shape == (5, 0)


def test_too_much_is_told():
    with pytest.raises(UsageError, match=f"between 1 and {MAX_DRAWS:,}"):
        sobol_points(2, 0, 0, MAX_DRAWS + 1)
    with pytest.raises(UsageError, match="at most 1,024 parameters"):
        sobol_points(1025, 0, 0, 2)
