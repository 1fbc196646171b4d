from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from blocs.language.priors import (
    FAMILIES,
    Beta,
    Fixed,
    Gamma,
    HalfNormal,
    LogitNormal,
    LogNormal,
    Normal,
    Uniform,
    parse_prior,
    signature,
)

# each prior with the same distribution in scipy.stats, where it has one
PAIRS = [
    (Normal(1.5, 0.7), stats.norm(1.5, 0.7)),
    (LogNormal(-0.7, 0.6), stats.lognorm(s=0.6, scale=math.exp(-0.7))),
    (HalfNormal(2.0), stats.halfnorm(scale=2.0)),
    (Beta(2.0, 5.0), stats.beta(2, 5)),
    (Beta(0.5, 0.5), stats.beta(0.5, 0.5)),
    (Gamma(3.0, 2.0), stats.gamma(3, scale=0.5)),
    (Uniform(-1.0, 3.0), stats.uniform(-1, 4)),
]
FREE = [pair[0] for pair in PAIRS] + [LogitNormal(0.5, 1.2)]
SHARES = np.linspace(0.001, 0.999, 41)


@pytest.mark.parametrize(("prior", "reference"), PAIRS, ids=[str(prior) for prior, _ in PAIRS])
def test_quantiles_densities_and_medians_agree_with_scipy(prior, reference):
    x = reference.ppf(SHARES)
    np.testing.assert_allclose(prior.ppf(SHARES), x, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(prior.logpdf(x), reference.logpdf(x), rtol=1e-12, atol=1e-12)
    assert prior.median == pytest.approx(reference.median(), rel=1e-12, abs=1e-14)


def test_the_logit_normal_is_a_normal_seen_through_the_logistic_function():
    prior = LogitNormal(0.5, 1.2)
    x = prior.ppf(SHARES)
    z = np.log(x / (1 - x))
    np.testing.assert_allclose(z, stats.norm(0.5, 1.2).ppf(SHARES), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(prior.logpdf(x), stats.norm(0.5, 1.2).logpdf(z) - np.log(x * (1 - x)), rtol=1e-10)
    assert prior.median == pytest.approx(1 / (1 + math.exp(-0.5)), rel=1e-14)


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_gradients_agree_with_central_differences(prior):
    x = prior.ppf(np.linspace(0.05, 0.95, 19))
    h = 1e-6 * np.maximum(1.0, np.abs(x))
    slope = (prior.logpdf(x + h) - prior.logpdf(x - h)) / (2 * h)
    np.testing.assert_allclose(prior.dlogpdf(x), slope, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_the_line_is_mapped_onto_the_range_and_back(prior):
    z = np.linspace(-6, 6, 25)
    x, slope, log_slope = prior.from_unconstrained(z)
    low, high = prior.support
    assert np.all((x > low) & (x < high))
    np.testing.assert_allclose(prior.to_unconstrained(x), z, rtol=1e-9, atol=1e-9)
    h = 1e-6
    step = (prior.from_unconstrained(z + h)[0] - prior.from_unconstrained(z - h)[0]) / (2 * h)
    np.testing.assert_allclose(slope, step, rtol=1e-6)
    np.testing.assert_allclose(log_slope, np.log(slope), rtol=1e-10, atol=1e-10)
    change = (prior.transform.log_slope(z + h) - prior.transform.log_slope(z - h)) / (2 * h)
    np.testing.assert_allclose(prior.transform.log_slope_gradient(z), change, atol=1e-7)


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_the_density_on_the_line_has_the_jacobian_and_the_right_gradient(prior):
    z = np.linspace(-4, 4, 17)
    value, gradient = prior.line_logpdf(z)
    x, _, log_slope = prior.from_unconstrained(z)
    np.testing.assert_allclose(value, prior.logpdf(x) + log_slope, rtol=1e-9, atol=1e-9)
    h = 1e-5
    change = (prior.line_logpdf(z + h)[0] - prior.line_logpdf(z - h)[0]) / (2 * h)
    np.testing.assert_allclose(gradient, change, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_the_density_on_the_line_stays_finite_far_out(prior):
    value, gradient = prior.line_logpdf(np.array([-100.0, 5.0 if isinstance(prior, Gamma | HalfNormal) else 100.0]))
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_the_density_on_the_line_integrates_to_one(prior):
    z = np.linspace(-40, 40, 200_001) if not isinstance(prior, HalfNormal | Gamma) else np.linspace(-40, 6, 200_001)
    assert np.trapezoid(np.exp(prior.line_logpdf(z)[0]), z) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("prior", FREE, ids=str)
def test_there_is_no_density_outside_the_range(prior):
    low, high = prior.support
    outside = np.array([one for one in (low - 1, high + 1) if np.isfinite(one)])
    assert np.all(prior.logpdf(outside) == -np.inf)
    assert np.all(np.isnan(prior.dlogpdf(outside)))


@pytest.mark.parametrize("prior", [*FREE, Fixed(3.0)], ids=str)
def test_shapes_are_kept(prior):
    grid = np.full((2, 3), 0.4)
    assert prior.ppf(grid).shape == (2, 3)
    x = prior.ppf(grid)
    assert prior.logpdf(x).shape == prior.dlogpdf(x).shape == (2, 3)
    assert prior.line_logpdf(x)[0].shape == (2, 3)


def test_a_fixed_value_is_always_itself():
    prior = Fixed(2.5)
    assert not prior.free
    assert prior.median == 2.5
    assert np.all(prior.ppf(SHARES) == 2.5)


@pytest.mark.parametrize("prior", [*FREE, Fixed(-3.0), Normal(0.1, 1e-9)], ids=str)
def test_priors_are_written_as_they_are_read(prior):
    assert parse_prior(str(prior)) == prior


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.floats(1e-300, 1e300))
def test_numbers_survive_being_written(mean, sd):
    assert parse_prior(str(Normal(mean, sd))) == Normal(mean, sd)


WRONG = {
    "LogNormal(1)": "takes 2 numbers, not 1; write LogNormal(mu, sigma)",
    "LogNormal(1, 2, 3)": "takes 2 numbers, not 3",
    "LogNorml(1, 2)": "did you mean `LogNormal`",
    "Cauchy(0, 1)": "there is no prior `Cauchy`",
    "LogNormal(1, -2)": "`sigma` of LogNormal must be above 0, not -2",
    "Beta(0, 1)": "`a` of Beta must be above 0",
    "Uniform(2, 1)": "`low` of Uniform must be below `high`",
    "Normal(1e999, 1)": "must be finite",
    "Normal(x, 1)": "`x` is no number",
    "Normal(nan, 1)": "`nan` is no number",
    "Normal(0, 1": "expected a prior such as",
    "__import__('os')": "expected a prior such as",
    "Normal(0, 1) + 1": "expected a prior such as",
    "Normal": "expected a prior such as",
    "Fixed()": "takes 1 numbers, not 0",
    "Normal(" + "1" * 500 + ", 1)": "expected a prior such as",
}


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_a_wrong_prior_says_what_was_expected(text, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        parse_prior(text)


@given(st.text(max_size=40))
def test_any_text_is_a_prior_or_a_value_error(text):
    try:
        parse_prior(text)
    except ValueError as error:
        assert str(error)


def test_signatures_name_the_numbers():
    assert [signature(family) for family in FAMILIES.values()] == [
        "Normal(mean, sd)",
        "LogNormal(mu, sigma)",
        "HalfNormal(sd)",
        "Beta(a, b)",
        "Gamma(shape, rate)",
        "Uniform(low, high)",
        "LogitNormal(mu, sigma)",
        "Fixed(value)",
    ]
