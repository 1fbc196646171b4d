"""Enclosing every fixed point of B's reply.

Intervals of margins are halved until nothing is undecided. An interval is settled

- when its image misses it: R is monotone, so the images of its ends bound the image; it holds no equilibrium;
- when the slope of R stays on one side of one all over it: z - R(z) is monotone there, and its signs at the ends tell
  whether there is one equilibrium or none. The slope is a product of factors that are bounded by their ends.

What is settled is certain up to rounding. An interval that shrinks to 1e-7 undecided lies where two equilibria merge;
it is counted as one if z - R(z) changes sign over it, and otherwise reported as touching.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr, ndtr

from blocs.fit.signalling.choices import dare_value, firm_value
from blocs.solve.responses.noise import hazard, log_density

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

# margins are kept within this: beliefs between 6e-16 and one less that, which no table can tell from certainty
LARGEST_MARGIN = 8.0
# width at which halving ends undecided
SMALLEST = 1e-7
# rounding of a reply: the margins are at most 8 and the reply is right to about 15 digits
SLACK = 1e-13
# a slope this near to one is not told apart from one
CAUTION = 1e-6


def reply(margin: Array, utilities: Array) -> Array:
    """Return R(z): B's margin when A replies best to resistance with probability Phi(z).

    Parameters
    ----------
    margin : float64 array (row,)
    utilities : float64 array (utility, row)
        In the order of `blocs.fit.signalling.outcomes.UTILITIES`.
    """
    return _reply(margin, utilities)[0]


def _reply(margin: Array, utilities: Array) -> tuple[Array, Array, Array]:
    """Return R(z), A's cut-off and his log-probability of standing firm."""
    s, v, c, w, wb, a, vb = utilities
    cutoff = v + (s - v) / ndtr(np.clip(margin, -LARGEST_MARGIN, LARGEST_MARGIN))
    log_firm = firm_value(cutoff - w, cutoff - a, w - a)
    result = wb - vb + (vb - c) * np.exp(-log_firm)
    return np.clip(result, -LARGEST_MARGIN, LARGEST_MARGIN), cutoff, log_firm


def single(utilities: Array) -> Array:
    """Return the only equilibrium of games whose reply does not increase."""
    full = np.full(utilities.shape[1], LARGEST_MARGIN)
    # a falling reply takes its extreme values at the extremes
    low, high = reply(full, utilities), reply(-full, utilities)
    return refine(low, high, utilities)


def refine(low: Array, high: Array, utilities: Array) -> Array:
    """Return the root of z - R(z) in brackets over which it changes sign, by the Illinois method with bisection."""
    low, high = low.copy(), high.copy()
    below, above = low - reply(low, utilities), high - reply(high, utilities)
    # an unstable equilibrium is crossed from above; turned over, one root finder serves both
    turn = np.where(below > 0.0, -1.0, 1.0)
    below, above = turn * below, turn * above
    root = np.where(np.abs(below) <= np.abs(above), low, high)
    active = np.flatnonzero((below < 0.0) & (above > 0.0))
    width = high - low
    # bisection alone would end after 60 rounds; each Illinois step is followed by one where it is slow
    for _ in range(200):
        if not len(active):
            break
        lo, hi, fl, fh = low[active], high[active], below[active], above[active]
        secant = hi - fh * (hi - lo) / (fh - fl)
        # bisect when the bracket has not halved since the last bisection, or the secant leaves it
        slow = (hi - lo > 0.5 * width[active]) | ~((secant > lo) & (secant < hi))
        middle = np.where(slow, 0.5 * (lo + hi), secant)
        width[active] = np.where(slow, hi - lo, width[active])
        value = turn[active] * (middle - reply(middle, utilities[:, active]))
        left = value < 0.0
        # Illinois: the side that stays has its value halved, so that the other side moves next
        above[active] = np.where(left, 0.5 * fh, value)
        below[active] = np.where(left, value, 0.5 * fl)
        low[active] = np.where(left, middle, lo)
        high[active] = np.where(left, hi, middle)
        root[active] = middle
        # as exact as the margin can be told: a few units in the last place
        unit = 1.0 + np.abs(middle)
        done = (np.abs(value) <= 1e-15 * unit) | (high[active] - low[active] <= 6e-16 * unit)
        active = active[~done]
    return root


def enclose(utilities: Array) -> tuple[Rows, Array, Rows]:
    """Enclose every fixed point of increasing replies.

    Parameters
    ----------
    utilities : float64 array (utility, game)

    Returns
    -------
    owner : int array (equilibrium,)
        The game.
    margin : float64 array (equilibrium,)
    touching : int array (game,)
        How many places could not be decided and show no crossing.
    """
    count = utilities.shape[1]
    owner = np.arange(count)
    if not count:
        return owner, np.zeros(0), owner
    low, high = np.full(count, -LARGEST_MARGIN), np.full(count, LARGEST_MARGIN)
    at_low, at_high = _reply(low, utilities), _reply(high, utilities)
    brackets: list[tuple[Rows, Array, Array]] = []
    rests: list[tuple[Rows, Array, Array]] = []
    while len(owner):
        empty = (at_low[0] > high + SLACK) | (at_high[0] < low - SLACK)
        least, most = _slopes(low, high, at_low, at_high, utilities[:, owner])
        monotone = (most < 1.0 - CAUTION) | (least > 1.0 + CAUTION)
        crossing = (low - at_low[0]) * (high - at_high[0]) <= 0.0
        found = ~empty & monotone & crossing
        brackets.append((owner[found], low[found], high[found]))
        rest = ~empty & ~monotone
        tiny = rest & (high - low <= SMALLEST)
        rests.append((owner[tiny], low[tiny], high[tiny]))
        split = rest & ~tiny
        owner = owner[split]
        middle = 0.5 * (low[split] + high[split])
        at_middle = _reply(middle, utilities[:, owner])
        low, high = np.concatenate([low[split], middle]), np.concatenate([middle, high[split]])
        at_low = _beside([part[split] for part in at_low], at_middle)
        at_high = _beside(at_middle, [part[split] for part in at_high])
        owner = np.concatenate([owner, owner])
    return _gather(_joined(brackets), _joined(rests), utilities)


def _beside(left: Sequence[Array], right: Sequence[Array]) -> tuple[Array, Array, Array]:
    first, second, third = (np.concatenate(pair) for pair in zip(left, right, strict=True))
    return first, second, third


def _joined(parts: list[tuple[Rows, Array, Array]]) -> tuple[Rows, Array, Array]:
    owners, lows, highs = zip(*parts, strict=True)
    return np.concatenate(owners), np.concatenate(lows), np.concatenate(highs)


def _slopes(
    low: Array,
    high: Array,
    at_low: tuple[Array, Array, Array],
    at_high: tuple[Array, Array, Array],
    utilities: Array,
) -> tuple[Array, Array]:
    """Bound the slope of R over intervals from below and above.

    With f = p_F: R' = |V_B - C_B| / f^2 |df/dc| |S - V| / p^2 phi(z), and df/dc = (hazard of a challenge) (f - r),
    where r is the share of those at c who would stand firm; f and r are monotone in c, and f is the tail average of r.
    """
    s, v, c, w, _, a, vb = utilities
    cut = np.stack([at_low[1], at_high[1]])
    v1, v2 = cut - w, cut - a
    firm = np.exp(np.stack([at_low[2], at_high[2]]))
    share = _share(v1, v2, w - a)
    difference = np.abs(firm - share[::-1])
    same_side = (firm - share[::-1])[0] * (firm - share[::-1])[1] > 0.0
    log_dare = dare_value(v1, v2)
    top1, top2 = v1.max(axis=0), v2.max(axis=0)
    low1, low2 = v1.min(axis=0), v2.min(axis=0)
    scale = np.abs(vb - c) * np.abs(s - v)
    near, far = ndtr(low), ndtr(high)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        most_rate = _peak(low1, top1) * ndtr(top2) + _peak(low2, top2) * ndtr(top1)
        least_rate = _valley(low1, top1) * ndtr(low2) + _valley(low2, top2) * ndtr(low1)
        most_rate, least_rate = most_rate / np.exp(log_dare.min(axis=0)), least_rate / np.exp(log_dare.max(axis=0))
        most = scale * most_rate * difference.max(axis=0) / (firm.min(axis=0) * near) ** 2 * _peak(low, high)
        least = scale * least_rate * difference.min(axis=0) / (firm.max(axis=0) * far) ** 2 * _valley(low, high)
    # far out the bounds overflow and tell nothing; there the values at the ends decide
    most, least = np.where(np.isfinite(most), most, np.inf), np.where(np.isfinite(least), least, 0.0)
    # where the reply is cut off its slope is nil; where the signs differ nothing is known from below
    cut_off = (np.abs(at_low[0]) >= LARGEST_MARGIN) | (np.abs(at_high[0]) >= LARGEST_MARGIN)
    # a monotone reply with equal ends does not move
    return np.where(same_side & ~cut_off, least, 0.0), np.where(at_low[0] == at_high[0], 0.0, most)


def _share(v1: Array, v2: Array, edge: Array) -> Array:
    """Return the share of those at the cut-off who would stand firm: m(v1) / (m(v1) + m(v2)), m the hazard."""
    far = np.minimum(v1, v2) > 5.0
    one, two = hazard(v1), hazard(v2)
    logs = 0.5 * edge * (v1 + v2) - log_ndtr(v1) + log_ndtr(v2)
    return np.where(far, expit(np.where(far, logs, 0.0)), one / np.where(far, 1.0, one + two))


def _peak(low: Array, high: Array) -> Array:
    """Return the largest normal density in an interval."""
    nearest = np.clip(0.0, low, high)
    return np.exp(log_density(nearest))


def _valley(low: Array, high: Array) -> Array:
    """Return the least normal density in an interval."""
    return np.exp(log_density(np.maximum(np.abs(low), np.abs(high))))


def _gather(
    brackets: tuple[Rows, Array, Array], rests: tuple[Rows, Array, Array], utilities: Array
) -> tuple[Rows, Array, Rows]:
    """Refine the brackets, and decide what is left over by the signs at the ends of each cluster."""
    count = utilities.shape[1]
    owner, low, high = _clusters(*rests)
    mine = utilities[:, owner]
    crosses = (low - reply(low, mine)) * (high - reply(high, mine)) <= 0.0
    owners = np.concatenate([brackets[0], owner[crosses]])
    lows, highs = np.concatenate([brackets[1], low[crosses]]), np.concatenate([brackets[2], high[crosses]])
    margin = refine(lows, highs, utilities[:, owners])
    order = np.lexsort((margin, owners))
    owners, margin = owners[order], margin[order]
    # an equilibrium on the border of two intervals was found in both
    fresh = np.ones(len(owners), dtype=bool)
    fresh[1:] = (owners[1:] != owners[:-1]) | (margin[1:] - margin[:-1] > SLACK)
    owners, margin = owners[fresh], margin[fresh]
    touching = np.zeros(count, dtype=np.intp)
    for game, start, stop in zip(owner[~crosses], low[~crosses], high[~crosses], strict=True):
        # a place next to an equilibrium is that equilibrium's
        if not (np.abs(margin[owners == game] - 0.5 * (start + stop)) <= 10.0 * SMALLEST + stop - start).any():
            touching[game] += 1
    return owners, margin, touching


def _clusters(owner: Rows, low: Array, high: Array) -> tuple[Rows, Array, Array]:
    """Join intervals of one game that lie side by side."""
    if not len(owner):
        return owner, low, high
    order = np.lexsort((low, owner))
    owner, low, high = owner[order], low[order], high[order]
    new = np.ones(len(owner), dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (low[1:] - high[:-1] > SMALLEST)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(owner)) - 1
    return owner[starts], low[starts], high[ends]
