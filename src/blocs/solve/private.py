"""The door to games with private types: solved exactly where all histories can be unrolled, else on a grid of beliefs.

Both ways give the same things for a draw: what everybody can expect, where play goes, and what is believed and chosen
along one course of play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from blocs.game.columns import Columns
from blocs.game.game import Game
from blocs.game.history import Decision
from blocs.game.public_tree import PublicTree, count_histories, public_tree
from blocs.game.types import TypedTables
from blocs.solve.belief_gradient import grid_slopes
from blocs.solve.belief_grid import TILT, BeliefGrid, GridPass
from blocs.solve.continuation import Follow, follow
from blocs.solve.filtering import Filter, GridFilter, TreeFilter
from blocs.solve.sampling import Sampled, sample_grid, sample_tree
from blocs.solve.sequential import Restriction, policy_of
from blocs.solve.starts import other_starts
from blocs.solve.typed_gradient import TypedSlopes, table_slopes
from blocs.solve.typed_tree import TypedTree

Floats = NDArray[np.float64]

# histories up to which unrolling is quicker than a grid, and exact
EXACT_HISTORIES = 5_000
# two solutions whose values differ by more, relative to their size, are two equilibria
APART = 1e-6


@dataclass(frozen=True)
class Exact:
    """All public histories unrolled; beliefs and choices to a fixed point, followed from precision zero.

    Parameters
    ----------
    starts : int
        Other starting points from which equilibria are sought, to tell whether there are more.
    seed : int
        Of those.
    """

    starts: int = 2
    seed: int = 0
    cites: ClassVar[tuple[str, ...]] = ("mckelvey1998", "turocy2010")


@dataclass(frozen=True)
class Grid:
    """Beliefs on a grid: at each state and belief a fixed point between the types' choices and the beliefs after them.

    Parameters
    ----------
    points : int
        Points of the grid of each role with types, an odd number; work grows with their product over roles.
    starts : int
        Other solutions of the first draw, each from random evidence, to tell whether there are more equilibria.
    """

    points: int = 5
    starts: int = 1
    cites: ClassVar[tuple[str, ...]] = ("mckelvey1998",)


Beliefs = Exact | Grid


@dataclass(frozen=True)
class Seen:
    """One decision of a course of play.

    Attributes
    ----------
    mixed : float64 array (legal option,)
        How likely each option is in the eyes of the others.
    by_type : float64 array (type, legal option)
        How likely it is for each type of the mover (one row where it has no types).
    beliefs : tuple of float64 arrays (type,)
        What the others believe of each role with types, before the decision.
    later : float64 array (legal option, column)
        What follows from each option, without what it costs at once: for a type of the mover in its own column, for all
        others in theirs.
    """

    mixed: Floats
    by_type: Floats
    beliefs: tuple[Floats, ...]
    later: Floats


@dataclass(frozen=True)
class Play:
    """One draw solved.

    Attributes
    ----------
    start : float64 array (column,)
    taken : float64 array (step, option)
    ended : float64 array (step, outcome)
    left : float64 array (outcome,)
    seen : tuple of Seen
        Along the course that was asked for.
    after : tuple of float64 arrays (type,)
        Beliefs after the last decision of the course.
    residual : float
    iterations : int
    agree : bool or None
        Whether other starts led to the same equilibrium; None where none was tried.
    message : str
    """

    start: Floats
    taken: Floats
    ended: Floats
    left: Floats
    seen: tuple[Seen, ...] = ()
    after: tuple[Floats, ...] = ()
    residual: float = 0.0
    iterations: int = 0
    agree: bool | None = None
    message: str = field(default="", compare=False)


class Solver(Protocol):
    """Solves one draw of a game with private types after another; may be used by several threads at once."""

    def play(self, tables: TypedTables, draw: int, course: Sequence[Decision], check: bool) -> Play:
        """Solve a draw and follow play; look at a course of play; `check` for other equilibria too."""
        ...

    def seen(self, tables: TypedTables, draw: int, course: Sequence[Decision]) -> tuple[Seen, ...]:
        """Solve a draw and return what is believed, chosen and expected at each decision of a course of play."""
        ...

    def sample(self, tables: TypedTables, draw: int, count: int, seed: int) -> list[Sampled]:
        """Solve a draw, draw the types of all roles, and play the game out by the choices of those types."""
        ...

    def filtered(self, tables: TypedTables, draw: int, wanted: Sequence[tuple[int, int]]) -> Filter:
        """Solve a draw and return what is believed and chosen; `wanted` are the (step, node) that will be asked for."""
        ...

    def slopes(self, tables: TypedTables, draw: int, d_start: Floats) -> tuple[Floats, list[TypedSlopes]]:
        """Solve a draw and differentiate numbers at the start, one for each row of `d_start`; (number, column).

        Returns the values at the start, and each number's derivatives by everything in the tables.
        """
        ...


def private_solver(
    game: Game, method: Beliefs | None = None, restrictions: Sequence[Restriction] = ()
) -> Exactly | OnGrid:
    """Return the solver of a game with private types.

    Parameters
    ----------
    game : Game
    method : Exact or Grid, optional
        By default exact where there are few histories, else on a grid.
    restrictions : sequence of Restriction

    Raises
    ------
    InputError
        Too many histories for `Exact`; a role with other than two types for `Grid`.
    """
    policy = policy_of(game, restrictions)
    method = method or usual_method(game)
    if isinstance(method, Exact):
        return Exactly(public_tree(game, policy), method)
    return OnGrid(BeliefGrid(game, method.points, policy), method)


def usual_method(game: Game) -> Beliefs:
    """Return how a game with private types is solved where nothing is said: exactly where there are few histories."""
    return Exact() if count_histories(game) <= EXACT_HISTORIES else Grid()


class Exactly:
    """Solves on the tree of public histories."""

    def __init__(self, tree: PublicTree, method: Exact) -> None:
        self.tree, self.method = tree, method

    def solved(self, tables: TypedTables, draw: int) -> tuple[TypedTree, Floats, int, str]:
        """Return a draw solved, its unknowns, the sweeps it took, and a sentence on how."""
        # what only looks on is left out until the choices are known
        players = len(tables.columns.players)
        alone = replace(tables, tables=tables.tables.part(slice(players)), columns=Columns(tables.columns.players))
        problem = TypedTree(self.tree, alone, draw)
        point = follow(problem, [1.0], scale=problem.scale(), method=Follow())[0]
        problem = TypedTree(self.tree, tables, draw)
        # the sweep leaves values and choices that answer the beliefs
        problem.sweep(point.x, 1.0)
        return problem, point.x, point.sweeps, point.told()

    def seen(self, tables: TypedTables, draw: int, course: Sequence[Decision]) -> tuple[Seen, ...]:
        """See `Solver`."""
        return look(TreeFilter(self.solved(tables, draw)[0]), course)[0]

    def play(self, tables: TypedTables, draw: int, course: Sequence[Decision], check: bool) -> Play:
        """See `Solver`."""
        problem, x, sweeps, told = self.solved(tables, draw)
        agree, more = None, ""
        if check:
            agree, more = other_starts(problem, x, 1.0, starts=self.method.starts, seed=self.method.seed)
        y = problem.sweep(x, 1.0)
        taken, ended, left = problem.follow()
        walk = TreeFilter(problem)
        seen, after = look(walk, course)
        return Play(
            self.start(problem), taken, ended, left, seen, after, problem.distance(x, y), sweeps, agree,
            f"all {self.tree.histories:,} public histories unrolled, {told}{more}",
        )  # fmt: skip

    def slopes(self, tables: TypedTables, draw: int, d_start: Floats) -> tuple[Floats, list[TypedSlopes]]:
        """See `Solver`."""
        problem = self.solved(tables, draw)[0]
        return self.start(problem), [table_slopes(problem, None, row) for row in d_start]

    def start(self, problem: TypedTree) -> Floats:
        """Return the values at the start."""
        graph, base = self.tree.game.graph, problem.tables.tables
        return base.pay[graph.pay_bundle[graph.start], :, problem.draw] + base.alive + problem.values[0]

    def sample(self, tables: TypedTables, draw: int, count: int, seed: int) -> list[Sampled]:
        """See `Solver`."""
        return sample_tree(self.solved(tables, draw)[0], count, seed)

    def filtered(self, tables: TypedTables, draw: int, wanted: Sequence[tuple[int, int]]) -> TreeFilter:
        """See `Solver`."""
        del wanted
        return TreeFilter(self.solved(tables, draw)[0])


class OnGrid:
    """Solves on a grid of beliefs."""

    def __init__(self, grid: BeliefGrid, method: Grid) -> None:
        self.grid, self.method = grid, method

    def play(self, tables: TypedTables, draw: int, course: Sequence[Decision], check: bool) -> Play:
        """See `Solver`."""
        wanted = [(one.step, one.node) for one in course]
        done = self.grid.solve(tables, draw, watch=wanted, check=check)
        agree, more = None, ""
        if check and self.method.starts:
            agree, more = self.others(tables, draw, done)
        seen, after = look(GridFilter(self.grid, tables, draw, done, wanted), course)
        if done.strayed:
            agree = False
            more = (
                f"; at {done.strayed:,} combinations of a state and a belief there are several equilibria, and the one "
                f"from blind choice could not be followed{more}"
            )
        sizes = " x ".join([str(self.grid.size)] * self.grid.axes)
        return Play(
            done.start, done.taken, done.ended, done.left, seen, after, done.residual, done.answers, agree,
            f"beliefs on a grid of {sizes} points, {done.answers:,} answers{more}",
        )  # fmt: skip

    def seen(self, tables: TypedTables, draw: int, course: Sequence[Decision]) -> tuple[Seen, ...]:
        """See `Solver`."""
        wanted = [(one.step, one.node) for one in course]
        done = self.grid.solve(tables, draw, watch=wanted, follow=False)
        return look(GridFilter(self.grid, tables, draw, done, wanted), course)[0]

    def others(self, tables: TypedTables, draw: int, done: GridPass) -> tuple[bool, str]:
        """Solve again from random evidence everywhere; tell whether the values are the same at every state."""
        differ = 0
        for _ in range(self.method.starts):
            other = self.grid.solve(tables, draw, follow=False, tilt=TILT)
            gaps = [
                np.abs(a - b).max(initial=0.0) / (1.0 + np.abs(a).max(initial=0.0))
                for a, b in zip(done.kept, other.kept, strict=True)
            ]
            differ += max(gaps) > APART
        if differ:
            return False, f"; another equilibrium was found from {differ} of {self.method.starts} other starts"
        return True, f"; {self.method.starts} of {self.method.starts} other starts came to the same equilibrium"

    def slopes(self, tables: TypedTables, draw: int, d_start: Floats) -> tuple[Floats, list[TypedSlopes]]:
        """See `Solver`."""
        return grid_slopes(self.grid, tables, draw, d_start)

    def sample(self, tables: TypedTables, draw: int, count: int, seed: int) -> list[Sampled]:
        """See `Solver`."""
        return sample_grid(self.grid, tables, draw, count, seed)

    def filtered(self, tables: TypedTables, draw: int, wanted: Sequence[tuple[int, int]]) -> GridFilter:
        """See `Solver`."""
        done = self.grid.solve(tables, draw, watch=wanted, follow=False)
        return GridFilter(self.grid, tables, draw, done, wanted)


def look(walk: Filter, course: Sequence[Decision]) -> tuple[tuple[Seen, ...], tuple[Floats, ...]]:
    """Return what is believed and chosen along a course of play, and the beliefs after it."""
    at = walk.start()
    seen = []
    for one in course:
        mixed, by_type = walk.choices(at, one.step, one.node)
        seen.append(Seen(mixed, by_type, walk.beliefs(at), walk.later(at, one.step, one.node)))
        at = walk.after(at, one.step, one.node, one.arc, one.branch)[1]
    return tuple(seen), walk.beliefs(at)
