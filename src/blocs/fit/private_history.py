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
from blocs.game.public_tree import MOST_HISTORIES, count_histories
from blocs.game.types import TypedTables, typed_columns, typed_tables
from blocs.solve.filtering import Filter, TreeFilter
from blocs.solve.private import Exact, Solver, private_solver
from blocs.solve.sequential import slice_values
from blocs.solve.typed_gradient import pull_back_types, table_slopes

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
    """

    def value(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0, outcome_weight: float = 0.0) -> Floats:
        """Return the log-likelihood at each draw; float64 array (draw,)."""
        del threads
        _no_outcome(outcome_weight)
        solver = private_solver(self.game)
        found = np.empty(draws)
        for draw in range(draws):
            tables = self._tables(values, draw)
            walk = solver.filtered(tables, 0, self._wanted())
            found[draw] = _total(self._codings(walk, tables))
        return found

    def decision_scores(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0) -> Floats:
        """Return the log-probability of every choice of the history as coded that was open; (decision, draw)."""
        del threads
        solver, course = private_solver(self.game), lay_out(self.game).decisions
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
        InputError
            The game has too many histories to be unrolled: on a grid of beliefs there are no derivatives.
        NumericalError
            The history has probability zero at some draw.
        """
        del threads
        _no_outcome(outcome_weight)
        if count_histories(self.game) > MOST_HISTORIES:
            raise InputError(
                "learning needs derivatives, which a game with private types has where all its histories can be "
                f"unrolled; this one has more than {MOST_HISTORIES:,}: take fewer steps or a smaller theory"
            )
        solver: Solver = private_solver(self.game, Exact(starts=0))
        total, slopes = np.empty(draws), {name: np.empty(draws) for name in wrt}
        for draw in range(draws):
            tables = self._tables(values, draw)
            walk = solver.filtered(tables, 0, ())
            assert isinstance(walk, TreeFilter)
            codings = self._codings(walk, tables)
            total[draw] = _total(codings)
            if not np.isfinite(total[draw]):
                name = self.game.case.case if self.game.case is not None else self.game.theory.theory
                raise NumericalError(f"the theory gives the history of {name} probability zero at some draw")
            mine = slice_values(values, draw, draw + 1)
            for name, slope in self._slopes(walk, codings, float(total[draw]), mine, wrt).items():
                slopes[name][draw] = slope
        return total, slopes

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

    def _slopes(
        self, walk: TreeFilter, codings: list[Coding], total: float, values: Mapping[str, Any], wrt: Collection[str]
    ) -> dict[str, float]:
        """Return the derivatives of the log-likelihood at one solved draw."""
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
        return pull_back_types(self.game, problem.tables, problem.draw, slopes, values, wrt)


def _total(codings: list[Coding]) -> float:
    return float(np.logaddexp.reduce([one.log for one in codings])) if codings else -np.inf
