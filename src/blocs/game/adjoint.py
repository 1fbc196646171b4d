"""The reverse pass: from derivatives of anything at the start, or of a history's likelihood, back to every table row.

With ``g_a = sum_p dV_p Q_p(a)`` at a node whose mover is ``i``::

    dQ_p(a) += sigma(a) dV_p
    dQ_i(a) += lambda_i s_a,   s_a = sigma(a) (g_a - sum_b sigma(b) g_b) + seed_a
    dlambda_i += s_a Q_i(a)

and each ``dQ(a)`` is scattered to what the arc led to. The pass runs forward in time, from the start on. Arrays are
those of `blocs.game.kernels`; values of every step must have been kept. Under a probit response of two options ``s_a``
is ``+-phi(z) (g_0 - g_1) / sqrt 2`` with ``z = lambda (Q_0 - Q_1) / sqrt 2``. A best response has no derivative.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from blocs.game.kernels import PROBIT

ROOT_HALF = 0.7071067811865476
# of the standard normal at zero
DENSITY = 0.3989422804014327


@njit(cache=True, nogil=True, fastmath={"contract"})
def _pull(
    low, high, d, seed_at, columns, role, lam, response, v, sigma, shift, seed, pull, arc_ptr, arc_bundle, branch_ptr,
    branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam, dv, q, s,
):  # fmt: skip
    """Pull the derivatives at the nodes from `low` to `high` and one draw back through their arcs.

    With ``seed_at >= 0`` there is one node, and what is pulled back is its seed alone. One call takes a whole stage:
    called for each node, the passing of two hundred numbers would cost twice the work.
    """
    sharpness, d_sharpness = lam[role, d], 0.0
    for node in range(low, high):
        size = 0.0
        for c in range(columns):
            dv[c] = 0.0
            if seed_at < 0:
                dv[c] = pull[node, c, d]
                pull[node, c, d] = 0.0
                size += abs(dv[c])
        if seed_at < 0 and size == 0.0:
            continue
        first = arc_ptr[node]
        options = arc_ptr[node + 1] - first
        mean = 0.0
        for a in range(options):
            bundle = arc_bundle[first + a]
            one, two = branch_ptr[first + a], branch_ptr[first + a + 1]
            if two - one == 1:
                after = branch_next[one]
                for c in range(columns):
                    q[a, c] = cost[bundle, c, d] + v[after, c, d]
            else:
                for c in range(columns):
                    q[a, c] = cost[bundle, c, d]
                for b in range(one, two):
                    after = branch_next[b]
                    p = prob[branch_row[b], d]
                    for c in range(columns):
                        q[a, c] += p * v[after, c, d]
            g = 0.0
            for c in range(columns):
                g += dv[c] * q[a, c]
            s[a] = g
            mean += sigma[first + shift + a, d] * g
        tilt = 0.0
        if response == PROBIT and options == 2:
            z = sharpness * (q[0, role] - q[1, role]) * ROOT_HALF
            tilt = math.exp(-0.5 * z * z) * DENSITY * ROOT_HALF * (s[0] - s[1])
        for a in range(options):
            share = sigma[first + shift + a, d]
            slope = share * (s[a] - mean)
            if response == PROBIT:
                slope = tilt if a == 0 else -tilt
            if seed_at >= 0:
                slope += seed[seed_at + a, d]
            d_sharpness += slope * q[a, role]
            slope *= sharpness
            bundle = arc_bundle[first + a]
            one, two = branch_ptr[first + a], branch_ptr[first + a + 1]
            for c in range(columns):
                q[a, c] = share * dv[c]
            q[a, role] += slope
            for c in range(columns):
                d_cost[bundle, c, d] += q[a, c]
            if two - one == 1:
                after = branch_next[one]
                for c in range(columns):
                    pull[after, c, d] += q[a, c]
            else:
                for b in range(one, two):
                    after, row = branch_next[b], branch_row[b]
                    p = prob[row, d]
                    total = 0.0
                    for c in range(columns):
                        total += q[a, c] * v[after, c, d]
                        pull[after, c, d] += p * q[a, c]
                    d_prob[row, d] += total
    d_lam[role, d] += d_sharpness


@njit(cache=True, nogil=True, fastmath={"contract"})
def adjoint(
    low, high, steps, stage_role, node_ptr, active, arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row,
    pay_bundle, cost, prob, pay, weight, discount, lam, response, value, sigma, sigma_at, d_start, seed_ptr,
    seed_node, seed_at, seed, d_cost, d_prob, d_pay, d_weight, d_discount, d_lam, pull, ended,
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
        Derivative of the quantity by lambda times the mover's value of each arc.
    d_cost, d_prob, d_pay, d_weight, d_discount, d_lam
        Derivatives, shaped as the tables: zero before, filled here.
    pull : (row, column, draw), ended : (ended class, column, draw)
        Room to work in, zero before.
    """
    stages, columns = len(stage_role), value.shape[2]
    nodes = node_ptr[stages]
    first_stage = node_ptr[1]
    ends = len(pay_bundle) - first_stage
    carry = nodes + ends
    most = 1
    for node in range(nodes):
        most = max(most, arc_ptr[node + 1] - arc_ptr[node])
    q, s, dv = np.empty((most, columns)), np.empty(most), np.empty(columns)
    for c in range(columns):
        for d in range(low, high):
            pull[0, c, d] = d_start[c, d]
            d_pay[pay_bundle[0], c, d] += d_start[c, d]
    for t in range(steps):
        v = value[t]
        for k in range(stages):
            role = stage_role[k]
            shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
            begin_node, end_node = np.int64(node_ptr[k]), np.int64(node_ptr[k] + active[t, k])
            for d in range(low, high):
                for i in range(seed_ptr[t * stages + k], seed_ptr[t * stages + k + 1]):
                    _pull(
                        seed_node[i], seed_node[i] + 1, d, seed_at[i], columns, role, lam, response, v, sigma, shift,
                        seed, pull, arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost,
                        d_prob, d_lam, dv, q, s,
                    )  # fmt: skip
                _pull(
                    begin_node, end_node, d, np.int64(-1), columns, role, lam, response, v, sigma, shift, seed, pull,
                    arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row, cost, prob, d_cost, d_prob, d_lam, dv,
                    q, s,
                )  # fmt: skip
        last = t + 1 == steps
        for e in range(ends):
            bundle = pay_bundle[first_stage + e]
            for c in range(columns):
                for d in range(low, high):
                    d_pay[bundle, c, d] += ended[e, c, d]
                    total = pull[nodes + e, c, d] + ended[e, c, d]
                    pull[nodes + e, c, d] = 0.0
                    ended[e, c, d] = discount[c, d] * total
                    # what the discount multiplies
                    if discount[c, d] > 0.0:
                        begin = v[nodes + e, c, d] / discount[c, d]
                    else:
                        begin = pay[bundle, c, d] * (weight[c, d] if last else 1.0)
                    d_discount[c, d] += total * begin
        for i in range(active[t + 1, 0]):
            bundle = pay_bundle[i]
            for c in range(columns):
                for d in range(low, high):
                    total = pull[carry + i, c, d]
                    if total == 0.0:
                        continue
                    pull[carry + i, c, d] = 0.0
                    if discount[c, d] > 0.0:
                        begin = v[carry + i, c, d] / discount[c, d]
                    elif last:
                        begin = weight[c, d] * pay[bundle, c, d]
                    else:
                        begin = pay[bundle, c, d] + value[t + 1, i, c, d]
                    d_discount[c, d] += total * begin
                    total *= discount[c, d]
                    if last:
                        d_pay[bundle, c, d] += total * weight[c, d]
                        d_weight[c, d] += total * pay[bundle, c, d]
                    else:
                        d_pay[bundle, c, d] += total
                        pull[i, c, d] = total
    for e in range(ends):
        bundle = pay_bundle[first_stage + e]
        for c in range(columns):
            for d in range(low, high):
                d_pay[bundle, c, d] += weight[c, d] * ended[e, c, d]
                d_weight[c, d] += ended[e, c, d] * pay[bundle, c, d]
