"""Stages in which several roles choose at once: values and choices, and the reverse pass; compiled by Numba.

Arrays are those of `Graph` and `Tables`. Turn j is the j-th role of those that choose at once; its nodes with one head
are a group, whose choice probabilities are the same. Payoffs of a stage game are summed over the small tree from the
head through the groups; what follows the stage has its value already.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.dense import eliminate
from blocs.game.kernels import FORBIDDEN, FORCED
from blocs.game.stage_game import centre, linearise, newton, on_occasion, solve, weigh

# equilibria whose choice probabilities differ by more are told apart
DIFFERENT = 1e-6


@njit(cache=True, nogil=True)
def _group(head, k, j, node_ptr, group_at, group_ptr):
    """Return the first node of a head's group at turn j, and the one behind its last."""
    if j == 0:
        return head, head + 1
    place = group_at[k + j] + head - node_ptr[k]
    return group_ptr[place], group_ptr[place + 1]


@njit(cache=True, nogil=True)
def sizes(low, high, k, width, node_ptr, group_at, group_ptr, arc_ptr):
    """Return the largest number of options and of payoffs that a stage game of the heads from `low` to `high` has.

    The payoffs are those of every node of the tree, by profile of the options still to be chosen.
    """
    options, payoffs = 1, 1
    for head in range(low, high):
        count, total, after = 0, 0, 1
        for j in range(width - 1, -1, -1):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            n = arc_ptr[one + 1] - arc_ptr[one] if two > one else 1
            count += n
            after *= n
            total += (two - one) * after
        options, payoffs = max(options, count), max(payoffs, total)
    return options, payoffs


@njit(cache=True, nogil=True)
def _allow(arc, count, arc_option, policy, restricted, pick):
    """Write which of the options from an arc on may be chosen; return how many."""
    forced = False
    if restricted:
        for a in range(count):
            forced = forced or policy[arc_option[arc + a]] == FORCED
    kept = 0
    for a in range(count):
        state = policy[arc_option[arc + a]]
        if not restricted or state == FORCED or (not forced and state != FORBIDDEN):
            pick[kept] = a
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _place(option, arc, count, arc_option, pick):
    """Return the place of an option among those of a role that may be chosen, or -1."""
    for i in range(count):
        if option >= 0 and arc_option[arc + pick[i]] == option:
            return i
    return -1


@njit(cache=True, nogil=True)
def _payoffs(
    head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row, cost,
    prob, value, movers, extra, dims, first, pick, tree,
):  # fmt: skip
    """Write what every profile of options pays the movers into the front of `tree`.

    With weights `extra` (column,) of any length, one payoff more is written: the weighted sum over columns. `pick`
    are the options that may be chosen, ``pick[first[j]:]`` for turn j.
    """
    players = width + (1 if len(extra) else 0)
    at = 0
    below, below_one, below_two, after = 0, -1, -1, 1
    for j in range(width - 1, -1, -1):
        one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
        inner, after = after, after * dims[j]
        here = at
        for node in range(one, two):
            base = here + (node - one) * after * players
            for i in range(dims[j]):
                arc = arc_ptr[node] + pick[first[j] + i]
                bundle = arc_bundle[arc]
                b_one, b_two = branch_ptr[arc], branch_ptr[arc + 1]
                for r in range(inner):
                    for p in range(players):
                        x = 0.0
                        if p < width:
                            x = cost[bundle, movers[p], d]
                        else:
                            for c in range(len(extra)):
                                x += extra[c] * cost[bundle, c, d]
                        for b in range(b_one, b_two):
                            # one branch is certain: its row may be that of certainty or not
                            w = prob[branch_row[b], d] if b_two - b_one > 1 else 1.0
                            next_ = branch_next[b]
                            if below_one <= next_ < below_two:
                                x += w * tree[below + ((next_ - below_one) * inner + r) * players + p]
                            elif p < width:
                                x += w * value[next_, movers[p], d]
                            else:
                                for c in range(len(extra)):
                                    x += w * extra[c] * value[next_, c, d]
                        tree[base + (i * inner + r) * players + p] = x
        below, below_one, below_two = here, one, two
        at += (two - one) * after * players
    # the head's own were written last
    for i in range(after * players):
        tree[i] = tree[below + i]


@njit(cache=True, nogil=True)
def joint_nodes(
    low, high, k, width, stage_role, node_ptr, group_at, group_ptr, arc_ptr, arc_option, arc_bundle, branch_ptr,
    branch_next, branch_row, cost, prob, lam, otherwise, occasion, policy, restricted, value, sigma, shift, later,
    ahead,
):  # fmt: skip
    """Values and choices of a stage of several roles, for the heads from `low` to `high` and all their groups.

    Choice probabilities of arcs stand in `sigma` from ``shift[stage]`` on, and, if there is a `later` step, those that
    were found for it from ``ahead[stage]`` on.

    Returns
    -------
    int
        A head whose stage game was not solved, or -1.
    """
    columns, draws = value.shape[1], value.shape[2]
    options, payoffs = sizes(low, high, k, width, node_ptr, group_at, group_ptr, arc_ptr)
    tree = np.empty(payoffs * width)
    n = options + 1
    y, share, q, cross = np.empty(n), np.empty(n), np.empty(n), np.empty((n, n))
    jacobian, right, points = np.empty((n, n)), np.empty((n, 1)), np.empty((4, n))
    dims, first, digits = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.int64)
    movers, precision, pick = np.empty(width, np.int64), np.empty(width), np.empty(n, np.int64)
    answer, act, idle, steep = np.empty(n), np.ones(width), np.full(width, -1), np.empty(width)
    nothing = np.empty(0)
    for j in range(width):
        movers[j] = stage_role[k + j]
    lost = -1
    for head in range(low, high):
        total = 0
        for j in range(width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            first[j], dims[j], idle[j] = total, 1, -1
            if two > one:
                arc, count = arc_ptr[one], arc_ptr[one + 1] - arc_ptr[one]
                dims[j] = _allow(arc, count, arc_option, policy, restricted[k + j], pick[total:])
                idle[j] = _place(otherwise[k + j], arc, dims[j], arc_option, pick[total:])
            total += dims[j]
        for d in range(draws):
            if total > width:
                _payoffs(
                    head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next,
                    branch_row, cost, prob, value, movers, nothing, dims, first, pick, tree,
                )  # fmt: skip
            for j in range(width):
                precision[j] = lam[movers[j], d]
                act[j] = occasion[k + j, d] if idle[j] >= 0 else 1.0
                steep[j] = precision[j] * act[j]
                share[j] = 1.0
            # where each role has one option there is nothing to solve
            solved = total == width
            if not solved:
                centre(tree, dims)
            if not solved and later and _contracts(tree, dims, steep):
                # the only equilibrium: it may be sought from anywhere, and that of the next step is near
                for j in range(width):
                    one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
                    for i in range(dims[j]):
                        odds = sigma[arc_ptr[one] + ahead[k + j] + pick[first[j] + i], d]
                        if i == idle[j] and act[j] < 1.0:
                            # what is left of it where the others are answers; rounding may leave nothing
                            odds = max(odds - (1.0 - act[j]), 1e-17)
                        y[first[j] + i] = np.log(max(odds, 1e-300))
                    for i in range(dims[j] - 1, -1, -1):
                        y[first[j] + i] -= y[first[j]]
                found = newton(
                    tree, dims, first, act, idle, precision, 1.0, True, y, answer, share, digits, q, cross, jacobian,
                    right,
                )  # fmt: skip
                solved = found > 0
            if not solved:
                steps = solve(
                    tree, dims, first, act, idle, precision, y, answer, share, digits, q, cross, jacobian, right, points
                )  # fmt: skip
                if steps < 0:
                    lost = head
            for j in range(width):
                one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
                for node in range(one, two):
                    for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                        sigma[arc + shift[k + j], d] = 0.0
                    for i in range(dims[j]):
                        sigma[arc_ptr[node] + pick[first[j] + i] + shift[k + j], d] = share[first[j] + i]
        for j in range(width - 1, -1, -1):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            for node in range(one, two):
                for c in range(columns):
                    for d in range(draws):
                        value[node, c, d] = 0.0
                for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                    bundle, b_one, b_two = arc_bundle[arc], branch_ptr[arc], branch_ptr[arc + 1]
                    place = arc + shift[k + j]
                    for c in range(columns):
                        for d in range(draws):
                            value[node, c, d] += sigma[place, d] * cost[bundle, c, d]
                    for b in range(b_one, b_two):
                        next_, row = branch_next[b], branch_row[b] if b_two - b_one > 1 else 0
                        for c in range(columns):
                            for d in range(draws):
                                value[node, c, d] += sigma[place, d] * prob[row, d] * value[next_, c, d]
    return lost


@njit(cache=True, nogil=True)
def joint_pull(
    low, high, begin, end, seed_turn, seed_at, k, width, stage_role, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle,
    arc_option, branch_ptr, branch_next, branch_row, cost, prob, lam, otherwise, occasion, value, sigma, shift, seed,
    pull, d_cost, d_prob, d_lam, d_occasion,
):  # fmt: skip
    """Pull derivatives at heads back through their stage games, for the draws from `low` to `high`.

    The heads are those from `begin` to `end`. With `seed_turn` at least zero the derivatives are those of
    ``seed[seed_at:]`` by lambda times the values of that turn's options, or by its choice probabilities where it
    chooses on occasion only; else those that stand in `pull`. By the implicit function theorem: with h the derivatives
    by y at fixed choices of the others, ``w = (I - dF/dy)^-T h`` are those by what y answers to.
    """
    columns = value.shape[1]
    options, payoffs = sizes(begin, end, k, width, node_ptr, group_at, group_ptr, arc_ptr)
    players = width + 1
    tree, n = np.empty(payoffs * players), options + 1
    share, q, cross, jacobian = np.empty(n), np.empty(n), np.empty((n, n)), np.empty((n, n))
    right, digits, gained, answer = np.empty((n, 1)), np.empty(width, np.int64), np.empty(n), np.empty(n)
    dims, first = np.empty(width, np.int64), np.empty(width, np.int64)
    act, idle = np.ones(width), np.full(width, -1)
    movers, precision, pick, tilt = np.empty(width, np.int64), np.empty(width), np.empty(n, np.int64), np.empty(n)
    gain, turn_of, onward = np.empty(columns), np.full(columns, -1), np.empty(columns)
    for j in range(width):
        movers[j] = stage_role[k + j]
        turn_of[movers[j]] = j
    most = 1
    for head in range(begin, end):
        for j in range(1, width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            most = max(most, two - one)
    # what a mover's own column is worth at a node when its options count as the derivatives weigh them
    own = np.zeros((width + 1, most, width))
    for head in range(begin, end):
        total = 0
        for j in range(width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            first[j], dims[j] = total, 1
            if two > one:
                dims[j] = arc_ptr[one + 1] - arc_ptr[one]
            for a in range(dims[j]):
                pick[total + a] = a
            total += dims[j]
        for d in range(low, high):
            largest = 0.0
            for c in range(columns):
                gain[c] = 0.0 if seed_turn >= 0 else pull[head, c, d]
                largest = max(largest, abs(gain[c]))
            if seed_turn < 0:
                if largest == 0.0:
                    continue
                for c in range(columns):
                    pull[head, c, d] = 0.0
            _payoffs(
                head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next,
                branch_row, cost, prob, value, movers, gain, dims, first, pick, tree,
            )  # fmt: skip
            for j in range(width):
                precision[j] = lam[movers[j], d]
                one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
                for a in range(dims[j]):
                    share[first[j] + a] = sigma[arc_ptr[one] + a + shift[k + j], d] if two > one else 1.0
                act[j], idle[j] = 1.0, -1
                if two > one and otherwise[k + j] >= 0:
                    idle[j] = _place(otherwise[k + j], arc_ptr[one], dims[j], arc_option, pick[first[j] :])
                    # a restriction leaves it no probability, and with it every occasion
                    if idle[j] >= 0 and share[first[j] + idle[j]] == 0.0:
                        idle[j] = -1
                    act[j] = occasion[k + j, d] if idle[j] >= 0 else 1.0
            _gains(tree, players, dims, first, share, digits, gained)
            by_choice = seed_turn >= 0 and otherwise[k + seed_turn] >= 0
            if by_choice:
                for a in range(dims[seed_turn]):
                    gained[first[seed_turn] + a] += seed[seed_at + a, d]
            weigh(tree, dims, first, share, digits, q, cross)
            _answers(q, dims, first, act, idle, precision, share, answer)
            linearise(cross, dims, first, answer, act, precision, 1.0, jacobian)
            for j in range(width):
                mean = 0.0
                for a in range(first[j], first[j] + dims[j]):
                    mean += answer[a] * gained[a]
                for a in range(first[j], first[j] + dims[j]):
                    right[a, 0] = act[j] * answer[a] * (gained[a] - mean)
                    if j == seed_turn and not by_choice:
                        right[a, 0] += seed[seed_at + a - first[j], d]
            for a in range(total):
                for b in range(a):
                    jacobian[a, b], jacobian[b, a] = jacobian[b, a], jacobian[a, b]
            eliminate(jacobian[:total, :total], right[:total])
            for j in range(width):
                if idle[j] < 0:
                    continue
                # by how likely an occasion is: an answer in place of the option that is taken without one
                for a in range(first[j], first[j] + dims[j]):
                    onto = gained[a]
                    for i in range(width):
                        for b in range(first[i], first[i] + dims[i]):
                            onto += precision[i] * right[b, 0] * cross[b, a]
                    d_occasion[k + j, d] += (answer[a] - (1.0 if a == first[j] + idle[j] else 0.0)) * onto
            for j in range(width):
                for a in range(first[j], first[j] + dims[j]):
                    d_lam[movers[j], d] += right[a, 0] * q[a]
                    tilt[a] = gain[movers[j]] * share[a] + precision[j] * right[a, 0]
            for i in range(width - 1, 0, -1):
                one, two = _group(head, k, i, node_ptr, group_at, group_ptr)
                below_one, below_two = -1, -1
                if i + 1 < width:
                    below_one, below_two = _group(head, k, i + 1, node_ptr, group_at, group_ptr)
                for node in range(one, two):
                    for j in range(i, width):
                        x = 0.0
                        for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                            a = first[i] + arc - arc_ptr[node]
                            b_one, b_two = branch_ptr[arc], branch_ptr[arc + 1]
                            # before its own turn a column counts as the derivatives by it
                            settled = gain[movers[j]] if j > i else 1.0
                            y = settled * cost[arc_bundle[arc], movers[j], d]
                            for b in range(b_one, b_two):
                                w = prob[branch_row[b], d] if b_two - b_one > 1 else 1.0
                                next_ = branch_next[b]
                                if below_one <= next_ < below_two and j > i:
                                    y += w * own[i + 1, next_ - below_one, j]
                                else:
                                    y += w * settled * value[next_, movers[j], d]
                            x += (tilt[a] if j == i else share[a]) * y
                        own[i, node - one, j] = x
            for i in range(width):
                one, two = _group(head, k, i, node_ptr, group_at, group_ptr)
                below_one, below_two = -1, -1
                if i + 1 < width:
                    below_one, below_two = _group(head, k, i + 1, node_ptr, group_at, group_ptr)
                for node in range(one, two):
                    for c in range(columns):
                        if i == 0:
                            onward[c] = gain[c] if turn_of[c] < 0 else 1.0
                        else:
                            onward[c] = pull[node, c, d]
                            pull[node, c, d] = 0.0
                    for arc in range(arc_ptr[node], arc_ptr[node + 1]):
                        a, bundle = first[i] + arc - arc_ptr[node], arc_bundle[arc]
                        b_one, b_two = branch_ptr[arc], branch_ptr[arc + 1]
                        for c in range(columns):
                            flow = onward[c] * (tilt[a] if turn_of[c] == i else share[a])
                            # until its own turn a mover's column is carried on with weight one
                            settled = flow * gain[c] if turn_of[c] > i else flow
                            d_cost[bundle, c, d] += settled
                            for b in range(b_one, b_two):
                                next_, row = branch_next[b], branch_row[b]
                                waits = below_one <= next_ < below_two and turn_of[c] > i
                                p = prob[row, d] if b_two - b_one > 1 else 1.0
                                pull[next_, c, d] += p * (flow if waits else settled)
                                if b_two - b_one == 1:
                                    continue
                                if waits:
                                    d_prob[row, d] += flow * own[i + 1, next_ - below_one, turn_of[c]]
                                else:
                                    d_prob[row, d] += settled * value[next_, c, d]


@njit(cache=True, nogil=True)
def _gains(tree, players, dims, first, share, digits, gained):
    """Write what the weighted sum of payoffs gains by each choice probability, and close up the movers' payoffs."""
    width = len(dims)
    profiles = 1
    for j in range(width):
        profiles *= dims[j]
        digits[j] = 0
    gained[:] = 0.0
    for r in range(profiles):
        for j in range(width):
            w = tree[r * players + width]
            for m in range(width):
                if m != j:
                    w *= share[first[m] + digits[m]]
            gained[first[j] + digits[j]] += w
        # as `weigh` takes them
        for j in range(width):
            tree[r * width + j] = tree[r * players + j]
        for j in range(width - 1, -1, -1):
            digits[j] += 1
            if digits[j] < dims[j]:
                break
            digits[j] = 0


@njit(cache=True, nogil=True)
def _answers(q, dims, first, act, idle, lam, share, answer):
    """Write what is answered on an occasion.

    It is computed anew from the values of the options: what is done does not tell it where an occasion is unlikely.
    """
    for j in range(len(dims)):
        lo, hi = first[j], first[j] + dims[j]
        if idle[j] < 0:
            answer[lo:hi] = share[lo:hi]
            continue
        top, total = -np.inf, 0.0
        for a in range(lo, hi):
            answer[a] = 0.0
            # what has no probability is forbidden, or all of it is where there is never an occasion
            if share[a] > 0.0 or act[j] == 0.0:
                top = max(top, lam[j] * q[a])
        for a in range(lo, hi):
            if share[a] > 0.0 or act[j] == 0.0:
                answer[a] = np.exp(lam[j] * q[a] - top)
                total += answer[a]
        for a in range(lo, hi):
            answer[a] /= total


@njit(cache=True, nogil=True)
def _interaction(u, dims, i, j):
    """Return how much a choice of role j can change the difference between two options of role i, at most."""
    roles = len(dims)
    total = 1
    for m in range(roles):
        total *= dims[m]
    step_i, step_j = 1, 1
    for m in range(i + 1, roles):
        step_i *= dims[m]
    for m in range(j + 1, roles):
        step_j *= dims[m]
    largest = 0.0
    for r in range(total):
        if (r // step_i) % dims[i] or (r // step_j) % dims[j]:
            continue
        for a in range(dims[i]):
            for other in range(a):
                low, high = np.inf, -np.inf
                for b in range(dims[j]):
                    at = r + b * step_j
                    gap = u[(at + a * step_i) * roles + i] - u[(at + other * step_i) * roles + i]
                    low, high = min(low, gap), max(high, gap)
                largest = max(largest, high - low)
    return largest


@njit(cache=True, nogil=True)
def _contracts(u, dims, lam):
    """Whether answering one another brings all choices nearer, so that there is one equilibrium.

    A logit response moves by at most half of lambda times the range of a change of values (in the sum of absolute
    differences), and that range is at most half of the change of the others' choices times their interaction. Of a role
    that answers on occasion only, what is done moves by the probability of one times as much: `lam` has that factor.
    """
    roles = len(dims)
    if roles == 2:
        both = _interaction(u, dims, 0, 1) * _interaction(u, dims, 1, 0)
        return lam[0] * lam[1] * both < 16.0
    for i in range(roles):
        total = 0.0
        for j in range(roles):
            if j != i:
                total += lam[i] * _interaction(u, dims, i, j)
        if total >= 4.0:
            return False
    return True


@njit(cache=True, nogil=True)
def joint_starts(
    heads, starts, k, width, stage_role, node_ptr, group_at, group_ptr, arc_ptr, arc_option, arc_bundle, branch_ptr,
    branch_next, branch_row, cost, prob, lam, otherwise, occasion, policy, restricted, value, sigma, shift, d,
):  # fmt: skip
    """Look for other equilibria of the stage games at `heads`, from each profile of options (`starts` at most).

    Returns
    -------
    sure : int
        Stage games that have one equilibrium, because answers contract.
    several : int
        Stage games in which another equilibrium was found.
    """
    low, high = np.min(heads), np.max(heads) + 1
    options, payoffs = sizes(low, high, k, width, node_ptr, group_at, group_ptr, arc_ptr)
    tree = np.empty(payoffs * width)
    n = options + 1
    y, share, q, cross = np.empty(n), np.empty(n), np.empty(n), np.empty((n, n))
    jacobian, right, known = np.empty((n, n)), np.empty((n, 1)), np.empty(n)
    dims, first, digits = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.int64)
    movers, precision, pick = np.empty(width, np.int64), np.empty(width), np.empty(n, np.int64)
    answer, act, idle, steep = np.empty(n), np.ones(width), np.full(width, -1), np.empty(width)
    nothing = np.empty(0)
    for j in range(width):
        movers[j] = stage_role[k + j]
        precision[j] = lam[movers[j], d]
    sure, several = 0, 0
    for head in heads:
        total, profiles = 0, 1
        for j in range(width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            first[j], dims[j], idle[j], act[j] = total, 1, -1, 1.0
            known[total] = 1.0
            if two > one:
                arc, count = arc_ptr[one], arc_ptr[one + 1] - arc_ptr[one]
                dims[j] = _allow(arc, count, arc_option, policy, restricted[k + j], pick[total:])
                for i in range(dims[j]):
                    known[total + i] = sigma[arc + pick[total + i] + shift[k + j], d]
                idle[j] = _place(otherwise[k + j], arc, dims[j], arc_option, pick[total:])
                act[j] = occasion[k + j, d] if idle[j] >= 0 else 1.0
            steep[j] = precision[j] * act[j]
            total += dims[j]
            profiles *= dims[j]
        _payoffs(
            head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row,
            cost, prob, value, movers, nothing, dims, first, pick, tree,
        )  # fmt: skip
        centre(tree, dims)
        if _contracts(tree, dims, steep):
            sure += 1
            continue
        stride = max(1, profiles // starts)
        for profile in range(0, profiles, stride):
            rest = profile
            answer[:] = 0.0
            for j in range(width - 1, -1, -1):
                answer[first[j] + rest % dims[j]] = 1.0
                rest //= dims[j]
            on_occasion(answer, dims, first, act, idle, share)
            weigh(tree, dims, first, share, digits, q, cross)
            for j in range(width):
                for a in range(first[j], first[j] + dims[j]):
                    y[a] = precision[j] * q[a]
            found = newton(
                tree, dims, first, act, idle, precision, 1.0, True, y, answer, share, digits, q, cross, jacobian, right
            )  # fmt: skip
            if found == 0:
                continue
            gap = 0.0
            for a in range(total):
                gap = max(gap, abs(share[a] - known[a]))
            if gap > DIFFERENT:
                several += 1
                break
    return sure, several
