"""A table of signalling games: the design of the seven utilities and the counts of the four outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.estimation.design import Design
from blocs.fit.signalling.outcomes import UTILITIES
from blocs.fit.tables import Table
from blocs.fit.terms import columns_used, design_from, expand

Array = NDArray[np.float64]

# a term in every utility of one player shifts all his payoffs alike and cannot be estimated
OF_CHALLENGER = ("SA", "VA", "WA", "a")
OF_TARGET = ("CB", "WB", "VB")


@dataclass(frozen=True)
class SignallingGames:
    """Games to be estimated.

    Parameters
    ----------
    design : Design
        The seven utilities, in the order of `UTILITIES`.
    counts : float64 array (outcome, game)
        How often each game ended in SQ, CD, SF, BD.
    table : Table
        The rows that are used.
    utilities : mapping from utility to terms
    fixed : mapping from utility to number
    """

    design: Design
    counts: Array
    table: Table
    utilities: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.counts.shape != (4, self.design.rows):
            raise InputError(f"counts of four outcomes in {self.design.rows} games are wanted, not {self.counts.shape}")

    def __len__(self) -> int:
        return self.design.rows

    @property
    def plays(self) -> int:
        """How many plays the games sum to."""
        return int(self.counts.sum())

    @property
    def columns(self) -> Array:
        """Every distinct term of the design but intercepts (game, term): what a first stage may learn from."""
        found = {
            term: one.columns[:, k]
            for one in self.design.predictors
            for k, term in enumerate(one.terms)
            if np.ptp(one.columns[:, k]) > 0
        }
        if not found:
            return np.zeros((len(self), 1))
        return np.column_stack(list(found.values()))

    @staticmethod
    def from_table(
        table: Table,
        utilities: Mapping[str, Sequence[str]],
        outcomes: Sequence[str] = ("sq", "cd", "sf", "bd"),
        fixed: Mapping[str, float] | None = None,
        listwise: bool = False,
    ) -> SignallingGames:
        """Make games from a table with one row a game.

        Parameters
        ----------
        table : Table
        utilities : mapping from utility to terms
            Utilities of `UTILITIES`; those left out are zero.
        outcomes : four column names
            Counts of SQ, CD, SF and BD.
        fixed : mapping from utility to number, optional
        listwise : bool
            Leave out rows with a missing value (they are counted in ``.table.deleted``) instead of refusing them.

        Raises
        ------
        InputError
            For anything wrong in the table or the utilities, with line and column.
        """
        if len(outcomes) != 4:
            raise InputError(f"the four outcomes SQ, CD, SF, BD need four columns, not {len(outcomes)}")
        _identified(utilities)
        if listwise:
            terms = [term for one in utilities.values() for term in expand(table, one)]
            table = table.complete([*outcomes, *(name for name in columns_used(terms) if name in table.columns)])
        counts = np.array([_counts(table, name) for name in outcomes])
        empty = counts.sum(axis=0) == 0
        if empty.any():
            raise InputError(table.problem("no outcome was counted in this game", int(np.argmax(empty))))
        design = design_from(table, UTILITIES, utilities, fixed)
        return SignallingGames(design, counts, table, dict(utilities), dict(fixed or {}))

    def design_for(self, table: Table) -> Design:
        """Return the same utilities for the rows of another table."""
        return design_from(table, UTILITIES, self.utilities, self.fixed, reference=self.table)


def _counts(table: Table, name: str) -> Array:
    values = table.numbers(name)
    if (values < 0).any():
        row = int(np.argmax(values < 0))
        raise InputError(table.problem(f"{values[row]:g} is negative; a count is not", row, name))
    return values


def _identified(utilities: Mapping[str, Sequence[str]]) -> None:
    problems = []
    for group, who in ((OF_CHALLENGER, "the challenger"), (OF_TARGET, "the target")):
        shared = set.intersection(*(set(utilities.get(name, ())) for name in group))
        problems += [
            Problem(
                f"`{term}` is in every utility of {who} ({', '.join(group)}) and cannot be identified",
                hint="leave it out of one",
            )
            for term in sorted(shared)
        ]
    if problems:
        raise InputError(problems)
