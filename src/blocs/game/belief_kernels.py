"""Loops over nodes and beliefs of a game with private types, compiled by Numba. Nothing here knows a name.

Every role with types has two of them; a *belief* is the probability that the others give to its first type, on a grid
of its own, and a *place* is one combination of beliefs, numbered with the last role's belief varying fastest. After a
choice the exact belief lies between two points of the grid; a public lottery moves it to one of them, so that its mean
is kept. The lottery is told apart by the types as Bayes' rule demands: whoever is of the first type comes to a point x
with x / belief times the probability that the others expect. So the grid is itself a finite game.

Where the mover has no occasion now and then, choices are those that are seen: with probability q the answers, else the
option that is taken without an occasion.

A *value* array is (row, column, place): rows as in `blocs.game.kernels`, columns those of roles (of each type of those
that have types) first. `p` is (arc, type, place): how likely each type is to take an arc.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.belief_lanes import lines, logit, settle_lanes, weights, without_occasion
from blocs.game.belief_search import cell_of, local
from blocs.game.kernels import FORBIDDEN, FORCED

_at = np.uintp


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


@njit(cache=True, nogil=True)
def which_is_idle(n, picked, arc_option, other, occasion):
    """Return which of the arcs that are left is taken without an occasion; -1: there always is one, or none is left."""
    if other >= 0 and occasion < 1.0:
        for i in range(n):
            if arc_option[picked[i]] == other:
                return i
    return -1


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def add_up(n, picked, cost, prob, value, arc_bundle, branch_ptr, branch_next, branch_row, worth):
    """Write what the arcs that are left are worth at every place; (option, column, place)."""
    columns, places = value.shape[1], value.shape[2]
    size = columns * places
    flat, rows = worth.reshape((-1, size)), value.reshape((-1, size))
    for i in range(n):
        arc = picked[i]
        bundle = arc_bundle[_at(arc)]
        one, two = branch_ptr[_at(arc)], branch_ptr[_at(arc + 1)]
        after, chance = branch_next[_at(one)], prob[_at(branch_row[_at(one)])]
        for x in range(size):
            flat[_at(i), _at(x)] = chance * rows[_at(after), _at(x)]
        for branch in range(one + 1, two):
            after, chance = branch_next[_at(branch)], prob[_at(branch_row[_at(branch)])]
            for x in range(size):
                flat[_at(i), _at(x)] += chance * rows[_at(after), _at(x)]
        for c in range(columns):
            own = cost[_at(bundle), _at(c)]
            for b in range(places):
                worth[_at(i), _at(c), _at(b)] += own


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def stage(
    low, high, value, cost, prob, lam, deciding, kind, points, inner, place, base, number, odds, belief, sure, cut,
    edge, ends, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row, policy, restricted, p, evidence,
    fresh, tilt, seed, other, occasion,
):  # fmt: skip
    """Values and choices at the nodes from `low` to `high` of one stage, at every place.

    deciding : (2,) column of the mover's first and second type; the same twice where it has no types, and then
        `points` is empty.
    kind : (column,) 0 or 1 for a column of that type of the mover, else -1.
    place, base, number, odds, belief : (lane,) of each lane (see `blocs.game.belief_lanes`) its place, the place with
        the same other beliefs at which the mover's is 0, the number of its point, the belief and its log-odds;
        lanes too many repeat the first.
    sure : (place,) the places at which the mover's belief is certain; without types all places.
    cut : (point,) log-odds of the points. edge : (4, place) as in `belief_lanes.lines`. ends : (2, place) beliefs
        between which the cell lies that begins at a place.
    evidence : (2, arc, place) log-odds between the types that an arc speaks for: what the search finds, and where the
        next one begins.
    fresh : whether nothing was found before.
    tilt : the search begins at random evidence up to this size instead, if it is above zero.
    other, occasion : the option that is taken where there is no occasion (-1: there always is one), and how likely one
        is.

    Returns the largest deviation left, the number of answers given, how many places did not settle, and at how many the
    solution could not be followed from blind choice.
    """
    columns, places = value.shape[1], value.shape[2]
    most, own = 1, len(points)
    for node in range(low, high):
        most = max(most, arc_ptr[node + 1] - arc_ptr[node])
    width, still = len(place), len(sure)
    lanes = (places // own) * (own - 2) if own > 0 else 0
    worth = np.empty((most, columns, places))
    picked = np.empty(most, np.int64)
    one, two = deciding[0], deciding[1]
    # of the lanes
    size = most * width
    z, cell, failed = np.empty(size), np.empty(size, np.int64), np.empty(width, np.bool_)
    below, above, here, weight = np.empty(size), np.empty(size), np.empty((8, size)), np.empty((6, size))
    line, six, row = np.empty((4, most, places)), np.empty((6, size)), np.empty((16, width))
    # of what is certain
    first, second = np.empty(most * still), np.empty(most * still)
    top, total = np.empty(still), np.empty(still)
    # of the patient search
    alone, tried, step, trial = np.empty(most), np.zeros(most, np.int64), np.empty(most), np.empty(most)
    room = np.empty((13, most))
    bad, answers, lost, strayed = 0.0, 0, 0, 0
    if tilt > 0.0:
        np.random.seed(seed)
    for node in range(low, high):
        begin, end = arc_ptr[node], arc_ptr[node + 1]
        n = chosen(begin, end, arc_option, policy, restricted, picked)
        if n < end - begin:
            for a in range(begin, end):
                p[a] = 0.0
        add_up(n, picked, cost, prob, value, arc_bundle, branch_ptr, branch_next, branch_row, worth)
        if n == 1:
            value[node] = worth[0]
            p[picked[0]] = 1.0
            continue
        idle = which_is_idle(n, picked, arc_option, other, occasion)
        # where nothing can be learnt
        for i in range(n):
            for x in range(still):
                first[_at(i * still + x)] = lam[0] * worth[_at(i), _at(one), _at(sure[_at(x)])]
        logit(n, still, first, top, total)
        if own > 0:
            for i in range(n):
                for x in range(still):
                    second[_at(i * still + x)] = lam[1] * worth[_at(i), _at(two), _at(sure[_at(x)])]
            logit(n, still, second, top, total)
        if idle >= 0:
            without_occasion(n, still, idle, occasion, first)
            if own > 0:
                without_occasion(n, still, idle, occasion, second)
        for x in range(still):
            b = sure[x]
            known = own == 0 or points[(b // inner) % own] > 0.5
            for i in range(n):
                y = i * still + x
                p[picked[i], 0, b] = first[y]
                p[picked[i], 1, b] = first[y] if own == 0 else second[y]
            for c in range(columns):
                mine = kind[c] == 0 or (kind[c] < 0 and known)
                v = 0.0
                for i in range(n):
                    y = i * still + x
                    v += (first[_at(y)] if mine else second[_at(y)]) * worth[_at(i), _at(c), _at(b)]
                value[_at(node), _at(c), _at(b)] = v
        if own == 0:
            continue
        for i in range(n):
            arc, at = picked[i], i * width
            for x in range(width):
                z[_at(at + x)] = odds[_at(x)] + evidence[1, _at(arc), _at(place[_at(x)])]
            if tilt > 0.0:
                for x in range(width):
                    z[at + x] = odds[x] + tilt * (2.0 * np.random.random() - 1.0)
        lines(n, one, two, lam[0], lam[1], inner, worth, edge, line)
        worst, made = settle_lanes(
            n, width, lanes, inner, base, number, odds, cut, edge, line, idle, occasion, z, cell, below, above, here,
            six, row, failed,
        )  # fmt: skip
        bad, answers = max(bad, worst), answers + made
        for x in range(lanes):
            if not failed[x]:
                continue
            for i in range(n):
                alone[i] = evidence[1, picked[i], place[x]] if tilt == 0.0 else tilt * (2.0 * np.random.random() - 1.0)
                tried[i] = min(number[x], own - 2)
            worst, made, other = local(
                n, odds[x], lam[0], lam[1], worth, one, two, base[x], inner, points, idle, occasion, alone, room, tried,
                step, trial,
            )  # fmt: skip
            answers += made
            bad = max(bad, worst)
            if worst > 1e-9:
                lost += 1
            elif other:
                strayed += 1
            for i in range(n):
                y = i * width + x
                z[y], cell[y] = odds[x] + alone[i], base[x] + tried[i] * inner
                six[2, y], six[3, y] = room[4, i], room[5, i]
                for j in range(4):
                    here[4 + j, y] = edge[j, cell[y]]
        if idle >= 0:
            without_occasion(n, width, idle, occasion, six[2])
            without_occasion(n, width, idle, occasion, six[3])
        weights(n, width, belief, here, six[2], six[3], weight)
        for i in range(n):
            arc = picked[i]
            for x in range(lanes):
                b, y = place[_at(x)], i * width + x
                p[_at(arc), 0, _at(b)] = six[2, _at(y)]
                p[_at(arc), 1, _at(b)] = six[3, _at(y)]
                # the search in the step before begins where the last two steps point to
                found = z[_at(y)] - odds[_at(x)]
                evidence[1, _at(arc), _at(b)] = found if fresh else 2.0 * found - evidence[0, _at(arc), _at(b)]
                evidence[0, _at(arc), _at(b)] = found
        for c in range(columns):
            which = 2 * kind[c] + 2
            low_, high_ = weight[which], weight[which + 1]
            for x in range(lanes):
                v = 0.0
                for i in range(n):
                    y = i * width + x
                    at = cell[_at(y)]
                    v += low_[_at(y)] * worth[_at(i), _at(c), _at(at)]
                    v += high_[_at(y)] * worth[_at(i), _at(c), _at(at + inner)]
                value[_at(node), _at(c), _at(place[_at(x)])] = v
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
def spread(low, high, points, inner, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, p, taken, mass):
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
                k = cell_of(points, after, min(g, own - 2))
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
    low, high, value, cost, prob, lam, deciding, points, inner, most, arc_ptr, arc_option, arc_bundle, branch_ptr,
    branch_next, branch_row, policy, restricted, p, other, occasion,
):  # fmt: skip
    """Largest difference between the choices in `p` and the logit answers to the beliefs that they lead to.

    Where there is not always an occasion, between what is seen and the answers mixed with the option `other`.

    Computed from the choices alone, by another way than the one that found them.
    """
    places, own = value.shape[2], max(len(points), 1)
    picked, q, worth = np.empty(most, np.int64), np.empty((2, most)), np.empty((most, 2, places))
    worst = 0.0
    for node in range(low, high):
        n = chosen(arc_ptr[node], arc_ptr[node + 1], arc_option, policy, restricted, picked)
        idle = which_is_idle(n, picked, arc_option, other, occasion)
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
                    if idle >= 0:
                        expected = occasion * expected + (1.0 - occasion if i == idle else 0.0)
                    worst = max(worst, abs(expected - p[picked[i], which, b]))
    return worst
