"""Log-likelihood of a coded history and its exact gradient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.fit.courses import Courses, Link, lay_courses
from blocs.fit.impossible import impossible
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.game.pullback import pull_back
from blocs.solve.gradient import Seed, table_slopes
from blocs.solve.sequential import Pass, backward

if TYPE_CHECKING:
    from blocs.solve.private import Beliefs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HistoryLikelihood:
    """The likelihood of one case's history as a function of parameters (and facts).

    Parameters
    ----------
    game : Game
    courses : Courses
        All codings that the confidences leave open.

    Notes
    -----
    ``L = sum over codings of prod(confidences) x prod(sigma(choice)) x prod(p(result))``, summed by one forward sweep
    over the graph of codings. The derivative of ``log L`` by a log-probability is the posterior weight of the link that
    carries it; from there the reverse pass of the engine takes over.
    """

    game: Game
    courses: Courses = field(repr=False)

    @property
    def outcome(self) -> int:
        """Number of the outcome that the case says came of it; -1 where it does not say."""
        case = self.game.case
        return self.game.outcomes.index(case.outcome) if case is not None and case.outcome in self.game.outcomes else -1

    @classmethod
    def of(cls, game: Game, beliefs: Beliefs | None = None) -> HistoryLikelihood:
        """Lay out the history of a game's case; where roles have private types, they are summed out.

        `beliefs` says how a game with private types is solved; see `blocs.solve`.
        """
        if game.plan.types:
            from blocs.fit.private_history import PrivateHistoryLikelihood

            return PrivateHistoryLikelihood(game, lay_courses(game), beliefs)
        return cls(game, lay_courses(game))

    def value(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0, outcome_weight: float = 0.0) -> Floats:
        """Return the log-likelihood at each draw, and as in `gradient` the outcome's; float64 array (draw,)."""
        told = self.outcome if outcome_weight else -1
        columns = self.game.columns(*([Column("outcome", index=told)] if told >= 0 else []))
        done = backward(self.game, self.game.tables(values, columns, draws), threads=threads)
        total = self._sweep(done)[0]
        if told >= 0:
            with np.errstate(divide="ignore"):
                total = total + outcome_weight * np.log(np.maximum(done.start[-1], 0.0))
        return total

    def decision_scores(self, values: Mapping[str, Any], draws: int = 1, threads: int = 0) -> Floats:
        """Return the log-probability of every choice of the history as coded that was open; (decision, draw).

        Doubtful events count as coded.
        """
        from blocs.game.history import lay_out

        tables = self.game.tables(values, self.game.columns(), draws)
        done = backward(self.game, tables, threads=threads)
        graph = self.game.graph
        rows = []
        for decision in lay_out(self.game).decisions:
            if decision.open:
                first = int(graph.arc_ptr[graph.node_ptr[decision.stage]])
                at = int(done.sigma_at[decision.step, decision.stage]) + decision.arc - first
                rows.append(np.log(done.sigma[at]))
        return np.array(rows).reshape(len(rows), draws)

    def gradient(
        self,
        values: Mapping[str, Any],
        wrt: Collection[str],
        draws: int = 1,
        threads: int = 0,
        outcome_weight: float = 0.0,
    ) -> tuple[Floats, dict[str, Floats]]:
        """Return the log-likelihood and its derivatives by each name in `wrt`; float64 arrays (draw,).

        With an `outcome_weight`, that many times the log-probability, at the start, of what came of the crisis is added
        (a composite likelihood; Varin, Reid & Firth 2011).

        Raises
        ------
        NumericalError
            The history, or what came of it, has probability zero at some draw.
        """
        told = self.outcome if outcome_weight else -1
        columns = self.game.columns(*([Column("outcome", index=told)] if told >= 0 else []))
        tables = self.game.tables(values, columns, draws)
        done = backward(self.game, tables, keep=True, threads=threads)
        total, weights = self._sweep(done, with_weights=True)
        if not np.isfinite(total).all():
            raise NumericalError(impossible(self.game, self.courses, lambda link: self._log_link(done, link), total))
        seeds = [
            Seed(link.step, link.stage, link.node, link.arc, weight)
            for link, weight in zip(self.courses.links, weights, strict=True)
            if link.open
        ]
        d_start = np.zeros((len(columns), draws))
        if told >= 0:
            chance = done.start[-1]
            if not (chance > 0).all():
                raise NumericalError(f"the theory gives the outcome of {self._name()} probability zero at some draw")
            total = total + outcome_weight * np.log(chance)
            d_start[-1] = outcome_weight / chance
        slopes = table_slopes(self.game, done, d_start, seeds, threads)
        probability = slopes.probability.copy()
        for link, weight in zip(self.courses.links, weights, strict=True):
            if link.chance:
                row = int(self.game.graph.branch_row[link.branch])
                probability[row] += weight / tables.probability[row]
        slopes = replace(slopes, probability=probability)
        return total, pull_back(self.game.maker, tables, columns, slopes, values, wrt)

    def _name(self) -> str:
        return self.game.case.case if self.game.case is not None else self.game.theory.theory

    def _log_link(self, done: Pass, link: Link) -> Floats:
        """Return the log-probability of a link at each draw, with the confidence in it."""
        graph = self.game.graph
        total = np.full(done.tables.draws, link.log_weight)
        with np.errstate(divide="ignore"):
            if link.open:
                first = int(graph.arc_ptr[graph.node_ptr[link.stage]])
                total += np.log(done.sigma[int(done.sigma_at[link.step, link.stage]) + link.arc - first])
            if link.chance:
                total += np.log(done.tables.probability[graph.branch_row[link.branch]])
        return total

    def _sweep(self, done: Pass, with_weights: bool = False) -> tuple[Floats, list[Floats]]:
        """Sum over codings; also return each link's share of the sum."""
        courses, draws = self.courses, done.tables.draws
        ahead = np.full((courses.points, draws), -np.inf)
        ahead[0] = 0.0
        logs = []
        for link in courses.links:
            log = self._log_link(done, link)
            logs.append(log)
            ahead[link.target] = np.logaddexp(ahead[link.target], ahead[link.source] + log)
        ends = list(courses.ends)
        total = np.logaddexp.reduce(ahead[ends], axis=0) if ends else np.full(draws, -np.inf)
        if not with_weights:
            return total, []
        behind = np.full((courses.points, draws), -np.inf)
        behind[ends] = 0.0
        weights = []
        for link, log in zip(reversed(courses.links), reversed(logs), strict=True):
            onward = log + behind[link.target]
            with np.errstate(invalid="ignore"):
                weights.append(np.exp(ahead[link.source] + onward - total))
            behind[link.source] = np.logaddexp(behind[link.source], onward)
        return total, weights[::-1]
