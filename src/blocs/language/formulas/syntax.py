"""The nodes of a formula, its three kinds of value, and the error that says where a formula is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Enumeration:
    """An ordered list of named values; a value is stored as its rank, counted from zero."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        """Render as ``one of [loyal, hedging, rival]``."""
        return f"one of [{', '.join(self.values)}]"


Simple = Literal["boolean", "number"]
Kind = Simple | Enumeration
BOOLEAN: Simple = "boolean"
NUMBER: Simple = "number"


class FormulaError(ValueError):
    """A formula is wrong. `offset` is the position in its text, counted from zero; `hint` says what to try."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True)
class Expr:
    """Any node of a formula. `offset` is its position in the text and does not count in comparisons."""

    offset: int = field(default=0, compare=False, kw_only=True)

    def children(self) -> tuple[Expr, ...]:
        """Return the sub-expressions in reading order."""
        return ()


@dataclass(frozen=True)
class Number(Expr):
    """A number as written."""

    value: float


@dataclass(frozen=True)
class Truth(Expr):
    """``true`` or ``false``."""

    value: bool


@dataclass(frozen=True)
class Name(Expr):
    """A state variable, a fact, a parameter or, before resolution, a defined name or a value of an enumeration."""

    name: str


@dataclass(frozen=True)
class Level(Expr):
    """A value of an enumeration, resolved to its rank."""

    name: str
    rank: int


@dataclass(frozen=True)
class Slot(Expr):
    """A place filled by a column computed beforehand (see `blocs.game.rows`)."""

    index: int


@dataclass(frozen=True)
class Negate(Expr):
    """Arithmetic minus."""

    operand: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return the operand."""
        return (self.operand,)


@dataclass(frozen=True)
class Not(Expr):
    """Logical negation."""

    operand: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return the operand."""
        return (self.operand,)


@dataclass(frozen=True)
class Arithmetic(Expr):
    """Two operands and one of ``+ - * / **``."""

    operator: str
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return both operands."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Comparison(Expr):
    """Two operands and one of ``== != < <= > >=``; a chain is a conjunction of these."""

    operator: str
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return both operands."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Logical(Expr):
    """``and`` or ``or`` over two or more operands."""

    operator: str
    operands: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        """Return the operands."""
        return self.operands


@dataclass(frozen=True)
class Member(Expr):
    """``operand in [items]``."""

    operand: Expr
    items: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        """Return the operand and the items."""
        return (self.operand, *self.items)


@dataclass(frozen=True)
class Choice(Expr):
    """``then if condition else other``."""

    condition: Expr
    then: Expr
    other: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return the value if true, the condition, the value if false."""
        return (self.then, self.condition, self.other)


@dataclass(frozen=True)
class Call(Expr):
    """A call of one of the known functions."""

    function: str
    arguments: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        """Return the arguments."""
        return self.arguments


# fewest and most arguments of each function; None: any number
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "min": (2, None),
    "max": (2, None),
    "abs": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "sqrt": (1, 1),
    "logistic": (1, 1),
    "clip": (3, 3),
}


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield the expression and everything below it."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children()))


def names(expr: Expr) -> frozenset[str]:
    """Return the names that the formula mentions."""
    return frozenset(node.name for node in walk(expr) if isinstance(node, Name))
