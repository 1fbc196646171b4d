"""Games without a last step: what the stationary equilibrium is worth at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.fixed_point import History
from blocs.solve.sequential import Pass, Room, backward

Floats = NDArray[np.float64]

# the largest change by one more step, over the largest value: what is sought, and what rounding may leave of it
SOUGHT, ENOUGH = 1e-14, 1e-12
# steps back at one precision, and steps without progress after which it is given up
SWEEPS, PATIENCE = 3000, 100
# values that differ by more than this, over the largest, are those of another equilibrium
DIFFERENT = 1e-7
# sweeps that are kept for Anderson's acceleration
WINDOW = 6
# stretches of the way from choice at random to the precision that is wanted: the first, and the least that is tried
FIRST, LEAST = 0.25, 1.0 / 256


@dataclass(frozen=True)
class Endless:
    """The stationary equilibrium of a game without a last step.

    Attributes
    ----------
    game : Game
        The same game with a single step, in which every state is open to play.
    begin : float64 array (first-stage node, column, draw)
        Values at the start of a step, its payoffs included. Columns that are not discounted count what happens within
        the calendar: they hold what the outcome of the state adds at its end.
    done : Pass
        The step, whose values after it are `begin` discounted.
    sweeps : int
        Steps back that were made, for the draw that took most.
    change : float
        The largest change of the values by one more step, over the largest value.
    """

    game: Game
    begin: Floats
    done: Pass = field(repr=False)
    sweeps: int
    change: float

    def only(self, columns: int) -> Endless:
        """Return the same with the first columns alone."""
        done = self.done
        part = replace(
            done,
            start=done.start[:columns],
            value=np.ascontiguousarray(done.value[:, :, :columns]),
            tables=done.tables.part(slice(columns)),
            beyond=self.begin[:, :columns],
        )
        return replace(self, begin=self.begin[:, :columns], done=part)


def settle(game: Game, tables: Tables, *, threads: int = 0, spread: float = 0.0) -> Endless:
    """Find the stationary values of a game without a last step.

    One step of the backward pass is repeated until it changes nothing: value iteration with Anderson's acceleration.
    It begins with the value of staying in each state for ever, as a finite game with `after_last_step: continue` does.
    Where it does not come to rest the precisions are raised from zero, where choices are at random and the equilibrium
    is unique, each stretch beginning from the values of the last.

    Parameters
    ----------
    game : Game
        Under `horizon: forever`.
    tables : Tables
        With discounts below one.
    threads : int
    spread : float
        Disturb the first values at random by this much of their range, to see whether the same ones are found.

    Raises
    ------
    NumericalError
        No stationary values were found for some draw.

    References
    ----------
    Fink (1964) for the stationary equilibrium; McKelvey & Palfrey (1998) for the response; Anderson (1965) for the
    acceleration; Eibelshäuser & Poensgen (2019) for the path in the precisions.
    """
    one = _single_step(game)
    graph = game.graph
    counted = np.flatnonzero(tables.lasting).tolist()
    pay = graph.pay_bundle[: graph.first_stage]
    inner = tables.part(counted)
    first = inner.weight * inner.pay[pay]
    if spread:
        size = spread * (1.0 + np.abs(first).max(axis=0, keepdims=True))
        first = first + size * np.random.default_rng(0).uniform(-1, 1, first.shape)
    found, sweeps, change = _iterate(one, inner, first, threads)
    for d in np.flatnonzero(change > ENOUGH):
        found[..., d], more, change[d] = _raise_precision(one, inner.part(draws=[int(d)]), first[..., [d]], threads)
        sweeps = max(sweeps, more)
    if not (change <= ENOUGH).all():
        d = int(np.argmax(np.where(np.isnan(change), np.inf, change)))
        raise NumericalError(
            f"no stationary values were found for draw {d + 1} of {len(change)}: after {sweeps:,} steps back one more "
            f"still changes them by {change[d]:.1e} of the largest; try smaller precisions or a lower discount"
        )
    outcome = graph.outcome[: graph.first_stage]
    begin = np.zeros((graph.first_stage, len(tables.alive), tables.draws))
    if tables.final.size:
        begin += np.where(outcome[:, None] >= 0, tables.final[:, outcome].T, 0.0)[:, :, None]
    begin[:, counted] = found
    done = backward(one, tables, beyond=begin, threads=threads)
    return Endless(one, begin, done, sweeps, float(change.max()))


def look_beyond(game: Game, endless: Endless, threads: int = 0) -> tuple[bool, str]:
    """Seek the stationary values from other first values too.

    Returns
    -------
    agree : bool
        Whether none others were found.
    told : str
        How they were found, in words.
    """
    told = (
        f"values without a last step at rest after {endless.sweeps:,} steps back (one more changes them by "
        f"{endless.change:.1e} of the largest)"
    )
    try:
        other = settle(game, endless.done.tables, threads=threads, spread=1.0)
    except NumericalError:
        return True, f"{told}; from other first values none were found"
    gap = np.abs(other.begin - endless.begin).max() / (1.0 + np.abs(endless.begin).max())
    if gap > DIFFERENT:
        return False, f"{told}; from other first values others were found, so that this equilibrium is not the only one"
    return True, f"{told}; the same were found from other first values"


def stationary_residual(endless: Endless, draw: int = 0) -> float:
    """Return how far the values are from those that their own step begins with, relative to their size."""
    graph, tables = endless.game.graph, endless.done.tables
    counted = tables.lasting
    bundle = graph.pay_bundle[: graph.first_stage]
    again = tables.pay[bundle, :, draw] + endless.done.value[0, : graph.first_stage, :, draw]
    gap = np.abs(again - endless.begin[..., draw])[:, counted]
    return float((gap / (1.0 + np.abs(again[:, counted]).max(initial=0.0))).max(initial=0.0))


def _single_step(game: Game) -> Game:
    graph = game.graph
    active = np.zeros((2, graph.stages), dtype=np.int32)
    active[0] = np.diff(graph.node_ptr)
    active[1, 0] = graph.first_stage
    return replace(game, graph=replace(graph, steps=1, active=active))


def _iterate(game: Game, tables: Tables, x: Floats, threads: int) -> tuple[Floats, int, Floats]:
    """Step back until nothing changes; return values (node, column, draw), steps, and the last change of each draw."""
    graph, draws = game.graph, tables.draws
    pay = tables.pay[graph.pay_bundle[: graph.first_stage]]
    room, x = Room(), x.copy()
    best_x, best = x.copy(), np.full(draws, np.inf)
    waited, open_ = np.zeros(draws, dtype=int), np.ones(draws, dtype=bool)
    history = [History(x[..., 0].size, WINDOW) for _ in range(draws)]
    for sweep in range(1, SWEEPS + 1):
        done = backward(game, tables, beyond=x, threads=threads, room=room)
        y = pay + done.value[0, : graph.first_stage]
        change = np.abs(y - x).max(axis=(0, 1)) / np.maximum(1.0, np.abs(y).max(axis=(0, 1)))
        for d in np.flatnonzero(open_):
            if not np.isfinite(change[d]):
                open_[d] = False
                continue
            waited[d] = 0 if change[d] < 0.9 * best[d] else waited[d] + 1
            if change[d] < best[d]:
                best[d], best_x[..., d] = change[d], x[..., d]
            elif change[d] > 100 * best[d]:
                # the acceleration has gone astray: take it up anew from the best values
                history[d] = History(x[..., 0].size, WINDOW)
            if change[d] <= SOUGHT or waited[d] >= (PATIENCE if best[d] > ENOUGH else 3):
                open_[d] = False
                continue
            step = np.ascontiguousarray(y[..., d])
            x[..., d] = history[d].next(step.ravel(), (step - x[..., d]).ravel()).reshape(step.shape)
        if not open_.any():
            return best_x, sweep, best
    return best_x, SWEEPS, best


def _raise_precision(game: Game, tables: Tables, x: Floats, threads: int) -> tuple[Floats, int, float]:
    """Follow the values of one draw from choice at random to its precisions; values (node, column), steps, change."""
    reached, stretch, total = 0.0, FIRST, 0
    found, made, change = _iterate(game, replace(tables, precision=0.0 * tables.precision), x, threads)
    total += made
    while reached < 1.0 and stretch >= LEAST:
        there = min(1.0, reached + stretch)
        part = replace(tables, precision=there * tables.precision)
        ahead, made, change = _iterate(game, part, found, threads)
        total += made
        if change[0] <= ENOUGH:
            found, reached, stretch = ahead, there, 1.5 * stretch
        else:
            stretch /= 2
    return found[..., 0], total, float(change[0]) if reached >= 1.0 else max(float(change[0]), 2 * ENOUGH)
