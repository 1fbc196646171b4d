"""Steps back in a game without a last step, repeated until they change nothing: accelerated, or patiently."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.fixed_point import History
from blocs.solve.sequential import Room, backward

Floats = NDArray[np.float64]

# the largest change by one more step, over the largest value: what is sought, and what rounding may leave of it
SOUGHT, ENOUGH = 1e-14, 1e-12
# steps back, and steps in which the change does not halve after which another way is tried
SWEEPS, PATIENCE = 3000, 100
# sweeps that are kept for Anderson's acceleration
WINDOW = 6
# steps of one draw in turn without and with acceleration, and how many in a row may bring it no nearer
STRETCH, WAIT = 150, 30


class Step:
    """One step back from values at the start of the next step to those at the start of this one.

    The first `held` columns are not changed.
    """

    def __init__(self, game: Game, tables: Tables, threads: int, held: int = 0) -> None:
        self.game, self.tables, self.threads, self.held = game, tables, threads, held
        self.nodes = game.graph.first_stage
        self.pay = tables.pay[game.graph.pay_bundle[: self.nodes]]
        self.room, self.made = Room(), 0
        self.sigma = np.empty((0, tables.draws))

    def back(self, x: Floats) -> Floats:
        """Return values (node, column, draw) one step earlier."""
        self.made += 1
        done = backward(self.game, self.tables, beyond=x, threads=self.threads, room=self.room)
        self.sigma = done.sigma
        y = self.pay + done.value[0, : self.nodes]
        y[:, : self.held] = x[:, : self.held]
        return y


def changes(x: Floats, y: Floats) -> Floats:
    """Return the largest change of each draw, over its largest value."""
    return np.abs(y - x).max(axis=(0, 1)) / np.maximum(1.0, np.abs(y).max(axis=(0, 1)))


def iterate(step: Step, x: Floats) -> tuple[Floats, Floats]:
    """Step back until nothing changes; return the values and the last change of each draw."""
    x = x.copy()
    draws, size = x.shape[2], x[..., 0].size
    best_x, best = x.copy(), np.full(draws, np.inf)
    waited, open_ = np.zeros(draws, dtype=int), np.ones(draws, dtype=bool)
    history = [History(size, WINDOW) for _ in range(draws)]
    for _ in range(SWEEPS):
        y = step.back(x)
        change = changes(x, y)
        for d in np.flatnonzero(open_):
            if not np.isfinite(change[d]):
                open_[d] = False
                continue
            waited[d] = 0 if change[d] < 0.5 * best[d] else waited[d] + 1
            if change[d] < best[d]:
                best[d], best_x[..., d] = change[d], x[..., d]
            elif change[d] > 100 * best[d]:
                # the acceleration has gone astray: take it up anew
                history[d] = History(size, WINDOW)
            if change[d] <= SOUGHT or waited[d] >= (PATIENCE if best[d] > ENOUGH else 3):
                open_[d] = False
                continue
            ahead = np.ascontiguousarray(y[..., d])
            x[..., d] = history[d].next(ahead.ravel(), (ahead - x[..., d]).ravel()).reshape(ahead.shape)
        if not open_.any():
            break
    return best_x, best


def patient(step: Step, x: Floats, most: int | None = None) -> tuple[Floats, float]:
    """Step one draw back until nothing changes, by turns as it is and accelerated.

    Acceleration is quick near the end and goes astray before, where a plain step leads towards rest, if slowly.

    Returns
    -------
    values : float64 array (node, column, 1)
    change : float
        The last one, over the largest value.
    """
    best_x, best = x, np.inf
    made = 0
    while made < (SWEEPS if most is None else most):
        for _ in range(STRETCH):
            y = step.back(x)
            change = float(changes(x, y)[0])
            made += 1
            if change < best:
                best_x, best = x, change
            if change <= SOUGHT or not np.isfinite(change):
                return best_x, best
            x = y
        history, began, low, low_x, waited = History(x.size, WINDOW), change, np.inf, x, 0
        for _ in range(STRETCH):
            y = step.back(x)
            change = float(changes(x, y)[0])
            made += 1
            waited += 1
            if change < low:
                low, low_x, waited = change, x, 0
            if change <= SOUGHT or (low <= ENOUGH and waited > 3) or waited > WAIT or not change <= 3 * began:
                break
            x = history.next(y.ravel(), (y - x).ravel()).reshape(x.shape)
        x = low_x
        if low < best:
            best_x, best = low_x, low
        if best <= ENOUGH:
            break
    return best_x, best
