"""Utilities written as lists of terms: numbers, columns and formulas of columns, made into a design."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.estimation.design import Design, Predictor
from blocs.fit.tables import Table
from blocs.language.formulas import (
    NUMBER,
    Enumeration,
    Expr,
    FormulaError,
    Scope,
    Symbol,
    evaluate,
    names,
    parse,
    resolve,
)

Array = NDArray[np.float64]

_STANDARDISED = re.compile(r"\s*standardi[sz]e\s*\((.*)\)\s*", re.DOTALL)
# columns whose smallest singular value is below this share of the largest are the same up to rounding
COLLINEAR = 1e-10


def formula_of(term: str) -> tuple[Expr, bool]:
    """Parse one term; say whether it is to be standardised (mean 0, standard deviation 1 over the rows)."""
    match = _STANDARDISED.fullmatch(term)
    return parse(match.group(1) if match else term), match is not None


def columns_used(terms: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that the terms mention; a value of a category counts as one too."""
    found: dict[str, None] = {}
    for term in terms:
        try:
            found.update(dict.fromkeys(sorted(names(formula_of(term)[0]))))
        except FormulaError as error:
            raise InputError(_formula_problem(term, error)) from None
    return tuple(found)


def term_column(table: Table, term: str, reference: Table | None = None) -> Array:
    """Evaluate one term on every row; what is standardised takes mean and spread from `reference`.

    Raises
    ------
    InputError
        The formula is wrong, or gives no finite number in some row; with the line.
    """
    scope = Scope(
        {
            name: Symbol("fact", Enumeration(table.categories[name]) if name in table.categories else NUMBER)
            for name in table.names
        }
    )
    try:
        expr, standardised = formula_of(term)
        resolved, _ = resolve(expr, scope, NUMBER)
    except FormulaError as error:
        raise InputError(_formula_problem(term, error, table.file)) from None
    inputs = {name: table.numbers(name) for name in sorted(names(resolved))}
    with np.errstate(all="ignore"):
        values = np.broadcast_to(np.asarray(evaluate(resolved, inputs), dtype=np.float64), (len(table),)).copy()
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        given = ", ".join(f"{name} = {column[row]:g}" for name, column in inputs.items())
        raise InputError(table.problem(f"`{term}` is not a number where {given}", row))
    if not standardised:
        return values
    inner = _STANDARDISED.sub(r"\1", term)
    base = values if reference is None or reference is table else term_column(reference, inner)
    spread = base.std(ddof=1) if len(base) > 1 else 0.0
    if spread <= 1e-12 * (1.0 + np.abs(base).max()):
        raise InputError(table.problem(f"`{term}` cannot be standardised: it is {base[0]:g} in every row"))
    return (values - base.mean()) / spread


def _formula_problem(term: str, error: FormulaError, file: str = "") -> Problem:
    return Problem(f"{error.message} (at character {error.offset + 1} of `{term}`)", file=file, hint=error.hint)


def design_from(
    table: Table,
    order: Sequence[str],
    utilities: Mapping[str, Sequence[str]],
    fixed: Mapping[str, float] | None = None,
    reference: Table | None = None,
) -> Design:
    """Make the design of a model.

    Parameters
    ----------
    table : Table
    order : sequence of str
        The model's predictors.
    utilities : mapping from predictor to terms
        ``1`` is the intercept; a category's name alone stands for an indicator of each value but the first.
    fixed : mapping from predictor to number, optional
        Predictors that are known; those named nowhere are zero.
    reference : Table, optional
        The rows that a model was fitted to, when `table` holds others to predict for: these may be constant.

    Raises
    ------
    InputError
        Unknown predictors or columns, terms that are constant or that repeat one another; all at once.
    """
    fixed = dict(fixed or {})
    problems = [
        Problem(f"the model has no `{name}`", hint=f"it has {', '.join(order)}")
        for name in [*utilities, *fixed]
        if name not in order
    ]
    problems += [Problem(f"`{name}` is both fixed and given terms") for name in utilities if name in fixed]
    if problems:
        raise InputError(problems)
    predictors = []
    for name in order:
        if not utilities.get(name):
            predictors.append(Predictor.fixed(name, len(table), fixed.get(name, 0.0)))
            continue
        try:
            predictors.append(_predictor(table, name, expand(table, utilities[name]), reference))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return Design(tuple(predictors))


def expand(table: Table, terms: Sequence[str]) -> tuple[str, ...]:
    """Replace a category standing alone by an indicator of each of its values but the first."""
    result: list[str] = []
    for term in terms:
        kinds = table.categories.get(term.strip())
        result.extend([f"{term.strip()} == {kind}" for kind in kinds[1:]] if kinds else [term])
    return tuple(result)


def _predictor(table: Table, name: str, terms: tuple[str, ...], reference: Table | None) -> Predictor:
    problems: list[Problem] = []
    columns: list[Array] = []
    for term in terms:
        try:
            column = term_column(table, term, reference)
        except InputError as error:
            problems.extend(error.problems)
            continue
        columns.append(column)
        if reference is not None:
            continue
        constant = np.ptp(column) <= 1e-12 * (1.0 + np.abs(column).max())
        if constant and term.strip() != "1":
            message = f"`{term}` in `{name}` is {column[0]:g} in every one of {len(table)} rows and tells nothing"
            problems.append(
                table.problem(message, column=term.strip(), hint="leave it out; write `1` for an intercept")
            )
    if len(set(terms)) < len(terms):
        problems.append(table.problem(f"`{name}` names a term twice"))
    if not problems and reference is None:
        problems.extend(_collinear(table, name, terms, np.column_stack(columns)))
    if problems:
        raise InputError(problems)
    return Predictor(name, terms, np.column_stack(columns))


def _collinear(table: Table, name: str, terms: tuple[str, ...], columns: Array) -> list[Problem]:
    scaled = columns / np.linalg.norm(columns, axis=0)
    _, sizes, directions = np.linalg.svd(scaled, full_matrices=False)
    if len(table) >= len(terms) and sizes[-1] > COLLINEAR * sizes[0]:
        return []
    # the last right singular vector is the combination that vanishes
    loading = np.abs(directions[-1])
    involved = [f"`{term}`" for term, size in zip(terms, loading, strict=True) if size > 0.05 * loading.max()]
    message = f"in `{name}` the terms {', '.join(involved)} repeat one another: one is a sum of the others"
    return [table.problem(message, hint="leave one out")]
