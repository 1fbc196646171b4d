"""From derivatives by table rows to derivatives by parameters and facts, through the formulas' dual numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.columns import Columns
from blocs.game.rows import RowFormula
from blocs.game.tables import TableMaker, Tables

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TableSlopes:
    """Derivatives of one number per draw by everything in the tables; shapes as in `Tables`."""

    cost: Floats
    probability: Floats
    pay: Floats
    weight: Floats
    discount: Floats
    precision: Floats
    occasion: Floats


def pull_back(
    maker: TableMaker,
    tables: Tables,
    columns: Columns,
    slopes: TableSlopes,
    values: Mapping[str, Any],
    wrt: Collection[str],
) -> dict[str, Floats]:
    """Return the derivative by each name in `wrt`; float64 arrays (draw,).

    Parameters
    ----------
    maker : TableMaker
    tables : Tables
        Computed from `values`.
    columns : Columns
    slopes : TableSlopes
    values : mapping
        Parameter and fact values.
    wrt : collection of str
        Parameters and numeric facts. A fact that shapes the graph has no derivative and counts only through the tables.
    """
    draws = tables.draws
    rows = {id(formula): np.zeros((formula.rows, draws)) for formula in maker.formulas}
    _pull_costs(maker, columns, slopes, rows)
    _pull_probabilities(maker, slopes, rows)
    for i, term in enumerate(maker.plan.terms):
        for c, column in enumerate(columns.all):
            if column.takes_term(term.role, i):
                _add_at(rows[id(term.formula)], maker.layout.pay_rows[i], slopes.pay[:, c])
    for role, formula in enumerate(maker.plan.precision):
        rows[id(formula)][0] += slopes.precision[role]
    for k, stage in enumerate(maker.plan.stages):
        if stage.occasion is not None:
            rows[id(stage.occasion)][0] += slopes.occasion[k]
    discount = rows[id(maker.plan.discount)]
    for c, column in enumerate(columns.all):
        if column.discounted:
            discount[0] += slopes.discount[c]
            if maker.plan.after is None:
                discount[0] += slopes.weight[c] * tables.weight[c] ** 2
            else:
                rows[id(maker.plan.after)][0] += slopes.weight[c]
    result = {name: np.zeros(draws) for name in wrt}
    everything, wanted = {**maker.plan.facts, **values}, frozenset(wrt)
    for formula in maker.formulas:
        pulled = rows[id(formula)]
        if formula.symbols & wanted and pulled.any():
            for name, slope in formula.slopes(everything, draws, wanted).items():
                with np.errstate(invalid="ignore"):
                    total = np.einsum("rd,rd->d", pulled, slope)
                    if not np.isfinite(total).all():
                        # a row that no reachable state uses may have no finite slope; its derivative is zero
                        total = np.where(pulled == 0.0, 0.0, pulled * slope).sum(axis=0)
                result[name] += total
    return result


def _add_at(target: Floats, at: NDArray[Any], amount: Floats) -> None:
    """Add each row of `amount` to the row of `target` that `at` names; rows may be named more than once."""
    for d in range(target.shape[1]):
        target[:, d] += np.bincount(at, amount[:, d], len(target))


def _pull_costs(maker: TableMaker, columns: Columns, slopes: TableSlopes, rows: dict[int, Floats]) -> None:
    layout = maker.layout
    for o, (_, option) in enumerate(layout.options):
        mine = np.flatnonzero(layout.bundle_option == o)
        if not len(mine):
            continue
        classes = layout.bundle_class[mine]
        for i, part in enumerate(option.costs):
            at = option.bundle_rows[i, classes]
            for c, column in enumerate(columns.all):
                if column.takes_cost(part.role, o):
                    _add_at(rows[id(part.formula)], at, -slopes.cost[mine, c])


def _pull_probabilities(maker: TableMaker, slopes: TableSlopes, rows: dict[int, Floats]) -> None:
    layout = maker.layout
    for o, (_, option) in enumerate(layout.options):
        mine = np.flatnonzero(layout.chance_option == o)
        if not len(mine):
            continue
        stated: list[tuple[int, RowFormula]] = [(b, f) for b, f in enumerate(option.chance) if f is not None]
        rest = option.chance.index(None) if None in option.chance else -1
        at_rest = mine[layout.chance_branch[mine] == rest] if rest >= 0 else None
        for i, (branch, formula) in enumerate(stated):
            at = mine[layout.chance_branch[mine] == branch]
            pulled = slopes.probability[at]
            if at_rest is not None:
                # what one result gains, the rest loses
                pulled = pulled - slopes.probability[at_rest]
            _add_at(rows[id(formula)], option.bundle_rows[len(option.costs) + i, layout.chance_class[at]], pulled)
