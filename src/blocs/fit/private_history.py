"""Log-likelihood of the public moves of a history where roles have private types: the types are summed out.

What a move tells of a type is in the belief that it leaves, so the likelihood is the product of how likely each move
was in the eyes of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError
from blocs.fit.likelihood import HistoryLikelihood
from blocs.game.history import lay_out
from blocs.game.types import TypedTables, typed_columns, typed_tables
from blocs.solve.belief_gradient import GridSeeds, grid_slopes
from blocs.solve.belief_grid import BeliefGrid, GridPass
from blocs.solve.filtering import Filter, GridFilter, pull_after_arc
from blocs.solve.private import Beliefs, Exact, Exactly, OnGrid, private_solver
from blocs.solve.sequential import slice_values
from blocs.solve.typed_gradient import TypedSlopes, pull_back_types, table_slopes

Floats = NDArray[np.float64]

# ways of deciding the doubtful events of a history; each is followed by itself, since each leaves other beliefs
MOST_CODINGS = 4096


@dataclass(frozen=True)
class Coding:
    """One way of deciding every doubtful event: its log-probability with the confidences, and the links it takes."""

    log: float
    links: tuple[int, ...]


def _no_outcome(weight: float) -> None:
    if weight:
        raise InputError("with private types only choices are counted, not what came of the crisis")


@dataclass(frozen=True)
class PrivateHistoryLikelihood(HistoryLikelihood):
    """The likelihood of one case's history under private types; used as `HistoryLikelihood` is.

    Parameters
    ----------
    game : Game
    courses : Courses
        All codings that the confidences leave open.
    method : Exact or Grid, optional
        How the game is solved; by default exactly where there are few histories, else on a grid.
    """

    method: Beliefs | None = None

    def value(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0, outcome_weight: float = 0.0) -> Floats:
        """Return the log-likelihood at each draw; float64 array (draw,)."""
        del threads
        _no_outcome(outcome_weight)
        solver = self._solver()
        found = np.empty(draws)
        for draw in range(draws):
            tables = self._tables(values, draw)
            walk = solver.filtered(tables, 0, self._wanted())
            found[draw] = _total(self._codings(walk, tables))
        return found

    def decision_scores(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0) -> Floats:
        """Return the log-probability of every choice of the history as coded that was open; (decision, draw)."""
        del threads
        solver, course = self._solver(), lay_out(self.game).decisions
        rows = np.empty((sum(one.open for one in course), draws))
        for draw in range(draws):
            seen = solver.play(self._tables(values, draw), 0, course, False).seen
            chosen = [one.mixed[d.arc - d.arcs.start] for one, d in zip(seen, course, strict=True) if d.open]
            rows[:, draw] = np.log(chosen)
        return rows

    def gradient(
        self,
        values: Mapping[str, Any],
        wrt: Collection[str],
        draws: int = 1,
        threads: int = 0,
        outcome_weight: float = 0.0,
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return the log-likelihood and its derivatives by each name in `wrt`; float64 arrays (draw,).

        Raises
        ------
        NumericalError
            The history has probability zero at some draw, or the equilibrium has no derivative there.
        """
        del threads
        _no_outcome(outcome_weight)
        solver = self._solver()
        total, slopes = np.empty(draws), {name: np.empty(draws) for name in wrt}
        for draw in range(draws):
            tables = self._tables(values, draw)
            if isinstance(solver, OnGrid):
                total[draw], found = self._on_grid(solver.grid, tables)
            else:
                total[draw], found = self._on_tree(solver, tables)
            pulled = pull_back_types(self.game, tables, 0, found, slice_values(values, draw, draw + 1), wrt)
            for name, slope in pulled.items():
                slopes[name][draw] = slope
        return total, slopes

    def _solver(self) -> Exactly | OnGrid:
        method = Exact(starts=0) if isinstance(self.method, Exact) else self.method
        return private_solver(self.game, method)

    def _possible(self, codings: list[Coding]) -> float:
        """Return the log-likelihood, refusing a history that is impossible."""
        total = _total(codings)
        if not np.isfinite(total):
            name = self.game.case.case if self.game.case is not None else self.game.theory.theory
            raise NumericalError(f"the theory gives the history of {name} probability zero at some draw")
        return total

    def _tables(self, values: Mapping[str, Any], draw: int) -> TypedTables:
        return typed_tables(self.game, slice_values(values, draw, draw + 1), typed_columns(self.game), 1)

    def _wanted(self) -> list[tuple[int, int]]:
        return list(dict.fromkeys((link.step, link.node) for link in self.courses.links))

    def _codings(self, walk: Filter, tables: TypedTables) -> list[Coding]:
        """Follow every coding through the solved game."""
        graph = self.game.graph
        ahead: dict[int, list[tuple[float, Any, tuple[int, ...]]]] = {0: [(0.0, walk.start(), ())]}
        for number, link in enumerate(self.courses.links):
            found = ahead.setdefault(link.target, [])
            for log, at, links in ahead.get(link.source, ()):
                probability, there = walk.after(at, link.step, link.node, link.arc, link.branch)
                with np.errstate(divide="ignore"):
                    more = link.log_weight + float(np.log(probability))
                    if link.chance:
                        more += float(np.log(tables.tables.probability[graph.branch_row[link.branch], 0]))
                found.append((log + more, there, (*links, number)))
            if len(found) > MOST_CODINGS:
                raise InputError(
                    f"the doubtful events of this history can be decided in more than {MOST_CODINGS:,} ways, each of "
                    "which leaves other beliefs; give confidences of 1 to some"
                )
        return [Coding(log, links) for end in self.courses.ends for log, _, links in ahead.get(end, ())]

    def _on_tree(self, solver: Exactly, tables: TypedTables) -> tuple[float, TypedSlopes]:
        """Return the log-likelihood and its derivatives by the tables, on the tree of public histories."""
        walk = solver.filtered(tables, 0, ())
        codings = self._codings(walk, tables)
        total = self._possible(codings)
        problem, graph = walk.problem, self.game.graph
        seeds = [np.zeros(len(board.level.arc)) for board in problem.boards]
        chance: dict[int, float] = {}
        for coding in codings:
            weight = float(np.exp(coding.log - total))
            at = walk.start()
            for number in coding.links:
                link = self.courses.links[number]
                move = walk.move(at, link.arc)
                probability, there = walk.after(at, link.step, link.node, link.arc, link.branch)
                seeds[at[0]][move] += weight / probability
                if link.chance:
                    row = int(graph.branch_row[link.branch])
                    chance[row] = chance.get(row, 0.0) + weight / float(problem.tables.tables.probability[row, 0])
                at = there
        slopes = table_slopes(problem, seeds)
        for row, slope in chance.items():
            slopes.probability[row] += slope
        return total, slopes

    def _on_grid(self, grid: BeliefGrid, tables: TypedTables) -> tuple[float, TypedSlopes]:
        """Return the same on a grid of beliefs."""
        wanted, total = self._wanted(), 0.0

        def seeding(done: GridPass) -> list[GridSeeds]:
            nonlocal total
            walk = GridFilter(grid, tables, 0, done, wanted)
            codings = self._codings(walk, tables)
            total = self._possible(codings)
            seeds = GridSeeds(points=[np.zeros_like(one) for one in done.points])
            for coding in codings:
                self._seed(walk, tables, coding, float(np.exp(coding.log - total)), seeds)
            return [seeds]

        columns = tables.tables.cost.shape[1]
        slopes = grid_slopes(grid, tables, 0, np.zeros((1, columns)), wanted, seeding)[1][0]
        return total, slopes

    def _seed(self, walk: GridFilter, tables: TypedTables, coding: Coding, weight: float, seeds: GridSeeds) -> None:
        """Add what a coding's links do to its log-probability, times a weight."""
        graph = self.game.graph
        links = [self.courses.links[number] for number in coding.links]
        path = []
        at = walk.start()
        for link in links:
            probability, there = walk.after(at, link.step, link.node, link.arc, link.branch)
            path.append((at, probability))
            at = there
        # derivative of the logarithm of all that follows by the distribution over places
        onward = np.ones(walk.grid.places)
        for link, (at, probability) in zip(reversed(links), reversed(path), strict=True):
            axis, p = walk.taken(link.step, link.node, link.arc)
            onward, slope, points = pull_after_arc(walk.grid, walk.done.points, axis, at, p, onward / probability)
            arcs = graph.arcs_of(link.node)
            key = (link.step, link.node)
            if key not in seeds.choices:
                seeds.choices[key] = np.zeros((len(arcs), 2, walk.grid.places))
            seeds.choices[key][link.arc - arcs.start] += weight * slope
            if axis >= 0:
                seeds.points[axis] += weight * points
            if link.chance:
                row = int(graph.branch_row[link.branch])
                slope_of = weight / float(tables.tables.probability[row, 0])
                seeds.probability[row] = seeds.probability.get(row, 0.0) + slope_of


def _total(codings: list[Coding]) -> float:
    return float(np.logaddexp.reduce([one.log for one in codings])) if codings else -np.inf
