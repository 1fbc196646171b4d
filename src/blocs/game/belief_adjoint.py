"""The reverse pass on a grid of beliefs: derivatives of anything at the start back through one stage.

At a state and a belief the choices answer the evidence ``l`` that they are: ``F(l) = l - log p(l) + log q(l) = 0``. The
Jacobian of F is a diagonal and the outer product of ones with a vector, so that by the implicit function theorem
(transposed) a derivative by the choices becomes one by the worth of options, precisions and points of the grid in a few
sums. Where the mover answers on occasion only, the row of the option that it takes else has factors of its own, which
makes a second outer product (see `blocs.game.belief_search`), and the answers are computed anew: the choices do not
tell them where an occasion is unlikely. What a state is worth is linear in both types' choices (p, q) once the cell of
each belief is known; where a belief lies on a point of the grid the derivative is that within one of the two cells.
Nothing here knows a name; arrays are those of `blocs.game.belief_kernels`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from blocs.game.belief_kernels import add_up, chosen, which_is_idle
from blocs.game.belief_lanes import CERTAIN

_at = np.uintp

# a Jacobian closer to none than this has no inverse that is worth the name
SINGULAR = 1e-10


@njit(cache=True, nogil=True, error_model="numpy")
def _answers(n, lam, worth, answer):
    """Write the logit answers to what options are worth."""
    best, total = -np.inf, 0.0
    for i in range(n):
        best = max(best, lam * worth[i])
    for i in range(n):
        answer[i] = math.exp(lam * worth[i] - best)
        total += answer[i]
    for i in range(n):
        answer[i] /= total


@njit(cache=True, nogil=True, error_model="numpy")
def _by_answers(n, idle, occasion, answer, gain):
    """Turn the derivative by each choice that is seen into that by each answer, in place; return that by `occasion`."""
    slope = -gain[idle]
    for i in range(n):
        slope += answer[i] * gain[i]
        gain[i] *= occasion
    return slope


@njit(cache=True, nogil=True, error_model="numpy")
def _answered(n, at, mover, lam, answer, worth, dworth, dlam, gain):
    """Pull back the answers of one type (or of a role without types) at a place where there is nothing to learn.

    `gain` holds the derivative by each answer.
    """
    mean = 0.0
    for i in range(n):
        mean += answer[i] * gain[i]
    for i in range(n):
        u = answer[i] * (gain[i] - mean)
        dlam[mover] += u * worth[i, mover, at]
        dworth[i, mover, at] += lam * u


@njit(cache=True, nogil=True, error_model="numpy")
def pull_stage(
    low, high, value, cost, prob, lam, deciding, kind, points, inner, place, base, number, odds, sure, cut, arc_ptr,
    arc_option, arc_bundle, branch_ptr, branch_next, branch_row, policy, restricted, p, evidence, seeded, seed, pull,
    dcost, dprob, dlam, dpoints, other, occasion, doccasion,
):  # fmt: skip
    """Pull the derivatives at the nodes from `low` to `high` of one stage back through their arcs.

    seeded : whether `seed` (arc of the node, type, place), the derivative by choices, stands for what is in `pull`;
        then `low` is the only node.
    pull : (row, column, place) derivatives by values, those of the nodes taken away, those of what follows added.
    dcost, dprob, dlam, dpoints : derivatives by costs, probabilities, precisions of deciding columns and points of the
        mover's grid, added to.
    other, occasion, doccasion : the option that is taken where there is no occasion (-1: there always is one), how
        likely one is, and the derivative by that (1,), added to.

    Returns how many places had no derivative.
    """
    columns, places = value.shape[1], value.shape[2]
    own = len(points)
    most = 1
    for node in range(low, high):
        most = max(most, arc_ptr[node + 1] - arc_ptr[node])
    lanes = (places // own) * (own - 2) if own > 0 else 0
    one, two = deciding[0], deciding[1]
    picked = np.empty(most, np.int64)
    worth, dworth = np.empty((most, columns, places)), np.empty((most, columns, places))
    d = np.zeros((columns, places))
    gain0, gain1 = np.empty(most), np.empty(most)
    cell, slope0, slope1, v0, v1 = (
        np.empty(most, np.int64),
        np.empty(most),
        np.empty(most),
        np.empty(most),
        np.empty(most),
    )
    up, down, e, fall = np.empty(most), np.empty(most), np.empty(most), np.empty(most)
    u, w, mu = np.empty(most), np.empty(most), np.empty(most)
    answer0, answer1 = np.empty(most), np.empty(most)
    own0, own1 = np.ones(most), np.ones(most)
    broken = 0
    for node in range(low, high):
        begin, end = arc_ptr[node], arc_ptr[node + 1]
        if not seeded:
            size = 0.0
            for c in range(columns):
                for b in range(places):
                    size = max(size, abs(pull[node, c, b]))
            if size == 0.0:
                continue
            for c in range(columns):
                for b in range(places):
                    d[c, b] = pull[node, c, b]
                    pull[node, c, b] = 0.0
        n = chosen(begin, end, arc_option, policy, restricted, picked)
        add_up(n, picked, cost, prob, value, arc_bundle, branch_ptr, branch_next, branch_row, worth)
        for i in range(n):
            for c in range(columns):
                for b in range(places):
                    dworth[i, c, b] = 0.0
        idle = which_is_idle(n, picked, arc_option, other, occasion)
        if n == 1:
            for c in range(columns):
                for b in range(places):
                    dworth[0, c, b] = d[c, b]
        else:
            for x in range(len(sure)):
                b = sure[x]
                known = own == 0 or points[(b // inner) % own] > 0.5
                for i in range(n):
                    gain0[i], gain1[i] = 0.0, 0.0
                    if seeded:
                        gain0[i], gain1[i] = seed[picked[i] - begin, 0, b], seed[picked[i] - begin, 1, b]
                    for c in range(columns):
                        if own == 0 or kind[c] == 0 or (kind[c] < 0 and known):
                            gain0[i] += d[c, b] * worth[i, c, b]
                            dworth[i, c, b] += p[picked[i], 0, b] * d[c, b]
                        else:
                            gain1[i] += d[c, b] * worth[i, c, b]
                            dworth[i, c, b] += p[picked[i], 1, b] * d[c, b]
                for i in range(n):
                    answer0[i], answer1[i] = p[picked[i], 0, b], p[picked[i], 1, b]
                if idle >= 0:
                    _answers(n, lam[0], worth[:, one, b], answer0)
                    doccasion[0] += _by_answers(n, idle, occasion, answer0, gain0)
                _answered(n, b, one, lam[0], answer0, worth, dworth, dlam, gain0)
                if own > 0:
                    if idle >= 0:
                        _answers(n, lam[1], worth[:, two, b], answer1)
                        doccasion[0] += _by_answers(n, idle, occasion, answer1, gain1)
                    _answered(n, b, two, lam[1], answer1, worth, dworth, dlam, gain1)
            for x in range(lanes):
                b, g = place[x], number[x]
                belief = points[g]
                doubt = 1.0 - belief
                dbelief = 0.0
                for i in range(n):
                    arc = picked[i]
                    z = odds[x] + evidence[0, arc, b]
                    k = min(g, own - 2)
                    while k < own - 2 and z > cut[k + 1]:
                        k += 1
                    while k > 0 and z < cut[k]:
                        k -= 1
                    at = base[x] + k * inner
                    cell[i] = k
                    lo, hi = points[k], points[k + 1]
                    span = hi - lo
                    e[i] = math.exp(min(max(-z, -CERTAIN), CERTAIN))
                    fall[i] = 1.0 / e[i]
                    # into the lower or the upper point, for either type
                    up[i] = (hi - lo * hi * (1.0 + e[i])) / span if k > 0 else 1.0
                    down[i] = ((1.0 - lo) - (1.0 - lo) * (1.0 - hi) * (1.0 + fall[i])) / span if k < own - 2 else 1.0
                    x0, y0 = worth[i, one, at], worth[i, one, at + inner]
                    x1, y1 = worth[i, two, at], worth[i, two, at + inner]
                    v0[i] = y0 + (1.0 - up[i]) * (x0 - y0)
                    v1[i] = x1 + (1.0 - down[i]) * (y1 - x1)
                    slope0[i] = lo * hi / span * (y0 - x0) * e[i] if k > 0 else 0.0
                    slope1[i] = (1.0 - lo) * (1.0 - hi) / span * (y1 - x1) * fall[i] if k < own - 2 else 0.0
                    p0, p1 = p[arc, 0, b], p[arc, 1, b]
                    mixed = belief * p0 + doubt * p1
                    gain0[i], gain1[i] = 0.0, 0.0
                    if seeded:
                        gain0[i], gain1[i] = seed[arc - begin, 0, b], seed[arc - begin, 1, b]
                        continue
                    upper = ((1.0 - lo) * belief * p0 - lo * doubt * p1) / span
                    lower = mixed - upper
                    up0 = (hi * p0 - lo * hi * mixed / belief) / span
                    down1 = (1.0 - lo) * (p1 - (1.0 - hi) * mixed / doubt) / span
                    dlow, dhigh = 0.0, 0.0
                    for c in range(columns):
                        t = d[c, b]
                        if t == 0.0:
                            continue
                        xl, xh = worth[i, c, at], worth[i, c, at + inner]
                        gap = t * (xh - xl) / span
                        if kind[c] < 0:
                            gain0[i] += t * belief * ((1.0 - lo) * xh - (1.0 - hi) * xl) / span
                            gain1[i] += t * doubt * (hi * xl - lo * xh) / span
                            dworth[i, c, at] += t * lower
                            dworth[i, c, at + inner] += t * upper
                            dlow -= gap * lower
                            dhigh -= gap * upper
                            dbelief += t * (xh * ((1.0 - lo) * p0 + lo * p1) - xl * (hi * p1 + (1.0 - hi) * p0)) / span
                        elif kind[c] == 0:
                            constant, rise = xh * t + lo * gap, -lo * hi * gap
                            gain0[i] += constant + rise
                            gain1[i] += rise * doubt / belief
                            dworth[i, c, at] += t * (p0 - up0)
                            dworth[i, c, at + inner] += t * up0
                            dlow += gap / span * (hi * p0 - hi * hi * mixed / belief)
                            dhigh += gap / span * (lo * lo * mixed / belief - lo * p0)
                            dbelief -= rise * p1 / (belief * belief)
                        else:
                            constant, rise = xl * t - (1.0 - hi) * gap, (1.0 - lo) * (1.0 - hi) * gap
                            gain0[i] += rise * belief / doubt
                            gain1[i] += constant + rise
                            dworth[i, c, at] += t * down1
                            dworth[i, c, at + inner] += t * (p1 - down1)
                            dlow += gap / span * ((1.0 - hi) * (1.0 - hi) * mixed / doubt - (1.0 - hi) * p1)
                            dhigh += gap / span * ((1.0 - lo) * p1 - (1.0 - lo) * (1.0 - lo) * mixed / doubt)
                            dbelief += rise * p0 / (doubt * doubt)
                    dpoints[k] += dlow
                    dpoints[k + 1] += dhigh
                # from choices to what they answer, and through the fixed point
                for i in range(n):
                    answer0[i], answer1[i] = p[picked[i], 0, b], p[picked[i], 1, b]
                seen0, seen1 = 1.0, 1.0
                if idle >= 0:
                    _answers(n, lam[0], v0, answer0)
                    _answers(n, lam[1], v1, answer1)
                    doccasion[0] += _by_answers(n, idle, occasion, answer0, gain0)
                    doccasion[0] += _by_answers(n, idle, occasion, answer1, gain1)
                    seen0, seen1 = p[picked[idle], 0, b], p[picked[idle], 1, b]
                    own0[idle], own1[idle] = occasion * answer0[idle] / seen0, occasion * answer1[idle] / seen1
                mean0, mean1 = 0.0, 0.0
                for i in range(n):
                    mean0 += answer0[i] * gain0[i]
                    mean1 += answer1[i] * gain1[i]
                a11, a12, a21, a22, b1, b2 = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
                singular = False
                for i in range(n):
                    d0, d1 = lam[0] * slope0[i], lam[1] * slope1[i]
                    u[i], w[i] = answer0[i] * (gain0[i] - mean0), answer1[i] * (gain1[i] - mean1)
                    diagonal = 1.0 - own0[i] * d0 + own1[i] * d1
                    singular = singular or abs(diagonal) < SINGULAR
                    mu[i] = (u[i] * d0 + w[i] * d1) / diagonal
                    part0, part1 = answer0[i] * d0 / diagonal, answer1[i] * d1 / diagonal
                    a11 += own0[i] * part0
                    a12 -= own0[i] * part1
                    a21 += own1[i] * part0
                    a22 -= own1[i] * part1
                    b1 += own0[i] * mu[i]
                    b2 += own1[i] * mu[i]
                bottom = a11 * a22 - a12 * a21
                if singular or abs(bottom) < SINGULAR:
                    broken += 1
                total0, total1 = (b1 * a22 - a12 * b2) / bottom, (a11 * b2 - a21 * b1) / bottom
                for i in range(n):
                    d0, d1 = lam[0] * slope0[i], lam[1] * slope1[i]
                    fed = answer0[i] * d0 * total0 - answer1[i] * d1 * total1
                    mu[i] -= fed / (1.0 - own0[i] * d0 + own1[i] * d1)
                if idle >= 0:
                    doccasion[0] += mu[idle] * ((answer0[idle] - 1.0) / seen0 - (answer1[idle] - 1.0) / seen1)
                for i in range(n):
                    by0 = u[i] + own0[i] * mu[i] - answer0[i] * total0
                    by1 = w[i] - own1[i] * mu[i] + answer1[i] * total1
                    dlam[one] += by0 * v0[i]
                    dlam[two] += by1 * v1[i]
                    by0 *= lam[0]
                    by1 *= lam[1]
                    k = cell[i]
                    at = base[x] + k * inner
                    lo, hi = points[k], points[k + 1]
                    span = hi - lo
                    dworth[i, one, at] += by0 * (1.0 - up[i])
                    dworth[i, one, at + inner] += by0 * up[i]
                    dworth[i, two, at] += by1 * down[i]
                    dworth[i, two, at + inner] += by1 * (1.0 - down[i])
                    dbelief += (by0 * slope0[i] + by1 * slope1[i]) / (belief * doubt)
                    gap0 = by0 * (worth[i, one, at + inner] - worth[i, one, at]) / (span * span)
                    gap1 = by1 * (worth[i, two, at + inner] - worth[i, two, at]) / (span * span)
                    after, rest = 1.0 + e[i], 1.0 + fall[i]
                    # the ends of the grid do not move
                    if k > 0:
                        dpoints[k] += gap0 * hi * (1.0 - hi * after) + gap1 * (1.0 - hi) * ((1.0 - hi) * rest - 1.0)
                    if k < own - 2:
                        dpoints[k + 1] += gap0 * lo * (lo * after - 1.0) + gap1 * (1.0 - lo) * (1.0 - (1.0 - lo) * rest)
                dpoints[g] += dbelief
                if idle >= 0:
                    own0[idle], own1[idle] = 1.0, 1.0
        for i in range(n):
            arc = picked[i]
            bundle = arc_bundle[arc]
            for c in range(columns):
                total = 0.0
                for b in range(places):
                    total += dworth[i, c, b]
                dcost[bundle, c] += total
            for branch in range(branch_ptr[arc], branch_ptr[arc + 1]):
                after_, row = branch_next[branch], branch_row[branch]
                chance, total = prob[row], 0.0
                for c in range(columns):
                    for b in range(places):
                        total += dworth[i, c, b] * value[after_, c, b]
                        pull[after_, c, b] += chance * dworth[i, c, b]
                dprob[row] += total
    return broken
