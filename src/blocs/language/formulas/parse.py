"""From text to a syntax tree, through a whitelist over Python's own parser; nothing is ever evaluated here."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from functools import lru_cache

from blocs.errors import nearest
from blocs.language.formulas.syntax import (
    FUNCTIONS,
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Expr,
    FormulaError,
    Logical,
    Member,
    Name,
    Negate,
    Not,
    Number,
    Truth,
)

# a formula that a person reads fits in these; the limits keep hostile files from costing time or stack
MAX_LENGTH = 2000
MAX_DEPTH = 40
# x ** 16 is beyond any use in a payoff, and larger exponents only overflow
MAX_EXPONENT = 16.0

_ALLOWED = re.compile(r"[A-Za-z0-9_ \t\r\n+\-*/().,<>=!\[\]]*")
# anything that begins like a number, and what a number looks like: Python also reads 0x10, 1_000, 1j and 1or
_NUMERAL = re.compile(r"(?<![\w.])\.?\d(?:[eE][+-]|[\w.])*")
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_TRUTHS = {"true": True, "false": False, "True": True, "False": False}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """Parse one formula.

    Parameters
    ----------
    text : str
        The formula as written; line breaks count as blanks.

    Returns
    -------
    Expr
        The syntax tree, with names not yet resolved.

    Raises
    ------
    FormulaError
        The text is not a formula; with the position and what to try.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has at most {MAX_LENGTH} characters, this one has {len(text)}")
    allowed = _ALLOWED.match(text)
    end = allowed.end() if allowed else 0
    if end < len(text):
        hint = "write `and`, `or`, `not`" if text[end] in "&|~" else ""
        raise FormulaError(f"the character {text[end]!r} has no meaning in a formula", end, hint)
    flat = re.sub(r"\s", " ", text)
    start = len(flat) - len(flat.lstrip())
    flat = flat.strip()
    if not flat:
        raise FormulaError("the formula is empty")
    for numeral in _NUMERAL.finditer(flat):
        if not _NUMBER.fullmatch(numeral[0]):
            hint = "write numbers as 10, 0.5 or 1e-3, with a blank or an operator behind them"
            raise FormulaError(f"`{numeral[0][:40]}` is no number", start + numeral.start(), hint)
    depth = 0
    for position, character in enumerate(flat):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_DEPTH:
            raise FormulaError(f"brackets are nested more than {MAX_DEPTH} deep", start + position)
    try:
        tree = ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        # Python tells of a missing end by the position 0
        at, hint = (error.offset - 1, "") if error.offset else (len(flat) - 1, "something is missing at the end")
        raise FormulaError("this is not a formula", start + at, _syntax_hint(flat) or hint) from None
    except (ValueError, MemoryError, RecursionError):
        raise FormulaError("this is not a formula, or it is nested too deeply", start) from None
    return _convert(tree, start, 0)


def _syntax_hint(text: str) -> str:
    if re.search(r"(?<![=<>!])=(?!=)", text):
        return "write `==` to compare"
    if text.count("(") != text.count(")"):
        return "the brackets do not match"
    if re.search(r"\bthen\b", text) or (re.search(r"\bif\b", text) and not re.search(r"\belse\b", text)):
        return "write `a if condition else b`"
    return ""


def _convert(tree: ast.expr, start: int, depth: int) -> Expr:
    offset = start + tree.col_offset
    if depth > MAX_DEPTH:
        raise FormulaError(f"the formula is nested more than {MAX_DEPTH} deep", offset)

    def below(node: ast.expr) -> Expr:
        return _convert(node, start, depth + 1)

    match tree:
        case ast.Constant(value=bool() as value):
            return Truth(value, offset=offset)
        case ast.Constant(value=int() | float() as value):
            number = float(value) if abs(value) < 1e300 else math.inf
            if not math.isfinite(number):
                raise FormulaError("this number is too large", offset)
            return Number(number, offset=offset)
        case ast.Name(id=name):
            return Truth(_TRUTHS[name], offset=offset) if name in _TRUTHS else Name(name, offset=offset)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = below(operand)
            return Number(-inner.value, offset=offset) if isinstance(inner, Number) else Negate(inner, offset=offset)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return below(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(below(operand), offset=offset)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            return _arithmetic(_ARITHMETIC[type(operator)], below(left), below(right), offset)
        case ast.BoolOp(op=operator, values=values):
            joined = "and" if isinstance(operator, ast.And) else "or"
            return Logical(joined, tuple(below(value) for value in values), offset=offset)
        case ast.Compare():
            return _comparison(tree, below, offset)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Choice(below(test), below(body), below(orelse), offset=offset)
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            return _call(function, tuple(below(argument) for argument in arguments), offset)
        case ast.Call():
            raise FormulaError("only the known functions can be called, with plain arguments", offset)
        case ast.List() | ast.Tuple():
            raise FormulaError("a list stands only behind `in`", offset)
        case ast.BinOp(op=ast.FloorDiv()):
            raise FormulaError("`//` is not part of the language", offset, "use `/`")
        case ast.Constant():
            raise FormulaError("only numbers and names are values", offset)
        case _:
            raise FormulaError("this is not part of the formula language", offset)


def _arithmetic(operator: str, left: Expr, right: Expr, offset: int) -> Expr:
    if operator == "**" and isinstance(right, Number) and abs(right.value) > MAX_EXPONENT:
        raise FormulaError(f"exponents go up to {MAX_EXPONENT:g}", right.offset)
    return Arithmetic(operator, left, right, offset=offset)


def _comparison(tree: ast.Compare, below: Callable[[ast.expr], Expr], offset: int) -> Expr:
    parts: list[Expr] = []
    left_tree = tree.left
    for operator, right_tree in zip(tree.ops, tree.comparators, strict=True):
        if isinstance(operator, ast.In | ast.NotIn):
            if not isinstance(right_tree, ast.List | ast.Tuple) or not right_tree.elts:
                raise FormulaError("`in` is followed by a list", offset, "write `x in [a, b]`")
            member = Member(below(left_tree), tuple(below(item) for item in right_tree.elts), offset=offset)
            parts.append(member if isinstance(operator, ast.In) else Not(member, offset=offset))
        elif type(operator) in _COMPARISONS:
            parts.append(Comparison(_COMPARISONS[type(operator)], below(left_tree), below(right_tree), offset=offset))
        else:
            raise FormulaError("this comparison is not part of the language", offset, "use == != < <= > >= or `in`")
        left_tree = right_tree
    return parts[0] if len(parts) == 1 else Logical("and", tuple(parts), offset=offset)


def _call(function: str, arguments: tuple[Expr, ...], offset: int) -> Expr:
    if function not in FUNCTIONS:
        hint = nearest(function, FUNCTIONS) or f"known are {', '.join(sorted(FUNCTIONS))}"
        raise FormulaError(f"unknown function `{function}`", offset, hint)
    fewest, most = FUNCTIONS[function]
    if len(arguments) < fewest or (most is not None and len(arguments) > most):
        wanted = f"{fewest}" if fewest == most else f"{fewest} or more"
        raise FormulaError(f"`{function}` takes {wanted} argument(s), here are {len(arguments)}", offset)
    return Call(function, arguments, offset=offset)
