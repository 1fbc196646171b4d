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
    """The arrays of a game that the kernels need.

    Attributes
    ----------
    row_ptr, action, payoff, next_ptr, next_state, prob
        As in `StationaryGame`; `action` is its `row_action`.
    own_ptr : int32 array (state * player + 1,)
        Its `action_ptr`.
    merged : int64 array (entry,)
        Place of an entry in the chain of states that play makes.
    real : int64 array (choice,)
        Actions that have a rival, in order; x has one element for each of them.
    """

    row_ptr: NDArray[Any]
    action: NDArray[Any]
    payoff: Floats
    next_ptr: NDArray[Any]
    next_state: NDArray[Any]
    prob: Floats
    own_ptr: NDArray[Any]
    merged: NDArray[Any]
    real: NDArray[Any]


class StationarySweeps:
    """The equations x = G(x, lambda) of a stationary game; x holds precision times value of every real choice.

    A sweep finds the values of all states when play follows the choices that x stands for, for ever. Then it answers
    them: a player who is alone in a state with the logit response, several who choose at once with the logit
    equilibrium of their stage game that is nearest to x. At a fixed point play is a Markov logit equilibrium
    (Breitmoser, Tan & Zizzo 2010; Eibelshäuser & Poensgen 2019).

    Parameters
    ----------
    game : StationaryGame
    """

    def __init__(self, game: StationaryGame) -> None:
        from blocs.solve import extensive_kernels, stage_kernels, stationary_kernels

        self.game, self.kernels, self.stage_kernels = game, stationary_kernels, stage_kernels
        self.log_kernel = extensive_kernels.log_choice
        states, players = game.counts.shape
        row_state = np.repeat(np.arange(states), np.diff(game.row_ptr))
        key = np.repeat(row_state, np.diff(game.next_ptr)) * states + game.next_state
        links, merged = np.unique(key, return_inverse=True)
        self.chain_state = (links % states).astype(np.int32)
        self.chain_ptr = np.searchsorted(links, np.arange(states + 1) * states).astype(np.int64)
        counts = game.counts.ravel()
        real = np.flatnonzero(np.repeat(counts > 1, counts))
        self.play = Play(
            game.row_ptr,
            game.row_action,
            game.payoff,
            game.next_ptr,
            game.next_state,
            game.prob,
            game.action_ptr,
            merged,
            real,
        )
        self.first = np.append(0, np.cumsum(counts[counts > 1]))
        self.places = np.full(game.actions, -1, np.int64)
        self.places[real] = np.arange(len(real))
        sizes = np.where(game.counts > 1, game.counts, 0).sum(axis=1)
        self.state_first = np.append(0, np.cumsum(sizes))
        several = (game.counts > 1).sum(axis=1) > 1
        self.block_ptr = np.append(0, np.cumsum(np.where(several, sizes.astype(np.int64) ** 2, 0)))
        self.blocks = np.empty(int(self.block_ptr[-1]))
        self.plain = np.zeros(states, np.bool_)
        self.inner_sign = 1
        self.sigma = np.ones(game.actions)
        self.answer = np.ones(game.actions)
        self.weight = np.empty(len(game.payoff))
        self.chain = np.empty(len(links))
        self.expected = np.empty((states, players))
        self.value = np.zeros((states, players))
        self.worth = np.empty_like(game.payoff)
        self.q = np.zeros(game.actions)
        self.lam = 0.0
        self.known: list[tuple[Floats, Floats]] = []

    @property
    def size(self) -> int:
        """Number of actions of players who have a choice."""
        return len(self.play.real)

    def log_choice(self, x: Floats) -> Floats:
        """Return the logarithms of the choice probabilities that x stands for, float64 array (action,)."""
        logs = np.zeros(self.game.actions)
        logs[self.play.real] = self._logs(x)
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
        """Return lambda times the values of all choices when what follows is played as x tells."""
        self.evaluate_play(x)
        self.answer[:] = self.sigma
        y = np.empty(self.size)
        self.inner_sign = self.stage_kernels.stages(
            self.play, lam, self.worth, self.places, self.state_first, self.answer, x, y, self.q,
            self.blocks, self.block_ptr, self.plain,
        )  # fmt: skip
        self.lam = lam
        return y

    def evaluate_play(self, x: Floats) -> None:
        """Find the values of states when play follows x, and what every row is then worth."""
        self.sigma[self.play.real] = np.exp(self._logs(x))
        self.kernels.mix(self.play, self.sigma, self.weight, self.chain, self.expected)
        self.evaluate(self.expected, self.value)
        self.kernels.continued(self.play, self.game.discount, self.value, self.worth)

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last sweep for changes of x and lambda."""
        own = self.sigma[self.play.real]
        dsigma = np.zeros(self.game.actions)
        mean = np.add.reduceat(own * dx, self.first[:-1])
        dsigma[self.play.real] = own * (dx - np.repeat(mean, np.diff(self.first)))
        right = np.empty_like(self.expected)
        self.kernels.mixed_tangent(self.play, self.sigma, dsigma, self.worth, right)
        dvalue = np.zeros_like(self.value)
        self.evaluate(right, dvalue)
        dq = np.empty_like(self.q)
        self.kernels.discounted_change(self.play, self.game.discount, self.answer, dvalue, dq)
        dy = np.empty(self.size)
        self.stage_kernels.stage_tangent(
            self.lam, dlam, dq, self.q, dx, self.play.real, self.state_first,
            self.blocks, self.block_ptr, self.plain, dy,
        )  # fmt: skip
        return dy

    def evaluate(self, right: Floats, value: Floats) -> None:
        """Solve ``value = right + discount * chain value`` for every player, beginning from what `value` holds."""
        if not np.isfinite(value).all():
            value[:] = 0.0
        if not self.kernels.evaluate(
            self.chain_ptr, self.chain_state, self.chain, self.game.discount, right, value, _ACCURACY, _PRODUCTS
        ):
            for i, discount in enumerate(self.game.discount):
                value[:, i] = self.factored(discount, right[:, i])

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
