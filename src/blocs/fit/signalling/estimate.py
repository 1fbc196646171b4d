"""Fitting the signalling model: the three estimators as small objects, and one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.errors import InputError
from blocs.fit.estimation.ascent import Newton
from blocs.fit.estimation.covariance import inverse
from blocs.fit.estimation.likelihood import RowLikelihood
from blocs.fit.estimation.results import Estimates
from blocs.fit.estimation.search import Certificate, RandomStarts, Search, certify, search
from blocs.fit.estimation.verdicts import Climb, Verdict
from blocs.fit.signalling.constrained import EquilibriumDensity, Likeliest, Selection, play
from blocs.fit.signalling.covariance import equilibrium_information, nested_covariance, pseudo_covariance, slopes
from blocs.fit.signalling.equilibrium import Equilibria, equilibria
from blocs.fit.signalling.first_stage import FirstStage, RandomForest
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.signalling.nested import best_replies, rounds
from blocs.fit.signalling.pseudo import Beliefs, PseudoDensity

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SignallingFit:
    """A fitted signalling model.

    Parameters
    ----------
    estimates : Estimates
    games : SignallingGames
    beliefs : Beliefs
        The beliefs under which the likelihood was taken.
    violation : float
        Largest difference between a belief and the best reply to the other belief; nil in equilibrium.
    method : Method
    """

    estimates: Estimates
    games: SignallingGames
    beliefs: Beliefs
    violation: float
    method: Method

    @cached_property
    def equilibria(self) -> Equilibria:
        """All equilibria of every game at the estimates."""
        return equilibria(self.utilities)

    @property
    def utilities(self) -> Array:
        """Utilities of every game at the estimates (utility, game)."""
        return np.array(self.games.design.predict(self.estimates.values))

    def equilibria_told(self) -> str:
        """Say how many equilibria the games have at the estimates; all of them are found."""
        numbers, games = np.unique(self.equilibria.count, return_counts=True)
        parts = [f"{n} of {len(self.games)} games have {k}" for k, n in zip(numbers, games, strict=True)]
        told = f"Equilibria at these estimates, all of them found: {', '.join(parts)}."
        near = int((self.equilibria.touching > 0).sum())
        return told + (f" In {near} of them two are about to appear or to vanish." if near else "")

    def __str__(self) -> str:
        """Render as the summary."""
        return self.summary()

    def summary(self) -> str:
        """Return the table of coefficients as plain text, and the number of equilibria."""
        if not np.isfinite(self.estimates.values).all():
            return self.estimates.summary()
        return f"{self.estimates.summary()}\n{self.equilibria_told()}"


class Method(Protocol):
    """An estimator of the signalling model."""

    def fit(self, games: SignallingGames, weights: Array) -> SignallingFit:
        """Estimate."""
        ...


def fit_signalling(
    games: SignallingGames, method: Method | None = None, weights: Sequence[float] | None = None
) -> SignallingFit:
    """Fit the signalling model.

    Parameters
    ----------
    games : SignallingGames
    method : PseudoLikelihood, NestedPseudoLikelihood or EquilibriumLikelihood
        The last when not given.
    weights : sequence of float, optional
        Weight of each game.

    Returns
    -------
    SignallingFit
        Look at ``.estimates.certificate`` before use: no exception is raised when no maximum was reached.
    """
    given = np.ones(len(games)) if weights is None else np.asarray(weights, dtype=np.float64)
    if given.shape != (len(games),) or not (given >= 0).all():
        raise InputError(f"{len(games)} weights that are not negative are wanted")
    return (method or EquilibriumLikelihood()).fit(games, given)


@dataclass(frozen=True)
class PseudoLikelihood:
    """Two steps: beliefs from a first stage, then coefficients given the beliefs.

    Parameters
    ----------
    first_stage : FirstStage
    starts : RandomStarts
        Climbs besides the one from zero.
    robust : bool
        Standard errors from the outer product of games' scores; otherwise expectations under the fitted model.
    newton : Newton
    """

    first_stage: FirstStage = field(default_factory=RandomForest)
    starts: RandomStarts = field(default_factory=lambda: RandomStarts(count=2))
    robust: bool = False
    newton: Newton = field(default_factory=Newton)
    cites: ClassVar[tuple[str, ...]] = ("crismancox2021", "murphy1985")

    def fit(self, games: SignallingGames, weights: Array) -> SignallingFit:
        """Estimate."""
        beliefs = self.first_stage.beliefs(games)
        found = pseudo_search(games, beliefs, weights, self.starts, self.newton)
        errors = self.first_stage.covariance(games)
        words = "outer product of games' scores" if self.robust else "expected information"
        words += ", first stage carried over" if errors is not None else ", beliefs taken as known"
        count = len(games.design.names)
        covariance = np.full((count, count), np.nan)
        if found.best.verdict.good:
            at = slopes(games.design, games.counts, weights, found.best.theta, beliefs, not self.robust)
            if self.robust and errors is None:
                covariance = inverse(at.middle, "the outer product of the scores")
            else:
                covariance = pseudo_covariance(at, weights, errors)
        return _finish("pseudo-likelihood", games, found.best, found.certificate, covariance, words, beliefs, self)


@dataclass(frozen=True)
class NestedPseudoLikelihood:
    """Beliefs and coefficients in turn until they agree.

    Parameters
    ----------
    first_stage : FirstStage
    tolerance : float
        Largest change of a coefficient or a belief in the last round.
    rounds : int
        Most rounds.
    robust : bool
        As in `PseudoLikelihood`.
    """

    first_stage: FirstStage = field(default_factory=RandomForest)
    tolerance: float = 1e-10
    rounds: int = 300
    robust: bool = False
    newton: Newton = field(default_factory=Newton)
    cites: ClassVar[tuple[str, ...]] = ("crismancox2021", "aguirregabiria2007")

    def fit(self, games: SignallingGames, weights: Array) -> SignallingFit:
        """Estimate."""
        beliefs = self.first_stage.beliefs(games)
        start = np.zeros(len(games.design.names))
        end = rounds(games.design, games.counts, weights, beliefs, start, self.tolerance, self.rounds, self.newton)
        climbed = end.climb
        if not end.converged and climbed.verdict.good:
            climbed = replace(climbed, verdict=Verdict.UNFINISHED)
        count = len(games.design.names)
        covariance = np.full((count, count), np.nan)
        if climbed.verdict.good:
            at = slopes(games.design, games.counts, weights, climbed.theta, end.beliefs, not self.robust)
            covariance = nested_covariance(at, weights)
        kind = "outer product of games' scores" if self.robust else "expected information"
        words = f"{kind}, total derivative through the equilibrium"
        certificate = certify(games.design.names, climbed, [climbed])
        note = f"{end.count} rounds; the last moved coefficients and beliefs by {end.change:.1e} at most."
        title = "nested pseudo-likelihood"
        return _finish(title, games, climbed, certificate, covariance, words, end.beliefs, self, (note,))


@dataclass(frozen=True)
class EquilibriumLikelihood:
    """Maximum likelihood under the exact equilibrium constraint.

    Parameters
    ----------
    first_stage : FirstStage
        For the starts: the pseudo-likelihood estimates under these beliefs, and the nested ones.
    selection : Selection
        Which equilibrium a game with several plays.
    shaken : int
        Further starts, from pseudo-likelihood under beliefs disturbed by `shake` on the log-odds scale.
    shake : float
    robust : bool
        Sandwich over games; otherwise expected information.
    seed : int
    """

    first_stage: FirstStage = field(default_factory=RandomForest)
    selection: Selection = field(default_factory=Likeliest)
    shaken: int = 1
    shake: float = 0.5
    robust: bool = False
    seed: int = 0
    newton: Newton = field(default_factory=Newton)
    cites: ClassVar[tuple[str, ...]] = ("crismancox2021", "su2012")

    def fit(self, games: SignallingGames, weights: Array) -> SignallingFit:
        """Estimate."""
        likelihood = RowLikelihood(games.design, EquilibriumDensity(games.counts, self.selection), weights)
        found = search(likelihood, self._starts(games, weights), self.newton)
        theta = found.best.theta
        played = play(games.counts, np.array(games.design.predict(theta)), self.selection)
        resist = ndtr(played.margin)
        firm = best_replies(np.array(games.design.predict(theta)), Beliefs(resist, np.full_like(resist, 0.5))).firm
        beliefs = Beliefs(resist, firm)
        count = len(games.design.names)
        covariance = np.full((count, count), np.nan)
        if found.best.verdict.good:
            information, outer = equilibrium_information(games.design, games.counts, weights, theta, beliefs)
            slices = inverse(information, "the expected information")
            if self.robust:
                assert found.best.point.hessian is not None
                slices = inverse(-found.best.point.hessian, "minus the Hessian")
                covariance = slices @ outer @ slices
            else:
                covariance = slices
        words = "sandwich over games" if self.robust else "expected information"
        title = "maximum likelihood in equilibrium"
        return _finish(title, games, found.best, found.certificate, covariance, words, beliefs, self)

    def _starts(self, games: SignallingGames, weights: Array) -> list[Array]:
        beliefs = self.first_stage.beliefs(games)
        nothing = RandomStarts(count=0)
        first = pseudo_search(games, beliefs, weights, nothing, self.newton).best.theta
        nested = rounds(games.design, games.counts, weights, beliefs, first, 1e-4, 50, self.newton).climb.theta
        starts = [first, nested]
        random = np.random.default_rng(self.seed)
        for _ in range(self.shaken):
            shaken = Beliefs(_shift(beliefs.resist, random, self.shake), _shift(beliefs.firm, random, self.shake))
            starts.append(pseudo_search(games, shaken, weights, nothing, self.newton).best.theta)
        return starts


def _shift(share: Array, random: np.random.Generator, size: float) -> Array:
    odds = np.log(share) - np.log1p(-share) + size * random.standard_normal(len(share))
    return np.clip(1.0 / (1.0 + np.exp(-odds)), 1e-4, 1.0 - 1e-4)


def pseudo_search(
    games: SignallingGames, beliefs: Beliefs, weights: Array, starts: RandomStarts, newton: Newton
) -> Search:
    """Maximise the pseudo-likelihood from zero and from random starts."""
    likelihood = RowLikelihood(games.design, PseudoDensity(games.counts, beliefs), weights)
    return search(likelihood, starts.around(np.zeros(len(games.design.names))), newton)


def _finish(
    title: str,
    games: SignallingGames,
    end: Climb,
    certificate: Certificate,
    covariance: Array,
    words: str,
    beliefs: Beliefs,
    method: Method,
    notes: tuple[str, ...] = (),
) -> SignallingFit:
    utilities = np.array(games.design.predict(end.theta))
    replies = best_replies(utilities, beliefs)
    violation = float(np.abs(replies.stack() - beliefs.stack()).max(initial=0.0))
    notes = (
        *notes,
        f"Beliefs differ from best replies by {violation:.1e} at most.",
        *((f"{games.table.deleted} rows with a missing value were left out.",) if games.table.deleted else ()),
    )
    estimates = Estimates(
        f"Signalling game by {title}",
        games.design.names,
        end.theta,
        covariance,
        words,
        end.point.value,
        games.plays,
        certificate,
        notes,
    )
    return SignallingFit(estimates, games, beliefs, violation, method)
