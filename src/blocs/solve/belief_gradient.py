"""Derivatives on a grid of beliefs: back through the steps of one solved draw, in order of play.

The grid is a finite game of its own, so its derivatives are exact for it: through the fixed point at every state and
belief, through the lottery between two points of the grid, and through the points themselves, which move with the
prior. Values at the start of each step are kept from the solution, and single-precision evidence; each step is solved
again from there when the pass comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.types import TypedTables
from blocs.solve.belief_grid import BeliefGrid, GridPass, Solving
from blocs.solve.belief_layout import points_by_prior
from blocs.solve.typed_gradient import TypedSlopes

Floats = NDArray[np.float64]


@dataclass
class GridSeeds:
    """The derivatives of a number by choices at some nodes, and directly by what else is in the tables.

    Attributes
    ----------
    choices : dict of float64 arrays (arc, type, place)
        By (step, node); of a role without types the first type stands for both.
    points : list of float64 arrays (point,)
        By the points of the grid of each role with types.
    probability : dict of float
        By row of the table of probabilities.
    """

    choices: dict[tuple[int, int], Floats] = field(default_factory=dict)
    points: list[Floats] = field(default_factory=list)
    probability: dict[int, float] = field(default_factory=dict)


class _Pull:
    """The derivatives of one number on their way through the steps."""

    def __init__(self, solving: Solving, d_start: Floats, seeds: GridSeeds) -> None:
        graph, places, tables = solving.graph, solving.grid.places, solving.tables
        self.seeds = seeds
        self.slopes = TypedSlopes.zero(tables)
        columns = self.slopes.cost.shape[1]
        self.pull = np.zeros((graph.slots, columns, places))
        self.pull[graph.start, :, solving.place] = d_start
        # a place takes the place of a draw in the kernels that lead from step to step
        self.pay = np.zeros((*self.slopes.pay.shape, places))
        self.pay[graph.pay_bundle[graph.start], :, solving.place] = d_start
        self.weight, self.discount = np.zeros((columns, places)), np.zeros((columns, places))
        self.ended = np.zeros((graph.ends, columns, places))
        self.points = [np.zeros_like(one) for one in solving.points]
        for at, more in zip(self.points, seeds.points, strict=False):
            at += more
        for row, slope in seeds.probability.items():
            self.slopes.probability[row] += slope
        self.by_step: dict[int, list[tuple[int, Floats]]] = {}
        for (step, node), seed in seeds.choices.items():
            self.by_step.setdefault(step, []).append((node, seed))
        self.broken = 0

    def done(self, solving: Solving) -> TypedSlopes:
        """Return the derivatives by everything in the tables."""
        if self.broken:
            raise NumericalError("the equilibrium has no derivative here: it is at, or next to, a bifurcation")
        slopes, grid = self.slopes, solving.grid
        slopes.pay += self.pay.sum(axis=2)
        slopes.weight += self.weight.sum(axis=1)
        slopes.discount += self.discount.sum(axis=1)
        for q, prior in enumerate(solving.tables.prior):
            # the others' probability is what is left
            slopes.prior[q][0] = self.points[q] @ points_by_prior(float(prior[0, solving.draw]), grid.size)
        return slopes


def grid_slopes(
    grid: BeliefGrid,
    tables: TypedTables,
    draw: int,
    d_start: Floats,
    watch: Sequence[tuple[int, int]] = (),
    seeding: Callable[[GridPass], Sequence[GridSeeds]] | None = None,
) -> tuple[Floats, list[TypedSlopes]]:
    """Solve one draw and differentiate numbers by everything in the tables.

    Parameters
    ----------
    grid : BeliefGrid
    tables : TypedTables
    draw : int
    d_start : float64 array (number, column)
        Derivative of each number by the values at the start.
    watch : sequence of (step, node)
        Where `seeding` looks at choices.
    seeding : callable (GridPass), optional
        Returns the derivatives of each number by choices, given those at `watch`.

    Returns
    -------
    start : float64 array (column,)
    slopes : list of TypedSlopes
        By a role's probabilities of types only the first counts; the second is what is left.

    Raises
    ------
    NumericalError
        No solution was found, or it has no derivative.

    Notes
    -----
    Cost: one solution, the answers of one more from nearby, and for each number about as much again.
    """
    solving = Solving(grid, tables, draw, 0.0)
    start, watched, later = solving.back(watch, evidence=True)
    count = len(d_start)
    seeds: Sequence[GridSeeds] = [GridSeeds() for _ in range(count)]
    if seeding is not None:
        nothing = np.empty(0)
        done = GridPass(
            solving.points, start, solving.kept, nothing, nothing, nothing, watched, later, solving.bad,
            solving.answers, solving.strayed,
        )  # fmt: skip
        seeds = seeding(done)
    pulls = [_Pull(solving, row, seed) for row, seed in zip(d_start, seeds, strict=True)]
    _reverse(solving, pulls)
    return start, [one.done(solving) for one in pulls]


def _reverse(solving: Solving, pulls: Sequence[_Pull]) -> None:
    from blocs.game.adjoint import close, hand_forward

    graph, places = solving.graph, solving.grid.places

    def each_place(array: Floats) -> Floats:
        return np.repeat(array[..., None], places, axis=-1)

    pay, weight, discount = each_place(solving.pay), each_place(solving.weight), each_place(solving.discount)
    for t in range(graph.steps):
        solving.again(t)
        for one in pulls:
            _pull_step(solving, t, one)
            hand_forward(
                0, places, t, t + 1 == graph.steps, graph.node_ptr, graph.active, graph.pay_bundle, pay, weight,
                discount, solving.value, solving.first(t + 1), one.pull, one.ended, one.pay, one.weight, one.discount,
            )  # fmt: skip
    for one in pulls:
        close(
            0, places, graph.first_stage, graph.pay_bundle, pay, weight, one.ended, one.pay, one.weight
        )  # fmt: skip


def _pull_step(solving: Solving, t: int, one: _Pull) -> None:
    from blocs.game.belief_adjoint import pull_stage

    graph = solving.graph
    policy, restricted = solving.grid.policy
    nothing = np.zeros((1, 2, solving.grid.places))
    for k in range(graph.stages):
        at = solving.movers[k]
        low = int(graph.node_ptr[k])
        high = low + int(graph.active[t, k])
        points = one.points[at.axis] if at.axis >= 0 else np.empty(0)
        # choices that count in the number come before what leads there: what they pull at is reached later
        parts = [(node, node + 1, True, seed) for node, seed in one.by_step.get(t, ()) if low <= node < high]
        for begin, end, seeded, seed in [*parts, (low, high, False, nothing)]:
            one.broken += pull_stage(
                begin, end, solving.value, solving.cost, solving.prob, solving.lam[at.deciding], at.deciding, at.kind,
                at.points, at.inner, at.place, at.base, at.number, at.odds, at.sure, at.cut, graph.arc_ptr,
                graph.arc_option, graph.arc_bundle, graph.branch_ptr, graph.branch_next, graph.branch_row, policy[t],
                restricted[t, k], solving.p, solving.evidence, seeded, seed, one.pull, one.slopes.cost,
                one.slopes.probability, one.slopes.precision, points, int(graph.stage_otherwise[k]),
                float(solving.occasion[k]), one.slopes.occasion[k : k + 1],
            )  # fmt: skip
