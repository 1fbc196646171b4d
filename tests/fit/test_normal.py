import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_ndtr, ndtr, owens_t

from blocs.errors import UsageError
from blocs.fit.signalling.normal import log_bivariate
from blocs.solve.responses.noise import hazard, hazard_bend, log_density

HALF = float(np.sqrt(0.5))


def by_conditioning(h: float, k: float, rho: float) -> float:
    """log Pr(X <= h, Y <= k) as an integral over X, on a fine grid around its peak: another formula altogether."""

    def integrand(x):
        return log_density(x) + log_ndtr((k - rho * x) / np.sqrt(1 - rho * rho))

    grid = np.linspace(min(h, 0.0) - 60.0 - abs(k), min(h, 45.0), 200_001)
    heights = integrand(grid)
    near = grid[heights > heights.max() - 45.0]
    points, weights = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(near[0], near[-1], 41)
    x = edges[:-1, None] + np.diff(edges)[:, None] * (points + 1.0) / 2.0
    top = heights.max()
    return top + np.log(np.sum(weights * np.exp(integrand(x) - top) * np.diff(edges)[:, None] / 2.0))


def by_owen(h: float, k: float, rho: float) -> float:
    """Pr(X <= h, Y <= k) by Owen's T function, for h, k away from zero."""
    root = np.sqrt(1 - rho * rho)
    both = 0.5 * (ndtr(h) + ndtr(k))
    both -= owens_t(h, (k - rho * h) / (h * root)) + owens_t(k, (h - rho * k) / (k * root))
    return both - (0.5 if h * k < 0 else 0.0)


def test_at_the_origin_it_is_sheppards_formula():
    for rho in (0.0, 0.3, HALF, 0.95):
        value = float(np.exp(log_bivariate(np.zeros(1), np.zeros(1), rho))[0])
        assert value == pytest.approx(0.25 + np.arcsin(rho) / (2 * np.pi), abs=1e-15)


def test_without_correlation_it_is_a_product():
    h, k = np.array([-3.0, 0.2, 2.0]), np.array([1.0, -0.7, -30.0])
    np.testing.assert_allclose(log_bivariate(h, k, 0.0), log_ndtr(h) + log_ndtr(k), rtol=1e-14)


@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(0.05, 0.95))
def test_agrees_with_owens_function(h, k, rho):
    if min(abs(h), abs(k)) < 1e-3:
        return
    value = float(np.exp(log_bivariate(np.array([h]), np.array([k]), rho))[0])
    assert value == pytest.approx(by_owen(h, k, rho), abs=2e-14)


@pytest.mark.parametrize(
    ("h", "k"),
    [(-20.0, -20.0), (-20.0, -10.0), (-3.4, -0.1), (-31.7, 0.82), (0.5, -12.0), (-6.0, 6.0), (-60.0, -40.0)],
)
def test_tails_are_right_in_relative_terms(h, k):
    value = float(log_bivariate(np.array([h]), np.array([k]), HALF)[0])
    assert value == pytest.approx(by_conditioning(h, k, HALF), rel=1e-14, abs=1e-12)


def test_correlations_out_of_range_are_refused():
    with pytest.raises(UsageError, match="correlation"):
        log_bivariate(np.zeros(1), np.zeros(1), 0.99)


@given(st.floats(-50, 30))
def test_hazard_is_the_slope_of_the_log_probability(x):
    at, step = np.array([x]), 1e-5 * max(1.0, abs(x))
    slope = (log_ndtr(at + step) - log_ndtr(at - step)) / (2 * step)
    np.testing.assert_allclose(hazard(at), slope, rtol=1e-7, atol=1e-9)
    bend = (hazard(at + step) - hazard(at - step)) / (2 * step)
    np.testing.assert_allclose(hazard_bend(at, hazard(at)), bend, rtol=1e-5, atol=1e-7)


def test_hazard_neither_overflows_nor_underflows():
    far = np.array([-1e80, -1e5, 40.0, 1e80])
    values = hazard(far)
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values[:2], -far[:2], rtol=1e-9)
    np.testing.assert_allclose(hazard_bend(far, values)[:2], -1.0, rtol=1e-9)
