"""The loops of the engine, compiled by Numba and cached on disk. Nothing here knows a name.

Arrays are those of `Graph` and `Tables`; the last axis is the draw and is contiguous. A *value* array has one row per
node, ended class and carry (see `Graph`). All loops are serial and let go of Python's lock, so that plain threads can
share draws, or the nodes of a stage, among them (see `blocs.solve.shared`): Numba's own parallel loops take four times
as long to compile and wait for work without sleeping. Scratch memory is allocated outside the loops.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

LOGIT, PROBIT, BEST = 0, 1, 2
# what may be done about an option at a step
FREE, FORBIDDEN, FORCED = 0, 1, 2
# options whose values differ by less than this, relative to their size, are tied for a best response: the same sum
# taken in another order differs by a few units in the sixteenth digit
TIE = 1e-12
# arcs of several nodes that are weighed together where there is a single draw: what they need stays near the processor
AT_ONCE = 512
# marks an index as not negative: else every read of an array tests whether to count from its end
_at = np.uintp


@intrinsic
def _bits_to_float(typing_context, bits):
    """Read the bits of an integer as a floating-point number."""
    del typing_context, bits

    def generate(context, builder, signature, arguments):
        del signature
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


@intrinsic
def _float_to_bits(typing_context, number):
    """Read a floating-point number's bits as an integer."""
    del typing_context, number

    def generate(context, builder, signature, arguments):
        del signature
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@njit(cache=True, nogil=True, fastmath={"contract"}, inline="always")
def _exp(x):
    """Exponential of a number that is not positive, to within two units in the last place.

    The library's function is a call and keeps loops over draws from being vectorised; this is arithmetic only: x is
    split into a multiple of log 2, found by adding 1.5 x 2**52 so that the rounded multiple stands in the low bits, and
    a rest below 0.35, whose series of 13 terms is exact to 1e-17. Below -708 the result is 3e-308, not a denormal.
    """
    x = max(x, -708.0)
    shifted = x * 1.4426950408889634 + 6755399441055744.0
    k = shifted - 6755399441055744.0
    r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.9841269841269841e-04
    p = p * r + 1.388888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    # Numba passes the typing context itself
    return p * _bits_to_float((_float_to_bits(shifted) + 1023) << 52)  # pyright: ignore[reportCallIssue]


@njit(cache=True, nogil=True)
def _phi(x):
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@njit(cache=True, nogil=True, fastmath={"contract"})
def _choose_other(q, count, role, draws, lam, response, share, arc, arc_option, policy, restricted):
    """Choice probabilities under a probit or best response, or where options are forbidden or forced, into `share`."""
    if response == PROBIT:
        for d in range(draws):
            share[0, d] = 1.0
            if count == 2:
                z = lam[d] * (q[0, role, d] - q[1, role, d]) * 0.7071067811865476
                # each by itself: 1 - p would lose small probabilities
                share[0, d], share[1, d] = _phi(z), _phi(-z)
        return
    forced = False
    for a in range(count):
        forced = forced or (restricted and policy[arc_option[arc + a]] == FORCED)
    for d in range(draws):
        best = -np.inf
        for a in range(count):
            state = policy[arc_option[arc + a]] if restricted else FREE
            if state == FORCED or (not forced and state == FREE):
                best = max(best, q[a, role, d])
        total = 0.0
        for a in range(count):
            state = policy[arc_option[arc + a]] if restricted else FREE
            share[a, d] = 0.0
            if state == FORCED or (not forced and state == FREE):
                gap = q[a, role, d] - best
                tied = gap >= -TIE * (1.0 + abs(best))
                share[a, d] = _exp(lam[d] * gap) if response == LOGIT else (1.0 if tied else 0.0)
            total += share[a, d]
        for a in range(count):
            share[a, d] /= total


@njit(cache=True, nogil=True)
def without_occasion(share, count, draws, arc, arc_option, idle, occasion, policy, restricted):
    """Mix the answers in `share` with the option `idle`, which is taken where there is no occasion.

    Where that option may not be taken, by a restriction, the role has to choose among what may.
    """
    at, forced = -1, False
    for a in range(count):
        option = arc_option[arc + a]
        if option == idle and not (restricted and policy[option] == FORBIDDEN):
            at = a
        forced = forced or (restricted and policy[option] == FORCED)
    if at < 0 or (forced and policy[idle] != FORCED):
        return
    for a in range(count):
        for d in range(draws):
            share[a, d] *= occasion[d]
    for d in range(draws):
        share[at, d] += 1.0 - occasion[d]


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def nodes_one(
    low, high, role, value, cost, prob, lam, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row,
    response, policy, restricted, idle, occasion, sigma, shift, scratch, share, width,
):  # fmt: skip
    """Values and choices at the nodes from `low` to `high`, for a single draw.

    Some nodes are taken together, for loops over all their arcs are long, and the exponentials are vectorised. `idle`
    is the option that is taken where there is no `occasion` (draw,), or -1. `scratch` and `share` have `room_of` rows,
    and `width` is what `width_of` returns.
    """
    columns = len(width) if len(width) > 0 else value.shape[1]
    v, own = value.reshape((value.shape[0], columns)), cost.reshape((cost.shape[0], columns))
    chance, place = prob.reshape(prob.shape[0]), sigma.reshape(sigma.shape[0])
    q, part = scratch.reshape((scratch.shape[0], columns)), share.reshape(share.shape[0])
    plain = response == LOGIT and not restricted
    sharp, act = lam[0], occasion[0]
    begin = np.int64(low)
    while begin < high:
        base = np.int64(arc_ptr[_at(begin)])
        stop = begin + 1
        while stop < high and arc_ptr[_at(stop + 1)] - base <= AT_ONCE:
            stop += 1
        arcs = arc_ptr[_at(stop)] - base
        two = branch_ptr[_at(base)]
        for a in range(arcs):
            bundle = arc_bundle[_at(base + a)]
            one, two = two, branch_ptr[_at(base + a + 1)]
            after = branch_next[_at(one)]
            if two - one == 1:
                for c in range(columns):
                    q[_at(a), _at(c)] = own[_at(bundle), _at(c)] + v[_at(after), _at(c)]
            else:
                for c in range(columns):
                    x = own[_at(bundle), _at(c)]
                    for b in range(one, two):
                        x += chance[_at(branch_row[_at(b)])] * v[_at(branch_next[_at(b)]), _at(c)]
                    q[_at(a), _at(c)] = x
        if plain:
            for node in range(begin, stop):
                first, last = arc_ptr[_at(node)] - base, arc_ptr[_at(node + 1)] - base
                best = q[_at(first), _at(role)]
                for a in range(first + 1, last):
                    best = max(best, q[_at(a), _at(role)])
                for a in range(first, last):
                    part[_at(a)] = sharp * (q[_at(a), _at(role)] - best)
            for a in range(arcs):
                part[_at(a)] = _exp(part[_at(a)])
        for node in range(begin, stop):
            first, last = arc_ptr[_at(node)] - base, arc_ptr[_at(node + 1)] - base
            scale, anyway = 1.0, np.int64(-1)
            if plain:
                total = 0.0
                for a in range(first, last):
                    total += part[_at(a)]
                scale = 1.0 / total
                if idle >= 0:
                    for a in range(first, last):
                        anyway = a if arc_option[_at(base + a)] == idle else anyway
                    scale *= act if anyway >= 0 else 1.0
            else:
                _choose_other(
                    scratch[first:last], last - first, role, 1, lam, response, share[first:last], base + first,
                    arc_option, policy, restricted,
                )  # fmt: skip
                if idle >= 0:
                    without_occasion(
                        share[first:last], last - first, 1, base + first, arc_option, idle, occasion, policy, restricted
                    )
            for c in range(columns):
                v[_at(node), _at(c)] = 0.0
            for a in range(first, last):
                p = part[_at(a)] * scale
                if a == anyway:
                    p += 1.0 - act
                place[_at(base + shift + a)] = p
                for c in range(columns):
                    v[_at(node), _at(c)] += p * q[_at(a), _at(c)]
        begin = stop


def width_of(columns):
    """Return a tuple whose length tells the compiler how many columns there are; an empty one leaves it open.

    Three players are the rule, and one observer beside them: loops of a known length take half as long.
    """
    return (0,) * columns if columns in (3, 4) else ()


@njit(cache=True, nogil=True)
def room_of(most_arcs, draws):
    """Return how many options have to have room in `scratch` and `share`; where draws are many, those of one node."""
    # besides the options there are the largest value and the sum
    return (max(AT_ONCE, most_arcs) if draws == 1 else most_arcs) + 2


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def nodes_many(
    low, high, role, value, cost, prob, lam, arc_ptr, arc_option, arc_bundle, branch_ptr, branch_next, branch_row,
    response, policy, restricted, idle, occasion, sigma, shift, q, share,
):  # fmt: skip
    """Values and choices at the nodes from `low` to `high`, for several draws: the innermost loops run over draws."""
    columns, draws = value.shape[1], value.shape[2]
    width = columns * draws
    # where nothing depends on the draw alone, columns and draws are one axis
    v, own, wide = value.reshape((-1, width)), cost.reshape((-1, width)), q.reshape((-1, width))
    plain = response == LOGIT and not restricted
    best, total = share[share.shape[0] - 2], share[share.shape[0] - 1]
    for node in range(low, high):
        first, last = arc_ptr[_at(node)], arc_ptr[_at(node + 1)]
        options = last - first
        for a in range(options):
            bundle = arc_bundle[_at(first + a)]
            one, two = branch_ptr[_at(first + a)], branch_ptr[_at(first + a + 1)]
            after = branch_next[_at(one)]
            if two - one == 1:
                for i in range(width):
                    wide[_at(a), i] = own[_at(bundle), i] + v[_at(after), i]
                continue
            row, other, other_row = branch_row[_at(one)], branch_next[_at(one + 1)], branch_row[_at(one + 1)]
            for c in range(columns):
                for d in range(draws):
                    x = cost[_at(bundle), _at(c), d] + prob[_at(row), d] * value[_at(after), _at(c), d]
                    q[_at(a), _at(c), d] = x + prob[_at(other_row), d] * value[_at(other), _at(c), d]
            for b in range(one + 2, two):
                after, row = branch_next[_at(b)], branch_row[_at(b)]
                for c in range(columns):
                    for d in range(draws):
                        q[_at(a), _at(c), d] += prob[_at(row), d] * value[_at(after), _at(c), d]
        start = first + shift
        if plain and options == 2:
            # what softmax comes to, with one exponential
            for d in range(draws):
                z = lam[d] * (q[0, _at(role), d] - q[1, _at(role), d])
                e = _exp(-abs(z))
                large = 1.0 / (1.0 + e)
                small = e * large
                share[0, d] = large if z >= 0.0 else small
                share[1, d] = small if z >= 0.0 else large
        elif plain:
            for d in range(draws):
                best[d] = q[0, _at(role), d]
                total[d] = 0.0
            for a in range(1, options):
                for d in range(draws):
                    best[d] = max(best[d], q[_at(a), _at(role), d])
            for a in range(options):
                for d in range(draws):
                    e = _exp(lam[d] * (q[_at(a), _at(role), d] - best[d]))
                    share[_at(a), d] = e
                    total[d] += e
            for d in range(draws):
                total[d] = 1.0 / total[d]
            for a in range(options):
                for d in range(draws):
                    share[_at(a), d] *= total[d]
        else:
            _choose_other(q, options, role, draws, lam, response, share, first, arc_option, policy, restricted)
        anyway = np.int64(-1)
        if idle >= 0 and plain:
            for a in range(options):
                anyway = a if arc_option[_at(first + a)] == idle else anyway
        elif idle >= 0:
            without_occasion(share, options, draws, first, arc_option, idle, occasion, policy, restricted)
        for a in range(options):
            if a == anyway:
                for d in range(draws):
                    share[_at(a), d] = share[_at(a), d] * occasion[d] + (1.0 - occasion[d])
            elif anyway >= 0:
                for d in range(draws):
                    share[_at(a), d] *= occasion[d]
            for d in range(draws):
                sigma[_at(start + a), d] = share[_at(a), d]
        # two or three options are the rule: one loop instead of one for each
        for c in range(columns):
            if options == 1:
                for d in range(draws):
                    value[_at(node), _at(c), d] = q[0, _at(c), d]
            elif options == 2:
                for d in range(draws):
                    x = share[0, d] * q[0, _at(c), d]
                    value[_at(node), _at(c), d] = x + share[1, d] * q[1, _at(c), d]
            else:
                for d in range(draws):
                    x = share[0, d] * q[0, _at(c), d]
                    x += share[1, d] * q[1, _at(c), d]
                    value[_at(node), _at(c), d] = x + share[2, d] * q[2, _at(c), d]
                for a in range(3, options):
                    for d in range(draws):
                        value[_at(node), _at(c), d] += share[_at(a), d] * q[_at(a), _at(c), d]


@njit(cache=True, nogil=True)
def horizon(ends, carry, active, pay_bundle, outcome, pay, final, weight, discount, beyond, v, ended):
    """Fill `ended` with the values of ended classes after the last step, and the carries of the last step in `v`.

    `beyond` is empty, or holds what each state of the first stage is worth after the last step.
    """
    columns, draws = pay.shape[1], pay.shape[2]
    first_stage = len(pay_bundle) - ends
    for e in range(ends):
        bundle, result = pay_bundle[first_stage + e], outcome[first_stage + e]
        for c in range(columns):
            extra = final[c, result] if result >= 0 else 0.0
            for d in range(draws):
                ended[e, c, d] = weight[c, d] * pay[bundle, c, d] + extra
    for i in range(active):
        bundle, result = pay_bundle[i], outcome[i]
        for c in range(columns):
            extra = final[c, result] if result >= 0 else 0.0
            for d in range(draws):
                worth = beyond[i, c, d] if len(beyond) else weight[c, d] * pay[bundle, c, d] + extra
                v[carry + i, c, d] = discount[c, d] * worth


@njit(cache=True, nogil=True)
def enter(ends, carry, pay_bundle, pay, discount, v, ended):
    """Put the values of ended classes into a step's values, and carry them back to the step before."""
    columns, draws = pay.shape[1], pay.shape[2]
    for e in range(ends):
        bundle = pay_bundle[len(pay_bundle) - ends + e]
        for c in range(columns):
            for d in range(draws):
                v[carry - ends + e, c, d] = discount[c, d] * ended[e, c, d]
                ended[e, c, d] = pay[bundle, c, d] + discount[c, d] * ended[e, c, d]


@njit(cache=True, nogil=True)
def hand_on(low, high, carry, pay_bundle, pay, alive, discount, v, before):
    """Carry the values at the start of a step, for the states from `low` to `high`, back to the step before."""
    columns, draws = pay.shape[1], pay.shape[2]
    for i in range(low, high):
        bundle = pay_bundle[i]
        for c in range(columns):
            for d in range(draws):
                before[carry + i, c, d] = discount[c, d] * (pay[bundle, c, d] + alive[c] + v[i, c, d])


@njit(cache=True, nogil=True)
def backward(
    steps,
    stage_role,
    node_ptr,
    active,
    arc_ptr,
    arc_option,
    arc_bundle,
    branch_ptr,
    branch_next,
    branch_row,
    pay_bundle,
    outcome,
    otherwise,
    cost,
    prob,
    pay,
    alive,
    final,
    weight,
    discount,
    beyond,
    lam,
    occasion,
    response,
    policy,
    restricted,
    value,
    sigma,
    sigma_at,
    watch_ptr,
    watch_row,
    watched,
    most_arcs,
    width,
):
    """Solve the game by one backward pass.

    `value` is (kept step, row, column, draw): with one kept step it is overwritten as the pass goes on, with `steps` of
    them all are kept. `sigma` is (place, draw); the arcs of stage ``k`` at step ``t`` start at ``sigma_at[t, k]``.
    The values of rows ``watch_row[watch_ptr[t]:watch_ptr[t + 1]]`` at step ``t`` are copied to `watched`, (row, column,
    draw). `beyond` is as in `horizon`, `width` as in `nodes_one`.
    """
    stages = len(stage_role)
    columns, draws = value.shape[2], value.shape[3]
    ends = len(pay_bundle) - node_ptr[1]
    carry = node_ptr[stages] + ends
    scratch = np.empty((room_of(most_arcs, draws), columns, draws))
    shares = np.empty((room_of(most_arcs, draws), draws))
    keep = value.shape[0] > 1
    ended = np.empty((ends, columns, draws))
    horizon(
        ends, carry, active[steps, 0], pay_bundle, outcome, pay, final, weight, discount, beyond,
        value[steps - 1 if keep else 0], ended,
    )  # fmt: skip
    for t in range(steps - 1, -1, -1):
        v = value[t if keep else 0]
        enter(ends, carry, pay_bundle, pay, discount, v, ended)
        for k in range(stages - 1, -1, -1):
            role = stage_role[k]
            shift = sigma_at[t, k] - arc_ptr[node_ptr[k]]
            low, count = np.int64(node_ptr[k]), np.int64(active[t, k])
            if draws == 1:
                nodes_one(
                    low, low + count, role, v, cost, prob, lam[role], arc_ptr, arc_option, arc_bundle, branch_ptr,
                    branch_next, branch_row, response, policy[t], restricted[t, k], otherwise[k], occasion[k], sigma,
                    shift, scratch, shares, width,
                )  # fmt: skip
            else:
                nodes_many(
                    low, low + count, role, v, cost, prob, lam[role], arc_ptr, arc_option, arc_bundle, branch_ptr,
                    branch_next, branch_row, response, policy[t], restricted[t, k], otherwise[k], occasion[k], sigma,
                    shift, scratch, shares,
                )  # fmt: skip
        for i in range(watch_ptr[t], watch_ptr[t + 1]):
            for c in range(columns):
                for d in range(draws):
                    watched[i, c, d] = v[watch_row[i], c, d]
        if t > 0:
            before = value[t - 1 if keep else 0]
            hand_on(0, np.int64(active[t, 0]), carry, pay_bundle, pay, alive, discount, v, before)
