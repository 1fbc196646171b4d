"""What is believed along a course of play, as the moves come in: by history on a tree, as a distribution on a grid.

On a grid of beliefs the lotteries that keep beliefs on the grid are not part of any record, so that a course of play
leaves a distribution over places; its mean is the probability of each type given the course.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from blocs.game.types import TypedTables, types_of
from blocs.solve.belief_grid import BeliefGrid, GridPass
from blocs.solve.typed_tree import TypedTree

Floats = NDArray[np.float64]


class Filter(Protocol):
    """Follows moves through a solved game; a position is what the moves so far have left."""

    def start(self) -> Any:
        """Return the position at the start."""
        ...

    def beliefs(self, at: Any) -> tuple[Floats, ...]:
        """Return the probability of each type of each role with types; arrays (type,)."""
        ...

    def choices(self, at: Any, step: int, node: int) -> tuple[Floats, Floats]:
        """Return choice probabilities at a node: in the eyes of all (arc,), and by type of the mover (type, arc)."""
        ...

    def later(self, at: Any, step: int, node: int) -> Floats:
        """Return what follows from each arc, (arc, column): for a type of a role in the type's own column."""
        ...

    def after(self, at: Any, step: int, node: int, arc: int, branch: int) -> tuple[float, Any]:
        """Return the probability of an arc at a position, and the position after it and a result of it."""
        ...


class TreeFilter:
    """On the tree of public histories a position is the number of a level and of a history in it.

    Parameters
    ----------
    problem : TypedTree
        After a sweep at the solution.
    """

    def __init__(self, problem: TypedTree) -> None:
        self.problem = problem
        self.last = tuple(np.empty(0) for _ in problem.roles)

    def start(self) -> tuple[int, int, tuple[Floats, ...]]:
        """Return the position at the start, with the beliefs there."""
        beliefs = tuple(prior[:, self.problem.draw] for prior in self.problem.tables.prior)
        return 0, 0, beliefs

    def beliefs(self, at: tuple[int, int, tuple[Floats, ...]]) -> tuple[Floats, ...]:
        """Return the beliefs at a position."""
        return at[2]

    def _moves(self, at: tuple[int, int, tuple[Floats, ...]]) -> slice:
        level = self.problem.boards[at[0]].level
        last = level.first[at[1] + 1] if at[1] + 1 < len(level.first) else len(level.arc)
        return slice(int(level.first[at[1]]), int(last))

    def move(self, at: tuple[int, int, tuple[Floats, ...]], arc: int) -> int:
        """Return the number of an arc among the moves of the position's level."""
        moves = self._moves(at)
        return moves.start + int(np.flatnonzero(self.problem.boards[at[0]].level.arc[moves] == arc)[0])

    def choices(self, at: tuple[int, int, tuple[Floats, ...]], step: int, node: int) -> tuple[Floats, Floats]:
        """Return choice probabilities by arc, and by type and arc."""
        del step, node
        kept, moves = self.problem.kept[at[0]], self._moves(at)
        return kept.mixed[moves], kept.sigma[:, moves]

    def later(self, at: tuple[int, int, tuple[Floats, ...]], step: int, node: int) -> Floats:
        """Return what follows from each arc in every column."""
        del step, node
        problem, moves = self.problem, self._moves(at)
        bundle = problem.tree.game.graph.arc_bundle[problem.boards[at[0]].level.arc[moves]]
        return problem.kept[at[0]].worth[moves] - problem.tables.tables.cost[bundle, :, problem.draw]

    def after(
        self, at: tuple[int, int, tuple[Floats, ...]], step: int, node: int, arc: int, branch: int
    ) -> tuple[float, tuple[int, int, tuple[Floats, ...]]]:
        """Return the probability of an arc, and the position after it."""
        del step, node
        board, kept = self.problem.boards[at[0]], self.problem.kept[at[0]]
        level, move = board.level, self.move(at, arc)
        beliefs = list(at[2])
        if board.typed >= 0:
            joint = beliefs[board.typed] * kept.sigma[:, move]
            beliefs[board.typed] = joint / joint.sum()
        last = level.result_first[move + 1] if move + 1 < len(level.result_first) else len(level.branch)
        results = level.branch[level.result_first[move] : last]
        result = int(level.result_first[move]) + int(np.flatnonzero(results == branch)[0])
        return float(kept.mixed[move]), (at[0] + 1, int(level.below[result]), tuple(beliefs))


class GridFilter:
    """On a grid a position is a distribution over places; float64 array (place,) that sums to one.

    Parameters
    ----------
    grid : BeliefGrid
    tables : TypedTables
    draw : int
    done : GridPass
        With choice probabilities at `wanted`.
    wanted : sequence of (step, node)
    """

    def __init__(
        self, grid: BeliefGrid, tables: TypedTables, draw: int, done: GridPass, wanted: Sequence[tuple[int, int]]
    ) -> None:
        self.grid, self.done, self.columns = grid, done, tables.columns
        self.number = {key: number for number, key in enumerate(wanted)}
        self.place = grid.start_place(tables, draw)
        self.axis = {one.role: axis for axis, one in enumerate(grid.game.plan.types)}
        shape = (grid.size,) * grid.axes
        self.belief = [
            np.broadcast_to(points.reshape([-1 if i == axis else 1 for i in range(grid.axes)]), shape).ravel()
            for axis, points in enumerate(done.points)
        ]

    def start(self) -> Floats:
        """Return the distribution at the start: every belief is the prior."""
        at = np.zeros(self.grid.places)
        at[self.place] = 1.0
        return at

    def beliefs(self, at: Floats) -> tuple[Floats, ...]:
        """Return the mean beliefs."""
        means = [float(at @ belief) for belief in self.belief]
        return tuple(np.array([mean, 1.0 - mean]) for mean in means)

    def _p(self, step: int, node: int) -> tuple[Floats, int]:
        game = self.grid.game
        stage = int(np.searchsorted(game.graph.node_ptr, node, side="right")) - 1
        role = int(game.graph.stage_role[stage])
        return self.done.watched[self.number[step, node]], self.axis[role] if types_of(game, role) else -1

    def choices(self, at: Floats, step: int, node: int) -> tuple[Floats, Floats]:
        """Return choice probabilities by arc, and by type and arc."""
        p, axis = self._p(step, node)
        if axis < 0:
            mixed = p[:, 0] @ at
            return mixed, mixed[None]
        belief = self.belief[axis]
        joint = np.stack([p[:, 0] @ (at * belief), p[:, 1] @ (at * (1.0 - belief))])
        weight = np.array([at @ belief, at @ (1.0 - belief)])[:, None]
        # a type that is ruled out chooses as it would where the belief in it is least
        alone = np.stack([p[:, 0] @ at, p[:, 1] @ at])
        by_type = np.where(weight > 0, joint / np.where(weight > 0, weight, 1.0), alone)
        return joint.sum(axis=0), by_type

    def later(self, at: Floats, step: int, node: int) -> Floats:
        """Return what follows from each arc in every column: the mean over places, for a type's those it is at."""
        p, axis = self._p(step, node)
        worth = self.done.later[self.number[step, node]]
        lotteries = [_lottery_after(self.grid, self.done.points, axis, arc) for arc in p]
        result = np.empty(worth.shape[:2])
        for c, column in enumerate(self.columns.all):
            own = self.axis.get(column.role, -1) if column.type >= 0 else -1
            weight = at
            if own >= 0:
                weight = at * (self.belief[own] if column.type == 0 else 1.0 - self.belief[own])
                weight = weight / weight.sum() if weight.sum() > 0 else at
            mine = column.type if own >= 0 and own == axis else -1
            for a, one in enumerate(lotteries):
                share = one.share[mine]
                result[a, c] = weight @ ((1.0 - share) * worth[a, c, one.low] + share * worth[a, c, one.high])
        return result

    def taken(self, step: int, node: int, arc: int) -> tuple[int, Floats]:
        """Return the axis of the mover's belief, -1 without types, and how likely an arc is; (type, place)."""
        p, axis = self._p(step, node)
        return axis, p[arc - int(self.grid.game.graph.arc_ptr[node])]

    def after(self, at: Floats, step: int, node: int, arc: int, branch: int) -> tuple[float, Floats]:
        """Return the probability of an arc, and the distribution after it."""
        del branch
        axis, p = self.taken(step, node, arc)
        return after_arc(self.grid, self.done.points, axis, at, p)


def after_arc(grid: BeliefGrid, points: Sequence[Floats], axis: int, at: Floats, p: Floats) -> tuple[float, Floats]:
    """Return the probability of an arc at a distribution over places, and the distribution after it.

    Parameters
    ----------
    grid : BeliefGrid
    points : sequence of float64 arrays (point,)
    axis : int
        Of the mover's belief; -1 where it has no types.
    at : float64 array (place,)
    p : float64 array (type, place)
        How likely each type is to take the arc.
    """
    if axis < 0:
        moved = at * p[0]
        return float(moved.sum()), moved / moved.sum()
    inner = grid.size ** (grid.axes - axis - 1)
    belief = points[axis][(np.arange(grid.places) // inner) % grid.size]
    joint = at * belief * p[0]
    moved = joint + at * (1.0 - belief) * p[1]
    total = float(moved.sum())
    return total, _lottery(grid, axis, points[axis], moved, joint) / total


def pull_after_arc(
    grid: BeliefGrid, points: Sequence[Floats], axis: int, at: Floats, p: Floats, onward: Floats
) -> tuple[Floats, Floats, Floats]:
    """Pull a derivative by the distribution that `after_arc` leaves, before it is made to sum to one, back through it.

    Parameters
    ----------
    grid, points, axis, at, p : as in `after_arc`
    onward : float64 array (place,)
        The derivative.

    Returns
    -------
    back : float64 array (place,)
        By the distribution before.
    slope : float64 array (type, place)
        By how likely each type is to take the arc; without types all by the first.
    by_points : float64 array (point,)
        By the points of the mover's grid.
    """
    if axis < 0:
        return onward * p[0], np.stack([at * onward, np.zeros_like(at)]), np.empty(0)
    own, inner = points[axis], grid.size ** (grid.axes - axis - 1)
    place = np.arange(grid.places)
    number = (place // inner) % grid.size
    belief = own[number]
    first, second = belief * p[0], (1.0 - belief) * p[1]
    total = first + second
    after = np.where(total > 0, first / np.where(total > 0, total, 1.0), belief)
    k = np.clip(np.searchsorted(own, after, side="right") - 1, 0, grid.size - 2)
    low, high = own[k], own[k + 1]
    span = high - low
    lower, upper = onward[place + (k - number) * inner], onward[place + (k + 1 - number) * inner]
    # what of the mass comes to the upper point, and to the lower one
    rise, fall = ((1.0 - low) * first - low * second) / span, (high * second - (1.0 - high) * first) / span
    gap = at * (lower - upper) / span
    by_points = np.zeros_like(own)
    np.add.at(by_points, k, gap * fall)
    np.add.at(by_points, k + 1, gap * rise)
    by_belief = (upper * ((1.0 - low) * p[0] + low * p[1]) - lower * (high * p[1] + (1.0 - high) * p[0])) / span
    np.add.at(by_points, number, at * by_belief)
    slope = np.stack(
        [
            at * belief * ((1.0 - low) * upper - (1.0 - high) * lower) / span,
            at * (1.0 - belief) * (high * lower - low * upper) / span,
        ]
    )
    return rise * upper + fall * lower, slope, by_points


def _lottery(grid: BeliefGrid, axis: int, points: Floats, moved: Floats, joint: Floats) -> Floats:
    """Move each place's mass to the points next to its belief, so that the mean belief is kept."""
    inner = grid.size ** (grid.axes - axis - 1)
    place = np.flatnonzero(moved > 0)
    belief = joint[place] / moved[place]
    number = (place // inner) % grid.size
    k = np.clip(np.searchsorted(points, belief, side="right") - 1, 0, grid.size - 2)
    share = np.clip((belief - points[k]) / (points[k + 1] - points[k]), 0.0, 1.0)
    new = np.zeros(grid.places)
    at = place + (k - number) * inner
    np.add.at(new, at, moved[place] * (1.0 - share))
    np.add.at(new, at + inner, moved[place] * share)
    return new


@dataclass(frozen=True)
class _LotteryAfter:
    """Where an arc leads from every place: two places, and how likely the second is to type 0, to type 1, to others."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    share: tuple[Floats, Floats, Floats]


def _lottery_after(grid: BeliefGrid, points: Sequence[Floats], axis: int, p: Floats) -> _LotteryAfter:
    """Return the public lottery after an arc, as each type of the mover and as the others expect it; p as above."""
    place = np.arange(grid.places)
    still = np.zeros(grid.places)
    if axis < 0:
        return _LotteryAfter(place, place, (still, still, still))
    inner = grid.size ** (grid.axes - axis - 1)
    number = (place // inner) % grid.size
    grown, belief = points[axis], points[axis][number]
    mixed = belief * p[0] + (1.0 - belief) * p[1]
    # where the type is certain, or the arc is never taken, there is nothing to learn
    moves = (belief > 0.0) & (belief < 1.0) & (mixed > 0.0)
    after = np.where(moves, belief * p[0] / np.where(moves, mixed, 1.0), belief)
    rest = np.where(moves, (1.0 - belief) * p[1] / np.where(moves, mixed, 1.0), 1.0 - belief)
    k = np.clip(np.searchsorted(grown, after, side="right") - 1, 0, grid.size - 2)
    low, high = grown[k], grown[k + 1]
    share = np.clip((after - low) / (high - low), 0.0, 1.0)
    first = np.where(low == 0.0, 1.0, share * high / np.where(after > 0.0, after, 1.0))
    second = np.where(high == 1.0, 0.0, 1.0 - (1.0 - share) * (1.0 - low) / np.where(rest > 0.0, rest, 1.0))
    at = place + (k - number) * inner
    shares = tuple(np.where(moves, one, 0.0) for one in (first, second, share))
    return _LotteryAfter(
        np.where(moves, at, place), np.where(moves, at + inner, place), (shares[0], shares[1], shares[2])
    )
