"""Compiled sums over the states and action profiles of a stationary game; only arrays.

Letters: s state, r action profile of a state (row), k possible next state of a row, i player, a action. `play` is the
tuple of arrays that `blocs.solve.stationary_sweeps.Play` names.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def mix(play, sigma, weight, chain, expected):
    """Write the probability of each row, the chain of states that play makes, and expected payoffs (state, player)."""
    chain[:] = 0.0
    expected[:] = 0.0
    players = expected.shape[1]
    for s in range(len(play.row_ptr) - 1):
        for r in range(play.row_ptr[s], play.row_ptr[s + 1]):
            w = 1.0
            for i in range(players):
                w *= sigma[play.action[r, i]]
            weight[r] = w
            for i in range(players):
                expected[s, i] += w * play.payoff[r, i]
            for k in range(play.next_ptr[r], play.next_ptr[r + 1]):
                chain[play.merged[k]] += w * play.prob[k]


@njit(cache=True, nogil=True)
def continued(play, discount, value, worth):
    """Write payoff plus discounted value of the next state, (row, player)."""
    players = value.shape[1]
    for r in range(len(play.next_ptr) - 1):
        for i in range(players):
            total = 0.0
            for k in range(play.next_ptr[r], play.next_ptr[r + 1]):
                total += play.prob[k] * value[play.next_state[k], i]
            worth[r, i] = play.payoff[r, i] + discount[i] * total


@njit(cache=True, nogil=True)
def action_values(play, sigma, worth, q):
    """Write the value of each action to its player when the others keep to sigma."""
    q[:] = 0.0
    players = worth.shape[1]
    for r in range(len(play.action)):
        for i in range(players):
            others = 1.0
            for j in range(players):
                if j != i:
                    others *= sigma[play.action[r, j]]
            q[play.action[r, i]] += others * worth[r, i]


@njit(cache=True, nogil=True)
def mixed_tangent(play, sigma, dsigma, worth, right):
    """Write the change of expected worth (state, player) when the choices change and what they lead to does not."""
    right[:] = 0.0
    players = worth.shape[1]
    for s in range(len(play.row_ptr) - 1):
        for r in range(play.row_ptr[s], play.row_ptr[s + 1]):
            dw = 0.0
            for i in range(players):
                part = dsigma[play.action[r, i]]
                for j in range(players):
                    if j != i:
                        part *= sigma[play.action[r, j]]
                dw += part
            for i in range(players):
                right[s, i] += dw * worth[r, i]


@njit(cache=True, nogil=True)
def action_tangent(play, discount, sigma, dsigma, worth, dvalue, dq):
    """Write the change of the value of each action for changes of the choices and of the values of states."""
    dq[:] = 0.0
    players = worth.shape[1]
    for r in range(len(play.action)):
        for i in range(players):
            later = 0.0
            for k in range(play.next_ptr[r], play.next_ptr[r + 1]):
                later += play.prob[k] * dvalue[play.next_state[k], i]
            others, dothers = 1.0, 0.0
            for j in range(players):
                if j != i:
                    dothers = dothers * sigma[play.action[r, j]] + others * dsigma[play.action[r, j]]
                    others *= sigma[play.action[r, j]]
            dq[play.action[r, i]] += others * discount[i] * later + dothers * worth[r, i]


@njit(cache=True, nogil=True)
def _left_over(chain_ptr, chain_state, chain, discount, right, x, out):
    """Write ``right - (x - discount * chain x)`` and return the sum of its squares."""
    size = 0.0
    for s in range(len(x)):
        total = 0.0
        for k in range(chain_ptr[s], chain_ptr[s + 1]):
            total += chain[k] * x[chain_state[k]]
        out[s] = right[s] - x[s] + discount * total
        size += out[s] * out[s]
    return size


@njit(cache=True, nogil=True)
def _apply(chain_ptr, chain_state, chain, discount, x, out):
    for s in range(len(x)):
        total = 0.0
        for k in range(chain_ptr[s], chain_ptr[s + 1]):
            total += chain[k] * x[chain_state[k]]
        out[s] = x[s] - discount * total


@njit(cache=True, nogil=True)
def evaluate(chain_ptr, chain_state, chain, discount, right, x, accuracy, limit):
    """Solve ``(I - discount * chain) x = right`` in place by the stabilised biconjugate gradients of van der Vorst 1992.

    It starts again from its best point when a sum of squares that it divides by vanishes. Returns the number of
    products with the chain, or -1 when the residual does not come to `accuracy` (relative to `right`).
    """
    n = len(x)
    left, v, p, t = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    wanted = 0.0
    for s in range(n):
        wanted += right[s] * right[s]
    wanted *= accuracy * accuracy
    made = 0
    while made < limit:
        size = _left_over(chain_ptr, chain_state, chain, discount, right, x, left)
        made += 1
        if size <= wanted:
            return made
        shadow = left.copy()
        p[:] = left
        rho = size
        while made < limit:
            _apply(chain_ptr, chain_state, chain, discount, p, v)
            below = 0.0
            for s in range(n):
                below += shadow[s] * v[s]
            if below == 0.0:
                break
            alpha = rho / below
            for s in range(n):
                left[s] -= alpha * v[s]
            _apply(chain_ptr, chain_state, chain, discount, left, t)
            made += 2
            top, below = 0.0, 0.0
            for s in range(n):
                top += t[s] * left[s]
                below += t[s] * t[s]
            omega = top / below if below > 0.0 else 0.0
            size, rho_next = 0.0, 0.0
            for s in range(n):
                x[s] += alpha * p[s] + omega * left[s]
                left[s] -= omega * t[s]
                size += left[s] * left[s]
                rho_next += shadow[s] * left[s]
            if size <= wanted or omega == 0.0 or rho_next == 0.0 or not np.isfinite(size):
                break
            beta = (rho_next / rho) * (alpha / omega)
            for s in range(n):
                p[s] = left[s] + beta * (p[s] - omega * v[s])
            rho = rho_next
        if not np.isfinite(size):
            return -1
    return -1
