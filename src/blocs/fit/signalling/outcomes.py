"""The signalling game: utilities, best replies and the probabilities of its four outcomes.

A challenges or not; B resists or concedes; A then stands firm or backs down.

========  =======================  =========================================
outcome   payoffs (A, B)           what happened
========  =======================  =========================================
SQ        S_A, 0                   no challenge: the status quo
CD        V_A, C_B                 B conceded
SF        W_A + e_A, W_B + e_B     B resisted and A stood firm
BD        a + e_a, V_B             B resisted and A backed down
========  =======================  =========================================

The shocks are independent standard normal. A knows (e_A, e_a), B knows e_B. Letters: p_R, the probability that B
resists; p_F, the probability that A stands firm if resisted; c, A's cut-off; z, B's margin (p_R is Phi of it).

References: Lewis & Schultz (2003); Crisman-Cox & Gibilisco (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.fit.estimation.jets import Jet
from blocs.fit.signalling.choices import firm_value, log_dare, log_firm, log_phi, log_quiet, log_win

Array = NDArray[np.float64]

UTILITIES = ("SA", "VA", "CB", "WA", "WB", "a", "VB")
OUTCOMES = ("SQ", "CD", "SF", "BD")


@dataclass(frozen=True)
class ChallengerReply:
    """A's best reply to a probability of resistance, as log-probabilities (jets)."""

    quiet: Jet
    dare: Jet
    win: Jet
    fold: Jet
    firm: Jet


def challenger_reply(utilities: Sequence[Jet], resist: Jet) -> ChallengerReply:
    """Return what A does when B resists with probability `resist`.

    Parameters
    ----------
    utilities : seven jets, in the order of `UTILITIES`
    resist : jet
        p_R, strictly between 0 and 1.

    Returns
    -------
    ChallengerReply
        Logarithms of: no challenge, challenge, challenge and stand firm, challenge and back down, and stand firm
        given a challenge.
    """
    s, v, _, w, _, a, _ = utilities
    cutoff = v + (s - v) * resist.reciprocal()
    v1, v2 = cutoff - w, cutoff - a
    edge = w.value - a.value
    firm = firm_value(v1.value, v2.value, edge)
    dare = log_dare(v1, v2, firm)
    win = log_win(v1, v2, edge)
    return ChallengerReply(log_quiet(v1, v2), dare, win, log_win(v2, v1, -edge), log_firm(win, dare, firm))


def target_margin(utilities: Sequence[Jet], log_firm_probability: Jet) -> Jet:
    """Return B's margin z when A stands firm with the given log-probability; B resists with probability Phi(z)."""
    _, _, c, _, w, _, v = utilities
    return w - v + (v - c) * log_firm_probability.times(-1.0).exp()


def log_outcomes(reply: ChallengerReply, margin: Jet) -> tuple[Jet, Jet, Jet, Jet]:
    """Return the log-probabilities of SQ, CD, SF and BD."""
    resist = log_phi(margin)
    return reply.quiet, reply.dare + log_phi(-margin), reply.win + resist, reply.fold + resist


def counted(counts: Array, logs: Sequence[Jet]) -> Jet:
    """Return the log-likelihood of each game.

    Parameters
    ----------
    counts : float64 array (outcome, row)
        How often each outcome was seen.
    logs : four jets
        Log-probabilities of the outcomes.
    """
    result = logs[0].times(counts[0])
    for count, log in zip(counts[1:], logs[1:], strict=True):
        result = result + log.times(count)
    return result


def values(utilities: Array) -> list[Jet]:
    """Wrap utilities (utility, row) as jets without derivatives."""
    return [Jet(np.asarray(one, dtype=np.float64), order=0) for one in utilities]
