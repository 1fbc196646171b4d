"""Games without a last step: what the stationary equilibrium is worth at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.climb import one_draw
from blocs.solve.sequential import Pass, backward
from blocs.solve.steps_back import ENOUGH, Step, iterate

Floats = NDArray[np.float64]

# values that differ by more than this, over the largest, are those of another equilibrium
DIFFERENT = 1e-7


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
    Where it does not come to rest plain and accelerated steps are taken by turns, then Newton's method takes over; and
    where that finds nothing either the equilibria are followed from precision zero, where choices are at random and
    there is only one.

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
    step = Step(one, inner, threads)
    found, change = iterate(step, first)
    sweeps = step.made
    for d in np.flatnonzero(~(change <= ENOUGH)).tolist():
        # whoever looks from other first values must not be led back to choice at random
        found[..., d], more, change[d], share = one_draw(
            one, inner.part(draws=[d]), first[..., [d]], found[..., [d]], threads, climb=not spread
        )
        sweeps = max(sweeps, step.made + more)
        if not change[d] <= ENOUGH:
            raise NumericalError(
                f"no stationary values were found for draw {d + 1} of {tables.draws}: stepping back does not come to "
                f"rest, and the way up from choice at random is lost at {share:.0%} of the precisions; try smaller "
                "precisions, a lower discount, or `horizon: {after_last_step: continue}`"
            )
    if len(counted) > players:
        inner = tables.part(counted)
        follower = Step(one, inner, threads, held=players)
        found = np.concatenate([found, _stay(one, inner)[:, players:]], axis=1)
        found, change = iterate(follower, found)
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
