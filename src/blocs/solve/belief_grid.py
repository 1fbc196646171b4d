"""Private types in large games: values on states times a grid of beliefs, one backward pass, one forward pass.

The grid of a role's belief is finer towards certainty and has the prior among its points. How the grid makes a finite
game of its own is said in `blocs.game.belief_kernels`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError, Problem
from blocs.game.game import Game
from blocs.game.types import TypedTables
from blocs.solve.belief_layout import grid_points, mover

Floats = NDArray[np.float64]

# choices of one draw that are kept from the backward pass for the forward one; those of other steps are found anew
SAVED_BYTES = 768 << 20
# evidence that is kept, where the values of a step are wanted again or its choices have no room: the search from there
# comes to the same equilibrium, in two answers
EVIDENCE_BYTES = 1 << 30
# evidence at which other starts begin, in log-odds: three is twenty to one
TILT = 3.0


@dataclass(frozen=True)
class GridPass:
    """What solving one draw on a grid of beliefs leaves behind.

    Attributes
    ----------
    points : tuple of float64 arrays (point,)
        The grid of each role with types: beliefs in its first type.
    start : float64 array (column,)
        Values at the start of play.
    kept : list of float64 arrays (carry, column, place)
        Values at the start of the step after each step.
    taken : float64 array (step, option)
    ended : float64 array (step, outcome)
    left : float64 array (outcome,)
    watched : list of float64 arrays (arc, type, place)
        Choice probabilities at the nodes that were asked for.
    later : list of float64 arrays (arc, column, place)
        What follows from each arc there, without what it costs at once, with the beliefs of a place after it.
    residual : float
        Largest difference between a choice and the answer to the beliefs it leads to.
    answers : int
        Answers computed on the way.
    strayed : int
        Combinations of a state and a belief at which the solution could not be followed from blind choice: there
        are several, and another was taken.
    """

    points: tuple[Floats, ...]
    start: Floats
    kept: list[Floats] = field(repr=False)
    taken: Floats = field(repr=False)
    ended: Floats = field(repr=False)
    left: Floats = field(repr=False)
    watched: list[Floats] = field(repr=False)
    later: list[Floats] = field(repr=False)
    residual: float
    answers: int
    strayed: int = 0


class BeliefGrid:
    """Solves a game with private types on a grid of beliefs, draw after draw.

    Parameters
    ----------
    game : Game
        Every role with types has two of them.
    size : int
        Points of the grid of each role: an odd number.
    policy : (int8 array (step, option), bool array (step, stage)), optional
        What may be done about each option, and where that matters: see `blocs.solve.sequential.policy_of`.
    """

    def __init__(self, game: Game, size: int, policy: tuple[NDArray[np.int8], NDArray[np.bool_]] | None = None) -> None:
        for one in game.plan.types:
            if len(one.types) != 2:
                name = game.roles[one.role]
                raise InputError(
                    Problem(
                        f"on a grid of beliefs a role has two types; `{name}` has {len(one.types)}",
                        path=f"types.{name}",
                        hint="take fewer steps, so that all histories can be unrolled, or merge types",
                    )
                )
        graph = game.graph
        self.game, self.size = game, size
        self.axes = len(game.plan.types)
        self.places = size**self.axes
        if policy is None:
            policy = (
                np.zeros((graph.steps, len(game.layout.options)), np.int8),
                np.zeros((graph.steps, graph.stages), np.bool_),
            )
        self.policy = policy

    def start_place(self, tables: TypedTables, draw: int) -> int:
        """Return the place at which every belief is the prior."""
        at = 0
        for prior in tables.prior:
            p = float(prior[0, draw])
            at = at * self.size + (0 if p <= 0.0 else self.size - 1 if p >= 1.0 else self.size // 2)
        return at

    def solve(
        self,
        tables: TypedTables,
        draw: int = 0,
        *,
        watch: Sequence[tuple[int, int]] = (),
        follow: bool = True,
        check: bool = False,
        tilt: float = 0.0,
        visit: Callable[[int, Floats], None] | None = None,
    ) -> GridPass:
        """Solve one draw.

        Parameters
        ----------
        tables : TypedTables
        draw : int
        watch : sequence of (step, node)
            Where choice probabilities are wanted.
        follow : bool
            Follow the probabilities of play too.
        check : bool
            Compute the residual anew from the choices.
        tilt : float
            Begin the search for each choice with random evidence up to this size.
        visit : callable (step, choices), optional
            Told of the choices of every step in order of play; float64 array (arc, type, place), overwritten later.

        Raises
        ------
        NumericalError
            Values overflow, or somewhere no choice was found that answers the beliefs it leads to.
        """
        return Solving(self, tables, draw, tilt).run(watch, follow, check, visit)


class Solving:
    """One draw: scratch memory and the two passes."""

    def __init__(self, grid: BeliefGrid, tables: TypedTables, draw: int, tilt: float) -> None:
        self.grid, self.game, self.graph, self.draw, self.tilt = grid, grid.game, grid.game.graph, draw, tilt
        graph, base = self.graph, tables.tables
        self.tables = tables

        def of_draw(array: Floats) -> Floats:
            return np.ascontiguousarray(array[..., draw])

        self.cost, self.prob, self.pay = of_draw(base.cost), of_draw(base.probability), of_draw(base.pay)
        self.weight, self.discount, self.lam = of_draw(base.weight), of_draw(base.discount), of_draw(tables.precision)
        self.occasion = of_draw(base.occasion)
        self.points = tuple(grid_points(float(prior[0, draw]), grid.size) for prior in tables.prior)
        columns = self.cost.shape[1]
        self.value = np.zeros((graph.slots, columns, grid.places))
        self.p = np.ones((graph.arcs, 2, grid.places))
        self.evidence = np.zeros((2, graph.arcs, grid.places))
        self.kept: list[Floats] = [np.empty(0)] * graph.steps
        self.answers, self.bad, self.lost = 0, 0.0, 0
        self.strayed = 0
        self.saved: dict[int, list[Floats]] = {}
        self.hints: dict[int, list[NDArray[np.float32]]] = {}
        self.firsts: dict[int, Floats] = {}
        self.room_left, self.hints_left = SAVED_BYTES, EVIDENCE_BYTES
        self.place = grid.start_place(tables, draw)
        self.movers = [mover(self.game, tables, self.points, int(role)) for role in graph.stage_role]

    def run(
        self,
        watch: Sequence[tuple[int, int]],
        follow: bool,
        check: bool,
        visit: Callable[[int, Floats], None] | None,
    ) -> GridPass:
        """Solve the draw, and go through the steps in order of play if anything is wanted of that."""
        again = follow or check or visit is not None
        start, watched, later = self.back(watch, choices=again and not check, evidence=again)
        self.tilt = 0.0
        taken, ended, left, residual = self.forward(follow, check, visit)
        return GridPass(
            self.points, start, self.kept, taken, ended, left, watched, later, residual, self.answers, self.strayed
        )

    def back(
        self, watch: Sequence[tuple[int, int]], *, choices: bool = False, evidence: bool = False
    ) -> tuple[Floats, list[Floats], list[Floats]]:
        """Go through the steps from the last one on; `choices` and `evidence` say what is kept for `again`.

        Returns
        -------
        start : float64 array (column,)
        watched : list of float64 arrays (arc, type, place)
            Choice probabilities at each (step, node) of `watch`.
        later : list of float64 arrays (arc, column, place)
            What follows from each arc there.
        """
        from blocs.game import belief_kernels as kernels

        graph, base = self.graph, self.tables.tables
        carry = graph.nodes + graph.ends
        watched: list[Floats] = [np.empty(0)] * len(watch)
        later: list[Floats] = [np.empty(0)] * len(watch)
        kernels.fill_last(
            int(graph.active[-1, 0]), carry, graph.pay_bundle, graph.outcome, self.pay, base.final, self.weight,
            self.discount, self.value,
        )  # fmt: skip
        for t in range(graph.steps - 1, -1, -1):
            self.kept[t] = self.value[carry : carry + int(graph.active[t + 1, 0])].copy()
            self.step(t)
            for number, (_, node) in ((i, one) for i, one in enumerate(watch) if one[0] == t):
                watched[number], later[number] = self.at(node)
            if evidence:
                self.save(t, choices)
            if (self.discount == 0.0).any():
                # else they can be had from what the step before sees of them
                self.firsts[t] = self.value[: int(graph.active[t, 0])].copy()
            if t > 0:
                kernels.hand_on(
                    int(graph.active[t, 0]), carry, graph.pay_bundle, self.pay, base.alive, self.discount, self.value
                )
        start = self.pay[graph.pay_bundle[graph.start]] + base.alive + self.value[graph.start, :, self.place]
        self.settled(start)
        return start, watched, later

    def at(self, node: int) -> tuple[Floats, Floats]:
        """Return the choices at a node of the step that was solved last, and what follows from its arcs."""
        graph, arcs = self.graph, self.graph.arcs_of(node)
        later = np.zeros((len(arcs), *self.value.shape[1:]))
        for i, arc in enumerate(arcs):
            for branch in graph.branches_of(arc):
                later[i] += self.prob[graph.branch_row[branch]] * self.value[graph.branch_next[branch]]
        return self.p[arcs.start : arcs.stop].copy(), later

    def step(self, t: int) -> None:
        """Solve the stages of one step from the values behind them."""
        from blocs.game import belief_kernels as kernels

        graph, base = self.graph, self.tables.tables
        kernels.fill_ends(
            t, graph.steps, graph.nodes, graph.first_stage, graph.pay_bundle, graph.outcome, self.pay, base.final,
            self.weight, self.discount, self.value,
        )  # fmt: skip
        policy, restricted = self.grid.policy
        for k in range(graph.stages - 1, -1, -1):
            one = self.movers[k]
            low = int(graph.node_ptr[k])
            bad, answers, lost, strayed = kernels.stage(
                low, low + int(graph.active[t, k]), self.value, self.cost, self.prob, self.lam[one.deciding],
                one.deciding, one.kind, one.points, one.inner, one.place, one.base, one.number, one.odds, one.belief,
                one.sure, one.cut, one.edge, one.ends, graph.arc_ptr, graph.arc_option, graph.arc_bundle,
                graph.branch_ptr, graph.branch_next, graph.branch_row, policy[t], restricted[t, k], self.p,
                self.evidence, t + 1 == graph.steps, self.tilt, t * graph.stages + k, int(graph.stage_otherwise[k]),
                float(self.occasion[k]),
            )  # fmt: skip
            self.bad, self.answers, self.lost = max(self.bad, bad), self.answers + answers, self.lost + lost
            self.strayed += strayed

    def first(self, t: int) -> Floats:
        """Return values at the start of a step before its payoffs, at every state; only where a discount is zero."""
        return self.firsts.get(t, self.value)

    def arcs(self, t: int) -> list[slice]:
        """Return the arcs of each stage that matter in a step."""
        graph = self.graph
        first = graph.node_ptr[:-1]
        return [
            slice(int(graph.arc_ptr[low]), int(graph.arc_ptr[low + count]))
            for low, count in zip(first, graph.active[t], strict=True)
        ]

    def save(self, t: int, choices: bool) -> None:
        """Keep the choices of a step, or else the evidence that leads to them, if there is room."""
        parts = self.arcs(t)
        size = sum(part.stop - part.start for part in parts) * self.grid.places
        if choices and 16 * size <= self.room_left:
            self.room_left -= 16 * size
            self.saved[t] = [self.p[part].copy() for part in parts]
        elif 4 * size <= self.hints_left:
            self.hints_left -= 4 * size
            self.hints[t] = [self.evidence[0, part].astype(np.float32) for part in parts]

    def again(self, t: int) -> None:
        """Bring the choices of a step back: from what was kept, or by solving it again from the values behind it."""
        if t in self.saved:
            for part, kept in zip(self.arcs(t), self.saved.pop(t), strict=True):
                self.p[part] = kept
            return
        for part, hint in zip(self.arcs(t), self.hints.pop(t, []), strict=False):
            self.evidence[1, part] = hint
        carry = self.graph.nodes + self.graph.ends
        self.value[carry : carry + len(self.kept[t])] = self.kept[t]
        self.step(t)

    def settled(self, start: Floats) -> None:
        """Refuse what is no solution."""
        if not np.isfinite(start).all():
            raise NumericalError(
                "the values of the game overflow: a payoff, a cost or a precision is too large for some draw"
            )
        if self.lost:
            raise NumericalError(
                f"at {self.lost:,} combinations of a state and a belief no choice was found that answers the belief it "
                f"leads to (the evidence still moved by {self.bad:.1g} log-odds); take a finer grid or lower precision"
            )

    def forward(
        self, follow: bool, check: bool, visit: Callable[[int, Floats], None] | None
    ) -> tuple[Floats, Floats, Floats, float]:
        """Go through the steps in order of play, with the choices of each; return where play goes and the residual."""
        from blocs.game import belief_kernels as kernels

        graph, grid = self.graph, self.grid
        taken = np.zeros((graph.steps, len(self.game.layout.options)))
        ended = np.zeros((graph.steps, len(self.game.outcomes)))
        left = np.zeros(len(self.game.outcomes))
        mass = np.zeros((graph.slots, grid.places) if follow else (0, 0))
        if follow:
            mass[graph.start, self.place] = 1.0
        residual = self.bad
        for t in range(graph.steps if follow or check or visit is not None else 0):
            self.again(t)
            if visit is not None:
                visit(t, self.p)
            for k in range(graph.stages):
                one = self.movers[k]
                low = int(graph.node_ptr[k])
                high = low + int(graph.active[t, k])
                if check:
                    residual = max(residual, self.deviation(t, k, low, high))
                if follow:
                    kernels.spread(
                        low, high, one.points, one.inner, graph.arc_ptr, graph.arc_option, graph.branch_ptr,
                        graph.branch_next, graph.branch_row, self.prob, self.p, taken[t], mass,
                    )  # fmt: skip
            if follow:
                kernels.settle(
                    graph.nodes, graph.first_stage, graph.ends, graph.outcome, int(graph.active[t + 1, 0]),
                    t == graph.steps - 1, mass, ended[t], left,
                )  # fmt: skip
        self.settled(np.zeros(0))
        return taken, ended, left, residual

    def deviation(self, t: int, k: int, low: int, high: int) -> float:
        """Return how far the choices of a stage are from the answers to the beliefs that they lead to."""
        from blocs.game import belief_kernels as kernels

        graph = self.graph
        one = self.movers[k]
        policy, restricted = self.grid.policy
        return kernels.deviation(
            low, high, self.value, self.cost, self.prob, self.lam[one.deciding], one.deciding, one.points, one.inner,
            graph.most_arcs, graph.arc_ptr, graph.arc_option, graph.arc_bundle, graph.branch_ptr, graph.branch_next,
            graph.branch_row, policy[t], restricted[t, k], self.p, int(graph.stage_otherwise[k]),
            float(self.occasion[k]),
        )  # fmt: skip
