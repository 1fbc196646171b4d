"""Single courses of play of a game with private types: types are drawn first, then every choice of those types."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.game.types import TypedTables
from blocs.solve.belief_grid import BeliefGrid
from blocs.solve.belief_layout import grid_points
from blocs.solve.filtering import TreeFilter, after_arc
from blocs.solve.typed_tree import TypedTree

Floats = NDArray[np.float64]


@dataclass
class Sampled:
    """One course of play.

    Attributes
    ----------
    types : tuple of int
        Of each role with types, in the order of `Plan.types`.
    moves : list of (step, stage, arc, branch)
    last : int
        Row that the last move led to: an ended class or a carry.
    probability : float
        Of exactly these moves, the types summed out.
    """

    types: tuple[int, ...]
    moves: list[tuple[int, int, int, int]] = field(default_factory=list)
    last: int = 0
    probability: float = 1.0


def _types(tables: TypedTables, draw: int, random: np.random.Generator) -> tuple[int, ...]:
    return tuple(_pick(prior[:, draw], random) for prior in tables.prior)


def _pick(p: Floats, random: np.random.Generator) -> int:
    """Return a place drawn with these probabilities, never one of probability zero."""
    total = np.cumsum(p)
    place = int(np.searchsorted(total, random.random() * total[-1], side="right"))
    return min(place, int(np.flatnonzero(p > 0)[-1]))


def sample_tree(problem: TypedTree, count: int, seed: int) -> list[Sampled]:
    """Play out a game solved on the tree of public histories.

    Parameters
    ----------
    problem : TypedTree
        After a sweep at the solution.
    count, seed : int
    """
    random = np.random.default_rng(seed)
    tables, draw, graph = problem.tables, problem.draw, problem.tree.game.graph
    walk = TreeFilter(problem)
    found = []
    for _ in range(count):
        course = Sampled(_types(tables, draw, random))
        at, node = walk.start(), graph.start
        for board in problem.boards:
            step, stage = board.level.step, board.level.stage
            by_type = walk.choices(at, step, node)[1]
            own = by_type[course.types[board.typed]] if board.typed >= 0 else by_type[0]
            arc = graph.arcs_of(node)[_pick(own, random)]
            branches = graph.branches_of(arc)
            rows = graph.branch_row[branches.start : branches.stop]
            branch = branches[_pick(tables.tables.probability[rows, draw], random)]
            probability, at = walk.after(at, step, node, arc, branch)
            course.moves.append((step, stage, arc, branch))
            course.probability *= probability * float(tables.tables.probability[graph.branch_row[branch], draw])
            course.last = node = int(graph.branch_next[branch])
            if graph.nodes <= node < graph.nodes + graph.ends:
                break
            node -= graph.nodes + graph.ends if node >= graph.nodes else 0
        found.append(course)
    return found


@dataclass
class _Player:
    """A course that is being played on a grid: where it is, and what the moves so far leave of the beliefs."""

    course: Sampled
    node: int
    place: int
    spread: Floats
    over: bool = False


def sample_grid(grid: BeliefGrid, tables: TypedTables, draw: int, count: int, seed: int) -> list[Sampled]:
    """Play out a game on a grid of beliefs, the lotteries between points included."""
    random = np.random.default_rng(seed)
    game, graph = grid.game, grid.game.graph
    axis_of = {one.role: axis for axis, one in enumerate(game.plan.types)}
    points = [grid_points(float(prior[0, draw]), grid.size) for prior in tables.prior]
    start = grid.start_place(tables, draw)
    spread = np.zeros(grid.places)
    spread[start] = 1.0
    players = [_Player(Sampled(_types(tables, draw, random)), graph.start, start, spread) for _ in range(count)]

    def visit(step: int, p: Floats) -> None:
        for stage in range(graph.stages):
            axis = axis_of.get(int(graph.stage_role[stage]), -1)
            for one in players:
                if not one.over:
                    move(one, step, stage, axis, p)

    def move(one: _Player, step: int, stage: int, axis: int, p: Floats) -> None:
        course = one.course
        arcs = graph.arcs_of(one.node)
        kind = course.types[axis] if axis >= 0 else 0
        chosen = _pick(p[arcs.start : arcs.stop, kind, one.place], random)
        arc = arcs[chosen]
        branches = graph.branches_of(arc)
        rows = graph.branch_row[branches.start : branches.stop]
        branch = branches[_pick(tables.tables.probability[rows, draw], random)]
        probability, one.spread = after_arc(grid, points, axis, one.spread, p[arc])
        course.probability *= probability * float(tables.tables.probability[graph.branch_row[branch], draw])
        if axis >= 0:
            one.place = lottery(one.place, axis, kind, p[arc, :, one.place])
        course.moves.append((step, stage, arc, branch))
        course.last = one.node = int(graph.branch_next[branch])
        if graph.nodes <= one.node < graph.nodes + graph.ends:
            one.over = True
        elif one.node >= graph.nodes:
            one.node -= graph.nodes + graph.ends

    def lottery(place: int, axis: int, kind: int, p: Floats) -> int:
        """Return the place to which a type's move leads."""
        inner = grid.size ** (grid.axes - axis - 1)
        number = (place // inner) % grid.size
        belief = points[axis][number]
        after = belief * p[0] / (belief * p[0] + (1.0 - belief) * p[1])
        k = min(max(int(np.searchsorted(points[axis], after, side="right")) - 1, 0), grid.size - 2)
        low, high = points[axis][k], points[axis][k + 1]
        share = min(max((after - low) / (high - low), 0.0), 1.0)
        # the likelihood of either point for this type: Bayes' rule must hold after the lottery too
        up = share * (high / after if kind == 0 else (1.0 - high) / (1.0 - after))
        return place + (k + int(random.random() < up) - number) * inner

    grid.solve(tables, draw, follow=False, visit=visit)
    return [one.course for one in players]
