"""Give every name its meaning, put definitions in place, check that kinds of value fit, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from blocs.errors import nearest
from blocs.language.formulas.syntax import (
    BOOLEAN,
    NUMBER,
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Enumeration,
    Expr,
    FormulaError,
    Kind,
    Level,
    Logical,
    Member,
    Name,
    Negate,
    Not,
    Number,
    Truth,
)

Role = Literal["state", "fact", "parameter", "constant"]

# a few short definitions in place of their names can grow beyond all bounds; the largest formula of the shipped
# theories has 64 parts and is 11 deep
MAX_PARTS = 20_000
MAX_DEPTH = 120


@dataclass(frozen=True)
class Symbol:
    """What a name stands for: its role in the theory and its kind of value."""

    role: Role
    kind: Kind


@dataclass(frozen=True)
class Scope:
    """The names that a formula may use.

    Parameters
    ----------
    symbols : mapping from name to Symbol
        State variables, facts, parameters and built-in constants.
    definitions : mapping from name to Expr
        Parsed formulas of ``define``; each may use the ones before it and they are put in place of their names.
    """

    symbols: Mapping[str, Symbol]
    definitions: Mapping[str, Expr] = field(default_factory=dict)

    def known(self) -> list[str]:
        """Return all names, for suggestions."""
        return [*self.symbols, *self.definitions]


def resolve(expr: Expr, scope: Scope, expected: Kind | None = None) -> tuple[Expr, Kind]:
    """Resolve names and check kinds.

    Parameters
    ----------
    expr : Expr
        A parsed formula.
    scope : Scope
        The names it may use.
    expected : Kind, optional
        The kind wanted by the place where the formula stands. A number is wanted: booleans count as 0 and 1 and
        values of enumerations as their rank. A boolean or an enumeration is wanted: nothing else will do.

    Returns
    -------
    expr : Expr
        Only state variables, facts, parameters and constants are left as names.
    kind : Kind
        What the formula gives.

    Raises
    ------
    FormulaError
        With the position in the text and the nearest right name.
    """
    resolved, kind = _Resolver(scope).visit(expr, expected if isinstance(expected, Enumeration) else None)
    if expected is not None and kind != expected:
        if expected == NUMBER:
            return resolved, NUMBER
        wanted = "true or false" if expected == BOOLEAN else str(expected)
        raise FormulaError(f"this gives {_say(kind)}; expected {wanted}", expr.offset)
    return resolved, kind


def _say(kind: Kind) -> str:
    return "true or false" if kind == BOOLEAN else "a number" if kind == NUMBER else f"{kind}"


class _Endless(FormulaError):
    """The formula is too large to go on with."""


class _Resolver:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.open: list[str] = []
        self.parts = self.depth = 0

    def visit(self, expr: Expr, context: Enumeration | None = None) -> tuple[Expr, Kind]:
        """Resolve one node; `context` is the enumeration that a bare value would belong to."""
        self.parts += 1
        self.depth += 1
        if self.parts > MAX_PARTS or self.depth > MAX_DEPTH:
            raise _Endless("with its definitions in place the formula is too large", expr.offset, "write it in parts")
        try:
            return self.visit_node(expr, context)
        finally:
            self.depth -= 1

    def visit_node(self, expr: Expr, context: Enumeration | None) -> tuple[Expr, Kind]:
        at = expr.offset
        match expr:
            case Number():
                return expr, NUMBER
            case Truth():
                return expr, BOOLEAN
            case Name(name):
                return self.name(name, at, context)
            case Negate(operand):
                return Negate(self.number(operand), offset=at), NUMBER
            case Not(operand):
                return Not(self.boolean(operand, "not"), offset=at), BOOLEAN
            case Arithmetic(operator, left, right):
                return Arithmetic(operator, self.number(left), self.number(right), offset=at), NUMBER
            case Logical(operator, operands):
                return Logical(operator, tuple(self.boolean(one, operator) for one in operands), offset=at), BOOLEAN
            case Comparison(operator, left, right):
                return self.comparison(operator, left, right, at)
            case Member(operand, items):
                return self.member(operand, items, at)
            case Choice(condition, then, other):
                return self.choice(condition, then, other, at, context)
            case Call(function, arguments):
                return Call(function, tuple(self.number(one) for one in arguments), offset=at), NUMBER
            case _:
                raise FormulaError("this is not part of the formula language", at)

    def name(self, name: str, at: int, context: Enumeration | None) -> tuple[Expr, Kind]:
        # where an enumeration is awaited its own values come first: `alignment == rival` means the value
        if context is not None and name in context.values:
            return Level(name, context.values.index(name), offset=at), context
        if name in self.scope.symbols:
            return Name(name, offset=at), self.scope.symbols[name].kind
        if name in self.scope.definitions:
            return self.definition(name, at)
        if context is not None:
            hint = nearest(name, [*context.values, *self.scope.known()]) or f"expected {context}"
            raise FormulaError(f"unknown name `{name}`", at, hint)
        homes = [
            key
            for key, symbol in self.scope.symbols.items()
            if isinstance(symbol.kind, Enumeration) and name in symbol.kind.values
        ]
        if homes:
            raise FormulaError(
                f"`{name}` is a value of `{homes[0]}` and means something only when compared with it",
                at,
                f"write `{homes[0]} == {name}`",
            )
        raise FormulaError(f"unknown name `{name}`", at, nearest(name, self.scope.known()))

    def definition(self, name: str, at: int) -> tuple[Expr, Kind]:
        if name in self.open:
            raise FormulaError(f"`{name}` is defined by itself: {' -> '.join([*self.open, name])}", at)
        self.open.append(name)
        try:
            return self.visit(self.scope.definitions[name])
        except _Endless as error:
            raise _Endless(error.message, at, error.hint) from None
        except FormulaError as error:
            # inside a definition the position belongs to another text
            raise FormulaError(f"in `{name}`: {error.message}", at, error.hint) from None
        finally:
            self.open.pop()

    def number(self, expr: Expr) -> Expr:
        return self.visit(expr)[0]

    def boolean(self, expr: Expr, operator: str) -> Expr:
        resolved, kind = self.visit(expr)
        if kind != BOOLEAN:
            raise FormulaError(
                f"`{operator}` joins conditions, but this is {_say(kind)}", expr.offset, "compare it with something"
            )
        return resolved

    def pair(self, left: Expr, right: Expr) -> tuple[Expr, Kind, Expr, Kind]:
        """Resolve two sides of a comparison; the side that is an enumeration tells what a bare value means."""
        failures = []
        for first, second, swapped in ((left, right, False), (right, left, True)):
            try:
                one, kind = self.visit(first)
            except _Endless:
                raise
            except FormulaError as error:
                failures.append(error)
                # only a bare value gains from knowing the other side
                if not isinstance(first, Name | Choice):
                    break
                continue
            two, other = self.visit(second, kind if isinstance(kind, Enumeration) else None)
            return (two, other, one, kind) if swapped else (one, kind, two, other)
        # a bare value fails only because the other side is unknown: tell of the other side
        raise min(failures, key=lambda error: not error.message.startswith("unknown"))

    def comparison(self, operator: str, left: Expr, right: Expr, at: int) -> tuple[Expr, Kind]:
        one, kind, two, other = self.pair(left, right)
        if kind != other:
            both_plain = not isinstance(kind, Enumeration) and not isinstance(other, Enumeration)
            if not both_plain or operator not in ("==", "!="):
                hint = "compare with a value by its name" if not both_plain else ""
                raise FormulaError(f"{_say(kind)} cannot be compared with {_say(other)}", at, hint)
        if kind == other == BOOLEAN and operator not in ("==", "!="):
            raise FormulaError("conditions have no order", at, "use `==`, `!=`, `and`, `or`, `not`")
        return Comparison(operator, one, two, offset=at), BOOLEAN

    def member(self, operand: Expr, items: tuple[Expr, ...], at: int) -> tuple[Expr, Kind]:
        one, kind = self.visit(operand)
        context = kind if isinstance(kind, Enumeration) else None
        resolved = []
        for item in items:
            value, other = self.visit(item, context)
            if other != kind:
                raise FormulaError(f"{_say(other)} in a list for {_say(kind)}", item.offset)
            resolved.append(value)
        return Member(one, tuple(resolved), offset=at), BOOLEAN

    def choice(
        self, condition: Expr, then: Expr, other: Expr, at: int, context: Enumeration | None
    ) -> tuple[Expr, Kind]:
        test = self.boolean(condition, "if")
        one, kind = self.visit(then, context)
        two, second = self.visit(other, context)
        if kind != second:
            if isinstance(kind, Enumeration) or isinstance(second, Enumeration):
                raise FormulaError(f"`if` gives {_say(kind)}, `else` gives {_say(second)}", at)
            kind = NUMBER
        return Choice(test, one, two, offset=at), kind
