"""The challenger's choices given his cut-off, with exact derivatives.

The challenger A gets W + e by standing firm and a + e' by backing down, where e and e' are independent standard
normal and known to him before he moves. He challenges when the better of the two reaches the cut-off c. With
``v1 = c - W`` and ``v2 = c - a`` everything is a function of these two numbers:

=============  ==========================================  =============================================
function       probability                                 in words
=============  ==========================================  =============================================
`log_quiet`    Phi(v1) Phi(v2)                             no challenge
`log_dare`     1 - Phi(v1) Phi(v2)                         challenge
`log_win`      Pr(W + e >= a + e' and W + e >= c)          challenge and stand firm if resisted
`log_firm`     `log_win` less `log_dare`                   stand firm if resisted, after a challenge
=============  ==========================================  =============================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr

from blocs.fit.estimation.jets import Jet, combine
from blocs.fit.signalling.normal import log_bivariate
from blocs.solve.responses.noise import hazard, hazard_bend, log_density

Array = NDArray[np.float64]

ROOT_HALF = float(np.sqrt(0.5))
# from here on Pr(both payoffs exceed the cut-off) is below 1e-15 of Pr(one does), so that one normal tail is exact
TAIL = 8.0
# least log Pr(stand firm): its reciprocal must stay a number
LEAST_LOG = -690.0


def log_phi(jet: Jet) -> Jet:
    """Logarithm of the normal distribution function of a jet."""
    value = log_ndtr(jet.value)
    if jet.order == 0:
        return Jet(value, order=0)
    slope = hazard(jet.value)
    return jet.compose(value, slope, hazard_bend(jet.value, slope))


def log_quiet(v1: Jet, v2: Jet) -> Jet:
    """Log-probability that both payoffs lie below the cut-off."""
    return log_phi(v1) + log_phi(v2)


def dare_value(v1: Array, v2: Array) -> Array:
    """Log-probability of a challenge."""
    return np.logaddexp(log_ndtr(-v1), log_ndtr(v1) + log_ndtr(-v2))


def win_value(v1: Array, v2: Array, edge: Array) -> Array:
    """Log-probability that standing firm is the better and reaches the cut-off; `edge` is W - a."""
    tail = np.minimum(v1, v2) > TAIL
    result = log_ndtr(-v1)
    rest = ~tail
    if rest.any():
        result[rest] = log_bivariate(edge[rest] * ROOT_HALF, -v1[rest], ROOT_HALF)
    return result


def firm_value(v1: Array, v2: Array, edge: Array) -> Array:
    """Log-probability of standing firm after a challenge.

    Parameters
    ----------
    v1, v2 : float64 array
        The cut-off less W and less a.
    edge : float64 array
        W - a, told apart because it drowns in v2 - v1 when the cut-off is huge.
    """
    tail = np.minimum(v1, v2) > TAIL
    result = np.empty_like(v1)
    rest = ~tail
    if rest.any():
        result[rest] = win_value(v1[rest], v2[rest], edge[rest]) - dare_value(v1[rest], v2[rest])
    if tail.any():
        one, two, gap = v1[tail], v2[tail], edge[tail]
        # log Pr(back down) - log Pr(stand firm); the squares are subtracted in factors
        odds = np.log(erfcx(two * ROOT_HALF) / erfcx(one * ROOT_HALF)) - 0.5 * gap * (one + two)
        result[tail] = -np.logaddexp(0.0, odds)
    return np.clip(result, LEAST_LOG, 0.0)


def log_win(v1: Jet, v2: Jet, edge: Array) -> Jet:
    """Log-probability of a challenge by one who will stand firm, as a jet; `edge` is W - a."""
    x, y = v1.value, v2.value
    value = win_value(x, y, edge)
    if v1.order == 0:
        return Jet(value, order=0)
    d1, d2, d11, d12, d22 = _win_slopes(x, y, edge * ROOT_HALF, value)
    return combine(v1, v2, value, d1, d2, d11, d12, d22)


def _win_slopes(x: Array, y: Array, gap: Array, value: Array) -> tuple[Array, Array, Array, Array, Array]:
    tail = np.minimum(x, y) > TAIL
    # in the tail the terms of overlap are below rounding and only the hazard of one normal is left
    inside = np.where(tail, 0.0, value)
    border = np.where(tail, 0.0, np.exp(_kill(log_density(gap) + log_ndtr(-(x + y) * ROOT_HALF) - inside, tail)))
    border = border * ROOT_HALF
    both = np.where(tail, 0.0, np.exp(_kill(log_density(x) + log_density(y) - inside, tail)))
    edge = np.where(tail, hazard(-x), np.exp(_kill(log_density(x) + log_ndtr(y) - inside, tail)))
    d2 = border
    d1 = -border - edge
    turn = border * gap * ROOT_HALF
    k1, k2 = turn - 0.5 * both, -turn - 0.5 * both
    d11 = np.where(tail, hazard_bend(-x, edge), x * edge - k1 - d1 * d1)
    return d1, d2, d11, k1 - d1 * d2, k2 - d2 * d2


def _kill(exponent: Array, tail: NDArray[np.bool_]) -> Array:
    return np.where(tail, -np.inf, exponent)


def log_dare(v1: Jet, v2: Jet, firm: Array) -> Jet:
    """Log-probability of a challenge, as a jet; `firm` is log Pr(stand firm | challenge)."""
    x, y = v1.value, v2.value
    value = dare_value(x, y)
    if v1.order == 0:
        return Jet(value, order=0)
    tail = np.minimum(x, y) > TAIL
    inside = np.where(tail, 0.0, value)
    share = np.exp(firm)
    m1, m2 = hazard(-x), hazard(-y)
    d1 = -np.where(tail, share * m1, np.exp(_kill(log_density(x) + log_ndtr(y) - inside, tail)))
    d2 = -np.where(tail, (1.0 - share) * m2, np.exp(_kill(log_density(y) + log_ndtr(x) - inside, tail)))
    both = np.exp(_kill(log_density(x) + log_density(y) - inside, tail))
    mixed = share * (1.0 - share)
    far11 = mixed * m1 * x + share**2 * hazard_bend(-x, m1)
    far22 = mixed * m2 * y + (1.0 - share) ** 2 * hazard_bend(-y, m2)
    d11 = np.where(tail, far11, -x * d1 - d1 * d1)
    d22 = np.where(tail, far22, -y * d2 - d2 * d2)
    return combine(v1, v2, value, d1, d2, d11, -both - d1 * d2, d22)


def log_firm(win: Jet, dare: Jet, firm: Array) -> Jet:
    """Log-probability of standing firm after a challenge, as a jet with the accurate value `firm`."""
    jet = win - dare
    return Jet(firm, jet.first, jet.second, jet.order)
