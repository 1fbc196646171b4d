"""Forward in time over a solved game: where play will be, and single courses of play; loops compiled by Numba.

Arrays are those of `blocs.game.kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# marks an index as not negative, as in `blocs.game.kernels`
_at = np.uintp


@njit(cache=True, nogil=True)
def forward(
    one, two, steps, node_ptr, active, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, outcome, prob, sigma,
    sigma_at, mass, taken, ended, left,
):  # fmt: skip
    """Follow the probability of being anywhere from the start on, for the draws from `one` to `two`.

    `mass`, (row, draw), is room to work in: zero, but one at the start. Filled are

    taken : (step, option, draw)
        Probability that the option is taken in the step.
    ended : (step, outcome, draw)
        Probability that the crisis ends in the step with the outcome.
    left : (outcome, draw)
        Probability that it is still open after the last step, by the outcome that its state then has.
    """
    stages = len(node_ptr) - 1
    nodes = node_ptr[stages]
    first_stage = node_ptr[1]
    ends = len(outcome) - first_stage
    carry = nodes + ends
    flow = np.empty(mass.shape[1])
    for t in range(steps):
        for k in range(stages):
            shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
            low, high = np.int64(node_ptr[k]), np.int64(node_ptr[k] + active[t, k])
            if mass.shape[1] == 1:
                _onward_one(
                    low, high, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, sigma, shift, mass,
                    taken[t],
                )  # fmt: skip
            else:
                _onward_many(
                    one, two, low, high, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, sigma, shift,
                    mass, taken[t], flow,
                )  # fmt: skip
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


@njit(cache=True, nogil=True)
def _onward_one(
    low, high, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, sigma, shift, mass, taken
):  # fmt: skip
    """Hand the probability of the nodes from `low` to `high` on to what follows them, for a single draw."""
    held, share, chance = mass.reshape(mass.shape[0]), sigma.reshape(sigma.shape[0]), prob.reshape(prob.shape[0])
    counted = taken.reshape(taken.shape[0])
    for node in range(low, high):
        here = held[_at(node)]
        if here == 0.0:
            continue
        held[_at(node)] = 0.0
        last = branch_ptr[_at(arc_ptr[_at(node)])]
        for arc in range(arc_ptr[_at(node)], arc_ptr[_at(node + 1)]):
            first, last = last, branch_ptr[_at(arc + 1)]
            flow = here * share[_at(arc + shift)]
            counted[_at(arc_option[_at(arc)])] += flow
            if last - first == 1:
                held[_at(branch_next[_at(first)])] += flow
            else:
                for b in range(first, last):
                    held[_at(branch_next[_at(b)])] += flow * chance[_at(branch_row[_at(b)])]


@njit(cache=True, nogil=True)
def _onward_many(
    one, two, low, high, arc_ptr, arc_option, branch_ptr, branch_next, branch_row, prob, sigma, shift, mass, taken, flow
):  # fmt: skip
    """Do the same for the draws from `one` to `two`; `flow` (draw,) is room to work in."""
    for node in range(low, high):
        absent = True
        for d in range(one, two):
            if mass[_at(node), d] != 0.0:
                absent = False
                break
        if absent:
            continue
        last = branch_ptr[_at(arc_ptr[_at(node)])]
        for arc in range(arc_ptr[_at(node)], arc_ptr[_at(node + 1)]):
            option, place = _at(arc_option[_at(arc)]), _at(arc + shift)
            first, last = last, branch_ptr[_at(arc + 1)]
            if last - first == 1:
                after = _at(branch_next[_at(first)])
                for d in range(one, two):
                    x = mass[_at(node), d] * sigma[place, d]
                    taken[option, d] += x
                    mass[after, d] += x
                continue
            for d in range(one, two):
                flow[d] = mass[_at(node), d] * sigma[place, d]
                taken[option, d] += flow[d]
            for b in range(first, last):
                after, row = _at(branch_next[_at(b)]), _at(branch_row[_at(b)])
                for d in range(one, two):
                    mass[after, d] += flow[d] * prob[row, d]
        for d in range(one, two):
            mass[_at(node), d] = 0.0


@njit(cache=True, nogil=True)
def sample(
    steps,
    node_ptr,
    arc_ptr,
    branch_ptr,
    branch_next,
    branch_row,
    prob,
    sigma,
    sigma_at,
    draw,
    uniforms,
    ends,
    arcs,
    branch,
):
    """Play the game out once per row of `uniforms`, which is (path, step x stage, 2).

    Writes the arc taken and the branch that followed to `arcs` and `branch`, both (path, step x stage); -1 after the
    end. Returns the last row reached by each path: an ended class or a carry.
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
    chosen = low
    for arc in range(low, high):
        if sigma[arc + shift, draw] > 0.0:
            total += sigma[arc + shift, draw]
            chosen = arc
            if u < total:
                break
    return chosen


@njit(cache=True, nogil=True)
def _pick_branch(u, low, high, prob, branch_row, draw):
    total = 0.0
    chosen = low
    for b in range(low, high):
        if prob[branch_row[b], draw] > 0.0:
            total += prob[branch_row[b], draw]
            chosen = b
            if u < total:
                break
    return chosen
