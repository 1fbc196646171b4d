"""Values of a resolved formula on NumPy columns, and derivatives by forward-mode dual numbers.

There is one evaluator: a value and the derivatives that were asked for travel together; with none asked for, nothing
but values is computed. Conditions carry no derivative, as everywhere that a formula jumps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.language.formulas.syntax import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Expr,
    FormulaError,
    Level,
    Logical,
    Member,
    Name,
    Negate,
    Not,
    Number,
    Slot,
    Truth,
)

Value = Any  # a NumPy array or scalar; the shapes of a formula's inputs must broadcast together
Gradient = dict[str, Value]

_COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def evaluate(expr: Expr, values: Mapping[str, Value], slots: Sequence[Value] = ()) -> Value:
    """Compute a resolved formula.

    Parameters
    ----------
    expr : Expr
        As `resolve` returns it.
    values : mapping from name to array
        Ranks of enumerations, 0/1 or booleans, numbers; shapes must broadcast together.
    slots : sequence of arrays
        What fills the `Slot` nodes, if there are any.

    Returns
    -------
    array or scalar
        Float or boolean. May hold infinities or NaN where the formula has no value (``log(0)``); callers check.
    """
    return differentiate(expr, values, (), slots)[0]


def differentiate(
    expr: Expr, values: Mapping[str, Value], wrt: Collection[str], slots: Sequence[Value] = ()
) -> tuple[Value, Gradient]:
    """Compute a resolved formula and its derivatives with respect to the names in `wrt`.

    Returns
    -------
    value : array or scalar
    gradient : dict from name to array
        Only names on which the formula depends. Shapes broadcast with the value's.
    """
    with np.errstate(all="ignore"):
        return _visit(expr, values, frozenset(wrt), slots)


def _number(value: Value) -> Value:
    """Make arithmetic safe: ranks are stored in one byte and conditions are booleans."""
    return np.asarray(value, dtype=np.float64)


def _visit(
    expr: Expr, values: Mapping[str, Value], wrt: frozenset[str], slots: Sequence[Value]
) -> tuple[Value, Gradient]:
    def below(node: Expr) -> tuple[Value, Gradient]:
        value, gradient = _visit(node, values, wrt, slots)
        return _number(value), gradient

    match expr:
        case Number(value):
            return value, {}
        case Truth(value):
            return np.bool_(value), {}
        case Level(_, rank):
            return rank, {}
        case Slot(index):
            return slots[index], {}
        case Name(name):
            return values[name], ({name: np.float64(1.0)} if name in wrt else {})
        case Negate(operand):
            value, gradient = below(operand)
            return -value, _scale(gradient, -1.0)
        case Not(operand):
            return np.logical_not(_visit(operand, values, wrt, slots)[0]), {}
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, below(left), below(right))
        case Comparison(operator, left, right):
            one, two = _visit(left, values, wrt, slots)[0], _visit(right, values, wrt, slots)[0]
            return _COMPARE[operator](one, two), {}
        case Logical(operator, operands):
            join = np.logical_and if operator == "and" else np.logical_or
            return reduce(join, (_visit(one, values, wrt, slots)[0] for one in operands)), {}
        case Member(operand, items):
            one = _visit(operand, values, wrt, slots)[0]
            tests = (np.equal(one, _visit(item, values, wrt, slots)[0]) for item in items)
            return reduce(np.logical_or, tests), {}
        case Choice(condition, then, other):
            test = _visit(condition, values, wrt, slots)[0]
            return _select(test, _visit(then, values, wrt, slots), _visit(other, values, wrt, slots))
        case Call(function, arguments):
            return _call(function, [below(argument) for argument in arguments])
        case _:
            raise FormulaError("this is not part of the formula language", expr.offset)


def _scale(gradient: Gradient, factor: Value) -> Gradient:
    return {name: slope * factor for name, slope in gradient.items()}


def _add(one: Gradient, two: Gradient) -> Gradient:
    total = dict(one)
    for name, slope in two.items():
        total[name] = total[name] + slope if name in total else slope
    return total


def _arithmetic(operator: str, left: tuple[Value, Gradient], right: tuple[Value, Gradient]) -> tuple[Value, Gradient]:
    (a, da), (b, db) = left, right
    if operator == "+":
        return a + b, _add(da, db)
    if operator == "-":
        return a - b, _add(da, _scale(db, -1.0))
    if operator == "*":
        return a * b, _add(_scale(da, b), _scale(db, a))
    if operator == "/":
        return a / b, _add(_scale(da, 1.0 / b), _scale(db, -a / (b * b)))
    power = a**b
    # x ** 0 is 1 everywhere and 0 ** y is 0 for positive y: there the general rules would give 0 times infinity
    slope = _scale(da, np.where(b == 0.0, 0.0, b * a ** (b - 1.0))) if da else {}
    return power, _add(slope, _scale(db, np.where((a == 0.0) & (b > 0.0), 0.0, power * np.log(a))) if db else {})


def _select(test: Value, then: tuple[Value, Gradient], other: tuple[Value, Gradient]) -> tuple[Value, Gradient]:
    (a, da), (b, db) = then, other
    gradient = {name: np.where(test, da.get(name, 0.0), db.get(name, 0.0)) for name in {**da, **db}}
    return np.where(test, a, b), gradient


def _call(function: str, arguments: list[tuple[Value, Gradient]]) -> tuple[Value, Gradient]:
    if function in ("min", "max"):
        better = np.less if function == "min" else np.greater
        total = arguments[0]
        for argument in arguments[1:]:
            # what is no number stays none: an invalid value must not vanish
            total = _select(better(argument[0], total[0]) | np.isnan(argument[0]), argument, total)
        return total
    if function == "clip":
        return _call("min", [_call("max", arguments[:2]), arguments[2]])
    value, gradient = arguments[0]
    result, slope = _SINGLE[function](value, bool(gradient))
    return result, _scale(gradient, slope) if gradient else {}


def _logistic(x: NDArray[np.float64], _: bool) -> tuple[Value, Value]:
    # written in exp(-|x|) so that neither tail overflows
    decay = np.exp(-np.abs(x))
    p = np.where(x >= 0, 1.0, decay) / (1.0 + decay)
    return p, decay / (1.0 + decay) ** 2


def _exp(x: NDArray[np.float64], _: bool) -> tuple[Value, Value]:
    result = np.exp(x)
    return result, result


_SINGLE = {
    "abs": lambda x, _: (np.abs(x), np.sign(x)),
    "exp": _exp,
    "log": lambda x, wanted: (np.log(x), 1.0 / x if wanted else 0.0),
    "sqrt": lambda x, wanted: (np.sqrt(x), 0.5 / np.sqrt(x) if wanted else 0.0),
    "logistic": _logistic,
}
