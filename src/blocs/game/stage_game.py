"""The logit equilibrium of one stage game: several roles choose at once; small dense arrays, compiled by Numba.

Letters: i, j roles; a, b options; y = lambda times value of each option, all roles one after the other; ``first[i]`` is
the place of role i's first option. Payoffs `u` are flat, by profile of options (those of the last role fastest) and
role. The equilibrium is ``y = lambda q(sigma)``, where the answers ``p = softmax(y)`` are what is done, sigma; but a
role that chooses on occasion only answers with probability ``act[i]`` and takes its option ``idle[i]`` otherwise, so
that ``sigma = act p + (1 - act) [a = idle]``. Who always has an occasion has -1 for `idle`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from blocs.game.dense import eliminate

# Newton's method doubles digits; more steps than these mean that it does not come to an end
STEPS = 40
# between two points of the branch no choice probability moves further; a larger move may lead to another branch
REACH = 0.25
# share of the way from precision zero below which steps in precision give way to steps along the branch
SHORTEST = 1e-4
# steps along the branch before it is given up
MOST = 20_000
# corrections on the way, in log-odds
ON_THE_WAY = 1e-8


@njit(cache=True, nogil=True)
def softmax(y, dims, first, sigma):
    """Write the choice probabilities that y stands for."""
    for i in range(len(dims)):
        lo, hi = first[i], first[i] + dims[i]
        top = y[lo]
        for a in range(lo + 1, hi):
            top = max(top, y[a])
        total = 0.0
        for a in range(lo, hi):
            sigma[a] = math.exp(y[a] - top)
            total += sigma[a]
        for a in range(lo, hi):
            sigma[a] /= total


@njit(cache=True, nogil=True)
def on_occasion(p, dims, first, act, idle, sigma):
    """Write what is done, where the roles answer with p on occasion."""
    for i in range(len(dims)):
        lo, hi = first[i], first[i] + dims[i]
        for a in range(lo, hi):
            sigma[a] = p[a] if idle[i] < 0 else act[i] * p[a]
        if idle[i] >= 0:
            # above zero: by this the reverse pass knows that the option may be taken
            sigma[lo + idle[i]] = max(sigma[lo + idle[i]] + (1.0 - act[i]), 1e-300)


@njit(cache=True, nogil=True)
def centre(u, dims):
    """Take from every payoff what the role's first option pays against the same: only differences matter."""
    roles = len(dims)
    total = 1
    for i in range(roles):
        total *= dims[i]
    inner = total
    for i in range(roles):
        outer = total // inner
        inner //= dims[i]
        for before in range(outer):
            for after in range(inner):
                base = u[(before * dims[i] * inner + after) * roles + i]
                for a in range(dims[i]):
                    u[((before * dims[i] + a) * inner + after) * roles + i] -= base


@njit(cache=True, nogil=True)
def weigh(u, dims, first, sigma, digits, q, cross):
    """Write the value of each option against the choices of the others, and its change with each of theirs."""
    roles = len(dims)
    n = first[roles - 1] + dims[roles - 1]
    total = 1
    for i in range(roles):
        total *= dims[i]
        digits[i] = 0
    for a in range(n):
        q[a] = 0.0
        for b in range(n):
            cross[a, b] = 0.0
    for r in range(total):
        for i in range(roles):
            a, x = first[i] + digits[i], u[r * roles + i]
            w = x
            for j in range(roles):
                if j == i:
                    continue
                w *= sigma[first[j] + digits[j]]
                rest = x
                for m in range(roles):
                    if m != i and m != j:
                        rest *= sigma[first[m] + digits[m]]
                cross[a, first[j] + digits[j]] += rest
            q[a] += w
        for i in range(roles - 1, -1, -1):
            digits[i] += 1
            if digits[i] < dims[i]:
                break
            digits[i] = 0


@njit(cache=True, nogil=True)
def linearise(cross, dims, first, p, act, lam, scale, jacobian):
    """Write I - scale lambda dq/dy, from the answers."""
    roles = len(dims)
    for i in range(roles):
        for a in range(first[i], first[i] + dims[i]):
            for j in range(roles):
                lo, hi = first[j], first[j] + dims[j]
                mean = 0.0
                for b in range(lo, hi):
                    mean += cross[a, b] * p[b]
                for b in range(lo, hi):
                    jacobian[a, b] = 0.0 if i == j else -scale * lam[i] * act[j] * p[b] * (cross[a, b] - mean)
            jacobian[a, a] += 1.0


@njit(cache=True, nogil=True)
def newton(u, dims, first, act, idle, lam, scale, tight, y, p, sigma, digits, q, cross, jacobian, right):
    """Solve ``y = scale lambda q`` from y, in place.

    Returns
    -------
    int
        Sign of the determinant of the linearised equations; zero where the method does not come to an end.
    """
    n = first[len(dims) - 1] + dims[len(dims) - 1]
    before = np.inf
    softmax(y, dims, first, p)
    on_occasion(p, dims, first, act, idle, sigma)
    for _ in range(STEPS):
        weigh(u, dims, first, sigma, digits, q, cross)
        linearise(cross, dims, first, p, act, lam, scale, jacobian)
        largest = 1.0
        for i in range(len(dims)):
            for a in range(first[i], first[i] + dims[i]):
                right[a, 0] = scale * lam[i] * q[a] - y[a]
                largest = max(largest, abs(y[a]))
        sign = eliminate(jacobian[:n, :n], right[:n])
        moved = 0.0
        for a in range(n):
            moved = max(moved, abs(right[a, 0]))
        if sign == 0 or not np.isfinite(moved):
            return 0
        # far from the solution a step is shortened, so that odds change by no more than a factor of e squared
        share = 1.0 if moved <= 2.0 else 2.0 / moved
        for a in range(n):
            y[a] += share * right[a, 0]
        softmax(y, dims, first, p)
        on_occasion(p, dims, first, act, idle, sigma)
        # at rounding, or where the next step would be (steps shrink with their square), or as near as they still shrink
        if moved <= (4e-16 if tight else ON_THE_WAY) * largest or (moved <= 1e-12 * largest and moved >= 0.5 * before):
            return sign
        if moved < 1e-6 and moved * (moved / before) ** 2 <= 4e-16 * largest:
            return sign
        before = moved
    return 0


@njit(cache=True, nogil=True)
def _moved(y, other, dims, first, p, spare):
    """Return the largest difference of answers between two points."""
    softmax(y, dims, first, p)
    softmax(other, dims, first, spare)
    largest = 0.0
    for a in range(first[len(dims) - 1] + dims[len(dims) - 1]):
        largest = max(largest, abs(p[a] - spare[a]))
    return largest


@njit(cache=True, nogil=True)
def _slope(u, dims, first, act, idle, lam, scale, y, p, sigma, digits, q, cross, jacobian, right):
    """Write the change of y with the share of the precision; False where it cannot be told."""
    n = first[len(dims) - 1] + dims[len(dims) - 1]
    softmax(y, dims, first, p)
    on_occasion(p, dims, first, act, idle, sigma)
    weigh(u, dims, first, sigma, digits, q, cross)
    linearise(cross, dims, first, p, act, lam, scale, jacobian)
    for i in range(len(dims)):
        for a in range(first[i], first[i] + dims[i]):
            right[a, 0] = lam[i] * q[a]
    return eliminate(jacobian[:n, :n], right[:n]) != 0


@njit(cache=True, nogil=True)
def solve(u, dims, first, act, idle, lam, y, p, sigma, digits, q, cross, jacobian, right, points):
    """Find the equilibrium on the branch that begins with choice at random at precision zero (Turocy 2005).

    Parameters
    ----------
    u : float64 array (profile x role,), as `centre` leaves it
    dims, first : int64 arrays (role,)
    act : float64 array (role,)
    idle : int64 array (role,)
        Place among the role's options, or -1.
    lam : float64 array (role,)
    y, p, sigma : float64 arrays (option,), filled
    digits, q, cross, jacobian, right, points
        Room: (role,), (option,), (option, option), (option + 1, option + 1), (option + 1, 1), (4, option).

    Returns
    -------
    int
        Steps that were taken along the branch; -1 when it was lost.
    """
    n = first[len(dims) - 1] + dims[len(dims) - 1]
    here, ahead = points[0], points[1]
    here[:n] = 0.0
    scale, step, taken = 0.0, 1.0, 0
    if not _slope(u, dims, first, act, idle, lam, scale, here, p, sigma, digits, q, cross, jacobian, right):
        return -1
    slope = points[2]
    slope[:n] = right[:n, 0]
    while True:
        taken += 1
        left = 1.0 - scale
        reach = left if step >= left else step
        for a in range(n):
            ahead[a] = here[a] + reach * slope[a]
            y[a] = ahead[a]
        target = 1.0 if reach == left else scale + reach
        sign = newton(
            u, dims, first, act, idle, lam, target, target == 1.0, y, p, sigma, digits, q, cross, jacobian, right
        )  # fmt: skip
        # until the branch turns or forks the determinant is positive
        if sign > 0 and _moved(y, ahead, dims, first, p, points[3]) <= REACH:
            if target == 1.0:
                return taken
            scale = target
            here[:n] = y[:n]
            if not _slope(u, dims, first, act, idle, lam, scale, here, p, sigma, digits, q, cross, jacobian, right):
                return -1
            slope[:n] = right[:n, 0]
            step = 2.0 * reach
            continue
        step = 0.4 * reach
        if step < SHORTEST:
            more = _along(
                u, dims, first, act, idle, lam, scale, y, p, sigma, digits, q, cross, jacobian, right, points
            )  # fmt: skip
            return taken + more if more > 0 else -1


@njit(cache=True, nogil=True)
def _border(u, dims, first, act, idle, lam, scale, y, way, p, sigma, digits, q, cross, jacobian):
    """Write the linearised equations in y and the share of the precision, with a last row along `way`."""
    n = first[len(dims) - 1] + dims[len(dims) - 1]
    softmax(y, dims, first, p)
    on_occasion(p, dims, first, act, idle, sigma)
    weigh(u, dims, first, sigma, digits, q, cross)
    linearise(cross, dims, first, p, act, lam, scale, jacobian)
    for i in range(len(dims)):
        for a in range(first[i], first[i] + dims[i]):
            jacobian[a, n] = -lam[i] * q[a]
    for a in range(n + 1):
        jacobian[n, a] = way[a]


@njit(cache=True, nogil=True)
def _along(u, dims, first, act, idle, lam, scale, y, p, sigma, digits, q, cross, jacobian, right, points):
    """Follow the branch by its own length from ``points[0]``, around turns, until the precision is reached.

    Returns the number of steps, or -1.
    """
    roles = len(dims)
    n = first[roles - 1] + dims[roles - 1]
    here, ahead, spare = points[0], points[1], points[3]
    way = np.zeros(n + 1)
    way[n] = 1.0
    # the first direction is that of growing precision, each further one that of the one before
    stride = 1e-3
    for taken in range(1, MOST):
        _border(u, dims, first, act, idle, lam, scale, here, way, p, sigma, digits, q, cross, jacobian)
        right[: n + 1] = 0.0
        right[n, 0] = 1.0
        if eliminate(jacobian[: n + 1, : n + 1], right[: n + 1]) == 0:
            return -1
        size = 0.0
        for a in range(n + 1):
            size += right[a, 0] ** 2
        size = math.sqrt(size)
        for a in range(n + 1):
            way[a] = right[a, 0] / size
        while True:
            if stride < 1e-10:
                return -1
            at = scale + stride * way[n]
            for a in range(n):
                ahead[a] = here[a] + stride * way[a]
                y[a] = ahead[a]
            done = False
            for _ in range(8):
                _border(u, dims, first, act, idle, lam, at, y, way, p, sigma, digits, q, cross, jacobian)
                largest = 1.0
                for i in range(roles):
                    for a in range(first[i], first[i] + dims[i]):
                        right[a, 0] = at * lam[i] * q[a] - y[a]
                        largest = max(largest, abs(y[a]))
                right[n, 0] = 0.0
                if eliminate(jacobian[: n + 1, : n + 1], right[: n + 1]) == 0:
                    break
                moved = 0.0
                for a in range(n + 1):
                    moved = max(moved, abs(right[a, 0]))
                if not moved < 1e3:
                    break
                for a in range(n):
                    y[a] += right[a, 0]
                at += right[n, 0]
                if moved <= ON_THE_WAY * largest:
                    done = True
                    break
            if not done or at <= 0.0 or _moved(y, ahead, dims, first, p, spare) > REACH:
                stride *= 0.4
                continue
            if at < 1.0:
                scale = at
                here[:n] = y[:n]
                stride *= 1.6
                break
            # the precision lies between the two points
            part = (1.0 - scale) / (at - scale)
            for a in range(n):
                ahead[a] = here[a] + part * (y[a] - here[a])
                y[a] = ahead[a]
            found = newton(
                u, dims, first, act, idle, lam, 1.0, True, y, p, sigma, digits, q, cross, jacobian, right
            )  # fmt: skip
            if found != 0 and _moved(y, ahead, dims, first, p, spare) <= REACH:
                return taken
            stride *= 0.4
    return -1
