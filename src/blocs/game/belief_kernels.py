"""Loops over nodes and beliefs of a game with private types, compiled by Numba. Nothing here knows a name.

Every role with types has two of them; a *belief* is the probability that the others give to its first type, on a grid
of its own, and a *place* is one combination of beliefs, numbered with the last role's belief varying fastest. After a
choice the exact belief lies between two points of the grid; a public lottery moves it to one of them, so that its mean
is kept. The lottery is told apart by the types as Bayes' rule demands: whoever is of the first type comes to a point x
with x / belief times the probability that the others expect. So the grid is itself a finite game.

A *value* array is (row, column, place): rows as in `blocs.game.kernels`, columns those of roles (of each type of those
that have types) first. `p` is (arc, type, place): how likely each type is to take an arc.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.kernels import FORBIDDEN, FORCED, _exp

# a choice's evidence (in log-odds between the types) counts as found when it moves no more than this
SETTLED = 1e-12
NEWTON = 40
# starts from evidence at random where the solution cannot be followed from blind choice: most places need a few, one
# in a million many; and how far they reach, in turn, in log-odds
STARTS, NEAREST, TURNS = 20_000, 0.5, 6
# shares of precision by which the local solution is followed where Newton's method does not find it
SHARES = 24
_at = np.uintp


@njit(cache=True, nogil=True, inline="always")
def _cell(points, belief, k):
    """Return k such that the belief lies between points k and k + 1, looking from a cell nearby."""
    while k < len(points) - 2 and belief > points[k + 1]:
        k += 1
    while k > 0 and belief < points[k]:
        k -= 1
    return k


@njit(cache=True, nogil=True, error_model="numpy")
def respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell):
    """Answer the evidence `ell` of every option: fills what follows from it in `room`; returns the largest deviation.

    `worth` is (option, column, place): what an option is worth with the belief at each point of the grid. Rows of
    `room`: 0 and 1 the values for each type, 2 and 3 their slopes by the evidence, 4 and 5 choices, 6 the belief after,
    7 its complement, 8 the share of the upper point, 9 deviations.
    """
    top0, top1 = -np.inf, -np.inf
    for a in range(n):
        z = odds + ell[a]
        e = _exp(-abs(z))
        large = 1.0 / (1.0 + e)
        small = e * large
        after = large if z >= 0.0 else small
        rest = small if z >= 0.0 else large
        k = _cell(points, after, cell[a])
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
        worst = max(worst, abs(room[9, a]))
    return worst


@njit(cache=True, nogil=True, error_model="numpy")
def newton_step(n, lam0, lam1, room, step):
    """Write the Newton step for the evidence: the Jacobian is a diagonal and two outer products."""
    a11, a12, a21, a22, b1, b2 = 1.0, 0.0, 0.0, 1.0, 0.0, 0.0
    for a in range(n):
        d0, d1 = lam0 * room[2, a], lam1 * room[3, a]
        diagonal = 1.0 - d0 + d1
        if abs(diagonal) < 1e-8:
            diagonal = 1e-8 if diagonal >= 0.0 else -1e-8
        room[10, a] = 1.0 / diagonal
        u0, u1 = room[4, a] * d0 / diagonal, room[5, a] * d1 / diagonal
        a11 += u0
        a12 -= u0
        a21 += u1
        a22 -= u1
        b1 -= u0 * room[9, a]
        b2 -= u1 * room[9, a]
    det = a11 * a22 - a12 * a21
    if abs(det) < 1e-14:
        det = 1e-14
    x0, x1 = (b1 * a22 - a12 * b2) / det, (a11 * b2 - a21 * b1) / det
    for a in range(n):
        step[a] = room[10, a] * (-room[9, a] - x0 + x1)


@njit(cache=True, nogil=True, error_model="numpy")
def _search(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell, step, trial):
    """Newton's method with shortened steps from `ell` on; returns the deviation reached and the number of answers."""
    worst = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell)
    made = 1
    for _ in range(NEWTON):
        if worst <= SETTLED:
            break
        newton_step(n, lam0, lam1, room, step)
        share, better = 1.0, False
        for _ in range(8):
            for a in range(n):
                trial[a] = ell[a] + share * step[a]
            there = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, trial, room, cell)
            made += 1
            if there < worst:
                better = True
                break
            share *= 0.5
        if not better:
            # a kink of the grid: a damped answer leads off it
            there = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell)
            for a in range(n):
                trial[a] = ell[a] - 0.3 * room[9, a]
            there = respond(n, odds, lam0, lam1, worth, one, two, base, inner, points, trial, room, cell)
            made += 2
        for a in range(n):
            ell[a] = trial[a]
        worst = there
    return worst, made


@njit(cache=True, nogil=True, error_model="numpy")
def local(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell, step, trial):
    """Find choices of both types that answer the beliefs they lead to, from the evidence `ell` on.

    Returns the deviation left, the number of answers, and whether the solution was neither near the start nor could be
    followed from blind choice: then there are several, and another of them was taken.
    """
    worst, made = _search(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell, step, trial)
    if worst <= SETTLED:
        return worst, made, False
    # from blind choice, which tells nothing, to full precision
    for a in range(n):
        ell[a] = 0.0
    followed = True
    for part in range(1, SHARES + 1):
        s = part / SHARES
        worst, more = _search(
            n, odds, s * lam0, s * lam1, worth, one, two, base, inner, points, ell, room, cell, step, trial
        )
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
        worst, more = _search(n, odds, lam0, lam1, worth, one, two, base, inner, points, ell, room, cell, step, trial)
        made += more
        if worst <= SETTLED:
            break
    return worst, made, True


@njit(cache=True, nogil=True)
def chosen(arc, last, arc_option, policy, restricted, picked):
    """Write which arcs of a node are left by a restriction; return how many."""
    forced = False
    if restricted:
        for a in range(arc, last):
            forced = forced or policy[arc_option[a]] == FORCED
    n = 0
    for a in range(arc, last):
        state = policy[arc_option[a]] if restricted else 0
        if state == FORCED or (not forced and state != FORBIDDEN):
            picked[n] = a
            n += 1
    return n


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def stage(
    low, high, value, cost, prob, lam, deciding, kind, points, outer, inner, arc_ptr, arc_option, arc_bundle,
    branch_ptr, branch_next, branch_row, policy, restricted, p, evidence, tilt, seed, worth, room,
):  # fmt: skip
    """Values and choices at the nodes from `low` to `high` of one stage, at every place.

    deciding : (2,) column of the mover's first and second type; the same twice where it has no types, and then
        `points` is empty.
    kind : (column,) 0 or 1 for a column of that type of the mover, else -1.
    evidence : (arc, place) log-odds between the types that an arc speaks for: where the search begins, what it finds.
    tilt : the search begins at random evidence up to this size instead, if it is above zero.

    Returns the largest deviation left, the number of answers given, how many places did not settle, and at how many the
    solution could not be followed from blind choice.
    """
    columns, places = value.shape[1], value.shape[2]
    most = worth.shape[0]
    picked = np.empty(most, np.int64)
    cell = np.zeros(most, np.int64)
    ell, step, trial = np.empty(most), np.empty(most), np.empty(most)
    counts = np.empty((6, most))
    one, two = deciding[0], deciding[1]
    own = len(points)
    bad, answers, lost, strayed = 0.0, 0, 0, 0
    if tilt > 0.0:
        np.random.seed(seed)
    for node in range(low, high):
        first, last = arc_ptr[node], arc_ptr[node + 1]
        n = chosen(first, last, arc_option, policy, restricted, picked)
        if n < last - first:
            for a in range(first, last):
                p[a] = 0.0
        for i in range(n):
            arc = picked[i]
            bundle = arc_bundle[arc]
            for c in range(columns):
                for b in range(places):
                    worth[i, c, b] = cost[bundle, c]
            for branch in range(branch_ptr[arc], branch_ptr[arc + 1]):
                after, chance = branch_next[branch], prob[branch_row[branch]]
                for c in range(columns):
                    for b in range(places):
                        worth[i, c, b] += chance * value[after, c, b]
        if n == 1:
            for c in range(columns):
                for b in range(places):
                    value[node, c, b] = worth[0, c, b]
            for b in range(places):
                p[picked[0], 0, b] = 1.0
                p[picked[0], 1, b] = 1.0
            continue
        if own == 0:
            for b in range(places):
                top, total = -np.inf, 0.0
                for i in range(n):
                    top = max(top, worth[i, one, b])
                for i in range(n):
                    room[4, i] = _exp(lam[0] * (worth[i, one, b] - top))
                    total += room[4, i]
                for i in range(n):
                    room[4, i] /= total
                    p[picked[i], 0, b] = room[4, i]
                    p[picked[i], 1, b] = room[4, i]
                for c in range(columns):
                    x = 0.0
                    for i in range(n):
                        x += room[4, i] * worth[i, c, b]
                    value[node, c, b] = x
            continue
        for o in range(outer):
            for j in range(inner):
                base = o * own * inner + j
                for g in range(own):
                    b = base + g * inner
                    belief = points[g]
                    if belief <= 0.0 or belief >= 1.0:
                        # nothing is left to learn
                        top0, top1, sum0, sum1 = -np.inf, -np.inf, 0.0, 0.0
                        for i in range(n):
                            top0 = max(top0, worth[i, one, b])
                            top1 = max(top1, worth[i, two, b])
                        for i in range(n):
                            room[4, i] = _exp(lam[0] * (worth[i, one, b] - top0))
                            room[5, i] = _exp(lam[1] * (worth[i, two, b] - top1))
                            sum0 += room[4, i]
                            sum1 += room[5, i]
                        for i in range(n):
                            room[4, i] /= sum0
                            room[5, i] /= sum1
                            p[picked[i], 0, b] = room[4, i]
                            p[picked[i], 1, b] = room[5, i]
                        certain = 4 if belief >= 1.0 else 5
                        for c in range(columns):
                            row = certain if kind[c] < 0 else 4 + kind[c]
                            x = 0.0
                            for i in range(n):
                                x += room[row, i] * worth[i, c, b]
                            value[node, c, b] = x
                        continue
                    for i in range(n):
                        if tilt > 0.0:
                            ell[i] = tilt * (2.0 * np.random.random() - 1.0)
                        else:
                            ell[i] = evidence[picked[i], b]
                        cell[i] = min(g, own - 2)
                    odds = np.log(belief) - np.log1p(-belief)
                    worst, made, other = local(
                        n, odds, lam[0], lam[1], worth, one, two, base, inner, points, ell, room, cell, step, trial
                    )
                    answers += made
                    bad = max(bad, worst)
                    if worst > 1e-9:
                        lost += 1
                    elif other:
                        strayed += 1
                    for i in range(n):
                        p[picked[i], 0, b] = room[4, i]
                        p[picked[i], 1, b] = room[5, i]
                        evidence[picked[i], b] = ell[i]
                        # what counts of the lower and of the upper point: for the others, and for either type
                        low_, high_, share = points[cell[i]], points[cell[i] + 1], room[8, i]
                        weight = belief * room[4, i] + (1.0 - belief) * room[5, i]
                        counts[0, i], counts[1, i] = weight * (1.0 - share), weight * share
                        up = 1.0 if low_ == 0.0 else share * high_ / room[6, i]
                        counts[2, i], counts[3, i] = room[4, i] * (1.0 - up), room[4, i] * up
                        down = 1.0 if high_ == 1.0 else (1.0 - share) * (1.0 - low_) / room[7, i]
                        counts[4, i], counts[5, i] = room[5, i] * down, room[5, i] * (1.0 - down)
                    for c in range(columns):
                        row = 2 * kind[c] + 2
                        x = 0.0
                        for i in range(n):
                            at = base + cell[i] * inner
                            x += counts[row, i] * worth[i, c, at] + counts[row + 1, i] * worth[i, c, at + inner]
                        value[node, c, b] = x
    return bad, answers, lost, strayed


@njit(cache=True, nogil=True)
def fill_ends(step, steps, nodes, first_stage, pay_bundle, outcome, pay, final, weight, discount, value):
    """Write what ended classes are worth, seen from a step, to the rows behind the nodes."""
    columns, places = value.shape[1], value.shape[2]
    for e in range(len(pay_bundle) - first_stage):
        bundle, result = pay_bundle[first_stage + e], outcome[first_stage + e]
        for c in range(columns):
            x = weight[c] * pay[bundle, c] + (final[c, result] if result >= 0 else 0.0)
            for _ in range(steps - 1 - step):
                x = pay[bundle, c] + discount[c] * x
            for b in range(places):
                value[nodes + e, c, b] = discount[c] * x


@njit(cache=True, nogil=True)
def fill_last(count, carry, pay_bundle, outcome, pay, final, weight, discount, value):
    """Write what the states after the last step are worth to the carries."""
    columns, places = value.shape[1], value.shape[2]
    for i in range(count):
        bundle, result = pay_bundle[i], outcome[i]
        for c in range(columns):
            x = discount[c] * (weight[c] * pay[bundle, c] + (final[c, result] if result >= 0 else 0.0))
            for b in range(places):
                value[carry + i, c, b] = x


@njit(cache=True, nogil=True)
def hand_on(count, carry, pay_bundle, pay, alive, discount, value):
    """Carry values at the start of a step back to the step before."""
    columns, places = value.shape[1], value.shape[2]
    for i in range(count):
        bundle = pay_bundle[i]
        for c in range(columns):
            for b in range(places):
                value[carry + i, c, b] = discount[c] * (pay[bundle, c] + alive[c] + value[i, c, b])


@njit(cache=True, nogil=True)
def spread(
    low, high, points, outer, inner, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, p, taken, mass
):
    """Follow the probability of every node and place through one stage; `taken` is (option,)."""
    places = mass.shape[1]
    own = len(points)
    for node in range(low, high):
        for b in range(places):
            here = mass[node, b]
            if here == 0.0:
                continue
            mass[node, b] = 0.0
            g = (b // inner) % own if own else 0
            belief = points[g] if own else 1.0
            for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                first = p[arc, 0, b]
                mixed = first if own == 0 else belief * first + (1.0 - belief) * p[arc, 1, b]
                there = here * mixed
                if there == 0.0:
                    continue
                taken[arc_option[arc]] += there
                if own == 0 or belief <= 0.0 or belief >= 1.0:
                    for branch in range(branch_ptr[arc], branch_ptr[arc + 1]):
                        mass[branch_next[branch], b] += there * prob[branch_row[branch]]
                    continue
                after = belief * first / mixed
                k = _cell(points, after, min(g, own - 2))
                share = (after - points[k]) / (points[k + 1] - points[k])
                at = b + (k - g) * inner
                for branch in range(branch_ptr[arc], branch_ptr[arc + 1]):
                    x = there * prob[branch_row[branch]]
                    mass[branch_next[branch], at] += x * (1.0 - share)
                    mass[branch_next[branch], at + inner] += x * share


@njit(cache=True, nogil=True)
def settle(nodes, first_stage, ends, outcome, active, last, mass, ended, left):
    """Collect what ended in a step, and move what is open to the start of the next."""
    places = mass.shape[1]
    for e in range(ends):
        result = outcome[first_stage + e]
        for b in range(places):
            if result >= 0:
                ended[result] += mass[nodes + e, b]
            mass[nodes + e, b] = 0.0
    carry = nodes + ends
    for i in range(active):
        for b in range(places):
            x = mass[carry + i, b]
            mass[carry + i, b] = 0.0
            if not last:
                mass[i, b] = x
            elif outcome[i] >= 0:
                left[outcome[i]] += x


@njit(cache=True, nogil=True, error_model="numpy")
def deviation(
    low, high, value, cost, prob, lam, deciding, points, outer, inner, arc_ptr, arc_option, arc_bundle, branch_ptr,
    branch_next, branch_row, policy, restricted, p, worth,
):  # fmt: skip
    """Largest difference between the choices in `p` and the logit answers to the beliefs that they lead to.

    Computed from the choices alone, by another way than the one that found them.
    """
    places, own = value.shape[2], max(len(points), 1)
    picked, q = np.empty(worth.shape[0], np.int64), np.empty((2, worth.shape[0]))
    worst = 0.0
    for node in range(low, high):
        n = chosen(arc_ptr[node], arc_ptr[node + 1], arc_option, policy, restricted, picked)
        for i in range(n):
            arc = picked[i]
            for which in range(2):
                column = deciding[which]
                for b in range(places):
                    x = cost[arc_bundle[arc], column]
                    for branch in range(branch_ptr[arc], branch_ptr[arc + 1]):
                        x += prob[branch_row[branch]] * value[branch_next[branch], column, b]
                    worth[i, which, b] = x
        for b in range(places):
            g = (b // inner) % own
            belief = points[g] if len(points) else 1.0
            for i in range(n):
                first, second = p[picked[i], 0, b], p[picked[i], 1, b]
                mixed = belief * first + (1.0 - belief) * second
                if belief <= 0.0 or belief >= 1.0 or mixed == 0.0:
                    q[0, i], q[1, i] = worth[i, 0, b], worth[i, 1, b]
                    continue
                after, rest = belief * first / mixed, (1.0 - belief) * second / mixed
                k = min(max(np.searchsorted(points, after) - 1, 0), own - 2)
                at = b + (k - g) * inner
                upper = (after - points[k]) / (points[k + 1] - points[k])
                lower = 1.0 - upper
                if after < 1e-300 or rest < 1e-300:
                    q[0, i] = worth[i, 0, at + (inner if after < 1e-300 else 0)]
                    q[1, i] = worth[i, 1, at + (inner if after < 1e-300 else 0)]
                    continue
                q[0, i] = (
                    lower * points[k] * worth[i, 0, at] + upper * points[k + 1] * worth[i, 0, at + inner]
                ) / after
                q[1, i] = (
                    lower * (1.0 - points[k]) * worth[i, 1, at]
                    + upper * (1.0 - points[k + 1]) * worth[i, 1, at + inner]
                ) / rest
            for which in range(2):
                top, total = -np.inf, 0.0
                for i in range(n):
                    top = max(top, q[which, i])
                for i in range(n):
                    total += np.exp(lam[which] * (q[which, i] - top))
                for i in range(n):
                    expected = np.exp(lam[which] * (q[which, i] - top)) / total
                    worst = max(worst, abs(expected - p[picked[i], which, b]))
    return worst
