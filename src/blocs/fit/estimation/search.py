"""Several climbs, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.ascent import Newton, climb
from blocs.fit.estimation.likelihood import Objective
from blocs.fit.estimation.verdicts import Climb, Verdict, in_words

Array = NDArray[np.float64]

# two climbs agree when their log-likelihoods differ by less: far below any difference that matters to inference
AGREEMENT = 1e-6


@dataclass(frozen=True)
class RandomStarts:
    """Starts besides the first one.

    Parameters
    ----------
    count : int
        How many.
    spread : float
        Standard deviation of each coefficient's start around the first start, divided by the standard deviation of its
        column where the likelihood knows it.
    seed : int
    """

    count: int = 4
    spread: float = 0.5
    seed: int = 0

    def around(self, start: Array, scales: Array | None = None) -> Iterator[Array]:
        """Yield the first start and then the random ones."""
        yield np.asarray(start, dtype=np.float64)
        random = np.random.default_rng(self.seed)
        for _ in range(self.count):
            yield start + self.spread * random.standard_normal(len(start)) / (1.0 if scales is None else scales)


@dataclass(frozen=True)
class Certificate:
    """What is known of the reported maximum.

    Parameters
    ----------
    verdict : Verdict
    gradient : float
        Largest absolute component of the gradient.
    promise : float
        What one more Newton step would add to the log-likelihood.
    curvature : float
        Least eigenvalue of minus the Hessian scaled to unit diagonal; positive at a strict maximum.
    starts, agreeing : int
        How many climbs were made, and how many ended at this same log-likelihood.
    direction : str
        For a flat place or a runaway: the combination of coefficients concerned, in words.
    """

    verdict: Verdict
    gradient: float
    promise: float
    curvature: float
    starts: int
    agreeing: int
    direction: str = ""

    @property
    def good(self) -> bool:
        """Whether this is a maximum."""
        return self.verdict.good

    def __str__(self) -> str:
        """Say it in sentences."""
        words = f"{self.verdict.value}"
        if self.direction:
            words += f"; along {self.direction}"
        words += f". Largest slope {self.gradient:.2g}, least scaled curvature {self.curvature:.2g}"
        if self.starts > 1:
            words += f"; {self.agreeing} of {self.starts} starts ended here"
        return words + "."


@dataclass(frozen=True)
class Search:
    """The best of several climbs, and all of them."""

    best: Climb
    climbs: tuple[Climb, ...]
    certificate: Certificate


def search(objective: Objective, starts: Sequence[Array] | Iterator[Array], method: Newton | None = None) -> Search:
    """Climb from every start.

    The best climb is the one with the highest likelihood, whatever its verdict: a maximum below a place where the
    likelihood still rises is not the maximum, and is not reported as one.
    """
    climbs = tuple(climb(objective, start, method) for start in starts)
    best = max(climbs, key=lambda one: (one.point.value, one.verdict.good))
    rivals = [one for one in climbs if one.verdict.good and best.point.value - one.point.value < AGREEMENT]
    # among climbs to the same height a proven maximum speaks for the place
    if rivals and not best.verdict.good:
        best = max(rivals, key=lambda one: one.point.value)
    return Search(best, climbs, certify(objective.names, best, climbs))


def certify(names: Sequence[str], best: Climb, climbs: Sequence[Climb]) -> Certificate:
    """Write the certificate of the best climb."""
    same = [one for one in climbs if one.verdict is best.verdict]
    agreeing = sum(abs(one.point.value - best.point.value) < AGREEMENT for one in same)
    words = in_words(names, best.direction) if best.direction is not None else ""
    least = float(best.curvatures[0]) if len(best.curvatures) else np.inf
    # a likelihood that is zero at every start has no slope to speak of
    slope = best.steepest if best.verdict is not Verdict.UNDEFINED else np.nan
    return Certificate(best.verdict, slope, best.decrement, least, len(climbs), agreeing, words)
