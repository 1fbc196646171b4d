"""Private types on the tree of public histories: beliefs forward, values and responses backward, to a fixed point.

The unknown x holds precision times value of every option, for every public history and every type of who moves there.
A sweep forms the beliefs that the choices of x lead to by Bayes' rule, and answers them from the last move back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.game.public_tree import Level, PublicTree
from blocs.game.types import TypedTables

Floats = NDArray[np.float64]


@dataclass
class Board:
    """The numbers of one level that do not change from sweep to sweep.

    Attributes
    ----------
    base : float64 array (move, column)
        What a move is worth but for what follows in the next level.
    constant : float64 array (result, column)
        What a result is worth but for what follows in the next level.
    chance : float64 array (result, 1)
    onward : float64 array (column,)
        What a unit of value in the next level counts here.
    below : int array (result,)
        As in the level; those without a next history point behind the last one.
    act : float64 array (move,)
        How likely the mover is to have an occasion to choose.
    idle : bool array (move,)
        What is taken where there is none.
    """

    level: Level
    base: Floats
    constant: Floats
    chance: Floats
    onward: Floats
    below: NDArray[np.int64]
    places: slice
    columns: tuple[int, ...]
    lam: Floats
    typed: int
    act: Floats
    idle: NDArray[np.bool_]

    def done(self, answers: Floats) -> Floats:
        """Return how likely moves are, from how likely they are on an occasion; (type, move)."""
        return self.act * answers + (1.0 - self.act) * self.idle


@dataclass
class Kept:
    """What a sweep found at one level.

    `asked` are the answers that x stands for and `logs` the logarithms of the choices that they lead to; `answers` and
    `sigma` are those that the sweep gives.
    """

    logs: Floats
    asked: Floats
    beliefs: list[Floats]
    answers: Floats = field(default_factory=lambda: np.empty(0))
    worth: Floats = field(default_factory=lambda: np.empty(0))
    sigma: Floats = field(default_factory=lambda: np.empty(0))
    mixed: Floats = field(default_factory=lambda: np.empty(0))
    posterior: Floats = field(default_factory=lambda: np.empty(0))
    value: Floats = field(default_factory=lambda: np.empty(0))


class TypedTree:
    """The equations x = G(x, share) of a game with private types, at a share of everybody's precision.

    Parameters
    ----------
    tree : PublicTree
    tables : TypedTables
        The deciding columns come first; others are carried along.
    draw : int
    """

    def __init__(self, tree: PublicTree, tables: TypedTables, draw: int = 0) -> None:
        self.inner_sign = 1
        self.tree, self.tables, self.draw = tree, tables, draw
        self.roles = [one.role for one in tree.game.plan.types]
        self.column = _columns_by_role(tables)
        self.boards: list[Board] = []
        at = 0
        for level in tree.levels:
            columns = self.column[level.role]
            places = slice(at, at + len(columns) * len(level.arc))
            at = places.stop
            self.boards.append(self._board(level, places, columns))
        self.size = at
        self.kept: list[Kept] = []
        self.values = np.empty(0)
        self.share = 0.0

    def _board(self, level: Level, places: slice, columns: tuple[int, ...]) -> Board:
        graph, tables, d = self.tree.game.graph, self.tables.tables, self.draw
        p = tables.probability[graph.branch_row[level.branch], d][:, None]
        base = tables.cost[graph.arc_bundle[level.arc], :, d].copy()
        target = graph.branch_next[level.branch].astype(np.int64)
        last = level.stage == graph.stages - 1
        discount = tables.discount[:, d]
        constant = np.zeros((len(target), base.shape[1]))
        ended = (target >= graph.nodes) & (target < graph.nodes + graph.ends)
        if ended.any():
            constant[ended] = discount * self._ended(level.step)[target[ended] - graph.nodes]
        if last:
            carried = ~ended
            row = target[carried] - graph.nodes - graph.ends
            pay = tables.pay[graph.pay_bundle[row], :, d]
            if level.step == graph.steps - 1:
                constant[carried] = discount * (tables.weight[:, d] * pay + self.final(graph.outcome[row]))
            else:
                constant[carried] = discount * (pay + tables.alive)
        base += np.add.reduceat(p * constant, level.result_first, axis=0)
        typed = self.roles.index(level.role) if level.role in self.roles else -1
        idle = graph.arc_option[level.arc] == graph.stage_otherwise[level.stage]
        # where a restriction leaves no such move the role always chooses
        rare = np.logical_or.reduceat(idle, level.first)[level.owner]
        return Board(
            level=level,
            base=base,
            constant=constant,
            chance=p,
            onward=discount if last else np.ones_like(discount),
            below=level.below,
            places=places,
            columns=columns,
            lam=self.tables.precision[list(columns), d],
            typed=typed,
            act=np.where(rare, tables.occasion[level.stage, d], 1.0),
            idle=idle,
        )

    def final(self, outcome: NDArray[np.int32]) -> Floats:
        """Return what outcomes add to each column at the very end; (row, column)."""
        final = self.tables.tables.final
        return np.where(outcome[:, None] >= 0, final[:, outcome].T, 0.0) if final.size else np.zeros(1)

    def _ended(self, step: int) -> Floats:
        """Return what an ended class is worth at the start of the step after `step`; (class, column)."""
        graph, tables, d = self.tree.game.graph, self.tables.tables, self.draw
        pay = tables.pay[graph.pay_bundle[graph.first_stage :], :, d]
        value = tables.weight[:, d] * pay + self.final(graph.outcome[graph.first_stage :])
        for _ in range(graph.steps - 1 - step):
            value = pay + tables.discount[:, d] * value
        return value

    # ---- the equations

    def choices(self, board: Board, x: Floats) -> Floats:
        """Return the logarithms of the choice probabilities that x stands for at a level; (type, move)."""
        return self._asked(board, x)[1]

    def _asked(self, board: Board, x: Floats) -> tuple[Floats, Floats]:
        """Return the answers that x stands for at a level, and the logarithms of the choices; (type, move)."""
        arguments = x[board.places].reshape(len(board.columns), len(board.level.arc))
        logs = _log_softmax(arguments, board.level)
        answers = np.exp(logs)
        # what is not idle differs by a factor only, which keeps the smallest probabilities
        return answers, np.where(board.idle, _log(board.done(answers)), logs + _log(board.act))

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Return G(x, lam) and keep what `tangent` and the answers need."""
        self.share = lam
        self._forward(x)
        return self._backward()

    def _forward(self, x: Floats) -> None:
        beliefs = [_log(prior[:, self.draw])[None, :] for prior in self.tables.prior]
        self.kept = []
        for board in self.boards:
            level = board.level
            asked, logs = self._asked(board, x)
            kept = Kept(logs, asked, beliefs)
            moved = list(beliefs)
            on = level.below >= 0
            for q in range(len(beliefs)):
                if q == board.typed:
                    joint = beliefs[q][level.owner].T + logs
                    kept.posterior = joint - _log_sum(joint)
                    moved[q] = kept.posterior.T[level.mover[on]]
                else:
                    moved[q] = beliefs[q][level.owner[level.mover[on]]]
            beliefs = moved
            self.kept.append(kept)

    def _backward(self) -> Floats:
        y = np.empty(self.size)
        after = np.zeros((1, self.tables.tables.cost.shape[1]))
        for board, kept in zip(reversed(self.boards), reversed(self.kept), strict=True):
            level = board.level
            worth = board.base + board.onward * np.add.reduceat(
                board.chance * after[board.below], level.result_first, axis=0
            )
            arguments = self.share * board.lam[:, None] * worth[:, list(board.columns)].T
            y[board.places] = arguments.ravel()
            kept.answers = np.exp(_log_softmax(arguments, level))
            sigma = board.done(kept.answers)
            kept.worth, kept.sigma = worth, sigma
            kept.mixed = self._mix(board, kept, sigma)
            value = np.add.reduceat(kept.mixed[:, None] * worth, level.first, axis=0)
            if board.typed >= 0:
                for column, place in self.own(board):
                    value[:, column] = np.add.reduceat(sigma[place] * worth[:, column], level.first)
            kept.value = value
            # one more row: what lies behind the last history is worth nothing more
            after = np.append(value, np.zeros((1, value.shape[1])), axis=0)
        self.values = after[:-1]
        return y

    def passed_on(self, board: Board, kept: Kept) -> Floats:
        """Return how much of a relative change of answers is one of choices; (type, move)."""
        asked = board.act * kept.asked
        return np.where(board.idle, asked / np.where(board.idle, asked + 1.0 - board.act, 1.0), 1.0)

    def own(self, board: Board) -> list[tuple[int, int]]:
        """Return the columns that belong to a type of who moves, with the type's place."""
        kinds = self.tables.columns.all
        return [(c, one.type) for c, one in enumerate(kinds) if one.role == board.level.role and one.type >= 0]

    def _mix(self, board: Board, kept: Kept, sigma: Floats) -> Floats:
        """Return how likely each move is in the eyes of the others; (move,)."""
        if board.typed < 0:
            return sigma[0]
        return (np.exp(kept.beliefs[board.typed])[board.level.owner].T * sigma).sum(axis=0)

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last sweep for changes of its arguments."""
        dbeliefs = [np.zeros_like(one) for one in self.kept[0].beliefs]
        changes: list[list[Floats]] = []
        for board, kept in zip(self.boards, self.kept, strict=True):
            level = board.level
            d = dx[board.places].reshape(kept.logs.shape)
            dlogs = self.passed_on(board, kept) * (d - _means(kept.asked, d, level))
            changes.append(dbeliefs)
            on = level.below >= 0
            moved = list(dbeliefs)
            for q in range(len(dbeliefs)):
                if q == board.typed:
                    djoint = dbeliefs[q][level.owner].T + dlogs
                    djoint = djoint - (np.exp(kept.posterior) * djoint).sum(axis=0)
                    moved[q] = djoint.T[level.mover[on]]
                else:
                    moved[q] = dbeliefs[q][level.owner[level.mover[on]]]
            dbeliefs = moved
        dy = np.empty(self.size)
        dafter = np.zeros((1, self.tables.tables.cost.shape[1]))
        for board, kept, change in zip(reversed(self.boards), reversed(self.kept), reversed(changes), strict=True):
            level = board.level
            dworth = board.onward * np.add.reduceat(board.chance * dafter[board.below], level.result_first, axis=0)
            columns = list(board.columns)
            dargs = board.lam[:, None] * (self.share * dworth[:, columns] + dlam * kept.worth[:, columns]).T
            dy[board.places] = dargs.ravel()
            dsigma = board.act * kept.answers * (dargs - _means(kept.answers, dargs, level))
            if board.typed < 0:
                dmixed = dsigma[0]
            else:
                belief = np.exp(kept.beliefs[board.typed])
                dbelief = belief * change[board.typed]
                dmixed = (dbelief[level.owner].T * kept.sigma + belief[level.owner].T * dsigma).sum(axis=0)
            parts = dmixed[:, None] * kept.worth + kept.mixed[:, None] * dworth
            dvalue = np.add.reduceat(parts, level.first, axis=0)
            if board.typed >= 0:
                for column, place in self.own(board):
                    own = dsigma[place] * kept.worth[:, column] + kept.sigma[place] * dworth[:, column]
                    dvalue[:, column] = np.add.reduceat(own, level.first)
            dafter = np.append(dvalue, np.zeros((1, dvalue.shape[1])), axis=0)
        return dy

    def follow(self) -> tuple[Floats, Floats, Floats]:
        """Follow the probabilities of play by the choices of the last sweep.

        Returns
        -------
        taken : float64 array (step, option)
            Probability that the option is taken in the step.
        ended : float64 array (step, outcome)
            Probability that the crisis ends in the step with the outcome.
        left : float64 array (outcome,)
            Probability that it is still open after the last step, by the outcome that its state then has.
        """
        game = self.tree.game
        graph = game.graph
        taken = np.zeros((graph.steps, len(game.layout.options)))
        ended, left = np.zeros((graph.steps, len(game.outcomes))), np.zeros(len(game.outcomes))
        mass = np.ones(1)
        for board, kept in zip(self.boards, self.kept, strict=True):
            level = board.level
            moved = mass[level.owner] * kept.mixed
            np.add.at(taken[level.step], graph.arc_option[level.arc], moved)
            after = moved[level.mover] * board.chance[:, 0]
            target = graph.branch_next[level.branch].astype(np.int64)
            over = (target >= graph.nodes) & (target < graph.nodes + graph.ends)
            outcome = graph.outcome[graph.first_stage + target[over] - graph.nodes]
            np.add.at(ended[level.step], outcome[outcome >= 0], after[over][outcome >= 0])
            if level.step == graph.steps - 1 and level.stage == graph.stages - 1:
                outcome = graph.outcome[target[~over] - graph.nodes - graph.ends]
                np.add.at(left, outcome[outcome >= 0], after[~over][outcome >= 0])
            mass = after[level.below >= 0]
        return taken, ended, left

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between the choice probabilities of x and y."""
        gaps = [np.abs(np.exp(self.choices(b, x)) - np.exp(self.choices(b, y))).max() for b in self.boards]
        return float(max(gaps, default=0.0))

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between logarithms of choices, over the size of x if that is large."""
        gaps = [_finite_gap(self.choices(b, x), self.choices(b, y)) for b in self.boards]
        return float(max(gaps, default=0.0) / max(1.0, np.max(np.abs(x), initial=0.0)))

    def scale(self) -> float:
        """Return the range of precision times payoff, which is large or small compared with one."""
        spans = [np.ptp(board.lam[:, None] * board.base[:, list(board.columns)].T) for board in self.boards]
        return float(max(spans, default=1.0)) or 1.0


def _columns_by_role(tables: TypedTables) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for c, one in enumerate(tables.columns.players):
        found[one.role] = (*found.get(one.role, ()), c)
    return found


def _log(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.log(p)


def _log_sum(joint: Floats) -> Floats:
    top = joint.max(axis=0)
    return top + np.log(np.exp(joint - top).sum(axis=0))


def _log_softmax(arguments: Floats, level: Level) -> Floats:
    top = np.maximum.reduceat(arguments, level.first, axis=1)[:, level.owner]
    shifted = arguments - top
    return shifted - np.log(np.add.reduceat(np.exp(shifted), level.first, axis=1))[:, level.owner]


def _means(sigma: Floats, d: Floats, level: Level) -> Floats:
    return np.add.reduceat(sigma * d, level.first, axis=1)[:, level.owner]


def _finite_gap(one: Floats, two: Floats) -> float:
    with np.errstate(invalid="ignore"):
        gap = np.abs(one - two)
    return float(np.nanmax(gap, initial=0.0))
