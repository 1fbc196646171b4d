"""Ultimatum bargaining: one side offers part of a prize, the other accepts or both fall back on their reservations.

Player 1 offers y between `least` and the prize Q and keeps the rest; if 2 rejects, 1 gets R1 and 2 gets R2. Each
reservation is a linear predictor plus logistic noise that its owner alone knows, of scale s1 and s2. The best offer is

    y* = Q - R1 - s2 (1 + W(exp((Q - R1 - s2 - R2) / s2))),    W Lambert's function,

cut off at the ends of the range; the likelihood of an offer follows by inverting it in the noise of R1.

References: Ramsay & Signorino (2009); Kenkel & Signorino (2014).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, lambertw

from blocs.errors import InputError
from blocs.fit.estimation.jets import Jet, constant
from blocs.fit.estimation.likelihood import RowLikelihood
from blocs.fit.maximum_likelihood import Fit, MaximumLikelihood, maximise
from blocs.fit.tables import Table
from blocs.fit.terms import columns_used, design_from, expand

Array = NDArray[np.float64]

PREDICTORS = ("R1", "R2", "log(s1)", "log(s2)")


@dataclass(frozen=True)
class OfferDensity:
    """Log-likelihood of each offer and, where it was seen, of the answer.

    Parameters
    ----------
    offer : float64 array (row,)
    accepted : float64 array (row,), optional
        1 accepted, 0 rejected; without it only offers count.
    prize : float
        Largest offer.
    least : float
        Smallest offer.
    floor : float, optional
        Least probability or density of anything. None: exact. The R package `games` sets 2.2e-16 and so ignores offers
        that its model finds impossible.
    """

    offer: Array
    accepted: Array | None
    prize: float
    least: float = 0.0
    floor: float | None = None

    def __call__(self, predictors: Sequence[Jet]) -> Jet:
        """Return the log-likelihood of each row."""
        r1, r2, log1, log2 = predictors
        inverse1, s2 = log1.times(-1.0).exp(), log2.exp()
        y = constant(np.broadcast_to(self.offer, r1.value.shape), r1.order)
        surplus = (y - r2) * log2.times(-1.0).exp()
        soft = _softplus(surplus)
        growth = surplus.exp()
        a = (self.prize - y - r1 - s2 - s2 * growth) * inverse1
        inside = self._floored(_log_logistic(a) + _log_logistic(-a) - log1 + soft)
        low, high = self._floored(_log_logistic(-a)), self._floored(_log_logistic(a))
        at_least, at_most = self.offer <= self.least, self.offer >= self.prize
        result = inside.times((~at_least & ~at_most).astype(np.float64))
        result = result + low.times(at_least.astype(np.float64)) + high.times((at_most & ~at_least).astype(np.float64))
        if self.accepted is None:
            return result
        yes, no = self._floored(_log_logistic(surplus)), self._floored(_log_logistic(-surplus))
        return result + yes.times(self.accepted) + no.times(1.0 - self.accepted)

    def _floored(self, log: Jet) -> Jet:
        if self.floor is None:
            return log
        above = log.value >= np.log(self.floor)
        return Jet(
            np.maximum(log.value, np.log(self.floor)),
            {i: np.where(above, g, 0.0) for i, g in log.first.items()},
            {pair: np.where(above, h, 0.0) for pair, h in log.second.items()},
            log.order,
        )


def _softplus(jet: Jet) -> Jet:
    share = expit(jet.value)
    return jet.compose(np.logaddexp(0.0, jet.value), share, share * (1.0 - share))


def _log_logistic(jet: Jet) -> Jet:
    share = expit(-jet.value)
    return jet.compose(-np.logaddexp(0.0, -jet.value), share, -share * (1.0 - share))


def best_offer(r1: Array, r2: Array, s2: Array, prize: float, least: float = 0.0) -> Array:
    """Return player 1's best offer when his own reservation is r1 and 2's is r2 plus noise of scale s2."""
    x = (prize - r1 - s2 - r2) / s2
    # for large x Lambert's function of exp(x) is x - log x + log x / x to rounding after a few Newton steps
    w = np.where(x < 500.0, lambertw(np.exp(np.minimum(x, 500.0))).real, 0.0)
    far = x >= 500.0
    if np.any(far):
        guess = np.where(far, x - np.log(np.maximum(x, 1.0)), 1.0)
        for _ in range(4):
            guess = guess - (guess + np.log(guess) - x) / (1.0 + 1.0 / guess)
        w = np.where(far, guess, w)
    return np.clip(prize - r1 - s2 * (1.0 + w), least, prize)


@dataclass(frozen=True)
class UltimatumModel:
    """An ultimatum model with the rows that it is fitted to."""

    likelihood: RowLikelihood
    table: Table

    def fit(self, method: MaximumLikelihood | None = None) -> Fit:
        """Fit by maximum likelihood, with starts from the offers themselves."""
        notes = (f"{self.table.deleted} rows with a missing value were left out.",) if self.table.deleted else ()
        density = self.likelihood.density
        assert isinstance(density, OfferDensity)
        if density.floor is not None:
            notes += (f"Probabilities and densities below {density.floor:.2g} count as {density.floor:.2g}.",)
        starts = self._starts(density)
        title = "Ultimatum bargaining"
        return maximise(self.likelihood, method, title=title, start=starts[0], also=starts[1:], notes=notes)

    def _starts(self, density: OfferDensity) -> list[Array]:
        """Return starts that give every offer a probability that can be computed.

        Player 2's reservation at or above the typical offer and wide noise keep the exponentials small.
        """
        design = self.likelihood.design
        middle, spread = float(np.mean(density.offer)), max(float(np.std(density.offer)), 1e-3)
        starts = []
        for factor in (1.0, 0.3, 3.0):
            theta = np.zeros(len(design.names))
            aims = (density.prize - middle, middle, np.log(factor * spread), np.log(factor * spread))
            for one, place, aim in zip(design.predictors, design.slices, aims, strict=True):
                if not one.terms:
                    continue
                target = np.full(design.rows, aim) - one.offset
                theta[place] = np.linalg.lstsq(one.columns, target, rcond=None)[0]
            starts.append(theta)
        return starts


def ultimatum_model(
    table: Table,
    reservations: Mapping[str, Sequence[str]],
    offer: str,
    prize: float,
    accepted: str = "",
    least: float = 0.0,
    scales: Mapping[str, float] | None = None,
    floor: float | None = None,
    listwise: bool = False,
) -> UltimatumModel:
    """Set an ultimatum model up on a table.

    Parameters
    ----------
    table : Table
    reservations : mapping of ``R1`` and ``R2`` to terms
    offer : str
        Column of offers, between `least` and `prize`.
    prize : float
    accepted : str
        Column of 0 and 1; empty when only offers are used.
    least : float
    scales : mapping of ``s1`` and ``s2`` to number, optional
        Scales that are known; the others are estimated.
    floor : float, optional
        See `OfferDensity`.
    listwise : bool
        Leave out rows with a missing value (counted and told) instead of refusing them.
    """
    columns = [offer, accepted] if accepted else [offer]
    if listwise:
        terms = [term for one in reservations.values() for term in expand(table, one)]
        table = table.complete([*(name for name in columns_used(terms) if name in table.columns), *columns])
    offers = table.numbers(offer)
    wrong = (offers < least) | (offers > prize)
    if wrong.any():
        row = int(np.argmax(wrong))
        message = f"the offer {offers[row]:g} is not between {least:g} and {prize:g}"
        raise InputError(table.problem(message, row, offer))
    answers = None
    if accepted:
        answers = table.numbers(accepted)
        strange = ~np.isin(answers, (0.0, 1.0))
        if strange.any():
            row = int(np.argmax(strange))
            raise InputError(table.problem(f"{answers[row]:g} is neither 0 (rejected) nor 1 (accepted)", row, accepted))
    fixed = {}
    for name, value in (scales or {}).items():
        if name not in ("s1", "s2") or not value > 0:
            raise InputError(f"a known scale is `s1` or `s2` and positive, not `{name}` = {value:g}")
        fixed[f"log({name})"] = float(np.log(value))
    free = {f"log({name})": ("1",) for name in ("s1", "s2") if f"log({name})" not in fixed}
    design = design_from(table, PREDICTORS, {**reservations, **free}, fixed)
    likelihood = RowLikelihood(design, OfferDensity(offers, answers, prize, least, floor), np.ones(len(table)))
    return UltimatumModel(likelihood, table)
