"""The sweep of a game in extensive form: from choices to beliefs, from beliefs to logit responses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.game.extensive import ExtensiveGame
from blocs.solve.extensive_plan import sweep_plan

Floats = NDArray[np.float64]


class ExtensiveSweeps:
    """The equations x = G(x, lambda) of a game; x holds precision times value of every action.

    A sweep goes down the tree with the choices that x stands for and forms beliefs, then up the tree with logit
    responses to these beliefs and to the new choices below. At a fixed point play is an agent quantal response
    equilibrium. With perfect information one sweep is the answer.

    Parameters
    ----------
    game : ExtensiveGame
    """

    def __init__(self, game: ExtensiveGame) -> None:
        from blocs.solve import extensive_kernels

        self.inner_sign = 1
        self.game, self.plan, self.kernels = game, sweep_plan(game), extensive_kernels
        self.own = np.isnan(game.chance)
        self.places = np.flatnonzero(self.own)
        sizes = np.diff(game.action_ptr)[game.infoset_player >= 0]
        self.first = np.append(0, np.cumsum(sizes))
        self.family = np.repeat(np.arange(len(sizes)), sizes)
        with np.errstate(divide="ignore"):
            self.logs = np.log(np.where(self.own, 1.0, game.chance))
        self.known: list[tuple[Floats, Floats]] = []
        moves = len(self.plan.infoset)
        self.belief = np.empty(moves)
        self.value = np.zeros((len(game.players), moves + 1))
        self.before = np.where(self.own, 1.0, game.chance)
        self.after = self.before.copy()
        self.x, self.lam = np.zeros(game.actions), 0.0

    @property
    def size(self) -> int:
        """Number of actions of all players."""
        return len(self.places)

    def log_choice(self, x: Floats) -> Floats:
        """Return the logarithms of the choice probabilities that x stands for, with chance, float64 array (action,)."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.game.chance)
        logs[self.places] = self._logs(x)
        return logs

    def _logs(self, x: Floats) -> Floats:
        """Return the logarithms of the players' choice probabilities; the last few are kept, x is never changed."""
        for known, logs in self.known:
            if known is x:
                return logs
        logs = np.empty(self.size)
        self.kernels.log_choice(x, self.first, logs)
        self.known = [*self.known[-2:], (x, logs)]
        return logs

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Return lambda times the values of all actions after one sweep."""
        logs = self._logs(x)
        self.logs[self.places] = logs
        self.before[self.places] = np.exp(logs)
        self.after[:] = self.before
        self.kernels.beliefs(self.plan, self.logs, self.before, self.belief)
        self.x, self.lam = np.zeros(self.game.actions), lam
        self.kernels.respond(self.plan, self.belief, lam, self.after, self.value, self.x)
        return self.x[self.places]

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last sweep for changes of x and lambda."""
        dlogs = np.zeros(self.game.actions)
        mean = np.add.reduceat(self.before[self.places] * dx, self.first[:-1])
        dlogs[self.places] = dx - mean[self.family]
        dbelief = np.empty_like(self.belief)
        self.kernels.belief_tangent(self.plan, self.belief, dlogs, dbelief)
        dsigma = self.before * dlogs
        dy = np.zeros(self.game.actions)
        self.kernels.respond_tangent(
            self.plan, self.belief, dbelief, self.lam, dlam, self.x, self.after, dsigma, self.value, dy
        )
        return dy[self.places]

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between the choice probabilities of x and y."""
        return float(np.max(np.abs(np.exp(self._logs(x)) - np.exp(self._logs(y))), initial=0.0))

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between logarithms of choice probabilities, over the size of x if above one."""
        largest = np.max(np.abs(self._logs(x) - self._logs(y)), initial=0.0)
        return float(largest / max(1.0, np.max(np.abs(x), initial=0.0)))
