"""The numbers of a game: costs, probabilities, payoffs and precisions for one or many draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError, Problem
from blocs.game.build import Layout
from blocs.game.columns import Column, Columns
from blocs.game.graph import Graph
from blocs.game.plan import Plan
from blocs.game.rows import RowFormula
from blocs.language.document import show_path

Floats = NDArray[np.float64]

# probabilities that formulas give may miss 0, 1 or their sum by rounding, not by more
ROUNDING = 1e-9


@dataclass(frozen=True)
class Tables:
    """Everything in a game that depends on parameters and facts; the last axis is always the draw.

    Attributes
    ----------
    cost : float64 array (bundle, column, draw)
        What taking an arc adds to each column: minus its costs, or a count.
    probability : float64 array (row, draw)
        Row 0 is certainty.
    pay : float64 array (payoff bundle, column, draw)
        What a step in a state adds to each column.
    alive : float64 array (column,)
        What a step in which the crisis is open adds to each column.
    final : float64 array (column, outcome)
        What the outcome adds to each column at the very end.
    weight : float64 array (column, draw)
        How many steps' worth of the last payoffs follow after the last step.
    discount : float64 array (column, draw)
    precision : float64 array (role, draw)
    occasion : float64 array (stage, draw)
        How likely the role is to have an occasion to choose; 1 where the theory does not speak of occasions.
    """

    cost: Floats
    probability: Floats
    pay: Floats
    alive: Floats
    final: Floats
    weight: Floats
    discount: Floats
    precision: Floats
    occasion: Floats

    @property
    def draws(self) -> int:
        """Length of the draw axis."""
        return self.probability.shape[1]

    @property
    def lasting(self) -> NDArray[np.bool_]:
        """Which columns go on beyond the calendar in a game without a last step: those that are discounted."""
        return self.discount[:, 0] < 1.0

    def part(self, columns: Sequence[int] | slice = slice(None), draws: Sequence[int] | slice = slice(None)) -> Tables:
        """Return the tables of some columns and draws alone."""

        def take(array: Floats) -> Floats:
            return np.ascontiguousarray(array[..., draws])

        return Tables(
            cost=take(self.cost[:, columns]),
            probability=take(self.probability),
            pay=take(self.pay[:, columns]),
            alive=self.alive[columns],
            final=self.final[columns],
            weight=take(self.weight[columns]),
            discount=take(self.discount[columns]),
            precision=take(self.precision),
            occasion=take(self.occasion),
        )


class TableMaker:
    """Computes tables for any draw; made once per game.

    Parameters
    ----------
    plan : Plan
    graph : Graph
    layout : Layout
    """

    def __init__(self, plan: Plan, graph: Graph, layout: Layout) -> None:
        self.plan, self.graph, self.layout = plan, graph, layout

    @cached_property
    def formulas(self) -> list[RowFormula]:
        """Every formula with a place in the tables, once each."""
        found: dict[int, RowFormula] = {}
        for _, option in self.layout.options:
            for formula in [cost.formula for cost in option.costs] + [one for one in option.chance if one is not None]:
                found[id(formula)] = formula
        for term in self.plan.terms:
            found[id(term.formula)] = term.formula
        occasions = (stage.occasion for stage in self.plan.stages)
        for formula in (self.plan.discount, self.plan.after, *self.plan.precision, *occasions):
            if formula is not None:
                found[id(formula)] = formula
        return list(found.values())

    def compute(self, values: Mapping[str, Any], columns: Columns, draws: int) -> Tables:
        """Return the tables for the given parameter and fact values, each a scalar or an array (draw,).

        Raises
        ------
        InputError
            A probability outside [0, 1] in a reachable state.
        NumericalError
            A formula without a finite value in a reachable state.
        """
        values = {**self.plan.facts, **values}
        rows = {id(formula): formula.compute(values, draws) for formula in self.formulas}
        kinds = columns.all
        discount = self._constant(self.plan.discount, rows)
        if ((discount < 0) | (discount > 1)).any():
            worst = discount[np.argmax(np.abs(discount - 0.5))]
            raise InputError(Problem(f"the discount must lie in [0, 1], it is {worst:g}", path="play.discount"))
        if self.plan.forever and not ((discount > 0) & (discount < 1)).all():
            worst = discount[np.argmax(np.abs(discount - 0.5))]
            raise InputError(
                Problem(
                    f"a game without a last step needs a discount above 0 and below 1, it is {worst:g}",
                    path="play.discount",
                    hint="lower it, or give `horizon: {after_last_step: ...}`",
                )
            )
        precision = np.stack([self._constant(formula, rows) for formula in self.plan.precision])
        if (precision < 0).any():
            raise InputError(Problem("a precision cannot be negative", path="play.precision"))
        tables = Tables(
            cost=self._cost(rows, kinds, draws),
            probability=self._probability(rows, draws),
            pay=self._pay(rows, kinds, draws),
            alive=np.array([1.0 if one.kind == "length" else 0.0 for one in kinds]),
            final=np.array(
                [
                    [float(one.kind == "outcome" and one.index == o) for o in range(len(self.plan.outcomes))]
                    for one in kinds
                ]
            ).reshape(len(kinds), len(self.plan.outcomes)),
            weight=np.stack([self._weight(rows, discount) if one.discounted else np.zeros(draws) for one in kinds]),
            discount=np.stack([discount if one.discounted else np.ones(draws) for one in kinds]),
            precision=precision,
            occasion=self._occasions(rows, draws),
        )
        return tables

    def _constant(self, formula: RowFormula, rows: dict[int, Floats]) -> Floats:
        value = rows[id(formula)][0]
        if not np.isfinite(value).all():
            raise NumericalError(f"{formula.label} has no finite value for some draw")
        return value

    def _occasions(self, rows: dict[int, Floats], draws: int) -> Floats:
        occasion = np.ones((len(self.plan.stages), draws))
        for k, stage in enumerate(self.plan.stages):
            if stage.occasion is not None:
                part = self._constant(stage.occasion, rows)
                self._check_range(stage.occasion, part, "for some draw")
                occasion[k] = np.clip(part, 0.0, 1.0)
        return occasion

    def _weight(self, rows: dict[int, Floats], discount: Floats) -> Floats:
        if self.plan.after is not None:
            weight = self._constant(self.plan.after, rows)
            if (weight < 0).any():
                message = f"the number of steps after the last one cannot be negative, it is {weight.min():g}"
                raise InputError(Problem(message, path="horizon.after_last_step"))
            return weight
        if (discount >= 1).any():
            raise InputError(
                Problem(
                    "payoffs that go on for ever need a discount below 1",
                    path="horizon.after_last_step",
                    hint="write `nothing` or a number of steps",
                )
            )
        return 1.0 / (1.0 - discount)

    def _finite(self, formula: RowFormula, used: Floats) -> Floats:
        if not np.isfinite(used).all():
            raise NumericalError(f"{formula.label} has no finite value in a reachable state, for some draw")
        return used

    def _cost(self, rows: dict[int, Floats], kinds: Sequence[Column], draws: int) -> Floats:
        layout = self.layout
        cost = np.zeros((len(layout.bundle_option), len(kinds), draws))
        for o, (_, option) in enumerate(layout.options):
            mine = np.flatnonzero(layout.bundle_option == o)
            if not len(mine):
                continue
            for c, column in enumerate(kinds):
                if column.kind == "option" and column.index == o:
                    cost[mine, c] += 1.0
            for i, part in enumerate(option.costs):
                rows_used = option.bundle_rows[i, layout.bundle_class[mine]]
                used = self._finite(part.formula, rows[id(part.formula)][rows_used])
                for c, column in enumerate(kinds):
                    if column.takes_cost(part.role, o):
                        cost[mine, c] -= used
        return cost

    def _probability(self, rows: dict[int, Floats], draws: int) -> Floats:
        layout = self.layout
        result = np.ones((len(layout.chance_option), draws))
        for o, (_, option) in enumerate(layout.options):
            mine = np.flatnonzero(layout.chance_option == o)
            if not len(mine):
                continue
            classes = layout.chance_class[mine]
            total = np.zeros((len(mine), draws))
            stated = len(option.costs)
            parts = []
            for formula in option.chance:
                if formula is None:
                    parts.append(None)
                    continue
                part = self._finite(formula, rows[id(formula)][option.bundle_rows[stated, classes]])
                stated += 1
                self._check_range(formula, part)
                total += part
                parts.append(part)
            rest = 1.0 - total
            if None in [None if part is None else 0 for part in parts]:
                if (rest < -ROUNDING).any():
                    raise InputError(
                        Problem(
                            f"the probabilities of `{option.name}` sum to {total.max():g}, more than 1",
                            path=show_path(option.path),
                        )
                    )
                rest = np.maximum(rest, 0.0)
            elif (np.abs(rest) > ROUNDING).any():
                raise InputError(
                    Problem(
                        f"the probabilities of `{option.name}` sum to {total.flat[np.argmax(abs(rest))]:g}, not to 1",
                        path=show_path(option.path),
                        hint="write `rest` for one of them",
                    )
                )
            for b, part in enumerate(parts):
                at = layout.chance_branch[mine] == b
                result[mine[at]] = (rest if part is None else np.clip(part, 0.0, 1.0))[at]
        return result

    def _check_range(
        self, formula: RowFormula, part: Floats, where: str = "in a reachable state, for some draw"
    ) -> None:
        if (part < -ROUNDING).any() or (part > 1 + ROUNDING).any():
            worst = part.flat[np.argmax(np.abs(part - 0.5))]
            raise InputError(
                Problem(
                    f"this probability is {worst:g} {where}",
                    path=formula.label,
                    hint="use `clip(p, 0, 1)` or `logistic`",
                )
            )

    def _pay(self, rows: dict[int, Floats], kinds: Sequence[Column], draws: int) -> Floats:
        pay_rows = self.layout.pay_rows
        pay = np.zeros((pay_rows.shape[1], len(kinds), draws))
        for i, term in enumerate(self.plan.terms):
            used = self._finite(term.formula, rows[id(term.formula)][pay_rows[i]])
            for c, column in enumerate(kinds):
                if column.takes_term(term.role, i):
                    pay[:, c] += used
        return pay
