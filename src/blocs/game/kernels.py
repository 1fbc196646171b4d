"""The loops of the engine, compiled by Numba and cached on disk. Nothing here knows a name.

Arrays are those of `Graph` and `Tables`, with columns and draws joined on one last axis (column slowest), which is
contiguous. A *value* array has one row per node, ended class and carry (see `Graph`). The nodes of a stage are shared
among threads in contiguous parts; every part writes to its own rows only, so results do not depend on the number of
threads. Scratch memory is allocated once outside the parallel loop: inside it costs a factor of eight.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

LOGIT, PROBIT, BEST = 0, 1, 2
# what may be done about an option at a step
FREE, FORBIDDEN, FORCED = 0, 1, 2
# below this many nodes a stage is not worth a second thread
SMALL = 400


@njit(cache=True, nogil=True)
def _phi(x):
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@njit(cache=True, nogil=True)
def _choose(q, count, base, draws, lam, response, sigma, first):
    """Choice probabilities of one node; row ``q[a]`` holds the mover's values from `base` on."""
    if count == 1:
        for d in range(draws):
            sigma[first, d] = 1.0
        return
    if response == PROBIT:
        for d in range(draws):
            p = _phi(lam[d] * (q[0, base + d] - q[1, base + d]) * 0.7071067811865476)
            sigma[first, d] = p
            sigma[first + 1, d] = 1.0 - p
        return
    for d in range(draws):
        best = q[0, base + d]
        for a in range(1, count):
            best = max(best, q[a, base + d])
        total = 0.0
        for a in range(count):
            gap = q[a, base + d] - best
            share = math.exp(lam[d] * gap) if response == LOGIT else (1.0 if gap == 0.0 else 0.0)
            sigma[first + a, d] = share
            total += share
        scale = 1.0 / total
        for a in range(count):
            sigma[first + a, d] *= scale


@njit(cache=True, nogil=True)
def _restrict(q, count, base, draws, lam, sigma, first, arc, arc_option, policy):
    """Choice probabilities where some options are forbidden or one is forced (logit and best share this rule)."""
    forced = False
    for a in range(count):
        forced = forced or policy[arc_option[arc + a]] == FORCED
    for d in range(draws):
        best = -np.inf
        for a in range(count):
            state = policy[arc_option[arc + a]]
            if state == FORCED or (not forced and state == FREE):
                best = max(best, q[a, base + d])
        total = 0.0
        for a in range(count):
            state = policy[arc_option[arc + a]]
            share = 0.0
            if state == FORCED or (not forced and state == FREE):
                gap = q[a, base + d] - best
                share = math.exp(lam[d] * gap) if gap != 0.0 else 1.0
            sigma[first + a, d] = share
            total += share
        for a in range(count):
            sigma[first + a, d] /= total


@njit(cache=True, nogil=True)
def _arc_values(arc, width, draws, value, cost, prob, arc_bundle, branch_ptr, branch_next, branch_row, q, a):
    """Values of taking one arc, for all columns and draws, into ``q[a]``."""
    bundle = arc_bundle[arc]
    low, high = branch_ptr[arc], branch_ptr[arc + 1]
    if high - low == 1 and branch_row[low] == 0:
        after = branch_next[low]
        for j in range(width):
            q[a, j] = cost[bundle, j] + value[after, j]
        return
    for j in range(width):
        q[a, j] = cost[bundle, j]
    for b in range(low, high):
        after, row = branch_next[b], branch_row[b]
        if draws == 1:
            p = prob[row, 0]
            for j in range(width):
                q[a, j] += p * value[after, j]
        else:
            for c in range(width // draws):
                for d in range(draws):
                    q[a, c * draws + d] += prob[row, d] * value[after, c * draws + d]


@njit(cache=True, nogil=True, parallel=True)
def _stage(
    low, count, role, draws, value, cost, prob, lam, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row,
    response, policy, restricted, sigma, sigma_shift, scratch,
):
    """Values and choices at `count` nodes of one stage, from node `low` on."""
    width = value.shape[1]
    parts = scratch.shape[0] if count > SMALL else 1
    for part in prange(parts):
        q = scratch[part]
        for node in range(low + count * part // parts, low + count * (part + 1) // parts):
            first = arc_ptr[node]
            options = arc_ptr[node + 1] - first
            for a in range(options):
                _arc_values(
                    first + a, width, draws, value, cost, prob, arc_bundle, branch_ptr, branch_next, branch_row, q, a
                )
            at = first + sigma_shift
            if restricted:
                _restrict(q, options, role * draws, draws, lam, sigma, at, first, arc_option, policy)
            else:
                _choose(q, options, role * draws, draws, lam, response, sigma, at)
            if draws == 1:
                for j in range(width):
                    value[node, j] = sigma[at, 0] * q[0, j]
                for a in range(1, options):
                    for j in range(width):
                        value[node, j] += sigma[at + a, 0] * q[a, j]
            else:
                for c in range(width // draws):
                    for d in range(draws):
                        value[node, c * draws + d] = sigma[at, d] * q[0, c * draws + d]
                    for a in range(1, options):
                        for d in range(draws):
                            value[node, c * draws + d] += sigma[at + a, d] * q[a, c * draws + d]


@njit(cache=True, nogil=True)
def backward(
    steps, stage_role, node_ptr, active, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row, pay_bundle,
    outcome, cost, prob, pay, alive, final, weight, discount, lam, response, policy, restricted, value, sigma, sigma_at,
    threads,
):
    """Solve the game by one backward pass.

    `value` is (kept step, row, column x draw): with one kept step it is overwritten as the pass goes on, with `steps` of
    them all are kept. `sigma` is (place, draw); the arcs of stage ``k`` at step ``t`` start at ``sigma_at[t, k]``.
    Returns the values at the start of play, (column x draw,).
    """
    stages = len(stage_role)
    draws = prob.shape[1]
    width = value.shape[2]
    nodes = node_ptr[stages]
    first_stage = node_ptr[1]
    ends = len(pay_bundle) - first_stage
    carry = nodes + ends
    most = 1
    for node in range(nodes):
        most = max(most, arc_ptr[node + 1] - arc_ptr[node])
    scratch = np.empty((threads, most, width))
    keep = value.shape[0] > 1

    ended = np.empty((ends, width))
    for e in range(ends):
        bundle, result = pay_bundle[first_stage + e], outcome[first_stage + e]
        for j in range(width):
            ended[e, j] = weight[j] * pay[bundle, j] + (final[j, result] if result >= 0 else 0.0)
    v = value[steps - 1 if keep else 0]
    for i in range(active[steps, 0]):
        bundle, result = pay_bundle[i], outcome[i]
        for j in range(width):
            v[carry + i, j] = discount[j] * (weight[j] * pay[bundle, j] + (final[j, result] if result >= 0 else 0.0))
    for t in range(steps - 1, -1, -1):
        v = value[t if keep else 0]
        for e in range(ends):
            bundle = pay_bundle[first_stage + e]
            for j in range(width):
                v[nodes + e, j] = discount[j] * ended[e, j]
                ended[e, j] = pay[bundle, j] + discount[j] * ended[e, j]
        for k in range(stages - 1, -1, -1):
            role = stage_role[k]
            _stage(
                node_ptr[k], active[t, k], role, draws, v, cost, prob, lam[role], arc_ptr, arc_option, arc_bundle,
                branch_ptr, branch_next, branch_row, response, policy[t], restricted[t, k], sigma,
                sigma_at[t, k] - arc_ptr[node_ptr[k]], scratch,
            )
        if t > 0:
            before = value[t - 1 if keep else 0]
            for i in range(active[t, 0]):
                bundle = pay_bundle[i]
                for j in range(width):
                    before[carry + i, j] = discount[j] * (pay[bundle, j] + alive[j] + v[i, j])
    begin = np.empty(width)
    for j in range(width):
        begin[j] = pay[pay_bundle[0], j] + alive[j] + value[0, 0, j]
    return begin


@njit(cache=True, nogil=True, parallel=True)
def forward(
    steps, node_ptr, active, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, pay_bundle, outcome, prob, sigma,
    sigma_at, options, outcomes, threads,
):
    """Follow the probability of being anywhere from the start on.

    Returns
    -------
    taken : (step, option, draw)
        Probability that the option is taken in the step.
    ended : (step, outcome, draw)
        Probability that the crisis ends in the step with the outcome.
    left : (outcome, draw)
        Probability that it is still open after the last step, by the outcome that its state then has.
    """
    stages = len(node_ptr) - 1
    draws = prob.shape[1]
    nodes = node_ptr[stages]
    first_stage = node_ptr[1]
    ends = len(pay_bundle) - first_stage
    carry = nodes + ends
    taken = np.zeros((steps, options, draws))
    ended = np.zeros((steps, outcomes, draws))
    left = np.zeros((outcomes, draws))
    mass = np.zeros((carry + first_stage, draws))
    for d in range(draws):
        mass[0, d] = 1.0
    parts = min(threads, draws)
    for part in prange(parts):
        # each thread follows its own draws through the whole game
        one, two = draws * part // parts, draws * (part + 1) // parts
        for t in range(steps):
            for k in range(stages):
                shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
                for node in range(node_ptr[k], node_ptr[k] + active[t, k]):
                    present = 0.0
                    for d in range(one, two):
                        present += mass[node, d]
                    if present == 0.0:
                        continue
                    for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                        option = arc_option[arc]
                        for b in range(branch_ptr[arc], branch_ptr[arc + 1]):
                            after, row = branch_next[b], branch_row[b]
                            for d in range(one, two):
                                mass[after, d] += mass[node, d] * sigma[arc + shift, d] * prob[row, d]
                        for d in range(one, two):
                            taken[t, option, d] += mass[node, d] * sigma[arc + shift, d]
                    for d in range(one, two):
                        mass[node, d] = 0.0
            for e in range(ends):
                result = outcome[first_stage + e]
                if result >= 0:
                    for d in range(one, two):
                        ended[t, result, d] += mass[nodes + e, d]
                for d in range(one, two):
                    mass[nodes + e, d] = 0.0
            for i in range(active[t + 1, 0]):
                for d in range(one, two):
                    mass[i, d] = mass[carry + i, d]
                    mass[carry + i, d] = 0.0
        for i in range(active[steps, 0]):
            result = outcome[i]
            if result >= 0:
                for d in range(one, two):
                    left[result, d] += mass[i, d]
    return taken, ended, left


@njit(cache=True, nogil=True)
def sample(
    steps, node_ptr, arc_ptr, branch_ptr, branch_next, branch_row, prob, sigma, sigma_at, draw, uniforms, ends, arcs, branch,
):
    """Play the game out once per row of `uniforms`, which is (path, step x stage, 2).

    Writes the arc taken and the branch that followed to `arcs` and `branch`, both (path, step x stage), -1 after the end.
    Returns the last row reached by each path: an ended class or a carry.
    """
    stages = len(node_ptr) - 1
    nodes = node_ptr[stages]
    last = np.empty(len(uniforms), np.int32)
    for path in range(len(uniforms)):
        node = 0
        for place in range(steps * stages):
            t, k = place // stages, place % stages
            shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
            arc = _pick_arc(uniforms[path, place, 0], arc_ptr[node], arc_ptr[node + 1], sigma, shift, draw)
            b = _pick_branch(uniforms[path, place, 1], branch_ptr[arc], branch_ptr[arc + 1], prob, branch_row, draw)
            arcs[path, place] = arc
            branch[path, place] = b
            node = branch_next[b]
            if nodes <= node < nodes + ends:
                for rest in range(place + 1, steps * stages):
                    arcs[path, rest] = -1
                    branch[path, rest] = -1
                break
            if node >= nodes + ends and place + 1 < steps * stages:
                node -= nodes + ends
        last[path] = node
    return last


@njit(cache=True, nogil=True)
def _pick_arc(u, low, high, sigma, shift, draw):
    total = 0.0
    for arc in range(low, high):
        total += sigma[arc + shift, draw]
        if u < total:
            return arc
    return high - 1


@njit(cache=True, nogil=True)
def _pick_branch(u, low, high, prob, branch_row, draw):
    total = 0.0
    for b in range(low, high):
        total += prob[branch_row[b], draw]
        if u < total:
            return b
    return high - 1
