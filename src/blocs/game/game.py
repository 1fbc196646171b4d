"""A game: theory and case compiled, ready for tables and solutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError, Problem
from blocs.game.build import Layout, build
from blocs.game.columns import Column, Columns, player_columns
from blocs.game.graph import Graph
from blocs.game.plan import STEP_YEARS, Plan, make_plan
from blocs.game.tables import TableMaker, Tables

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.language.fitted import Fitted
    from blocs.language.theory import Option, Theory


@dataclass(frozen=True)
class Game:
    """Theory and case compiled.

    Attributes
    ----------
    theory : Theory
        With the case's overrides in place.
    case : Case or None
    plan : Plan
        Formulas resolved into lookups.
    graph : Graph
        Who can move from which state to which.
    layout : Layout
        Where each row of the tables comes from.
    """

    theory: Theory
    case: Case | None
    plan: Plan = field(repr=False)
    graph: Graph
    layout: Layout = field(repr=False)
    maker: TableMaker = field(repr=False)

    @cached_property
    def fitted(self) -> Fitted | None:
        """What parameters are drawn from, unless told otherwise: a fit that never saw the case; None: the priors."""
        from blocs.language.fitted import fitted_for

        return fitted_for(self.case) if self.case is not None else None

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the roles, in the order of the player columns."""
        return self.plan.roles

    @property
    def option_names(self) -> tuple[str, ...]:
        """Names of the options, numbered through all stages."""
        return tuple(option.name for _, option in self.layout.options)

    @property
    def option_stages(self) -> tuple[int, ...]:
        """Stage of each option."""
        return tuple(stage for stage, _ in self.layout.options)

    def option_spec(self, number: int) -> Option:
        """Return an option as the theory states it."""
        from blocs.language.theory import Stage

        k, plan = self.layout.options[number]
        turn = self.plan.stages[k]
        stage = self.theory.stages[turn.number]
        return stage.options[plan.name] if isinstance(stage, Stage) else stage.options[self.roles[turn.role]][plan.name]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes."""
        return self.plan.outcomes

    def columns(self, *observers: Column) -> Columns:
        """Return the players' columns followed by `observers`."""
        return Columns(player_columns(self.plan.roles), observers)

    def tables(self, values: Mapping[str, Any], columns: Columns, draws: int) -> Tables:
        """Compute the tables for parameter (and fact) values, each a scalar or an array (draw,)."""
        return self.maker.compute(values, columns, draws)


def compile_game(case: Case) -> Game:
    """Compile a case under its theory.

    Parameters
    ----------
    case : Case
        As `blocs.load` returns it.

    Returns
    -------
    Game

    Raises
    ------
    InputError
        With every problem found; each says where.
    """
    return compile_theory(case.theory_spec, case, case.calendar.steps, STEP_YEARS[case.calendar.step])


def compile_theory(theory: Theory, case: Case | None, steps: int, step_years: float = 1.0, merge: bool = True) -> Game:
    """Compile a theory for a number of steps, with or without a case; `merge` ended states that agree."""
    if steps < 1:
        raise InputError(Problem("a game has at least one step", path="calendar.steps"))
    plan = make_plan(theory, case, step_years)
    graph, layout = build(plan, steps, theory.origins, merge)
    return Game(theory, case, plan, graph, layout, TableMaker(plan, graph, layout))
