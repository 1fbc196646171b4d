"""The reverse pass: from derivatives of anything at the start, or of a history's likelihood, back to every table row.

With ``g_a = sum_p dV_p Q_p(a)`` at a node whose mover is ``i``::

    dQ_p(a) += sigma(a) dV_p
    dQ_i(a) += lambda_i s_a,   s_a = sigma(a) (g_a - sum_b sigma(b) g_b) + seed_a
    dlambda_i += s_a Q_i(a)

and each ``dQ(a)`` is scattered to what the arc led to. The pass runs forward in time, from the start on. Arrays are
those of `blocs.game.kernels`; values of every step must have been kept. Under a probit response of two options ``s_a``
is ``+-phi(z) (g_0 - g_1) / sqrt 2`` with ``z = lambda (Q_0 - Q_1) / sqrt 2``. A best response has no derivative.

At a stage where the mover chooses on occasion only, with probability q, and takes the option o otherwise, choices are
``sigma = q p + (1 - q) [a = o]`` with the answers p. There ``s_a = q p(a) (g_a - sum_b p(b) g_b)``, and
``dq += sum_b p(b) g_b - g_o``. Seeds are derivatives by sigma there and are added to g.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from blocs.game.kernels import LOGIT, PROBIT

# marks an index as not negative, as in `blocs.game.kernels`
_at = np.uintp

ROOT_HALF = 0.7071067811865476
# from this probability of an occasion on, answers are told from choices to all digits that count
OFTEN = 0.01
# of the standard normal at zero
DENSITY = 0.3989422804014327


@njit(cache=True, nogil=True)
def taken_anyway(first, last, other, arc_option, sigma, shift, d):
    """Return the arc that is taken where there is no occasion; -1 where a restriction leaves no such arc."""
    for arc in range(first, last):
        # where it is left, its probability is above zero: answers are never quite zero
        if arc_option[arc] == other and sigma[arc + shift, d] > 0.0:
            return arc
    return np.int64(-1)


@njit(cache=True, nogil=True)
def seed_gains(low, high, first, last, seed_at, seed, gain):
    """Add seeds, which are derivatives by choice probabilities here, to what the options gain."""
    for arc in range(first, last):
        for d in range(low, high):
            gain[arc - first, d] += seed[seed_at + arc - first, d]


@njit(cache=True, nogil=True)
def answered(first, last, lam, response, occasion, sigma, shift, gain, reward, d):
    """Return the mean of `gain` (option, draw) over what is answered on an occasion.

    The answers are computed anew: the choices do not tell them where an occasion is unlikely.
    """
    if response == PROBIT:
        if last - first == 1:
            return gain[0, d]
        z = lam[d] * (reward[0, d] - reward[1, d]) * ROOT_HALF
        return 0.5 * (math.erfc(-z * ROOT_HALF) * gain[0, d] + math.erfc(z * ROOT_HALF) * gain[1, d])
    best = -np.inf
    for arc in range(first, last):
        if sigma[arc + shift, d] > 0.0 or occasion[d] == 0.0:
            best = max(best, lam[d] * reward[arc - first, d])
    total, mean = 0.0, 0.0
    for arc in range(first, last):
        if sigma[arc + shift, d] > 0.0 or occasion[d] == 0.0:
            e = math.exp(lam[d] * reward[arc - first, d] - best)
            total += e
            mean += e * gain[arc - first, d]
    return mean / total


@njit(cache=True, nogil=True, fastmath={"contract"})
def _pull_one(
    begin, end, seed_at, role, lam, response, other, occasion, value, sigma, shift, seed, pull, arc_ptr, arc_option,
    arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam, d_occasion, dv, room, width,
):  # fmt: skip
    """Pull the derivatives at the nodes from `begin` to `end` back through their arcs, for a single draw.

    Where there is no seed `seed_at` is -1. `dv` is (column, draw) and `room` (6, arc or branch of a node, draw);
    `width` is what `blocs.game.kernels.width_of` returns.
    """
    columns = len(width) if len(width) > 0 else value.shape[1]
    v, own = value.reshape((value.shape[0], columns)), cost.reshape((cost.shape[0], columns))
    chance, share_of, seeded = prob.reshape(len(prob)), sigma.reshape(len(sigma)), seed.reshape(len(seed))
    pulled, d_own = pull.reshape((pull.shape[0], columns)), d_cost.reshape((cost.shape[0], columns))
    d_chance, d = d_prob.reshape(len(prob)), dv.reshape(columns)
    slope_seed = seed_at if other < 0 else np.int64(-1)
    gain, reward = room[0, :, 0], room[1, :, 0]
    # one for the mover's column: added to all columns at once, what is pulled at need not be written twice
    unit = room[3, :columns, 0]
    for c in range(columns):
        unit[_at(c)] = 1.0 if c == role else 0.0
    from_lam = 0.0
    sharp, act = lam[0], occasion[0]
    for node in range(begin, end):
        size = 0.0
        for c in range(columns):
            d[_at(c)] = 0.0 if seed_at >= 0 else pulled[_at(node), _at(c)]
            size = max(size, abs(d[_at(c)]))
        if seed_at < 0:
            if size == 0.0:
                continue
            for c in range(columns):
                pulled[_at(node), _at(c)] = 0.0
        first, last = np.int64(arc_ptr[_at(node)]), np.int64(arc_ptr[_at(node + 1)])
        mean, idle = 0.0, np.int64(-1)
        two = branch_ptr[_at(first)]
        for arc in range(first, last):
            bundle = arc_bundle[_at(arc)]
            one, two = two, branch_ptr[_at(arc + 1)]
            g, x = 0.0, own[_at(bundle), _at(role)]
            if two - one == 1:
                after = branch_next[_at(one)]
                x += v[_at(after), _at(role)]
                for c in range(columns):
                    g += d[_at(c)] * (own[_at(bundle), _at(c)] + v[_at(after), _at(c)])
            else:
                for c in range(columns):
                    g += d[_at(c)] * own[_at(bundle), _at(c)]
                for b in range(one, two):
                    after, p = branch_next[_at(b)], chance[_at(branch_row[_at(b)])]
                    x += p * v[_at(after), _at(role)]
                    for c in range(columns):
                        g += p * d[_at(c)] * v[_at(after), _at(c)]
            gain[_at(arc - first)], reward[_at(arc - first)] = g, x
            mean += share_of[_at(arc + shift)] * g
            if arc_option[_at(arc)] == other and share_of[_at(arc + shift)] > 0.0:
                idle = arc
        if other >= 0 and seed_at >= 0:
            seed_gains(0, 1, first, last, seed_at, seed, room[0])
            mean = 0.0
            for arc in range(first, last):
                mean += share_of[_at(arc + shift)] * gain[_at(arc - first)]
        rest = 0.0
        if idle >= 0:
            rest = 1.0 - act
            if response == LOGIT and act >= OFTEN:
                mean = (mean - rest * gain[_at(idle - first)]) / act
            else:
                mean = answered(first, last, lam, response, occasion, sigma, shift, room[0], room[1], 0)
            d_occasion[0] += mean - gain[_at(idle - first)]
        tilt = 0.0
        if response == PROBIT and last - first == 2:
            z = sharp * (reward[0] - reward[1]) * ROOT_HALF
            tilt = (1.0 - rest) * math.exp(-0.5 * z * z) * DENSITY * ROOT_HALF * (gain[0] - gain[1])
        two = branch_ptr[_at(first)]
        for arc in range(first, last):
            bundle = arc_bundle[_at(arc)]
            one, two = two, branch_ptr[_at(arc + 1)]
            share = share_of[_at(arc + shift)]
            # what is taken without an occasion answers nothing
            slope = (share - rest if arc == idle else share) * (gain[_at(arc - first)] - mean)
            if response == PROBIT:
                slope = tilt if arc == first else -tilt
            if slope_seed >= 0:
                slope += seeded[_at(slope_seed + arc - first)]
            from_lam += slope * reward[_at(arc - first)]
            slope *= sharp
            if two - one == 1:
                after = branch_next[_at(one)]
                for c in range(columns):
                    change = share * d[_at(c)] + slope * unit[_at(c)]
                    d_own[_at(bundle), _at(c)] += change
                    pulled[_at(after), _at(c)] += change
            else:
                for c in range(columns):
                    d_own[_at(bundle), _at(c)] += share * d[_at(c)] + slope * unit[_at(c)]
                for b in range(one, two):
                    after, row = branch_next[_at(b)], branch_row[_at(b)]
                    p, total = chance[_at(row)], 0.0
                    for c in range(columns):
                        change = share * d[_at(c)] + slope * unit[_at(c)]
                        total += change * v[_at(after), _at(c)]
                        pulled[_at(after), _at(c)] += p * change
                    d_chance[_at(row)] += total
    d_lam[0] += from_lam


@njit(cache=True, nogil=True, fastmath={"contract"})
def _pull_many(
    low, high, begin, end, seed_at, role, lam, response, other, occasion, v, sigma, shift, seed, pull, arc_ptr,
    arc_option, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam, d_occasion, dv,
    room,
):  # fmt: skip
    """Do the same for the draws from `low` to `high`: the innermost loops run over draws."""
    columns = v.shape[1]
    gain, reward, dot, tip, one_row = room[0], room[1], room[2], room[3], room[4]
    mean, slope, weight = one_row[0], one_row[1], room[5]
    slope_seed = seed_at if other < 0 else np.int64(-1)
    for node in range(begin, end):
        size = 0.0
        for c in range(columns):
            for d in range(low, high):
                dv[_at(c), d] = 0.0 if seed_at >= 0 else pull[_at(node), _at(c), d]
                size = max(size, abs(dv[_at(c), d]))
        if seed_at < 0:
            if size == 0.0:
                continue
            for c in range(columns):
                for d in range(low, high):
                    pull[_at(node), _at(c), d] = 0.0
        first, last = arc_ptr[_at(node)], arc_ptr[_at(node + 1)]
        start = branch_ptr[_at(first)]
        for d in range(low, high):
            mean[d] = 0.0
        for arc in range(first, last):
            bundle, a = arc_bundle[_at(arc)], _at(arc - first)
            one, two = branch_ptr[_at(arc)], branch_ptr[_at(arc + 1)]
            for d in range(low, high):
                gain[a, d] = 0.0
                reward[a, d] = cost[_at(bundle), _at(role), d]
            for c in range(columns):
                for d in range(low, high):
                    gain[a, d] += dv[_at(c), d] * cost[_at(bundle), _at(c), d]
            for b in range(one, two):
                after, row, place = branch_next[_at(b)], branch_row[_at(b)], _at(b - start)
                for d in range(low, high):
                    dot[place, d] = 0.0
                    tip[place, d] = v[_at(after), _at(role), d]
                for c in range(columns):
                    for d in range(low, high):
                        dot[place, d] += dv[_at(c), d] * v[_at(after), _at(c), d]
                if two - one == 1:
                    for d in range(low, high):
                        gain[a, d] += dot[place, d]
                        reward[a, d] += tip[place, d]
                else:
                    for d in range(low, high):
                        gain[a, d] += prob[_at(row), d] * dot[place, d]
                        reward[a, d] += prob[_at(row), d] * tip[place, d]
            for d in range(low, high):
                mean[d] += sigma[_at(arc + shift), d] * gain[a, d]
        idle = np.int64(-1)
        if other >= 0:
            if seed_at >= 0:
                seed_gains(low, high, first, last, seed_at, seed, gain)
                for d in range(low, high):
                    mean[d] = 0.0
                for arc in range(first, last):
                    for d in range(low, high):
                        mean[d] += sigma[_at(arc + shift), d] * gain[_at(arc - first), d]
            idle = taken_anyway(first, last, other, arc_option, sigma, shift, low)
            if idle >= 0:
                at = _at(idle - first)
                seldom = response != LOGIT
                for d in range(low, high):
                    seldom = seldom or occasion[d] < OFTEN
                for d in range(low, high):
                    if seldom:
                        mean[d] = answered(first, last, lam, response, occasion, sigma, shift, gain, reward, d)
                    else:
                        mean[d] = (mean[d] - (1.0 - occasion[d]) * gain[at, d]) / occasion[d]
                for d in range(low, high):
                    d_occasion[d] += mean[d] - gain[at, d]
        for arc in range(first, last):
            bundle, a = arc_bundle[_at(arc)], _at(arc - first)
            one, two = branch_ptr[_at(arc)], branch_ptr[_at(arc + 1)]
            share = sigma[_at(arc + shift)]
            if response == PROBIT:
                for d in range(low, high):
                    slope[d] = 0.0
                    if last - first == 2:
                        z = lam[d] * (reward[0, d] - reward[1, d]) * ROOT_HALF
                        tilt = math.exp(-0.5 * z * z) * DENSITY * ROOT_HALF * (gain[0, d] - gain[1, d])
                        slope[d] = tilt if arc == first else -tilt
                        if idle >= 0:
                            slope[d] *= occasion[d]
            elif arc == idle:
                for d in range(low, high):
                    slope[d] = (share[d] - (1.0 - occasion[d])) * (gain[a, d] - mean[d])
            else:
                for d in range(low, high):
                    slope[d] = share[d] * (gain[a, d] - mean[d])
            if slope_seed >= 0:
                for d in range(low, high):
                    slope[d] += seed[_at(slope_seed + arc - first), d]
            for d in range(low, high):
                d_lam[d] += slope[d] * reward[a, d]
                slope[d] *= lam[d]
            for c in range(columns):
                for d in range(low, high):
                    weight[_at(c), d] = share[d] * dv[_at(c), d]
            for d in range(low, high):
                weight[_at(role), d] += slope[d]
            for c in range(columns):
                for d in range(low, high):
                    d_cost[_at(bundle), _at(c), d] += weight[_at(c), d]
            if two - one == 1:
                after = branch_next[_at(one)]
                for c in range(columns):
                    for d in range(low, high):
                        pull[_at(after), _at(c), d] += weight[_at(c), d]
            else:
                for b in range(one, two):
                    after, row, place = branch_next[_at(b)], branch_row[_at(b)], _at(b - start)
                    for c in range(columns):
                        for d in range(low, high):
                            pull[_at(after), _at(c), d] += prob[_at(row), d] * weight[_at(c), d]
                    for d in range(low, high):
                        d_prob[_at(row), d] += share[d] * dot[place, d] + slope[d] * tip[place, d]


@njit(cache=True, nogil=True, fastmath={"contract"})
def adjoint(
    low, high, steps, stage_role, node_ptr, active, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next,
    branch_row, pay_bundle, otherwise, cost, prob, pay, weight, discount, lam, occasion, response, value, sigma,
    sigma_at, d_start, seed_ptr, seed_node, seed_at, seed, d_cost, d_prob, d_pay, d_weight, d_discount, d_lam,
    d_occasion, pull, ended, begins, closes, width,
):  # fmt: skip
    """Differentiate through the backward pass, for the draws from `low` to `high`.

    Parameters (besides those of `blocs.game.kernels.backward`)
    ----------
    d_start : (column, draw)
        Derivative of the quantity by the values at the start.
    seed_ptr : (step x stage + 1,)
        First seed of each step and stage.
    seed_node, seed_at : (seed,)
        Node, and the place of its first arc in `seed`.
    seed : (place, draw)
        Derivative of the quantity by lambda times the mover's value of each arc; where there are occasions, by each
        arc's choice probability.
    d_cost, d_prob, d_pay, d_weight, d_discount, d_lam, d_occasion
        Derivatives, shaped as the tables: zero before, filled here.
    pull : (row, column, draw), ended : (ended class, column, draw)
        Room to work in, zero before.
    begins, closes : bool
        Whether play begins with the first step: else derivatives stand in `pull` already; and whether it is over after
        the last: else those by what comes after it are left in `pull` and `ended`.
    width : tuple
        See `blocs.game.kernels.width_of`.
    """
    stages, columns = len(stage_role), value.shape[2]
    nodes, first_stage = node_ptr[stages], node_ptr[1]
    most = most_at_once(nodes, columns, arc_ptr, branch_ptr)
    draws = value.shape[3]
    room, dv = np.empty((6, most, draws)), np.empty((columns, draws))
    if begins:
        for c in range(columns):
            for d in range(low, high):
                pull[0, c, d] = d_start[c, d]
                d_pay[pay_bundle[0], c, d] += d_start[c, d]
    for t in range(steps):
        v = value[t]
        for k in range(stages):
            shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
            pull_stage(
                low, high, t * stages + k, node_ptr[k], node_ptr[k] + active[t, k], stage_role[k], lam, response,
                otherwise[k], occasion[k], v, sigma, shift, seed_ptr, seed_node, seed_at, seed, pull, arc_ptr,
                arc_option, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam,
                d_occasion[k], dv, room, width,
            )  # fmt: skip
        hand_forward(
            low, high, t, closes and t + 1 == steps, node_ptr, active, pay_bundle, pay, weight, discount, v,
            value[min(t + 1, steps - 1)], pull, ended, d_pay, d_weight, d_discount,
        )  # fmt: skip
    if closes:
        close(low, high, first_stage, pay_bundle, pay, weight, ended, d_pay, d_weight)


@njit(cache=True, nogil=True)
def most_at_once(nodes, columns, arc_ptr, branch_ptr):
    """Return how many arcs or branches a node has, or columns there are, at most."""
    most = max(2, columns)
    for node in range(nodes):
        first, last = arc_ptr[node], arc_ptr[node + 1]
        most = max(most, branch_ptr[last] - branch_ptr[first])
    return most


@njit(cache=True, nogil=True, fastmath={"contract"})
def pull_stage(
    low, high, place, begin, end, role, lam, response, other, occasion, v, sigma, shift, seed_ptr, seed_node, seed_at,
    seed, pull, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam,
    d_occasion, dv, room, width,
):  # fmt: skip
    """Pull the derivatives at the nodes of one stage back through their arcs."""
    # seeds of the stage come before its nodes: what they pull at is reached later
    seeds = np.int64(seed_ptr[place + 1] - seed_ptr[place])
    for i in range(seeds + 1):
        first, last, at = np.int64(begin), np.int64(end), np.int64(-1)
        if i < seeds:
            one = seed_ptr[place] + i
            first, last, at = seed_node[one], seed_node[one] + 1, seed_at[one]
        if v.shape[2] == 1:
            _pull_one(
                first, last, at, role, lam[role], response, other, occasion, v, sigma, shift, seed, pull, arc_ptr,
                arc_option, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam[role],
                d_occasion, dv, room, width,
            )  # fmt: skip
        else:
            _pull_many(
                low, high, first, last, at, role, lam[role], response, other, occasion, v, sigma, shift, seed, pull,
                arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob,
                d_lam[role], d_occasion, dv, room,
            )  # fmt: skip


@njit(cache=True, nogil=True)
def hand_forward(
    low, high, t, last, node_ptr, active, pay_bundle, pay, weight, discount, v, after, pull, ended, d_pay, d_weight,
    d_discount,
):  # fmt: skip
    """Pull derivatives from the end of step t to the start of the next one, or to what lies beyond the last one.

    `v` are the values of the step, `after` those of the next.
    """
    columns, draws = pay.shape[1], pay.shape[2]
    stages = len(node_ptr) - 1
    nodes, first_stage = node_ptr[stages], node_ptr[1]
    ends = len(pay_bundle) - first_stage
    carry = nodes + ends
    # columns and draws are one axis, of which all or a part of each column is ours
    width = columns * draws
    spans, span = (1, width) if high - low == draws else (columns, high - low)
    worth, pays, held = v.reshape((-1, width)), pay.reshape((-1, width)), pull.reshape((-1, width))
    next_worth, d_pays, past = after.reshape((-1, width)), d_pay.reshape((-1, width)), ended.reshape((-1, width))
    factor, d_factor = discount.reshape(width), d_discount.reshape(width)
    scale, d_scale = weight.reshape(width), d_weight.reshape(width)
    undone = np.empty(width)
    for j in range(width):
        undone[j] = 1.0 / factor[j] if factor[j] > 0.0 else 0.0
    for s in range(spans):
        begin = s * draws + low if spans > 1 else 0
        for e in range(ends):
            bundle, row = _at(pay_bundle[first_stage + e]), _at(nodes + e)
            for j in range(begin, begin + span):
                d_pays[bundle, _at(j)] += past[_at(e), _at(j)]
                total = held[row, _at(j)] + past[_at(e), _at(j)]
                held[row, _at(j)] = 0.0
                past[_at(e), _at(j)] = factor[_at(j)] * total
                # what the discount multiplies
                if factor[_at(j)] > 0.0:
                    start = worth[row, _at(j)] * undone[_at(j)]
                else:
                    start = pays[bundle, _at(j)] * (scale[_at(j)] if last else 1.0)
                d_factor[_at(j)] += total * start
        for i in range(active[t + 1, 0]):
            bundle, row = _at(pay_bundle[_at(i)]), _at(carry + i)
            for j in range(begin, begin + span):
                total = held[row, _at(j)]
                held[row, _at(j)] = 0.0
                if factor[_at(j)] > 0.0:
                    start = worth[row, _at(j)] * undone[_at(j)]
                elif last:
                    start = scale[_at(j)] * pays[bundle, _at(j)]
                else:
                    start = pays[bundle, _at(j)] + next_worth[_at(i), _at(j)]
                d_factor[_at(j)] += total * start
                total *= factor[_at(j)]
                if last:
                    d_pays[bundle, _at(j)] += total * scale[_at(j)]
                    d_scale[_at(j)] += total * pays[bundle, _at(j)]
                else:
                    d_pays[bundle, _at(j)] += total
                    held[_at(i), _at(j)] = total


@njit(cache=True, nogil=True)
def close(low, high, first_stage, pay_bundle, pay, weight, ended, d_pay, d_weight):
    """Pull derivatives at the ended classes after the last step back to what they pay."""
    columns, ends = pay.shape[1], len(pay_bundle) - first_stage
    for e in range(ends):
        bundle = pay_bundle[first_stage + e]
        for c in range(columns):
            for d in range(low, high):
                d_pay[bundle, c, d] += weight[c, d] * ended[e, c, d]
                d_weight[c, d] += ended[e, c, d] * pay[bundle, c, d]
