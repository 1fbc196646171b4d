"""Nested pseudo-likelihood: beliefs and coefficients in turn, until each agrees with the other.

At the end the coefficients maximise the pseudo-likelihood and the beliefs are in equilibrium. Only equilibria that are
stable under best replies can be reached (Aguirregabiria & Mira 2007; Crisman-Cox & Gibilisco 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.fit.estimation.ascent import Newton, climb
from blocs.fit.estimation.design import Design
from blocs.fit.estimation.jets import Jet
from blocs.fit.estimation.likelihood import RowLikelihood
from blocs.fit.estimation.verdicts import Climb
from blocs.fit.signalling.outcomes import challenger_reply, target_margin, values
from blocs.fit.signalling.pseudo import Beliefs, PseudoDensity

Array = NDArray[np.float64]

# beliefs are kept inside this range so that a first round far from the truth cannot end at certainty
LEAST_BELIEF = 1e-4


@dataclass(frozen=True)
class Rounds:
    """How the rounds ended.

    Parameters
    ----------
    climb : Climb
        The last climb of the pseudo-likelihood.
    beliefs : Beliefs
    change : float
        Largest change of a coefficient or a belief in the last round.
    count : int
        How many rounds were made.
    converged : bool
    """

    climb: Climb
    beliefs: Beliefs
    change: float
    count: int
    converged: bool


def best_replies(utilities: Array, beliefs: Beliefs) -> Beliefs:
    """Return what each side does given its beliefs: the map whose fixed points are the equilibria."""
    wrapped = values(utilities)
    firm = challenger_reply(wrapped, Jet(beliefs.resist, order=0)).firm.value
    margin = target_margin(wrapped, Jet(np.log(beliefs.firm), order=0)).value
    inside = (LEAST_BELIEF, 1.0 - LEAST_BELIEF)
    return Beliefs(np.clip(ndtr(margin), *inside), np.clip(np.exp(firm), *inside))


def rounds(
    design: Design,
    counts: Array,
    weights: Array,
    beliefs: Beliefs,
    start: Array,
    tolerance: float = 1e-10,
    most: int = 300,
    method: Newton | None = None,
) -> Rounds:
    """Run nested pseudo-likelihood.

    Parameters
    ----------
    counts : float64 array (outcome, game)
    beliefs : Beliefs
        First beliefs, from a first stage.
    start : float64 array (coefficient,)
        Coefficients from which the first climb starts.
    tolerance : float
        The rounds end when no coefficient and no belief moves by more.
    most : int
        Most rounds.
    """
    # verdicts on the rounds between are of no use, and cost more than the few steps of a round
    end = climb(RowLikelihood(design, PseudoDensity(counts, beliefs), weights), start, method, walk=False)
    theta, change, count = end.theta, np.inf, 0
    while count < most and end.verdict.good:
        count += 1
        fresh = best_replies(np.array(design.predict(theta)), beliefs)
        end = climb(RowLikelihood(design, PseudoDensity(counts, fresh), weights), theta, method, walk=False)
        moved = np.abs(end.theta - theta).max(initial=0.0)
        change = float(max(moved, np.abs(fresh.stack() - beliefs.stack()).max(initial=0.0)))
        theta, beliefs = end.theta, fresh
        if change < tolerance:
            break
    if end.verdict.good:
        end = climb(RowLikelihood(design, PseudoDensity(counts, beliefs), weights), theta, method)
    return Rounds(end, beliefs, change, count, bool(change < tolerance))
