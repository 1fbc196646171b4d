"""Covariances of estimates: kinds of standard errors as small objects.

=======================  ===========================================  ==============================================
kind                     formula                                      right when
=======================  ===========================================  ==============================================
`ObservedInformation`    inverse of minus the Hessian                 the model is right
`OuterProduct`           inverse of the sum of squared scores         the model is right and rows are many
`Sandwich`               bread, outer product, bread                  rows are independent; the model may be wrong
`Clustered`              the same with scores summed in clusters      rows are independent between clusters
=======================  ===========================================  ==============================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError
from blocs.fit.estimation.likelihood import RowObjective

Array = NDArray[np.float64]


class CovarianceKind(Protocol):
    """A way to get standard errors."""

    # its name, as printed above a table
    words: ClassVar[str]

    def covariance(self, likelihood: RowObjective, theta: Array) -> Array:
        """Return the covariance of the estimates at the maximum `theta`."""
        ...


def bread(likelihood: RowObjective, theta: Array) -> Array:
    """Return the inverse of minus the Hessian; an error if it is not positive definite."""
    hessian = likelihood.at(theta, 2).hessian
    if hessian is None:
        raise NumericalError("the likelihood is not defined at these estimates, so that there are no standard errors")
    return inverse(-hessian, "minus the Hessian")


def inverse(matrix: Array, what: str) -> Array:
    """Invert a symmetric positive definite matrix, scaled so that units do not matter."""
    diagonal = np.diag(matrix)
    if len(diagonal) and not (diagonal > 0).all():
        raise NumericalError(f"{what} is not positive definite, so that there are no standard errors")
    scale = np.sqrt(diagonal)
    try:
        factor = np.linalg.cholesky(matrix / np.outer(scale, scale))
    except np.linalg.LinAlgError:
        message = f"{what} is not positive definite, so that there are no standard errors"
        raise NumericalError(message) from None
    half = np.linalg.inv(factor)
    return half.T @ half / np.outer(scale, scale)


@dataclass(frozen=True)
class ObservedInformation:
    """Inverse of the observed information."""

    words: ClassVar[str] = "observed information"

    def covariance(self, likelihood: RowObjective, theta: Array) -> Array:
        """Return the covariance of the estimates."""
        return bread(likelihood, theta)


@dataclass(frozen=True)
class OuterProduct:
    """Inverse of the outer product of the scores (Berndt, Hall, Hall & Hausman 1974)."""

    words: ClassVar[str] = "outer product of scores"
    cites: ClassVar[tuple[str, ...]] = ("bhhh1974",)

    def covariance(self, likelihood: RowObjective, theta: Array) -> Array:
        """Return the covariance of the estimates."""
        scores = likelihood.scores(theta)
        return inverse((scores * likelihood.weights[:, None]).T @ scores, "the outer product of the scores")


@dataclass(frozen=True)
class Sandwich:
    """Robust covariance of independent rows (Huber 1967; White 1982).

    Parameters
    ----------
    small_sample : bool
        Multiply by n / (n - 1).
    """

    small_sample: bool = True
    words: ClassVar[str] = "sandwich"
    cites: ClassVar[tuple[str, ...]] = ("huber1967", "white1982")

    def covariance(self, likelihood: RowObjective, theta: Array) -> Array:
        """Return the covariance of the estimates."""
        scores = likelihood.scores(theta) * likelihood.weights[:, None]
        used = int((likelihood.weights > 0).sum())
        factor = used / (used - 1.0) if self.small_sample else 1.0
        slices = bread(likelihood, theta)
        return factor * slices @ (scores.T @ scores) @ slices


@dataclass(frozen=True)
class Clustered:
    """Robust covariance of rows that depend on one another within clusters (Liang & Zeger 1986).

    Parameters
    ----------
    clusters : sequence
        The cluster of each row: numbers or words.
    small_sample : bool
        Multiply by G / (G - 1) for G clusters.
    """

    clusters: Sequence[object]
    small_sample: bool = True
    words: ClassVar[str] = "clustered sandwich"
    cites: ClassVar[tuple[str, ...]] = ("liang1986",)

    def covariance(self, likelihood: RowObjective, theta: Array) -> Array:
        """Return the covariance of the estimates."""
        member = cluster_ranks(self.clusters, likelihood.rows)
        groups = int(member.max()) + 1
        scores = likelihood.scores(theta) * likelihood.weights[:, None]
        sums = np.zeros((groups, scores.shape[1]))
        np.add.at(sums, member, scores)
        factor = groups / (groups - 1.0) if self.small_sample else 1.0
        slices = bread(likelihood, theta)
        return factor * slices @ (sums.T @ sums) @ slices


def cluster_ranks(clusters: Sequence[object], rows: int) -> NDArray[np.intp]:
    """Give each row the number of its cluster, in order of first appearance."""
    if len(clusters) != rows:
        raise InputError(f"{len(clusters)} cluster labels for {rows} rows")
    ranks: dict[object, int] = {}
    member = np.array([ranks.setdefault(one, len(ranks)) for one in clusters], dtype=np.intp)
    if len(ranks) < 2:
        raise InputError("clustered standard errors need at least two clusters")
    return member
