"""Random values from priors have the distribution that the priors' own quantiles describe."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from blocs.language import priors
from blocs.language.sampling import sample

EXAMPLES = [
    "Normal(1, 2)",
    "LogNormal(-0.7, 0.6)",
    "HalfNormal(3)",
    "Beta(2, 5)",
    "Gamma(2.5, 4)",
    "Uniform(-1, 3)",
    "LogitNormal(0.3, 1.2)",
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_quantiles_of_samples_are_uniform(text: str) -> None:
    prior = priors.parse_prior(text)
    values = sample(prior, np.random.default_rng(7), 4000)
    # where among the prior's quantiles each value falls
    grid = np.linspace(0, 1, 2001)[1:-1]
    shares = np.searchsorted(prior.ppf(grid), values) / 2000
    assert stats.kstest(shares, "uniform").pvalue > 0.001


def test_fixed_values_and_every_family() -> None:
    assert sample(priors.Fixed(2.5), np.random.default_rng(0), 3).tolist() == [2.5, 2.5, 2.5]
    families = {text.partition("(")[0] for text in EXAMPLES} | {"Fixed"}
    assert families == {one.__name__ for one in priors.Prior.__subclasses__()}
