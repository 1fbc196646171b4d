"""From a table to the likelihood of a strategic model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.estimation.ascent import climb
from blocs.fit.estimation.design import Design, Predictor
from blocs.fit.estimation.jets import Jet
from blocs.fit.estimation.likelihood import RowLikelihood
from blocs.fit.estimation.verdicts import Verdict
from blocs.fit.maximum_likelihood import Fit, MaximumLikelihood, maximise
from blocs.fit.strategic.tree import Move, Node, TreeDensity, check_structure, ends, moves, unique, utilities_of
from blocs.fit.tables import Table
from blocs.fit.terms import columns_used, design_from, expand
from blocs.solve.responses import AgentError, Structure

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CommonScale:
    """One scale of noise for all players: the exponential of a linear predictor called ``log(sigma)``."""

    terms: Sequence[str] = ("1",)

    def predictors(self, roles: Sequence[str]) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
        """Return the terms of each scale, and which scale each role has."""
        return {"log(sigma)": self.terms}, dict.fromkeys(roles, "log(sigma)")


@dataclass(frozen=True)
class ScaleByPlayer:
    """A scale for each player: ``log(sigma1)`` and so on; players that are not named have scale one."""

    terms: Mapping[str, Sequence[str]]

    def predictors(self, roles: Sequence[str]) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
        """Return the terms of each scale, and which scale each role has."""
        strange = [name for name in self.terms if name not in roles]
        if strange:
            raise InputError(f"the game has no player `{strange[0]}`; it has {', '.join(roles)}")
        names = {role: f"log(sigma{role})" for role in roles if role in self.terms}
        return {names[role]: self.terms[role] for role in names}, names


@dataclass(frozen=True)
class Outcomes:
    """A column with the name of the outcome of each row.

    Parameters
    ----------
    column : str
    labels : mapping from outcome of the game to word in the column, optional
        The outcomes' own names when not given.
    """

    column: str
    labels: Mapping[str, str] | None = None

    def columns(self) -> tuple[str, ...]:
        """Return the columns that are read."""
        return (self.column,)

    def ranks(self, table: Table, tree: Node) -> NDArray[np.intp]:
        """Return which end was reached in each row, counted from the left."""
        names = [end.outcome for end in ends(tree)]
        words = [(self.labels or {}).get(name, name) for name in names]
        return table.labels(self.column, words, "an outcome of the theory")


@dataclass(frozen=True)
class Actions:
    """A column of zeros and ones for each choice, read as far as play went; later ones may be missing.

    Parameters
    ----------
    columns_of : mapping from action of the game to column
    """

    columns_of: Mapping[str, str]

    def columns(self) -> tuple[str, ...]:
        """Return the columns that must not be missing in any row: none but the first choice's."""
        return tuple(self.columns_of.values())[:1]

    def ranks(self, table: Table, tree: Node) -> NDArray[np.intp]:
        """Return which end was reached in each row, counted from the left."""
        wanted = unique(move.action for move in moves(tree))
        problems = [
            Problem(f"no column is given for the action `{name}`") for name in wanted if name not in self.columns_of
        ]
        if problems:
            raise InputError(problems)
        positions = {end.outcome: rank for rank, end in enumerate(ends(tree))}
        table.require(self.columns_of.values())
        cells = {name: table.cells(self.columns_of[name]) for name in wanted}
        result = np.zeros(len(table), dtype=np.intp)
        for row in range(len(table)):
            node = tree
            while isinstance(node, Move):
                text = cells[node.action][row].strip()
                if text not in {"0", "1", "0.0", "1.0"}:
                    column = self.columns_of[node.action]
                    problems.append(
                        table.problem(f"`{text}` is neither 0 nor 1, and this choice was reached", row, column)
                    )
                    break
                node = node.right if text in {"1", "1.0"} else node.left
            else:
                result[row] = positions[node.outcome]
        if problems:
            raise InputError(problems[:5])
        return result


@dataclass(frozen=True)
class StrategicModel:
    """A strategic model with the rows that it is fitted to.

    Parameters
    ----------
    tree : Node
    structure : Structure
    likelihood : RowLikelihood
    table : Table
        The rows that are used.
    utilities : mapping from predictor to terms
        With the scales.
    fixed : mapping from predictor to number
    order : tuple of str
        All predictors.
    """

    tree: Node
    structure: Structure
    likelihood: RowLikelihood
    table: Table
    utilities: Mapping[str, Sequence[str]]
    fixed: Mapping[str, float]
    order: tuple[str, ...]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the outcomes from left to right."""
        return tuple(end.outcome for end in ends(self.tree))

    def design_for(self, table: Table) -> Design:
        """Return the same predictors for the rows of another table."""
        return design_from(table, self.order, self.utilities, self.fixed, reference=self.table)

    def log_chances(self, theta: Array, table: Table | None = None, order: int = 1) -> tuple[Design, list[Jet]]:
        """Return the design and the log-probability of each outcome in each row."""
        design = self.likelihood.design if table is None else self.design_for(table)
        density = self.likelihood.density
        assert isinstance(density, TreeDensity)
        logs = density.log_chances(design.jets(theta, order))
        return design, [logs[name] for name in self.outcomes]

    def fit(self, method: MaximumLikelihood | None = None) -> Fit:
        """Fit by maximum likelihood.

        The first climb starts where the utilities are best with all scales at one: with everything at zero a scale has
        no meaning yet.
        """
        start = self._start()
        dropped = self.table.deleted
        notes = (f"{dropped} rows with a missing value were left out.",) if dropped else ()
        fixed = ", ".join(f"{name} = {value:g}" for name, value in self.fixed.items())
        notes += (f"Held fixed: {fixed}.",) if fixed else ()
        title = f"Strategic model, {type(self.structure).__name__} with {type(self.structure.noise).__name__} noise"
        fit = maximise(self.likelihood, method, title=title, start=start, notes=notes)
        if fit.estimates.certificate.verdict is not Verdict.RUNAWAY:
            return fit
        return replace(fit, estimates=replace(fit.estimates, notes=(*notes, self._certain(fit.theta))))

    def _certain(self, theta: Array) -> str:
        """Say in which rows a runaway likelihood predicts the outcome with certainty."""
        certain = np.flatnonzero(self.likelihood.row_values(theta) > -1e-6)
        if not len(certain):
            return "No row is predicted with certainty yet."
        return f"{len(certain)} rows are predicted with certainty, the first in line {self.table.lines[certain[0]]}."

    def simulate(self, theta: Array, seed: int = 0) -> NDArray[np.intp]:
        """Draw an outcome for each row at given coefficients, as ranks from left to right."""
        _, logs = self.log_chances(np.asarray(theta, dtype=np.float64), order=0)
        edges = np.cumsum(np.exp([log.value for log in logs]), axis=0)
        drawn = np.random.default_rng(seed).uniform(size=len(self.table))
        return np.minimum((drawn[None, :] > edges).sum(axis=0), len(logs) - 1)

    def with_outcomes(self, ranks: NDArray[np.intp]) -> StrategicModel:
        """Return the same model with other outcomes."""
        density = self.likelihood.density
        assert isinstance(density, TreeDensity)
        return replace(self, likelihood=replace(self.likelihood, density=replace(density, outcome=ranks)))

    def _start(self) -> Array:
        design = self.likelihood.design
        theta = np.zeros(len(design.names))
        scaled = [name.startswith("log(sigma") for name in self.order]
        if not any(scaled) or not any(one.terms for one, s in zip(design.predictors, scaled, strict=True) if not s):
            return theta
        held = Design(
            tuple(
                Predictor.fixed(one.name, design.rows) if is_scale else one
                for one, is_scale in zip(design.predictors, scaled, strict=True)
            )
        )
        first = climb(replace(self.likelihood, design=held), np.zeros(len(held.names)), walk=False)
        for value, name in zip(first.theta, held.names, strict=True):
            theta[design.names.index(name)] = value
        return theta


def strategic_model(
    table: Table,
    tree: Node,
    utilities: Mapping[str, Sequence[str]],
    observed: Outcomes | Actions,
    structure: Structure | None = None,
    scale: CommonScale | ScaleByPlayer | None = None,
    fixed: Mapping[str, float] | None = None,
    weights: str = "",
    listwise: bool = False,
) -> StrategicModel:
    """Set a strategic model up on a table.

    Parameters
    ----------
    table : Table
    tree : Node
        Such as `blocs.fit.strategic.models.EGAME12`.
    utilities : mapping from utility to terms
        Utilities left out are zero.
    observed : Outcomes or Actions
        How the table tells what happened.
    structure : Structure, optional
        `AgentError` when not given.
    scale : CommonScale or ScaleByPlayer, optional
        All scales are one when not given. A free scale needs some utility to be fixed or left out, or a formula without
        intercept; otherwise the fit reports a flat direction.
    fixed : mapping from utility to number, optional
    weights : str
        A column of counts or weights.
    listwise : bool
        Leave out rows with a missing value (counted and told) instead of refusing them.

    Raises
    ------
    InputError
        For anything wrong in the table or the utilities, with line and column.
    """
    errors: Structure = structure or AgentError()
    check_structure(tree, errors)
    roles = unique(move.role for move in moves(tree))
    scale_terms, scale_of = scale.predictors(roles) if scale else ({}, {})
    names = utilities_of(tree)
    order = (*names, *scale_terms)
    every: dict[str, Sequence[str]] = {**utilities, **scale_terms}
    if listwise:
        terms = [term for one in every.values() for term in expand(table, one)]
        needed = [*(name for name in columns_used(terms) if name in table.columns), *observed.columns()]
        table = table.complete(needed + ([weights] if weights else []))
    design = design_from(table, order, every, fixed)
    positions = {role: order.index(name) for role, name in scale_of.items()}
    ranks = observed.ranks(table, tree)
    never = [name for k, name in enumerate(end.outcome for end in ends(tree)) if not (ranks == k).any()]
    if never:
        raise InputError(
            table.problem(
                f"the outcome `{never[0]}` never occurs, so that its payoffs cannot be estimated",
                column=observed.columns()[0],
            )
        )
    density = TreeDensity(tree, errors, names, positions, ranks)
    given = table.counts(weights) if weights else np.ones(len(table))
    likelihood = RowLikelihood(design, density, given)
    return StrategicModel(tree, errors, likelihood, table, every, dict(fixed or {}), order)
