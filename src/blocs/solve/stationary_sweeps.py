"""The sweep of a stationary game: from choices to the values of states, from values to logit responses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.stationary import StationaryGame

Floats = NDArray[np.float64]

# Relative residual of the values of states; what is left is rounding
_ACCURACY = 1e-14
# Products with the chain of states before its equations are factored instead
_PRODUCTS = 3000


class Play(NamedTuple):
    """The arrays of a game that the kernels need; `merged` is the place of an entry in the chain of states."""

    row_ptr: NDArray[Any]
    action: NDArray[Any]
    payoff: Floats
    next_ptr: NDArray[Any]
    next_state: NDArray[Any]
    prob: Floats
    merged: NDArray[Any]


class StationarySweeps:
    """The equations x = G(x, lambda) of a stationary game; x holds precision times value of every real choice.

    A sweep finds the values of all states when play follows the choices that x stands for, for ever, and then the
    logit responses to them; in every state each player takes the choices of the others at the same moment as they
    are. At a fixed point play is a Markov logit equilibrium (Breitmoser, Tan & Zizzo 2010; Eibelshäuser et al. 2019).

    Parameters
    ----------
    game : StationaryGame
    """

    def __init__(self, game: StationaryGame) -> None:
        from blocs.solve import extensive_kernels, stationary_kernels

        self.game, self.kernels, self.log_kernel = game, stationary_kernels, extensive_kernels.log_choice
        states, players = game.counts.shape
        state = np.repeat(np.arange(states), np.diff(game.row_ptr))
        key = np.repeat(state, np.diff(game.next_ptr)).astype(np.int64) * states + game.next_state
        links, merged = np.unique(key, return_inverse=True)
        self.play = Play(
            game.row_ptr, game.row_action, game.payoff, game.next_ptr, game.next_state, game.prob, merged
        )
        self.chain_state = (links % states).astype(np.int32)
        self.chain_ptr = np.searchsorted(links, np.arange(states + 1) * states).astype(np.int64)
        self.places, self.first = choices(game)
        self.sigma = np.ones(game.actions)
        self.weight = np.empty(len(game.payoff))
        self.chain = np.empty(len(links))
        self.expected = np.empty((states, players))
        self.value = np.zeros((states, players))
        self.worth = np.empty_like(game.payoff)
        self.q = np.empty(game.actions)
        self.lam = 0.0
        self.known: list[tuple[Floats, Floats]] = []

    @property
    def size(self) -> int:
        """Number of actions of players who have a choice."""
        return len(self.places)

    def log_choice(self, x: Floats) -> Floats:
        """Return the logarithms of the choice probabilities that x stands for, float64 array (action,)."""
        logs = np.zeros(self.game.actions)
        logs[self.places] = self._logs(x)
        return logs

    def _logs(self, x: Floats) -> Floats:
        """Return the logarithms of the real choices; the last few are kept, and x is never changed."""
        for known, logs in self.known:
            if known is x:
                return logs
        logs = np.empty(self.size)
        self.log_kernel(x, self.first, logs)
        self.known = [*self.known[-2:], (x, logs)]
        return logs

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Return lambda times the values of all choices when play follows x."""
        self.sigma[self.places] = np.exp(self._logs(x))
        self.kernels.mix(self.play, self.sigma, self.weight, self.chain, self.expected)
        self.evaluate(self.expected, self.value)
        self.kernels.continued(self.play, self.game.discount, self.value, self.worth)
        self.kernels.action_values(self.play, self.sigma, self.worth, self.q)
        self.lam = lam
        return lam * self.q[self.places]

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last sweep for changes of x and lambda."""
        own = self.sigma[self.places]
        dsigma = np.zeros(self.game.actions)
        mean = np.add.reduceat(own * dx, self.first[:-1])
        dsigma[self.places] = own * (dx - np.repeat(mean, np.diff(self.first)))
        right = np.empty_like(self.expected)
        self.kernels.mixed_tangent(self.play, self.sigma, dsigma, self.worth, right)
        dvalue = np.zeros_like(self.value)
        self.evaluate(right, dvalue)
        dq = np.empty_like(self.q)
        self.kernels.action_tangent(self.play, self.game.discount, self.sigma, dsigma, self.worth, dvalue, dq)
        return self.lam * dq[self.places] + dlam * self.q[self.places]

    def evaluate(self, right: Floats, value: Floats) -> None:
        """Solve ``value = right + discount * chain value`` for every player, beginning from what `value` holds."""
        for i, discount in enumerate(self.game.discount):
            own, wanted = np.ascontiguousarray(value[:, i]), np.ascontiguousarray(right[:, i])
            made = self.kernels.evaluate(
                self.chain_ptr, self.chain_state, self.chain, discount, wanted, own, _ACCURACY, _PRODUCTS
            )
            value[:, i] = own if made >= 0 else self.factored(discount, wanted)

    def factored(self, discount: float, right: Floats) -> Floats:
        """Solve the same equations by sparse elimination, for chains that mix too slowly for iterations."""
        from scipy.sparse import csc_array, csr_array, eye_array
        from scipy.sparse.linalg import splu

        states = len(right)
        chain = csr_array((self.chain, self.chain_state, self.chain_ptr), shape=(states, states))
        solved = splu(csc_array(eye_array(states) - discount * chain)).solve(right)
        if not np.isfinite(solved).all():
            raise NumericalError("the values of the states overflow: a payoff is too large")
        return solved

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between the choice probabilities of x and y."""
        return float(np.max(np.abs(np.exp(self._logs(x)) - np.exp(self._logs(y))), initial=0.0))

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between logarithms of choices, over the size of x if that is above one."""
        largest = np.max(np.abs(self._logs(x) - self._logs(y)), initial=0.0)
        return float(largest / max(1.0, np.max(np.abs(x), initial=0.0)))


def choices(game: StationaryGame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the actions of players who have a choice, and where those of each choice begin among them."""
    counts = game.counts.ravel()
    places = np.flatnonzero(np.repeat(counts > 1, counts))
    return places, np.append(0, np.cumsum(counts[counts > 1]))
