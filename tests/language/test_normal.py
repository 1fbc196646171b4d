"""Normal quantiles against SciPy and the standard library."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from scipy.special import ndtri

from blocs.language.normal import normal_quantile


def test_agrees_with_scipy_to_rounding() -> None:
    u = np.concatenate([np.random.default_rng(1).uniform(size=20_000), 10.0 ** -np.arange(1, 300), [0.075, 0.925, 0.5]])
    np.testing.assert_allclose(normal_quantile(u), ndtri(u), rtol=5e-15, atol=1e-15)


def test_is_the_algorithm_of_the_standard_library() -> None:
    u = np.array([1e-300, 1e-12, 0.001, 0.2, 0.6, 0.95, 1 - 1e-12])
    assert normal_quantile(u) == pytest.approx([NormalDist().inv_cdf(one) for one in u], rel=1e-15)


def test_ends_and_beyond() -> None:
    assert normal_quantile([0.0, 1.0]).tolist() == [-np.inf, np.inf]
    assert np.isnan(normal_quantile([-0.1, 1.1, np.nan])).all()
    assert float(normal_quantile(0.5)) == 0.0
    assert normal_quantile(np.full((2, 3), 0.3)).shape == (2, 3)
