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
from blocs.game.stage_game import centre, linearise, newton, solve, weigh

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
    branch_next, branch_row, cost, prob, lam, policy, restricted, value, sigma, shift, later, ahead,
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
    nothing = np.empty(0)
    for j in range(width):
        movers[j] = stage_role[k + j]
    lost = -1
    for head in range(low, high):
        total = 0
        for j in range(width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            first[j], dims[j] = total, 1
            if two > one:
                arc, count = arc_ptr[one], arc_ptr[one + 1] - arc_ptr[one]
                dims[j] = _allow(arc, count, arc_option, policy, restricted[k + j], pick[total:])
            total += dims[j]
        for d in range(draws):
            if total > width:
                _payoffs(
                    head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next,
                    branch_row, cost, prob, value, movers, nothing, dims, first, pick, tree,
                )  # fmt: skip
            for j in range(width):
                precision[j] = lam[movers[j], d]
                share[j] = 1.0
            # where each role has one option there is nothing to solve
            solved = total == width
            if not solved:
                centre(tree, dims)
            if not solved and later and _contracts(tree, dims, precision):
                # the only equilibrium: it may be sought from anywhere, and that of the next step is near
                for j in range(width):
                    one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
                    y[first[j]] = 0.0
                    for i in range(1, dims[j]):
                        arc = arc_ptr[one] + ahead[k + j]
                        odds = max(sigma[arc + pick[first[j] + i], d], 1e-300)
                        y[first[j] + i] = np.log(odds / max(sigma[arc + pick[first[j]], d], 1e-300))
                solved = (
                    newton(tree, dims, first, precision, 1.0, True, y, share, digits, q, cross, jacobian, right) > 0
                )
            if not solved and (
                solve(tree, dims, first, precision, y, share, digits, q, cross, jacobian, right, points) < 0
            ):
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
    branch_ptr, branch_next, branch_row, cost, prob, lam, value, sigma, shift, seed, pull, d_cost, d_prob, d_lam,
):  # fmt: skip
    """Pull derivatives at heads back through their stage games, for the draws from `low` to `high`.

    The heads are those from `begin` to `end`. With `seed_turn` at least zero the derivatives are those of
    ``seed[seed_at:]`` by lambda times the values of that turn's options; else those that stand in `pull`. By the
    implicit function theorem: with h the derivatives by y at fixed choices of the others, ``w = (I - dF/dy)^-T h`` are
    those by what y answers to.
    """
    columns = value.shape[1]
    options, payoffs = sizes(begin, end, k, width, node_ptr, group_at, group_ptr, arc_ptr)
    players = width + 1
    tree, n = np.empty(payoffs * players), options + 1
    share, q, cross, jacobian = np.empty(n), np.empty(n), np.empty((n, n)), np.empty((n, n))
    right, digits = np.empty((n, 1)), np.empty(width, np.int64)
    dims, first = np.empty(width, np.int64), np.empty(width, np.int64)
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
            _sensitivity(
                tree, players, dims, first, share, precision, digits, q, cross, jacobian, right,
                seed, seed_turn, seed_at, d,
            )  # fmt: skip
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
def _sensitivity(
    tree, players, dims, first, share, precision, digits, q, cross, jacobian, right, seed, seed_turn, seed_at, d
):
    """Write into `right` the derivatives by what the roles' y answer to."""
    width = len(dims)
    n = first[width - 1] + dims[width - 1]
    profiles = 1
    for j in range(width):
        profiles *= dims[j]
        digits[j] = 0
    gained = np.zeros(n)
    for r in range(profiles):
        for j in range(width):
            w = tree[r * players + width]
            for m in range(width):
                if m != j:
                    w *= share[first[m] + digits[m]]
            gained[first[j] + digits[j]] += w
        # the movers' payoffs close up, as `weigh` takes them
        for j in range(width):
            tree[r * width + j] = tree[r * players + j]
        for j in range(width - 1, -1, -1):
            digits[j] += 1
            if digits[j] < dims[j]:
                break
            digits[j] = 0
    weigh(tree, dims, first, share, digits, q, cross)
    linearise(cross, dims, first, share, precision, 1.0, jacobian)
    for j in range(width):
        mean = 0.0
        for a in range(first[j], first[j] + dims[j]):
            mean += share[a] * gained[a]
        for a in range(first[j], first[j] + dims[j]):
            right[a, 0] = share[a] * (gained[a] - mean)
            if j == seed_turn:
                right[a, 0] += seed[seed_at + a - first[j], d]
    for a in range(n):
        for b in range(a):
            jacobian[a, b], jacobian[b, a] = jacobian[b, a], jacobian[a, b]
    eliminate(jacobian[:n, :n], right[:n])


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
    differences), and that range is at most half of the change of the others' choices times their interaction.
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
    branch_next, branch_row, cost, prob, lam, policy, restricted, value, sigma, shift, d,
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
    nothing = np.empty(0)
    for j in range(width):
        movers[j] = stage_role[k + j]
        precision[j] = lam[movers[j], d]
    sure, several = 0, 0
    for head in heads:
        total, profiles = 0, 1
        for j in range(width):
            one, two = _group(head, k, j, node_ptr, group_at, group_ptr)
            first[j], dims[j] = total, 1
            known[total] = 1.0
            if two > one:
                arc, count = arc_ptr[one], arc_ptr[one + 1] - arc_ptr[one]
                dims[j] = _allow(arc, count, arc_option, policy, restricted[k + j], pick[total:])
                for i in range(dims[j]):
                    known[total + i] = sigma[arc + pick[total + i] + shift[k + j], d]
            total += dims[j]
            profiles *= dims[j]
        _payoffs(
            head, k, width, d, node_ptr, group_at, group_ptr, arc_ptr, arc_bundle, branch_ptr, branch_next, branch_row,
            cost, prob, value, movers, nothing, dims, first, pick, tree,
        )  # fmt: skip
        centre(tree, dims)
        if _contracts(tree, dims, precision):
            sure += 1
            continue
        stride = max(1, profiles // starts)
        for profile in range(0, profiles, stride):
            rest = profile
            share[:] = 0.0
            for j in range(width - 1, -1, -1):
                share[first[j] + rest % dims[j]] = 1.0
                rest //= dims[j]
            weigh(tree, dims, first, share, digits, q, cross)
            for j in range(width):
                for a in range(first[j], first[j] + dims[j]):
                    y[a] = precision[j] * q[a]
            if newton(tree, dims, first, precision, 1.0, True, y, share, digits, q, cross, jacobian, right) == 0:
                continue
            gap = 0.0
            for a in range(total):
                gap = max(gap, abs(share[a] - known[a]))
            if gap > DIFFERENT:
                several += 1
                break
    return sure, several
