"""The reverse pass on a grid of beliefs: derivatives of anything at the start back through one stage.

At a state and a belief the choices answer the evidence ``l`` that they are: ``F(l) = l - log p(l) + log q(l) = 0``. The
Jacobian of F is a diagonal and the outer product of ones with a vector, so that by the implicit function theorem
(transposed) a derivative by the choices becomes one by the worth of options, precisions and points of the grid in a few
sums. What a state is worth is linear in both types' choices (p, q) once the cell of each belief is known; where a
belief lies on a point of the grid the derivative is that within one of the two cells. Nothing here knows a name; arrays
are those of `blocs.game.belief_kernels`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from blocs.game.belief_kernels import add_up, chosen
from blocs.game.belief_lanes import CERTAIN

_at = np.uintp

# a Jacobian closer to none than this has no inverse that is worth the name
SINGULAR = 1e-10


@njit(cache=True, nogil=True, error_model="numpy")
def _answered(n, at, mover, lam, p, picked, which, worth, dworth, dlam, gain):
    """Pull back the choices of one type (or of a role without types) at a place where there is nothing to learn.

    `gain` holds the derivative by each choice.
    """
    mean = 0.0
    for i in range(n):
        mean += p[picked[i], which, at] * gain[i]
    for i in range(n):
        u = p[picked[i], which, at] * (gain[i] - mean)
        dlam[mover] += u * worth[i, mover, at]
        dworth[i, mover, at] += lam * u


@njit(cache=True, nogil=True, error_model="numpy")
def pull_stage(
    low, high, value, cost, prob, lam, deciding, kind, points, inner, place, base, number, odds, sure, cut, arc_ptr,
    arc_option, arc_bundle, branch_ptr, branch_next, branch_row, policy, restricted, p, evidence, seeded, seed, pull,
    dcost, dprob, dlam, dpoints,
):  # fmt: skip
    """Pull the derivatives at the nodes from `low` to `high` of one stage back through their arcs.

    seeded : whether `seed` (arc of the node, type, place), the derivative by choices, stands for what is in `pull`;
        then `low` is the only node.
    pull : (row, column, place) derivatives by values, those of the nodes taken away, those of what follows added.
    dcost, dprob, dlam, dpoints : derivatives by costs, probabilities, precisions of deciding columns and points of the
        mover's grid, added to.

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
                _answered(n, b, one, lam[0], p, picked, 0, worth, dworth, dlam, gain0)
                if own > 0:
                    _answered(n, b, two, lam[1], p, picked, 1, worth, dworth, dlam, gain1)
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
                mean0, mean1 = 0.0, 0.0
                for i in range(n):
                    mean0 += p[picked[i], 0, b] * gain0[i]
                    mean1 += p[picked[i], 1, b] * gain1[i]
                top, bottom = 0.0, 1.0
                singular = False
                for i in range(n):
                    p0, p1 = p[picked[i], 0, b], p[picked[i], 1, b]
                    d0, d1 = lam[0] * slope0[i], lam[1] * slope1[i]
                    u[i], w[i] = p0 * (gain0[i] - mean0), p1 * (gain1[i] - mean1)
                    diagonal = 1.0 - d0 + d1
                    singular = singular or abs(diagonal) < SINGULAR
                    mu[i] = (u[i] * d0 + w[i] * d1) / diagonal
                    top += mu[i]
                    bottom += (p0 * d0 - p1 * d1) / diagonal
                if singular or abs(bottom) < SINGULAR:
                    broken += 1
                total = top / bottom
                for i in range(n):
                    p0, p1 = p[picked[i], 0, b], p[picked[i], 1, b]
                    d0, d1 = lam[0] * slope0[i], lam[1] * slope1[i]
                    mu[i] -= (p0 * d0 - p1 * d1) / (1.0 - d0 + d1) * total
                for i in range(n):
                    p0, p1 = p[picked[i], 0, b], p[picked[i], 1, b]
                    by0, by1 = u[i] + mu[i] - p0 * total, w[i] - mu[i] + p1 * total
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
