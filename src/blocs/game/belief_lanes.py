"""The choices of both types at one state and many beliefs at once. Nothing here knows a name.

A *lane* is one combination of beliefs of which the mover's is not certain. All lanes of a node go through Newton's
method side by side, so that the innermost loops run over lanes and fill the processor's vector registers; a lane that
does not settle so is left to `blocs.game.belief_search`. What makes a step cheap: with a choice's evidence ``l`` and
``E = exp(-(odds + l))`` the belief after it is ``1 / (1 + E)``, and within a cell of the grid an option is worth
``S + C (1 + E)`` to the first type and ``S' + C' (1 + 1 / E)`` to the second; and the Jacobian is a diagonal and one
outer product. Where the mover has no occasion now and then it is a diagonal and two (see `blocs.game.belief_search`).

Arrays are (option, lane); their width is a multiple of what a processor takes at once, and lanes too many repeat the
first one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.belief_search import SETTLED
from blocs.game.kernels import _bits_to_float, _exp, _float_to_bits

# marks an index as not negative, as in `blocs.game.kernels`
_at = np.uintp

# steps that lanes go side by side; those that are not there by then are few
TOGETHER = 10
# log-odds beyond which a belief is as good as certain, and its exponential still a number
CERTAIN = 690.0
# bits of the square root of one half: numbers are split at it into a power of two and a rest around one
ROOT_HALF_BITS = 4604544271217802189


@njit(cache=True, nogil=True, fastmath={"contract"}, inline="always")
def _log(x):
    """Logarithm of a positive number, to within a few units in the last place: arithmetic only, as `kernels._exp`.

    With s = (m - 1) / (m + 1) of a rest m between the roots of 1/2 and 2, log m is 2 s times a series in s squared,
    which is below 0.0295: eleven terms are exact to 1e-17.
    """
    bits = _float_to_bits(x)  # pyright: ignore[reportCallIssue]
    e = (bits - ROOT_HALF_BITS) >> 52
    m = _bits_to_float(bits - (e << 52))  # pyright: ignore[reportCallIssue]
    s = (m - 1.0) / (m + 1.0)
    r = s * s
    p = 1.0 / 21.0
    p = p * r + 1.0 / 19.0
    p = p * r + 1.0 / 17.0
    p = p * r + 1.0 / 15.0
    p = p * r + 1.0 / 13.0
    p = p * r + 1.0 / 11.0
    p = p * r + 1.0 / 9.0
    p = p * r + 1.0 / 7.0
    p = p * r + 1.0 / 5.0
    p = p * r + 1.0 / 3.0
    p = p * r + 1.0
    return 2.0 * s * p + e * 0.6931471805599453


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def logit(n, width, u, top, total):
    """Turn what options are worth, times precision, into choice probabilities, in place; (option x lane).

    Leaves the largest worth in `top` and one over the sum of exponentials, relative to it, in `total`.
    """
    for x in range(width):
        top[_at(x)] = u[_at(x)]
    for i in range(1, n):
        at = i * width
        for x in range(width):
            top[_at(x)] = max(top[_at(x)], u[_at(at + x)])
    for i in range(n):
        at = i * width
        for x in range(width):
            u[_at(at + x)] -= top[_at(x)]
    for y in range(n * width):
        u[_at(y)] = _exp(u[_at(y)])
    for x in range(width):
        total[_at(x)] = u[_at(x)]
    for i in range(1, n):
        at = i * width
        for x in range(width):
            total[_at(x)] += u[_at(at + x)]
    for x in range(width):
        total[_at(x)] = 1.0 / total[_at(x)]
    for i in range(n):
        at = i * width
        for x in range(width):
            u[_at(at + x)] *= total[_at(x)]


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def lines(n, one, two, lam0, lam1, inner, worth, edge, line):
    """Write what options are worth within each cell, times precision, as a line in ``1 + E`` and in ``1 + 1 / E``.

    worth : (option, column, place)
    edge : (4, place) of the cell that begins at a place, between beliefs x and y: x / (y - x), x y / (y - x),
        (1 - y) / (y - x), (1 - x) (1 - y) / (y - x).
    line : (4, option, place), filled: constant and slope for the first type and for the second.
    """
    last = worth.shape[2] - inner
    for i in range(n):
        first, second = worth[i, one], worth[i, two]
        for b in range(last):
            low, high = first[_at(b)], first[_at(b + inner)]
            line[0, _at(i), _at(b)] = lam0 * (high + edge[0, _at(b)] * (high - low))
        for b in range(last):
            line[1, _at(i), _at(b)] = lam0 * (edge[1, _at(b)] * (first[_at(b)] - first[_at(b + inner)]))
        for b in range(last):
            low, high = second[_at(b)], second[_at(b + inner)]
            line[2, _at(i), _at(b)] = lam1 * (low + edge[2, _at(b)] * (low - high))
        for b in range(last):
            line[3, _at(i), _at(b)] = lam1 * (edge[3, _at(b)] * (second[_at(b + inner)] - second[_at(b)]))


@njit(cache=True, nogil=True, inline="always")
def _take(y, x, i, z, k, inner, base, cut, line, edge, cell, below, above, here):
    """Put a lane's option into the cell that its log-odds are in, looking from cell k on."""
    while k < len(cut) - 2 and z > cut[_at(k + 1)]:
        k += 1
    while k > 0 and z < cut[_at(k)]:
        k -= 1
    at = base[_at(x)] + k * inner
    cell[_at(y)] = at
    below[_at(y)], above[_at(y)] = cut[_at(k)], cut[_at(k + 1)]
    here[0, _at(y)] = line[0, _at(i), _at(at)] + line[1, _at(i), _at(at)]
    here[1, _at(y)] = line[1, _at(i), _at(at)]
    here[2, _at(y)] = line[2, _at(i), _at(at)] + line[3, _at(i), _at(at)]
    here[3, _at(y)] = line[3, _at(i), _at(at)]
    for j in range(4):
        here[_at(4 + j), _at(y)] = edge[_at(j), _at(at)]


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def _step_where_idle(n, width, idle, first, second, shift, gain, late, rise, active, row, z):
    """Take the Newton step where there is not always an occasion: the Jacobian is a diagonal and two outer products.

    Rows 8 and 9 of `row` are the derivatives of what the idle option speaks for by the logarithms of the answers.
    """
    own0, own1, a11, a12, a21, a22, b1, b2 = row[8], row[9], row[10], row[11], row[12], row[13], row[14], row[15]
    for x in range(width):
        a11[_at(x)], a12[_at(x)], a21[_at(x)], a22[_at(x)] = 1.0, 0.0, 0.0, 1.0
        b1[_at(x)], b2[_at(x)] = 0.0, 0.0
    for i in range(n):
        at = i * width
        for x in range(width):
            y = _at(at + x)
            k0, k1 = (own0[_at(x)], own1[_at(x)]) if i == idle else (1.0, 1.0)
            diagonal = 1.0 + k0 * shift[y] + k1 * gain[y]
            small = 1e-8 if diagonal >= 0.0 else -1e-8
            rise[y] = 1.0 / (small if abs(diagonal) < 1e-8 else diagonal)
            u0, u1 = -first[y] * shift[y] * rise[y], second[y] * gain[y] * rise[y]
            a11[_at(x)] += k0 * u0
            a12[_at(x)] -= k1 * u0
            a21[_at(x)] += k0 * u1
            a22[_at(x)] -= k1 * u1
            b1[_at(x)] -= u0 * late[y]
            b2[_at(x)] -= u1 * late[y]
    for x in range(width):
        det = a11[_at(x)] * a22[_at(x)] - a12[_at(x)] * a21[_at(x)]
        det = 1e-14 if abs(det) < 1e-14 else det
        x0 = (b1[_at(x)] * a22[_at(x)] - a12[_at(x)] * b2[_at(x)]) / det
        x1 = (a11[_at(x)] * b2[_at(x)] - a21[_at(x)] * b1[_at(x)]) / det
        b1[_at(x)], b2[_at(x)] = x0, x1
    for i in range(n):
        at = i * width
        for x in range(width):
            y = _at(at + x)
            k0, k1 = (own0[_at(x)], own1[_at(x)]) if i == idle else (1.0, 1.0)
            z[y] += active[_at(x)] * (k1 * b2[_at(x)] - k0 * b1[_at(x)] - late[y]) * rise[y]


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def without_occasion(n, width, idle, occasion, answer):
    """Turn answers into the choices that are seen, in place; (option x lane)."""
    for y in range(n * width):
        answer[_at(y)] *= occasion
    for x in range(width):
        answer[_at(idle * width + x)] += 1.0 - occasion


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def settle_lanes(
    n, width, lanes, inner, base, number, odds, cut, edge, line, idle, occasion, z, cell, below, above, here, room, row,
    failed,
):  # fmt: skip
    """Find choices that answer the beliefs they lead to, in all lanes at once.

    number : (lane,) point of the grid at which a lane's belief is; odds : (lane,) its log-odds.
    cut : (point,) log-odds of the points; those of the ends are infinite.
    edge, line : as in and from `lines`.
    idle : option that is taken where there is no `occasion`, or -1.
    z : (option x lane) log-odds after an option, which are those before and the evidence: where the search begins, what
        it finds.
    cell : (option x lane) place at which the cell begins that they are in; below, above : log-odds of its ends;
        here : (8, option x lane) the lines and edges in it.
    room : (6, option x lane); rows 2 and 3 leave the answers of the two types.
    row : (16, lane) room. failed : (lane,) whether a lane is not there.

    Returns the largest deviation of the lanes that are there, and the number of answers given.
    """
    shift, gain, first, second, late, rise = room[0], room[1], room[2], room[3], room[4], room[5]
    top0, top1, sum0, sum1, worst, before, active, s = (
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]
    )  # fmt: skip
    own, size = len(cut), n * width
    for x in range(width):
        before[x], active[x] = np.inf, 1.0
        failed[x] = False
    for i in range(n):
        for x in range(width):
            y = i * width + x
            _take(y, x, i, z[y], min(number[x], own - 2), inner, base, cut, line, edge, cell, below, above, here)
    made = 0
    for turn in range(TOGETHER):
        if turn > 0:
            out = 0
            for y in range(size):
                out += (z[_at(y)] < below[_at(y)]) | (z[_at(y)] > above[_at(y)])
            if out > 0:
                for y in range(size):
                    if z[y] < below[y] or z[y] > above[y]:
                        x = y % width
                        k = (cell[y] - base[x]) // inner
                        _take(y, x, y // width, z[y], k, inner, base, cut, line, edge, cell, below, above, here)
        # slopes of both values by the evidence, but for the sign of the first; then the values themselves
        for y in range(size):
            shift[_at(y)] = _exp(min(max(-z[_at(y)], -CERTAIN), CERTAIN))
        for y in range(size):
            gain[_at(y)] = here[3, _at(y)] / shift[_at(y)]
        for y in range(size):
            shift[_at(y)] *= here[1, _at(y)]
        for y in range(size):
            first[_at(y)] = here[0, _at(y)] + shift[_at(y)]
        for y in range(size):
            second[_at(y)] = here[2, _at(y)] + gain[_at(y)]
        for y in range(size):
            late[_at(y)] = z[_at(y)] - first[_at(y)] + second[_at(y)]
        logit(n, width, first, top0, sum0)
        logit(n, width, second, top1, sum1)
        # sums come back inverted
        for x in range(width):
            s[_at(x)] = odds[_at(x)] + top1[_at(x)] - top0[_at(x)] + _log(sum0[_at(x)] / sum1[_at(x)])
        for x in range(width):
            worst[_at(x)] = 0.0
        for i in range(n):
            at = i * width
            if i == idle:
                for x in range(width):
                    seen0 = occasion * first[_at(at + x)] + (1.0 - occasion)
                    seen1 = occasion * second[_at(at + x)] + (1.0 - occasion)
                    late[_at(at + x)] = z[_at(at + x)] - odds[_at(x)] - _log(seen0 / seen1)
                    row[8, _at(x)] = occasion * first[_at(at + x)] / seen0
                    row[9, _at(x)] = occasion * second[_at(at + x)] / seen1
            else:
                for x in range(width):
                    late[_at(at + x)] -= s[_at(x)]
            for x in range(width):
                worst[_at(x)] = max(worst[_at(x)], abs(late[_at(at + x)]))
        left = 0
        for x in range(lanes):
            if active[x] > 0.0:
                made += 1
                if worst[x] <= SETTLED:
                    active[x] = 0.0
                elif worst[x] < before[x]:
                    before[x] = worst[x]
                    left += 1
                else:
                    active[x] = 0.0
                    failed[x] = True
        if left == 0:
            break
        if idle >= 0:
            _step_where_idle(n, width, idle, first, second, shift, gain, late, rise, active, row, z)
            continue
        # the Newton step: the Jacobian is a diagonal and the outer product of ones with q
        for y in range(size):
            diagonal = 1.0 + shift[_at(y)] + gain[_at(y)]
            small = 1e-8 if diagonal >= 0.0 else -1e-8
            rise[_at(y)] = 1.0 / (small if abs(diagonal) < 1e-8 else diagonal)
        for y in range(size):
            shift[_at(y)] = -(first[_at(y)] * shift[_at(y)] + second[_at(y)] * gain[_at(y)]) * rise[_at(y)]
        for x in range(width):
            top0[_at(x)] = 0.0
        for x in range(width):
            top1[_at(x)] = 1.0
        for i in range(n):
            at = i * width
            for x in range(width):
                top1[_at(x)] += shift[_at(at + x)]
            for x in range(width):
                top0[_at(x)] -= shift[_at(at + x)] * late[_at(at + x)]
        for x in range(width):
            s[_at(x)] = top0[_at(x)] / (1e-14 if abs(top1[_at(x)]) < 1e-14 else top1[_at(x)])
        for i in range(n):
            at = i * width
            for x in range(width):
                z[_at(at + x)] -= active[_at(x)] * (late[_at(at + x)] + s[_at(x)]) * rise[_at(at + x)]
    bad = 0.0
    for x in range(lanes):
        if active[x] > 0.0:
            failed[x] = True
        if not failed[x]:
            bad = max(bad, worst[x])
    return bad, made


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def weights(n, width, belief, here, first, second, weight):
    """Write what counts of the lower and of the upper point: for the others, and for either type; (6, option x lane).

    The first type comes to the upper point more often than the others expect, and the second less, as Bayes' rule
    demands after the lottery too.
    """
    for i in range(n):
        for x in range(width):
            y = i * width + x
            weight[0, _at(y)] = belief[_at(x)] * first[_at(y)] + (1.0 - belief[_at(x)]) * second[_at(y)]
        for x in range(width):
            y = i * width + x
            weight[3, _at(y)] = (1.0 + here[4, _at(y)]) * first[_at(y)] - here[5, _at(y)] * weight[0, _at(y)] / belief[
                _at(x)
            ]
        for x in range(width):
            y = i * width + x
            weight[4, _at(y)] = (1.0 + here[6, _at(y)]) * second[_at(y)] - here[7, _at(y)] * weight[0, _at(y)] / (
                1.0 - belief[_at(x)]
            )
        for x in range(width):
            y = i * width + x
            b = belief[_at(x)]
            weight[1, _at(y)] = (1.0 + here[6, _at(y)]) * b * first[_at(y)] - here[4, _at(y)] * (1.0 - b) * second[
                _at(y)
            ]
    for y in range(n * width):
        weight[0, _at(y)] -= weight[1, _at(y)]
    for y in range(n * width):
        weight[2, _at(y)] = first[_at(y)] - weight[3, _at(y)]
    for y in range(n * width):
        weight[5, _at(y)] = second[_at(y)] - weight[4, _at(y)]
