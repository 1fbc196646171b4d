"""Derivatives through the equilibrium of a game with private types on the tree of public histories.

With x = G(x, tables) at the solution and a number L(x, tables), the derivative of L by the tables is
``L_tables + G_tables' mu`` with ``mu = (1 - G_x')^-1 L_x`` (implicit function theorem). One reverse pass through a
sweep gives the transposed products of G by x and by the tables at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.columns import Columns
from blocs.game.game import Game
from blocs.game.pullback import TableSlopes, pull_back
from blocs.game.types import TypedTables, shifted
from blocs.solve.fixed_point import linear
from blocs.solve.typed_tree import Board, TypedTree

Floats = NDArray[np.float64]

# relative accuracy of the linear equations; derivatives are wanted to ten digits
ACCURACY = 1e-13


@dataclass
class TypedSlopes:
    """Derivatives of one number by everything in the tables of one draw.

    Attributes
    ----------
    cost, probability, pay, weight, discount : float64 arrays
        As in `Tables`, without the draw axis.
    precision : float64 array (deciding column,)
    prior : list of float64 arrays (type,)
    occasion : float64 array (stage,)
    """

    cost: Floats
    probability: Floats
    pay: Floats
    weight: Floats
    discount: Floats
    precision: Floats
    prior: list[Floats]
    occasion: Floats

    @classmethod
    def zero(cls, tables: TypedTables) -> TypedSlopes:
        """Return slopes of zero."""
        base = tables.tables
        return cls(
            np.zeros(base.cost.shape[:2]),
            np.zeros(len(base.probability)),
            np.zeros(base.pay.shape[:2]),
            np.zeros(len(base.weight)),
            np.zeros(len(base.discount)),
            np.zeros(len(tables.precision)),
            [np.zeros(len(prior)) for prior in tables.prior],
            np.zeros(len(base.occasion)),
        )


def table_slopes(problem: TypedTree, seeds: list[Floats] | None, d_start: Floats | None = None) -> TypedSlopes:
    """Return the derivatives of a number at the solution by everything in the tables.

    Parameters
    ----------
    problem : TypedTree
        After a sweep at the solution.
    seeds : list of float64 arrays (move,), optional
        For each level, the derivative of the number by the probability of each move in the eyes of the others.
    d_start : float64 array (column,), optional
        Derivative of the number by the values at the start.

    Raises
    ------
    NumericalError
        The linear equations have no accurate solution, as at a bifurcation.
    """
    slopes = TypedSlopes.zero(problem.tables)
    nothing = np.zeros(problem.size)
    if d_start is not None:
        graph = problem.tree.game.graph
        slopes.pay[graph.pay_bundle[graph.start]] += d_start
    first = _reverse(problem, nothing, seeds, slopes, d_start)
    mu, _ = linear(lambda m: m - _reverse(problem, m, None, None), first, accuracy=ACCURACY)
    if mu is None:
        raise NumericalError("the equilibrium has no derivative here: it is at, or next to, a bifurcation")
    _reverse(problem, mu, None, slopes)
    return slopes


def _reverse(
    problem: TypedTree,
    gy: Floats,
    seeds: list[Floats] | None,
    slopes: TypedSlopes | None,
    d_start: Floats | None = None,
) -> Floats:
    """Return the transposed derivative of the last sweep by x, applied to `gy`, and add that by the tables to `slopes`.

    With seeds or derivatives by the values at the start, those of the number that they belong to are added in both.
    """
    columns = problem.tables.tables.cost.shape[1]
    gvalue = np.zeros((1, columns)) if d_start is None else d_start[None].copy()
    pending: list[Floats] = []
    afters = [kept.value for kept in problem.kept[1:]] + [np.zeros((0, columns))]
    for number, (board, kept) in enumerate(zip(problem.boards, problem.kept, strict=True)):
        level = board.level
        own = problem.own(board) if board.typed >= 0 else []
        others = np.ones(columns, dtype=bool)
        others[[c for c, _ in own]] = False
        down = gvalue[level.owner]
        gmixed = (down * kept.worth * others).sum(axis=1)
        if seeds is not None:
            gmixed = gmixed + seeds[number]
        gworth = kept.mixed[:, None] * down * others
        gsigma = np.zeros_like(kept.sigma)
        if board.typed >= 0:
            for column, place in own:
                gsigma[place] += down[:, column] * kept.worth[:, column]
                gworth[:, column] = kept.sigma[place] * down[:, column]
            belief = np.exp(kept.beliefs[board.typed])
            pending.append(np.add.reduceat(gmixed * kept.sigma, level.first, axis=1).T * belief)
            gsigma += belief[level.owner].T * gmixed
        else:
            pending.append(np.empty(0))
            gsigma[0] += gmixed
        means = np.add.reduceat(kept.answers * gsigma, level.first, axis=1)[:, level.owner]
        gargs = gy[board.places].reshape(kept.sigma.shape) + board.act * kept.answers * (gsigma - means)
        mine = list(board.columns)
        gworth[:, mine] += (problem.share * board.lam[:, None] * gargs).T
        if slopes is not None:
            slopes.occasion[level.stage] += (means - gsigma)[:, board.idle].sum()
            slopes.precision[mine] += problem.share * (gargs.T * kept.worth[:, mine]).sum(axis=0)
            _to_tables(problem, board, gworth, afters[number], slopes)
        on = level.below >= 0
        gvalue = np.zeros((int(on.sum()), columns))
        # each history of the next level comes from one result
        gvalue[level.below[on]] = (board.chance * board.onward * gworth[level.mover])[on]
    return _reverse_beliefs(problem, pending, slopes)


def _reverse_beliefs(problem: TypedTree, pending: list[Floats], slopes: TypedSlopes | None) -> Floats:
    """Carry derivatives by the logarithms of beliefs back to the choices that led to them."""
    gx = np.zeros(problem.size)
    after = [np.zeros((0, one.shape[1])) for one in problem.kept[-1].beliefs]
    for board, kept, waiting in zip(reversed(problem.boards), reversed(problem.kept), reversed(pending), strict=True):
        level = board.level
        on = level.below >= 0
        mover = level.mover[on]
        here = []
        for q, belief in enumerate(kept.beliefs):
            total = np.zeros_like(belief)
            if q != board.typed:
                np.add.at(total, level.owner[mover], after[q])
                here.append(total)
                continue
            gpost = np.zeros_like(kept.posterior.T)
            np.add.at(gpost, mover, after[q])
            gjoint = gpost.T - np.exp(kept.posterior) * gpost.sum(axis=1)
            here.append(np.add.reduceat(gjoint, level.first, axis=1).T + waiting)
            if slopes is not None and board.idle.any():
                # by the chance of an occasion: of what is idle the logarithm falls, all others rise by 1 / q
                rare = np.logical_or.reduceat(board.idle, level.first)[level.owner]
                rises = np.where(board.idle, (kept.asked - 1.0) / np.exp(kept.logs), rare / board.act)
                slopes.occasion[level.stage] += (gjoint * rises).sum()
            answered = problem.passed_on(board, kept) * gjoint
            sums = np.add.reduceat(answered, level.first, axis=1)[:, level.owner]
            gx[board.places] = (answered - kept.asked * sums).ravel()
        after = here
    if slopes is not None:
        for q, glog in enumerate(after):
            prior = problem.tables.prior[q][:, problem.draw]
            slopes.prior[q] += np.where(prior > 0, glog[0] / np.where(prior > 0, prior, 1.0), 0.0)
    return gx


def _to_tables(problem: TypedTree, board: Board, gworth: Floats, after: Floats, slopes: TypedSlopes) -> None:
    """Add what a change of the tables does to the worth of a level's moves; `after` is the next level's values."""
    level, graph = board.level, problem.tree.game.graph
    base, d = problem.tables.tables, problem.draw
    np.add.at(slopes.cost, graph.arc_bundle[level.arc], gworth)
    down = gworth[level.mover]
    target = graph.branch_next[level.branch].astype(np.int64)
    ended = (target >= graph.nodes) & (target < graph.nodes + graph.ends)
    discount, weight = base.discount[:, d], base.weight[:, d]
    last = level.stage == graph.stages - 1
    onward = np.zeros_like(down)
    on = level.below >= 0
    onward[on] = after[level.below[on]]
    # what a result is worth, for its probability
    worth = board.onward * onward + board.constant
    np.add.at(slopes.probability, graph.branch_row[level.branch], (down * worth).sum(axis=1))
    g = board.chance * down
    if ended.any():
        bundle = graph.pay_bundle[graph.first_stage + target[ended] - graph.nodes]
        pay, final = (
            base.pay[bundle, :, d],
            problem.final(graph.outcome[graph.first_stage + target[ended] - graph.nodes]),
        )
        steps = graph.steps - 1 - level.step
        powers = discount[None] ** np.arange(steps)[:, None] if steps else np.zeros((0, len(discount)))
        tail = weight * pay + final
        value = powers.sum(axis=0) * pay + discount**steps * tail
        rising = (np.arange(steps)[:, None] * discount[None] ** np.maximum(np.arange(steps) - 1, 0)[:, None]).sum(
            axis=0
        )
        slope = rising * pay + (steps * discount ** max(steps - 1, 0) * tail if steps else 0.0)
        np.add.at(slopes.pay, bundle, g[ended] * discount * (powers.sum(axis=0) + discount**steps * weight))
        slopes.weight += (g[ended] * discount ** (steps + 1) * pay).sum(axis=0)
        slopes.discount += (g[ended] * (value + discount * slope)).sum(axis=0)
    if last:
        carried = ~ended
        row = target[carried] - graph.nodes - graph.ends
        bundle = graph.pay_bundle[row]
        pay = base.pay[bundle, :, d]
        if level.step == graph.steps - 1:
            np.add.at(slopes.pay, bundle, g[carried] * discount * weight)
            slopes.weight += (g[carried] * discount * pay).sum(axis=0)
            slopes.discount += (g[carried] * (weight * pay + problem.final(graph.outcome[row]))).sum(axis=0)
        else:
            np.add.at(slopes.pay, bundle, g[carried] * discount)
            slopes.discount += (g[carried] * (pay + base.alive + onward[carried])).sum(axis=0)


def pull_back_types(
    game: Game, tables: TypedTables, draw: int, slopes: TypedSlopes, values: Mapping[str, Any], wrt: Collection[str]
) -> dict[str, float]:
    """Return the derivative by each name in `wrt`: parameters and numeric facts.

    Each type's columns are pulled back through its own shifted values, and then through the shifts.

    Parameters
    ----------
    game : Game
    tables : TypedTables
        Computed from `values`.
    draw : int
        Of the tables.
    slopes : TypedSlopes
    values : mapping
        Parameter and fact values, each a scalar or an array (1,).
    wrt : collection of str
    """
    kinds = tables.columns.all
    everything = {**game.plan.facts, **values}
    result = dict.fromkeys(wrt, 0.0)
    common = [c for c, one in enumerate(kinds) if one.type < 0]
    pulled = _pull(game, tables, draw, slopes, common, values, wrt, shared=True)
    for name, slope in pulled.items():
        result[name] += slope
    for q, one in enumerate(game.plan.types):
        for number, kind in enumerate(one.types):
            mine = [c for c, column in enumerate(kinds) if column.role == one.role and column.type == number]
            own = shifted(game, one, number, values, 1)
            pulled = _pull(game, tables, draw, slopes, mine, own, {*wrt, *kind.shifts}, shared=False)
            for name in wrt:
                if name not in kind.shifts:
                    result[name] += pulled[name]
            for name, formula in kind.shifts.items():
                for other, slope in formula.slopes(everything, 1, wrt).items():
                    result[other] += pulled[name] * float(slope[0, 0])
        rest = next((number for number, kind in enumerate(one.types) if kind.prior is None), -1)
        for number, kind in enumerate(one.types):
            if kind.prior is not None:
                by = slopes.prior[q][number] - (slopes.prior[q][rest] if rest >= 0 else 0.0)
                for other, slope in kind.prior.slopes(everything, 1, wrt).items():
                    result[other] += by * float(slope[0, 0])
    return result


def _pull(
    game: Game,
    tables: TypedTables,
    d: int,
    slopes: TypedSlopes,
    mine: list[int],
    values: Mapping[str, Any],
    wrt: Collection[str],
    shared: bool,
) -> dict[str, float]:
    """Pull some columns back; with `shared`, probabilities too."""
    base, kinds = tables.tables, tables.columns.all
    precision = np.zeros((len(game.roles), 1))
    for c in mine:
        if c < len(slopes.precision):
            precision[kinds[c].role, 0] += slopes.precision[c]
    part = TableSlopes(
        cost=slopes.cost[:, mine, None],
        probability=slopes.probability[:, None] if shared else np.zeros((len(slopes.probability), 1)),
        pay=slopes.pay[:, mine, None],
        weight=slopes.weight[mine, None],
        discount=slopes.discount[mine, None],
        precision=precision,
        occasion=slopes.occasion[:, None] if shared else np.zeros((len(slopes.occasion), 1)),
    )
    own = replace(base, weight=base.weight[mine, d : d + 1], probability=base.probability[:, d : d + 1])
    columns = Columns((), tuple(kinds[c] for c in mine))
    return {name: float(slope[0]) for name, slope in pull_back(game.maker, own, columns, part, values, wrt).items()}
