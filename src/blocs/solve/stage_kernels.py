"""Compiled logit responses within one state: a single choice, or several players who choose at the same moment.

A stage game is solved by Newton's method from where the players are; its linearisation is kept, inverted, for the
tangents of a sweep. `place` numbers the real choices of a state one after the other, -1 for an action without rival.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from blocs.game.dense import eliminate

# Newton's method doubles digits; more steps than these mean that it does not come to an end
STEPS = 40


@njit(cache=True, nogil=True)
def stages(play, lam, worth, places, first, sigma, x, y, q, blocks, block_ptr, plain):
    """Write the logit responses ``y = lam q`` of all states to `worth`, solving stage games from x.

    Parameters
    ----------
    worth : float64 array (row, player)
        Payoff and what follows.
    places : int64 array (action,)
        Place of an action among the real choices; -1 when it is the only one.
    first : int64 array (state + 1,)
        First real choice of a state.
    sigma : float64 array (action,)
        Choices on entry; on exit those that `q` answers to.
    q : float64 array (action,)
    blocks, block_ptr
        Square matrices for `stage_tangent`, of states in which several players choose: the inverse of the
        linearised stage game, or the linearised stage game itself where `plain` is set.
    plain : bool array (state,)
        Set where the stage game was not solved, and players answer to the choices of the others on entry instead.

    Returns
    -------
    int
        Product of the signs of the determinants of the linearised stage games that were solved.
    """
    players = worth.shape[1]
    orientation = 1
    for s in range(len(play.row_ptr) - 1):
        lo, hi = play.row_ptr[s], play.row_ptr[s + 1]
        base, n = first[s], first[s + 1] - first[s]
        if block_ptr[s + 1] == block_ptr[s]:
            _alone(play, s, lo, hi, players, lam, worth, places, sigma, q, y)
            continue
        block = blocks[block_ptr[s] : block_ptr[s + 1]].reshape(n, n)
        change, right = np.empty((n, n)), np.empty((n, 1))
        y[base : base + n] = x[base : base + n]
        plain[s] = not _newton(play, s, lo, hi, players, lam, worth, places, base, sigma, q, y, block, change, right)
        if plain[s]:
            y[base : base + n] = x[base : base + n]
            _softmax(play, s, players, places, y, sigma)
        _values(play, s, lo, hi, players, worth, places, base, sigma, q, change)
        _linearise(play, s, players, lam, places, base, sigma, change, block)
        for k in range(n):
            y[base + k] = lam * q[play.real[base + k]]
        if not plain[s]:
            unit = np.eye(n)
            change[:] = block
            orientation *= eliminate(change, unit)
            block[:] = unit
    return orientation


@njit(cache=True, nogil=True)
def _newton(play, s, lo, hi, players, lam, worth, places, base, sigma, q, y, block, change, right):
    """Solve one stage game from y, in place; False when it does not come to an end."""
    n = len(block)
    before = np.inf
    for _ in range(STEPS):
        _values(play, s, lo, hi, players, worth, places, base, sigma, q, change)
        _linearise(play, s, players, lam, places, base, sigma, change, block)
        largest = 1.0
        for k in range(n):
            right[k, 0] = lam * q[play.real[base + k]] - y[base + k]
            largest = max(largest, abs(y[base + k]))
        if eliminate(block, right) == 0:
            return False
        moved = 0.0
        for k in range(n):
            moved = max(moved, abs(right[k, 0]))
        if not np.isfinite(moved):
            return False
        # far from the solution a step is shortened, so that odds change by no more than a factor of e squared
        share = 1.0 if moved <= 2.0 else 2.0 / moved
        for k in range(n):
            y[base + k] += share * right[k, 0]
        _softmax(play, s, players, places, y, sigma)
        # at rounding, or as near to it as steps still shrink
        if moved <= 4e-16 * largest or (moved <= 1e-12 * largest and moved >= 0.5 * before):
            return True
        before = moved
    return False


@njit(cache=True, nogil=True)
def stage_tangent(lam, dlam, dq, q, dx, real, first, blocks, block_ptr, plain, dy):
    """Write the change of the responses for a change `dq` of values at unchanged choices, of x and of the precision."""
    for s in range(len(first) - 1):
        base, n = first[s], first[s + 1] - first[s]
        if block_ptr[s + 1] == block_ptr[s]:
            for k in range(base, base + n):
                dy[k] = lam * dq[real[k]] + dlam * q[real[k]]
            continue
        block = blocks[block_ptr[s] : block_ptr[s + 1]].reshape(n, n)
        for k in range(n):
            if plain[s]:
                total = lam * dq[real[base + k]] + dlam * q[real[base + k]] + dx[base + k]
                for m in range(n):
                    total -= block[k, m] * dx[base + m]
            else:
                total = 0.0
                for m in range(n):
                    total += block[k, m] * (lam * dq[real[base + m]] + dlam * q[real[base + m]])
            dy[base + k] = total


@njit(cache=True, nogil=True)
def _alone(play, s, lo, hi, players, lam, worth, places, sigma, q, y):
    """Answer in a state in which at most one player has a choice."""
    for a in range(play.own_ptr[s * players], play.own_ptr[(s + 1) * players]):
        q[a] = 0.0
    for r in range(lo, hi):
        for i in range(players):
            others = 1.0
            for j in range(players):
                if j != i:
                    others *= sigma[play.action[r, j]]
            q[play.action[r, i]] += others * worth[r, i]
    for a in range(play.own_ptr[s * players], play.own_ptr[(s + 1) * players]):
        if places[a] >= 0:
            y[places[a]] = lam * q[a]


@njit(cache=True, nogil=True)
def _softmax(play, s, players, places, y, sigma):
    for i in range(players):
        lo, hi = play.own_ptr[s * players + i], play.own_ptr[s * players + i + 1]
        if hi - lo == 1:
            continue
        top = -np.inf
        for a in range(lo, hi):
            top = max(top, y[places[a]])
        total = 0.0
        for a in range(lo, hi):
            sigma[a] = np.exp(y[places[a]] - top)
            total += sigma[a]
        for a in range(lo, hi):
            sigma[a] /= total


@njit(cache=True, nogil=True)
def _values(play, s, lo, hi, players, worth, places, base, sigma, q, change):
    """Write the values of all actions of a state, and how they change with the choices of the other players."""
    for a in range(play.own_ptr[s * players], play.own_ptr[(s + 1) * players]):
        q[a] = 0.0
    change[:] = 0.0
    for r in range(lo, hi):
        for i in range(players):
            others = 1.0
            for j in range(players):
                if j != i:
                    others *= sigma[play.action[r, j]]
            a = play.action[r, i]
            q[a] += others * worth[r, i]
            if places[a] < 0:
                continue
            for j in range(players):
                b = play.action[r, j]
                if j == i or places[b] < 0:
                    continue
                rest = worth[r, i]
                for m in range(players):
                    if m != i and m != j:
                        rest *= sigma[play.action[r, m]]
                change[places[a] - base, places[b] - base] += rest


@njit(cache=True, nogil=True)
def _linearise(play, s, players, lam, places, base, sigma, change, block):
    """Write I - lam dq/dy from the change of values with choices."""
    n = len(block)
    for k in range(n):
        for i in range(players):
            lo, hi = play.own_ptr[s * players + i], play.own_ptr[s * players + i + 1]
            if hi - lo == 1:
                continue
            mean = 0.0
            for b in range(lo, hi):
                mean += sigma[b] * change[k, places[b] - base]
            for b in range(lo, hi):
                m = places[b] - base
                block[k, m] = -lam * sigma[b] * (change[k, m] - mean)
        block[k, k] += 1.0
