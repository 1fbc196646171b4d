"""The choices of both types at one state and belief, found one combination at a time. Nothing here knows a name.

The unknown is the *evidence* of each option, in log-odds between the types: with it go the belief after the option,
what the option is worth to either type, and so the choices, which speak for some evidence in turn. This is the patient
way, for the few places where Newton's method in `blocs.game.belief_lanes` does not settle at once.

Where the mover answers with probability q only, and takes the option `idle` else, the choices that are seen are
``P = q p + (1 - q) [a = idle]``. The same q for both types leaves all evidence but that of `idle` as the answers p give
it: ``log P0 - log P1``, whose derivative by ``log p`` is ``q p / P`` for either type. `idle` is -1 where there always
is an occasion.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.kernels import _exp

# a choice's evidence (in log-odds between the types) counts as found when it moves no more than this
SETTLED = 1e-12
NEWTON = 40
# starts from evidence at random where the solution cannot be followed from blind choice: most places need a few, one
# in a million many; and how far they reach, in turn, in log-odds
STARTS, NEAREST, TURNS = 20_000, 0.5, 6
# shares of precision by which the local solution is followed where Newton's method does not find it
SHARES = 24


@njit(cache=True, nogil=True, inline="always")
def cell_of(points, belief, k):
    """Return k such that the belief lies between points k and k + 1, looking from a cell nearby."""
    while k < len(points) - 2 and belief > points[k + 1]:
        k += 1
    while k > 0 and belief < points[k]:
        k -= 1
    return k


@njit(cache=True, nogil=True, error_model="numpy")
def respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell):
    """Answer the evidence `ell` of every option: fills what follows from it in `room`; returns the largest deviation.

    `worth` is (option, column, place): what an option is worth with the belief at each point of the grid. Rows of
    `room`: 0 and 1 the values for each type, 2 and 3 their slopes by the evidence, 4 and 5 answers, 6 the belief after,
    7 its complement, 8 the share of the upper point, 9 deviations, 11 and 12 the derivatives of what each choice speaks
    for by the logarithms of answers.
    """
    top0, top1 = -np.inf, -np.inf
    for a in range(n):
        z = odds + ell[a]
        e = _exp(-abs(z))
        large = 1.0 / (1.0 + e)
        small = e * large
        after = large if z >= 0.0 else small
        rest = small if z >= 0.0 else large
        k = cell_of(points, after, cell[a])
        cell[a] = k
        low, high = points[k], points[k + 1]
        width = high - low
        share = (after - low) / width
        at = base + k * inner
        v0, v1 = worth[a, one, at], worth[a, one, at + inner]
        w0, w1 = worth[a, two, at], worth[a, two, at + inner]
        # the first type comes to the upper point with probability share * high / after; low = 0 makes that one
        up = 1.0 if low == 0.0 else share * high / after
        value = v0 + up * (v1 - v0)
        slope = (high * v1 - low * v0) / width - value
        down = 1.0 if high == 1.0 else (1.0 - share) * (1.0 - low) / rest
        other = w1 + down * (w0 - w1)
        other_slope = ((1.0 - high) * w1 - (1.0 - low) * w0) / width + other
        # by the evidence: the belief moves by after * rest
        room[0, a], room[1, a] = value, other
        room[2, a], room[3, a] = slope * rest, other_slope * after
        room[6, a], room[7, a], room[8, a] = after, rest, share
        top0 = max(top0, lam0 * value)
        top1 = max(top1, lam1 * other)
    sum0, sum1 = 0.0, 0.0
    for a in range(n):
        room[4, a] = _exp(lam0 * room[0, a] - top0)
        room[5, a] = _exp(lam1 * room[1, a] - top1)
        sum0 += room[4, a]
        sum1 += room[5, a]
    shift = top1 - top0 + np.log(sum1 / sum0)
    worst = 0.0
    scale0, scale1 = 1.0 / sum0, 1.0 / sum1
    for a in range(n):
        room[4, a] *= scale0
        room[5, a] *= scale1
        room[9, a] = ell[a] - (lam0 * room[0, a] - lam1 * room[1, a] + shift)
        room[11, a], room[12, a] = 1.0, 1.0
        if a == idle:
            seen0, seen1 = occasion * room[4, a] + (1.0 - occasion), occasion * room[5, a] + (1.0 - occasion)
            room[9, a] = ell[a] - np.log(seen0 / seen1)
            room[11, a], room[12, a] = occasion * room[4, a] / seen0, occasion * room[5, a] / seen1
        worst = max(worst, abs(room[9, a]))
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
def newton_step(n, lam0, lam1, room, step):
    """Write the Newton step for the evidence: the Jacobian is a diagonal and two outer products."""
    a11, a12, a21, a22, b1, b2 = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    for a in range(n):
        d0, d1 = lam0 * room[2, a], lam1 * room[3, a]
        diagonal = 1.0 - room[11, a] * d0 + room[12, a] * d1
        if abs(diagonal) < 1e-8:
            diagonal = 1e-8 if diagonal >= 0.0 else -1e-8
        room[10, a] = 1.0 / diagonal
        u0, u1 = room[4, a] * d0 / diagonal, room[5, a] * d1 / diagonal
        a11 += room[11, a] * u0
        a12 -= room[12, a] * u0
        a21 += room[11, a] * u1
        a22 -= room[12, a] * u1
        b1 -= u0 * room[9, a]
        b2 -= u1 * room[9, a]
    det = a11 * a22 - a12 * a21
    if abs(det) < 1e-14:
        det = 1e-14
    x0, x1 = (b1 * a22 - a12 * b2) / det, (a11 * b2 - a21 * b1) / det
    for a in range(n):
        step[a] = room[10, a] * (-room[9, a] - room[11, a] * x0 + room[12, a] * x1)


@njit(cache=True, nogil=True, error_model="numpy")
def _search(n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell, step, trial):
    """Newton's method with shortened steps from `ell` on; returns the deviation reached and the number of answers."""
    worst = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell)
    made = 1
    for _ in range(NEWTON):
        if worst <= SETTLED:
            break
        newton_step(n, lam0, lam1, room, step)
        share, better = 1.0, False
        for _ in range(8):
            for a in range(n):
                trial[a] = ell[a] + share * step[a]
            there = respond(
                n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, trial, room, cell
            )
            made += 1
            if there < worst:
                better = True
                break
            share *= 0.5
        if not better:
            # a kink of the grid: a damped answer leads off it
            there = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell)
            for a in range(n):
                trial[a] = ell[a] - 0.3 * room[9, a]
            there = respond(
                n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, trial, room, cell
            )
            made += 2
        for a in range(n):
            ell[a] = trial[a]
        worst = there
    return worst, made


@njit(cache=True, nogil=True, error_model="numpy")
def local(n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell, step, trial):
    """Find choices of both types that answer the beliefs they lead to, from the evidence `ell` on.

    Returns the deviation left, the number of answers, and whether the solution was neither near the start nor could be
    followed from blind choice: then there are several, and another of them was taken.
    """
    worst, made = _search(
        n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell, step, trial
    )
    if worst <= SETTLED:
        return worst, made, False
    # from blind choice, which tells nothing, to full precision
    for a in range(n):
        ell[a] = 0.0
    followed = True
    for part in range(1, SHARES + 1):
        s = part / SHARES
        worst, more = _search(
            n, odds, s * lam0, s * lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell, step,
            trial,
        )  # fmt: skip
        made += more
        followed = worst <= SETTLED
        if not followed:
            break
    if followed:
        return worst, made, False
    # a generator of its own (Knuth's constants), so that the answer is the same whoever asks
    state = np.uint64(88172645463325252)
    for start in range(STARTS):
        reach = NEAREST * 2.0 ** (start % TURNS)
        for a in range(n):
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            ell[a] = reach * (2.0 * (np.float64(state >> np.uint64(11)) / 9007199254740992.0) - 1.0)
        worst, more = _search(
            n, odds, lam0, lam1, worth, one, two, base, inner, points, idle, occasion, ell, room, cell, step, trial
        )
        made += more
        if worst <= SETTLED:
            break
    return worst, made, True
