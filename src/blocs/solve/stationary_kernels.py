"""Compiled sums over the states and action profiles of a stationary game; only arrays.

Letters: s state, r action profile of a state (row), k possible next state of a row, i player, a action. `play` is the
tuple of arrays that `blocs.solve.stationary_sweeps.Play` names.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# indices are never negative: said so, they cost no comparison
_at = np.uintp


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
def discounted_change(play, discount, sigma, dvalue, dq):
    """Write the change of the value of each action when the values of states change and the choices do not."""
    dq[:] = 0.0
    players = dvalue.shape[1]
    for r in range(len(play.action)):
        for i in range(players):
            later = 0.0
            for k in range(play.next_ptr[r], play.next_ptr[r + 1]):
                later += play.prob[k] * dvalue[play.next_state[k], i]
            others = discount[i]
            for j in range(players):
                if j != i:
                    others *= sigma[play.action[r, j]]
            dq[play.action[r, i]] += others * later


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def evaluate(chain_ptr, chain_state, chain, discount, right, x, accuracy, limit):
    """Solve ``(I - discount[i] * chain) x[:, i] = right[:, i]`` in place, for all players i at once.

    Stabilised biconjugate gradients (van der Vorst 1992), begun again from where they are when they break down.

    Returns
    -------
    bool
        Whether every residual came to `accuracy` relative to its right side within `limit` products with the chain.
    """
    n, players = x.shape
    left, shadow = np.empty((n, players)), np.empty((n, players))
    v, p, t = np.zeros((n, players)), np.empty((n, players)), np.empty((n, players))
    wanted, rho, alpha, omega = np.zeros(players), np.empty(players), np.zeros(players), np.zeros(players)
    size, below, top = np.empty(players), np.empty(players), np.empty(players)
    busy = np.ones(players, np.bool_)
    for s in range(n):
        for i in range(players):
            wanted[i] += right[s, i] * right[s, i]
    wanted *= accuracy * accuracy
    made = 0
    while made < limit:
        _apply(chain_ptr, chain_state, chain, discount, x, t)
        made += 1
        size[:] = 0.0
        for s in range(n):
            for i in range(players):
                left[s, i] = right[s, i] - t[s, i]
                size[i] += left[s, i] * left[s, i]
        waiting = 0
        for i in range(players):
            busy[i] = size[i] > wanted[i]
            waiting += busy[i]
            rho[i] = size[i]
        if waiting == 0:
            return True
        shadow[:] = left
        p[:] = left
        while made < limit and waiting > 0:
            _apply(chain_ptr, chain_state, chain, discount, p, v)
            below[:] = 0.0
            for s in range(n):
                for i in range(players):
                    below[i] += shadow[s, i] * v[s, i]
            for i in range(players):
                alpha[i] = rho[i] / below[i] if busy[i] and below[i] != 0.0 else 0.0
            for s in range(n):
                for i in range(players):
                    left[s, i] -= alpha[i] * v[s, i]
            _apply(chain_ptr, chain_state, chain, discount, left, t)
            made += 2
            top[:] = 0.0
            below[:] = 0.0
            for s in range(n):
                for i in range(players):
                    top[i] += t[s, i] * left[s, i]
                    below[i] += t[s, i] * t[s, i]
            for i in range(players):
                omega[i] = top[i] / below[i] if busy[i] and below[i] > 0.0 else 0.0
            size[:] = 0.0
            below[:] = 0.0
            for s in range(n):
                for i in range(players):
                    x[s, i] += alpha[i] * p[s, i] + omega[i] * left[s, i]
                    left[s, i] -= omega[i] * t[s, i]
                    size[i] += left[s, i] * left[s, i]
                    below[i] += shadow[s, i] * left[s, i]
            waiting = 0
            for i in range(players):
                if not np.isfinite(size[i]):
                    return False
                # what breaks down waits for the next beginning
                busy[i] = busy[i] and size[i] > wanted[i] and alpha[i] != 0.0 and omega[i] != 0.0 and below[i] != 0.0
                waiting += busy[i]
                top[i] = (below[i] / rho[i]) * (alpha[i] / omega[i]) if busy[i] else 0.0
                rho[i] = below[i]
            for s in range(n):
                for i in range(players):
                    if busy[i]:
                        p[s, i] = left[s, i] + top[i] * (p[s, i] - omega[i] * v[s, i])
    return False


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def _apply(chain_ptr, chain_state, chain, discount, x, out):
    """Write ``x - discount * chain x``."""
    players = x.shape[1]
    if players == 2:
        # most games by far: sums stay in registers
        for s in range(len(x)):
            one, two = 0.0, 0.0
            for k in range(chain_ptr[_at(s)], chain_ptr[_at(s + 1)]):
                u, c = _at(chain_state[_at(k)]), chain[_at(k)]
                one += c * x[u, 0]
                two += c * x[u, 1]
            out[_at(s), 0] = x[_at(s), 0] - discount[0] * one
            out[_at(s), 1] = x[_at(s), 1] - discount[1] * two
        return
    for s in range(len(x)):
        for i in range(players):
            out[s, i] = 0.0
        for k in range(chain_ptr[s], chain_ptr[s + 1]):
            u = chain_state[k]
            for i in range(players):
                out[s, i] += chain[k] * x[u, i]
        for i in range(players):
            out[s, i] = x[s, i] - discount[i] * out[s, i]
