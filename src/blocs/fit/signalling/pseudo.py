"""Pseudo-likelihood: each side replies best to beliefs supplied from outside.

With beliefs p_R and p_F in hand no equilibrium has to be solved, and the likelihood falls in two parts: A's utilities
given p_R, B's utilities given p_F (the second is a concave probit).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.jets import Jet, constant
from blocs.fit.signalling.outcomes import challenger_reply, counted, log_outcomes, target_margin

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Beliefs:
    """What each side believes of the other.

    Parameters
    ----------
    resist : float64 array (row,)
        p_R, as believed by A.
    firm : float64 array (row,)
        p_F, as believed by B.
    """

    resist: Array
    firm: Array

    def stack(self) -> Array:
        """Return both as one vector: p_R of all rows, then p_F of all rows."""
        return np.concatenate([self.resist, self.firm])


@dataclass(frozen=True)
class PseudoDensity:
    """Log-likelihood of each game given beliefs, from jets of the seven utilities."""

    counts: Array
    beliefs: Beliefs

    def __call__(self, utilities: Sequence[Jet]) -> Jet:
        """Return the log-likelihood of each game."""
        order = utilities[0].order
        resist = constant(np.broadcast_to(self.beliefs.resist, utilities[0].value.shape), order)
        firm = constant(np.broadcast_to(np.log(self.beliefs.firm), utilities[0].value.shape), order)
        return pseudo(self.counts, utilities, resist, firm)


def pseudo(counts: Array, utilities: Sequence[Jet], resist: Jet, log_firm: Jet) -> Jet:
    """Return the pseudo-log-likelihood of each game; the beliefs may carry derivatives of their own."""
    reply = challenger_reply(utilities, resist)
    margin = target_margin(utilities, log_firm)
    return counted(counts, log_outcomes(reply, margin))
