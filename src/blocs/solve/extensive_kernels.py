"""Compiled sweeps over a game tree with information sets; no names, no objects, only arrays.

Letters: v node, h information set, a action, k place of an action within its set, i player. Nodes are in the order
of `blocs.solve.extensive_plan.SweepPlan`: those of one set stand together, and whatever lies below comes before.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Below this a product of probabilities is formed from logarithms, long before it could vanish
SMALLEST = 1e-250
# indices are never negative: said so, they cost no comparison
_at = np.uintp


@njit(cache=True, nogil=True)
def heights(infoset, parent, sets, passes):
    """Longest chain of moves below each information set, int32 (set,); False if sets lie above and below each other."""
    height = np.zeros(sets, np.int32)
    for _ in range(passes):
        changed = False
        for v in range(len(infoset) - 1, 0, -1):
            h = infoset[v]
            if h < 0:
                continue
            above = infoset[parent[v]]
            if height[above] <= height[h]:
                height[above] = height[h] + 1
                changed = True
                if height[above] >= sets:
                    return height, False
        if not changed:
            return height, True
    return height, False


@njit(cache=True, nogil=True)
def fill_slots(nodes, child_ptr, outcome, number, slot, size, payoffs, below, payoff):
    """Write what each action of each move leads to and pays; `nodes` are the moves in the order of the sweep."""
    players = payoffs.shape[1]
    for v in range(len(nodes)):
        place = slot[v]
        for child in range(child_ptr[nodes[v]], child_ptr[nodes[v] + 1]):
            below[place] = number[child] if number[child] >= 0 else len(nodes)
            end = outcome[child]
            for i in range(players):
                payoff[i, place] = payoffs[end, i] if end >= 0 else 0.0
            place += size[v]


@njit(cache=True, nogil=True)
def movers_above(parent, infoset, downward, owner, wanted):
    """Mark for each set (row) the players who move somewhere above one of its nodes."""
    players = wanted.shape[1]
    above = np.zeros((len(parent), players), np.bool_)
    for v in downward:
        u = parent[v]
        if u < 0:
            continue
        for i in range(players):
            above[v, i] = above[u, i]
        i = owner[infoset[u]]
        if i >= 0:
            above[v, i] = True
        for i in range(players):
            if above[v, i]:
                wanted[infoset[v], i] = True


@njit(cache=True, nogil=True)
def forgotten(infoset, parent, arc, owner, players):
    """First node at which a player would have forgotten a move, with the node it is confused with; (-1, -1) if none.

    With perfect recall all nodes of an information set come after the same last action of its player.
    """
    last = np.empty(len(infoset), np.int32)
    seen = np.full(len(owner), -2, np.int32)
    first = np.full(len(owner), -1, np.int32)
    for i in range(players):
        last[0] = -1
        for v in range(len(infoset)):
            if v > 0:
                above = parent[v]
                last[v] = arc[v] if owner[infoset[above]] == i else last[above]
            h = infoset[v]
            if h >= 0 and owner[h] == i:
                if seen[h] == -2:
                    seen[h] = last[v]
                    first[h] = v
                elif seen[h] != last[v]:
                    return first[h], v, seen[h], last[v]
    return -1, -1, -1, -1


@njit(cache=True, nogil=True)
def log_choice(x, first, logs):
    """Write the logarithms of the logit choice probabilities of arguments x in families that begin at `first`."""
    for h in range(len(first) - 1):
        lo, hi = first[h], first[h + 1]
        top = x[lo]
        for a in range(lo + 1, hi):
            top = max(top, x[a])
        total = 0.0
        for a in range(lo, hi):
            total += np.exp(x[a] - top)
        total = np.log(total)
        for a in range(lo, hi):
            logs[a] = (x[a] - top) - total


@njit(cache=True, nogil=True, error_model="numpy")
def beliefs(plan, logs, sigma, belief):
    """Write the belief in each node given its information set. Products of probabilities, or logarithms if tiny."""
    parent, arc, downward, possible, sets = plan.parent, plan.arc, plan.downward, plan.possible, plan.member_ptr
    reach = np.empty(len(belief))
    smallest = 1.0
    for v in downward:
        reach[v] = reach[parent[v]] * sigma[arc[v]] if parent[v] >= 0 else 1.0
        if reach[v] < smallest and possible[v]:
            smallest = reach[v]
    logarithmic = smallest < SMALLEST
    if logarithmic:
        for v in downward:
            reach[v] = reach[parent[v]] + logs[arc[v]] if parent[v] >= 0 else 0.0
    for n in range(len(sets) - 1):
        first, last = sets[n], sets[n + 1]
        if last - first == 1:
            belief[first] = 1.0
            continue
        if logarithmic:
            top = -np.inf
            for v in range(first, last):
                top = max(top, reach[v])
            for v in range(first, last):
                reach[v] = np.exp(reach[v] - top)
        total = 0.0
        for v in range(first, last):
            total += reach[v]
        for v in range(first, last):
            belief[v] = reach[v] / total


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def respond(plan, belief, lam, sigma, value, x):
    """One upward sweep: logit responses to the beliefs, x = lam Q for every action.

    In an ordered plan the responses of the sets below are used at once, and `sigma` is overwritten with the new
    choices; otherwise all responses are to the old `sigma`. The last column of `value` is that of the ends, zero.
    """
    below, payoff, owner, action_ptr = plan.below, plan.payoff, plan.owner, plan.action_ptr
    sets, member_ptr, base = plan.sets, plan.member_ptr, plan.base
    players = value.shape[0]
    if not plan.ordered:
        for n in range(len(plan.downward) - 1, -1, -1):
            v = plan.downward[n]
            h = plan.infoset[v]
            size = plan.size[v]
            for i in range(players):
                total = 0.0
                slot = plan.slot[v]
                for a in range(action_ptr[h], action_ptr[h + 1]):
                    total += sigma[a] * (payoff[i, slot] + value[i, below[slot]])
                    slot += size
                value[i, v] = total
    for n in range(len(sets)):
        h = sets[n]
        first, last = member_ptr[n], member_ptr[n + 1]
        size = last - first
        lo, hi = action_ptr[h], action_ptr[h + 1]
        i = owner[h]
        if i >= 0:
            top = -np.inf
            for a in range(lo, hi):
                total = 0.0
                slot = base[n] + (a - lo) * size
                for m in range(size):
                    after = below[_at(slot + m)]
                    total += belief[_at(first + m)] * (payoff[_at(i), _at(slot + m)] + value[_at(i), _at(after)])
                x[a] = lam * total
                top = max(top, x[a])
            if plan.ordered:
                total = 0.0
                for a in range(lo, hi):
                    sigma[a] = np.exp(x[a] - top)
                    total += sigma[a]
                for a in range(lo, hi):
                    sigma[a] /= total
        if plan.ordered:
            for i in range(players):
                if not plan.wanted[n, i]:
                    continue
                for v in range(first, last):
                    value[i, v] = 0.0
                for a in range(lo, hi):
                    slot = base[n] + (a - lo) * size
                    chance = sigma[a]
                    for m in range(size):
                        after = below[_at(slot + m)]
                        value[_at(i), _at(first + m)] += chance * (
                            payoff[_at(i), _at(slot + m)] + value[_at(i), _at(after)]
                        )


@njit(cache=True, nogil=True)
def belief_tangent(plan, belief, dlogs, dbelief):
    """Write the change of the beliefs when the logarithms of the choices change by `dlogs`."""
    parent, arc, sets = plan.parent, plan.arc, plan.member_ptr
    dreach = np.empty(len(belief))
    for v in plan.downward:
        dreach[v] = dreach[parent[v]] + dlogs[arc[v]] if parent[v] >= 0 else 0.0
    for n in range(len(sets) - 1):
        first, last = sets[n], sets[n + 1]
        mean = 0.0
        for v in range(first, last):
            mean += belief[v] * dreach[v]
        for v in range(first, last):
            dbelief[v] = belief[v] * (dreach[v] - mean)


@njit(cache=True, nogil=True)
def respond_tangent(plan, belief, dbelief, lam, dlam, x, sigma, dsigma, value, dx):
    """Change `dx` of the responses of `respond` for changes of beliefs and precision (and of `sigma` if not ordered).

    `sigma` and `value` are those that `respond` used last; `dsigma` is overwritten in an ordered plan.
    """
    below, payoff, owner, action_ptr = plan.below, plan.payoff, plan.owner, plan.action_ptr
    sets, member_ptr, base = plan.sets, plan.member_ptr, plan.base
    players = value.shape[0]
    dvalue = np.empty_like(value)
    dvalue[:, -1] = 0.0
    if not plan.ordered:
        for n in range(len(plan.downward) - 1, -1, -1):
            v = plan.downward[n]
            h = plan.infoset[v]
            size = plan.size[v]
            for i in range(players):
                total = 0.0
                slot = plan.slot[v]
                for a in range(action_ptr[h], action_ptr[h + 1]):
                    total += dsigma[a] * (payoff[i, slot] + value[i, below[slot]]) + sigma[a] * dvalue[i, below[slot]]
                    slot += size
                dvalue[i, v] = total
    for n in range(len(sets)):
        h = sets[n]
        first, last = member_ptr[n], member_ptr[n + 1]
        size = last - first
        lo, hi = action_ptr[h], action_ptr[h + 1]
        i = owner[h]
        if i >= 0:
            mean = 0.0
            for a in range(lo, hi):
                total = 0.0
                slot = base[n] + (a - lo) * size
                for m in range(size):
                    worth = payoff[i, slot + m] + value[i, below[slot + m]]
                    total += dbelief[first + m] * worth + belief[first + m] * dvalue[i, below[slot + m]]
                dx[a] = lam * total
                if dlam != 0.0:
                    dx[a] += dlam * (x[a] / lam)
                mean += sigma[a] * dx[a]
            if plan.ordered:
                for a in range(lo, hi):
                    dsigma[a] = sigma[a] * (dx[a] - mean)
        elif plan.ordered:
            for a in range(lo, hi):
                dsigma[a] = 0.0
        if plan.ordered:
            for i in range(players):
                if not plan.wanted[n, i]:
                    continue
                for v in range(first, last):
                    dvalue[i, v] = 0.0
                for a in range(lo, hi):
                    slot = base[n] + (a - lo) * size
                    for m in range(size):
                        under = below[slot + m]
                        dvalue[i, first + m] += (
                            dsigma[a] * (payoff[i, slot + m] + value[i, under]) + sigma[a] * dvalue[i, under]
                        )
