"""Full maximum likelihood under the exact equilibrium constraint.

The constraint p_R = Phi(R(p_R)) is kept exactly: at every trial value of the coefficients all equilibria of every game
are found, one is selected, and its derivatives follow from the implicit function theorem. This is the problem max over
(theta, p) subject to the constraint with p eliminated, so that there is nothing to violate.

References: Su & Judd (2012); Crisman-Cox & Gibilisco (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.fit.estimation.jets import Jet, variable
from blocs.fit.signalling.enclosure import LARGEST_MARGIN
from blocs.fit.signalling.equilibrium import Equilibria, equilibria, implicit, reply_jet
from blocs.fit.signalling.outcomes import challenger_reply, counted, log_outcomes, values

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Played:
    """The equilibrium taken in each game.

    Parameters
    ----------
    margin : float64 array (game,)
        B's margin z.
    count : int array (game,)
        How many equilibria the game has.
    residual : float
        Largest violation of the constraint, as a probability.
    """

    margin: Array
    count: NDArray[np.intp]
    residual: float


class Selection(Protocol):
    """Which equilibrium a game with several is taken to play."""

    def score(self, found: Equilibria, log_likelihood: Array) -> Array:
        """Rate every equilibrium; in each game the highest is taken.

        Parameters
        ----------
        log_likelihood : float64 array (equilibrium,)
            Log-likelihood of the game's counts under each equilibrium.
        """
        ...


@dataclass(frozen=True)
class Likeliest:
    """Every game plays whichever of its equilibria makes its own outcomes likeliest.

    This is the constrained estimator in full generality. With few plays a game it fits noise: each game with three
    equilibria is a free choice out of three.
    """

    def score(self, found: Equilibria, log_likelihood: Array) -> Array:
        """Rate by likelihood."""
        return log_likelihood


@dataclass(frozen=True)
class Closest:
    """Every game plays the equilibrium whose p_R is closest to a belief found beforehand.

    Parameters
    ----------
    resist : float64 array (game,)
        p_R from a first stage.
    """

    resist: Array

    def score(self, found: Equilibria, log_likelihood: Array) -> Array:
        """Rate by closeness."""
        return -np.abs(found.resist - self.resist[found.game])


@dataclass(frozen=True)
class Ranked:
    """Every game plays the equilibrium with the lowest or with the highest probability of resistance."""

    highest: bool = False

    def score(self, found: Equilibria, log_likelihood: Array) -> Array:
        """Rate by probability of resistance."""
        return found.margin if self.highest else -found.margin


def outcome_jets(utilities: Sequence[Jet], margin: Jet) -> tuple[Jet, Jet, Jet, Jet]:
    """Return the log-probabilities of the outcomes when B's margin is `margin` in equilibrium."""
    density = np.exp(-0.5 * margin.value**2) / np.sqrt(2.0 * np.pi)
    resist = margin.compose(ndtr(margin.value), density, -margin.value * density)
    return log_outcomes(challenger_reply(utilities, resist), margin)


def play(counts: Array, utilities: Array, selection: Selection) -> Played:
    """Solve every game and select one equilibrium of each.

    Parameters
    ----------
    counts : float64 array (outcome, game)
    utilities : float64 array (utility, game)
    selection : Selection
    """
    found = equilibria(utilities)
    if (found.count == 1).all():
        return Played(found.margin, found.count, found.residual)
    wrapped = values(utilities[:, found.game])
    logs = counted(counts[:, found.game], outcome_jets(wrapped, Jet(found.margin, order=0))).value
    order = np.lexsort((selection.score(found, logs), found.game))
    last = np.append(np.flatnonzero(np.diff(found.game[order])), len(order) - 1)
    return Played(found.margin[order[last]], found.count, found.residual)


@dataclass(frozen=True)
class EquilibriumDensity:
    """Log-likelihood of each game in equilibrium, from jets of the seven utilities."""

    counts: Array
    selection: Selection = field(default_factory=Likeliest)

    def __call__(self, utilities: Sequence[Jet]) -> Jet:
        """Return the log-likelihood of each game."""
        order = utilities[0].order
        plain = np.array([one.value for one in utilities])
        played = play(self.counts, plain, self.selection)
        margin = solved(utilities, played.margin, order)
        return counted(self.counts, outcome_jets(utilities, margin))


def solved(utilities: Sequence[Jet], margin: Array, order: int) -> Jet:
    """Return equilibrium margins as jets of those utilities that carry derivatives themselves."""
    if order == 0:
        return Jet(margin, order=0)
    unknown = variable(len(utilities), margin, order)
    # in a corner derivatives overflow; they are not used there
    with np.errstate(over="ignore", invalid="ignore"):
        jet = implicit(unknown - reply_jet(unknown, list(utilities)), len(utilities), margin)
    # a belief held at the limit of its range stays there
    free = np.abs(margin) < LARGEST_MARGIN
    if free.all():
        return jet
    return Jet(
        margin,
        {i: np.where(free, g, 0.0) for i, g in jet.first.items()},
        {pair: np.where(free, h, 0.0) for pair, h in jet.second.items()},
        order,
    )
