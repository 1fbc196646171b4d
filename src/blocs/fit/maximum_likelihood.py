"""Maximum likelihood for tables of cases: several starts, a certificate, standard errors, one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.fit.estimation.ascent import Newton
from blocs.fit.estimation.covariance import CovarianceKind, ObservedInformation
from blocs.fit.estimation.likelihood import RowObjective
from blocs.fit.estimation.results import Estimates
from blocs.fit.estimation.search import RandomStarts, Search, search

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MaximumLikelihood:
    """How to maximise a likelihood.

    Parameters
    ----------
    starts : RandomStarts
        Climbs besides the first.
    newton : Newton
    errors : CovarianceKind
        Kind of standard errors: `ObservedInformation`, `OuterProduct`, `Sandwich` or `Clustered`.
    """

    starts: RandomStarts = field(default_factory=RandomStarts)
    newton: Newton = field(default_factory=Newton)
    errors: CovarianceKind = field(default_factory=ObservedInformation)


@dataclass(frozen=True)
class Fit:
    """A maximised likelihood.

    Parameters
    ----------
    estimates : Estimates
    likelihood : RowObjective
    search : Search
        Every climb that was made.
    """

    estimates: Estimates
    likelihood: RowObjective
    search: Search

    @property
    def theta(self) -> Array:
        """The estimates."""
        return self.estimates.values

    def summary(self, level: float = 0.95) -> str:
        """Return the table of coefficients as plain text."""
        return self.estimates.summary(level)

    def __str__(self) -> str:
        """Render as the summary."""
        return self.summary()

    def _repr_html_(self) -> str:
        return self.estimates.to_html()

    def with_errors(self, errors: CovarianceKind) -> Fit:
        """Return the same fit with another kind of standard errors."""
        self.estimates.require_maximum()
        covariance = errors.covariance(self.likelihood, self.theta)
        return replace(self, estimates=self.estimates.with_covariance(covariance, errors.words))


def maximise(
    likelihood: RowObjective,
    method: MaximumLikelihood | None = None,
    *,
    title: str = "Maximum likelihood",
    start: Sequence[float] | Array | None = None,
    also: Sequence[Array] = (),
    notes: tuple[str, ...] = (),
) -> Fit:
    """Maximise a likelihood of rows.

    Parameters
    ----------
    likelihood : RowObjective
    method : MaximumLikelihood, optional
    title : str
        Heading of the table.
    start : sequence of float, optional
        Where the first climb starts; at zero when not given.
    also : sequence of arrays
        Further starts.
    notes : tuple of str
        Sentences for the table.

    Returns
    -------
    Fit
        Look at ``.estimates.certificate``: no exception is raised when no maximum was reached, and then there are no
        standard errors. ``.estimates.require_maximum()`` raises one.
    """
    method = method or MaximumLikelihood()
    count = len(likelihood.names)
    first = np.zeros(count) if start is None else np.asarray(start, dtype=np.float64)
    if first.shape != (count,) or not np.isfinite(first).all():
        raise InputError(f"a start is {count} finite numbers, one for each coefficient")
    if likelihood.rows < count:
        raise InputError(f"{count} coefficients cannot be estimated from {likelihood.rows} rows")
    scales = getattr(likelihood, "scales", None)
    found = search(likelihood, [*method.starts.around(first, scales), *also], method.newton)
    covariance = np.full((count, count), np.nan)
    if found.best.verdict.good:
        covariance = method.errors.covariance(likelihood, found.best.theta)
    observations = int((likelihood.weights > 0).sum())
    estimates = Estimates(
        title,
        likelihood.names,
        found.best.theta,
        covariance,
        method.errors.words,
        found.best.point.value,
        observations,
        found.certificate,
        notes,
    )
    return Fit(estimates, likelihood, found)
