"""Games without a last step: what the stationary equilibrium is worth at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.continuation import Follow, follow
from blocs.solve.fixed_point import History, krylov
from blocs.solve.sequential import Pass, Room, backward

Floats = NDArray[np.float64]

# the largest change by one more step, over the largest value: what is sought, and what rounding may leave of it
SOUGHT, ENOUGH = 1e-14, 1e-12
# steps back, and steps in which the change does not halve after which another way is tried
SWEEPS, PATIENCE = 3000, 100
# steps of Newton's method, how near each comes to the solution of its linear equations, and the length of the
# difference quotients in them, over the largest value
NEWTON, INEXACT, TINY = 20, 1e-4, 1e-7
# the least part of such a step that is taken
SHORTEST = 1.0 / 16
# values that differ by more than this, over the largest, are those of another equilibrium
DIFFERENT = 1e-7
# sweeps that are kept for Anderson's acceleration
WINDOW = 6
# values up to which the way up from choice at random is followed: beyond, it takes many minutes for one draw
MOST = 20_000
# of the precisions the first stretch that is tried is one over this
FIRST = 8.0
# length of the difference quotients along the way, to both sides
CENTRAL = 1e-5


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
    Where it does not come to rest Newton's method takes over; and where that finds nothing either the equilibria are
    followed from precision zero, where choices are at random and there is only one.

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
    # the players' values decide what is chosen; what else lasts only follows
    players = len(game.roles)
    counted = np.flatnonzero(tables.lasting).tolist()
    inner = tables.part(slice(players))
    first = _stay(one, inner)
    if spread:
        size = spread * (1.0 + np.abs(first).max(axis=0, keepdims=True))
        first = first + size * np.random.default_rng(0).uniform(-1, 1, first.shape)
    step = _Step(one, inner, threads)
    found, change = _iterate(step, first)
    sweeps = step.made
    for d in np.flatnonzero(~(change <= ENOUGH)).tolist():
        try:
            found[..., d], more, change[d] = _one_draw(
                one, inner.part(draws=[d]), first[..., [d]], found[..., [d]], threads
            )
        except NumericalError:
            more, change[d] = 0, np.inf
        sweeps = max(sweeps, step.made + more)
        if not change[d] <= ENOUGH:
            lost = "is lost" if first[..., d].size <= MOST else f"is too long for {first[..., d].size:,} values"
            raise NumericalError(
                f"no stationary values were found for draw {d + 1} of {tables.draws}: stepping back does not come to "
                f"rest, and the way up from choice at random {lost}; try smaller precisions, a lower discount, or "
                "`horizon: {after_last_step: continue}`"
            )
    if len(counted) > players:
        inner = tables.part(counted)
        follower = _Step(one, inner, threads, held=players)
        found = np.concatenate([found, _stay(one, inner)[:, players:]], axis=1)
        found, change = _iterate(follower, found)
        sweeps += follower.made
        if not (change <= ENOUGH).all():
            raise NumericalError("what the payoffs and costs of a game without a last step add up to was not found")
    outcome = graph.outcome[: graph.first_stage]
    begin = np.zeros((graph.first_stage, len(tables.alive), tables.draws))
    if tables.final.size:
        begin += np.where(outcome[:, None] >= 0, tables.final[:, outcome].T, 0.0)[:, :, None]
    begin[:, counted] = found
    done = backward(one, tables, beyond=begin, threads=threads)
    return Endless(one, begin, done, sweeps, float(change.max()))


def _stay(game: Game, tables: Tables) -> Floats:
    """Return what it is worth to stay in each state of the first stage for ever; (node, column, draw)."""
    return tables.weight * tables.pay[game.graph.pay_bundle[: game.graph.first_stage]]


def look_beyond(game: Game, endless: Endless, threads: int = 0) -> tuple[bool | None, str]:
    """Seek the stationary values from other first values too.

    Returns
    -------
    agree : bool or None
        Whether the same ones were found; None where none were.
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
        return None, f"{told}; from other first values none were found"
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


class _Step:
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


def _changes(x: Floats, y: Floats) -> Floats:
    """Return the largest change of each draw, over its largest value."""
    return np.abs(y - x).max(axis=(0, 1)) / np.maximum(1.0, np.abs(y).max(axis=(0, 1)))


def _iterate(step: _Step, x: Floats) -> tuple[Floats, Floats]:
    """Step back until nothing changes; return the values and the last change of each draw."""
    x = x.copy()
    draws, size = x.shape[2], x[..., 0].size
    best_x, best = x.copy(), np.full(draws, np.inf)
    waited, open_ = np.zeros(draws, dtype=int), np.ones(draws, dtype=bool)
    history = [History(size, WINDOW) for _ in range(draws)]
    for _ in range(SWEEPS):
        y = step.back(x)
        change = _changes(x, y)
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


def _newton(step: _Step, x: Floats) -> tuple[Floats, float]:
    """Find the values of one draw by Newton's method, whose steps are sought among Krylov's vectors.

    Derivatives in a direction are difference quotients: what they miss makes a step less good, not the answer.
    """
    y = step.back(x)
    change = float(_changes(x, y)[0])
    for _ in range(NEWTON):
        if change <= SOUGHT:
            break
        size = TINY * max(1.0, float(np.abs(x).max()))

        def product(direction: Floats, x: Floats = x, y: Floats = y, size: float = size) -> Floats:
            h = size / max(float(np.abs(direction).max()), 1e-300)
            return direction - (step.back(x + h * direction.reshape(x.shape)) - y).ravel() / h

        found, _ = krylov(product, (y - x).ravel(), accuracy=INEXACT)
        if found is None:
            break
        share, length = 1.0, float(np.linalg.norm(y - x))
        while share >= SHORTEST:
            there = x + share * found.reshape(x.shape)
            after = step.back(there)
            if float(np.linalg.norm(after - there)) < (1.0 - 0.1 * share) * length:
                break
            share /= 2
        else:
            # rounding, or a place where the equations cannot be brought nearer
            break
        x, y, change = there, after, float(_changes(there, after)[0])
    return x, change


class _Raised:
    """The values of one draw as the precisions are raised from zero, for `blocs.solve.continuation.follow`.

    x is what the values differ from those of choice at random, in a row; lambda is the part of the precisions.
    """

    inner_sign = 1

    def __init__(self, step: _Step, blind: Floats) -> None:
        self.step, self.blind, self.precision = step, blind, step.tables.precision
        self.at: tuple[Floats, float] = (np.zeros(blind.size), 0.0)

    @property
    def size(self) -> int:
        """Number of values."""
        return self.blind.size

    def values(self, x: Floats) -> Floats:
        """Return the values that x stands for; (node, column, draw)."""
        return self.blind + x.reshape(self.blind.shape)

    def later(self, x: Floats, lam: float) -> Floats:
        """Return x one step earlier, at a part of the precisions."""
        self.step.tables = replace(self.step.tables, precision=lam * self.precision)
        return (self.step.back(self.values(x)) - self.blind).ravel()

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Step back."""
        self.at = (x.copy(), lam)
        return self.later(x, lam)

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last step back, by a difference quotient."""
        x, lam = self.at
        h = CENTRAL * max(1.0, float(np.abs(x).max(initial=0.0))) / max(float(np.abs(dx).max()), abs(dlam), 1e-300)
        return (self.later(x + h * dx, lam + h * dlam) - self.later(x - h * dx, lam - h * dlam)) / (2 * h)

    def choices(self, x: Floats) -> Floats:
        """Return the choice probabilities that values lead to."""
        self.later(x, self.at[1])
        return self.step.sigma.copy()

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between choice probabilities."""
        return float(np.abs(self.choices(x) - self.choices(y)).max(initial=0.0))

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference, over the largest value."""
        return float(np.abs(x - y).max() / max(1.0, float(np.abs(self.values(y)).max())))


def _one_draw(game: Game, tables: Tables, x: Floats, near: Floats, threads: int) -> tuple[Floats, int, float]:
    """Find the values of one draw where stepping back does not come to rest.

    Newton's method is tried from what is `near` first. Then the equilibria are followed from choice at random on, also
    where the precisions must fall for a while.

    Returns
    -------
    values : float64 array (node, column)
    made : int
        Steps back.
    change : float
        The largest change of the values by one more step, over the largest.
    """
    step = _Step(game, tables, threads)
    found, change = _newton(step, near)
    if change > ENOUGH and x.size <= MOST:
        step.tables = replace(tables, precision=0.0 * tables.precision)
        blind, _ = _iterate(step, x)
        step.tables = tables
        method = Follow(tolerance=SOUGHT)
        (point,) = follow(_Raised(step, blind), [1.0], scale=FIRST, method=method)
        step.tables = tables
        found, change = _newton(step, blind + point.x.reshape(blind.shape))
    return found[..., 0], step.made, change
