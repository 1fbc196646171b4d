"""Write a formula back: as text that parses to the same tree, and as LaTeX."""

from __future__ import annotations

from blocs.language.formulas.syntax import (
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Expr,
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

# how tightly each construct binds, loosest first, as in Python
_CHOICE, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _MINUS, _POWER, _ATOM = range(10)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER, "and": _AND, "or": _OR}
_LATEX_COMPARE = {"==": "=", "!=": r"\neq", "<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq"}


def _level(expr: Expr) -> int:
    match expr:
        case Choice():
            return _CHOICE
        case Logical(operator, _) | Arithmetic(operator, _, _):
            return _LEVELS[operator]
        case Not():
            return _NOT
        case Comparison() | Member():
            return _COMPARE
        case Negate():
            return _MINUS
        case Number(value) if value < 0:
            return _MINUS
        case _:
            return _ATOM


def _digits(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def to_text(expr: Expr) -> str:
    """Return the formula as text; `parse` of it gives the same tree."""

    def put(node: Expr, least: int) -> str:
        text = to_text(node)
        return f"({text})" if _level(node) < least else text

    match expr:
        case Number(value):
            return _digits(value)
        case Truth(value):
            return "true" if value else "false"
        case Name(name) | Level(name, _):
            return name
        case Slot(index):
            return f"slot_{index}"
        case Negate(operand):
            return f"-{put(operand, _ATOM if isinstance(operand, Number) else _MINUS)}"
        case Not(operand):
            return f"not {put(operand, _NOT)}"
        case Arithmetic("**", left, right):
            return f"{put(left, _ATOM)} ** {put(right, _MINUS)}"
        case Arithmetic(operator, left, right):
            level = _LEVELS[operator]
            return f"{put(left, level)} {operator} {put(right, level + 1)}"
        case Comparison(operator, left, right):
            return f"{put(left, _SUM)} {operator} {put(right, _SUM)}"
        case Logical(operator, operands):
            level = _LEVELS[operator] + 1
            return f" {operator} ".join(put(one, level) for one in operands)
        case Member(operand, items):
            return f"{put(operand, _SUM)} in [{', '.join(to_text(item) for item in items)}]"
        case Choice(condition, then, other):
            return f"{put(then, _OR)} if {put(condition, _OR)} else {put(other, _CHOICE)}"
        case Call(function, arguments):
            return f"{function}({', '.join(to_text(argument) for argument in arguments)})"
        case _:
            raise TypeError(f"not a formula: {expr!r}")


def _word(name: str) -> str:
    return r"\mathit{" + name.replace("_", r"\_") + "}"


def _truth(expr: Expr) -> bool:
    return isinstance(expr, Comparison | Logical | Not | Member)


def _latex_digits(value: float) -> str:
    """Write a number without a computer's exponent: ``1e-05`` is a power of ten."""
    mantissa, _, exponent = _digits(value).partition("e")
    if not exponent:
        return mantissa
    power = rf"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def _latex_level(expr: Expr) -> int:
    scientific = isinstance(expr, Number) and "e" in _digits(expr.value)
    return min(_PRODUCT, _level(expr)) if scientific else _level(expr)


def to_latex(expr: Expr) -> str:
    r"""Return the formula in LaTeX's mathematics; a condition in arithmetic is an indicator ``\mathbb{1}[...]``."""

    def put(node: Expr, least: int) -> str:
        text = to_latex(node)
        if _truth(node):
            return r"\mathbb{1}\left[" + text + r"\right]"
        return rf"\left({text}\right)" if _latex_level(node) < least else text

    def behind(node: Expr, least: int) -> str:
        # two signs in a row are hard to read
        text = put(node, least)
        return rf"\left({text}\right)" if text.startswith("-") else text

    def condition(node: Expr, least: int) -> str:
        text = to_latex(node)
        return rf"\left({text}\right)" if _level(node) < least else text

    match expr:
        case Number(value):
            return _latex_digits(value)
        case Truth(value):
            return r"\mathrm{true}" if value else r"\mathrm{false}"
        case Name(name):
            return _word(name)
        case Level(name, _):
            return r"\mathrm{" + name.replace("_", r"\_") + "}"
        case Slot(index):
            return rf"s_{{{index}}}"
        case Negate(operand):
            return "-" + behind(operand, _PRODUCT)
        case Not(operand):
            return r"\lnot " + condition(operand, _ATOM)
        case Arithmetic("/", left, right):
            return rf"\frac{{{put(left, _CHOICE)}}}{{{put(right, _CHOICE)}}}"
        case Arithmetic("**", left, right):
            return f"{put(left, _ATOM)}^{{{put(right, _CHOICE)}}}"
        case Arithmetic(operator, left, right):
            sign = r" \cdot " if operator == "*" else f" {operator} "
            level = _LEVELS[operator]
            return put(left, level) + sign + behind(right, level + 1)
        case Comparison(operator, left, right):
            return f"{put(left, _SUM)} {_LATEX_COMPARE[operator]} {put(right, _SUM)}"
        case Logical(operator, operands):
            sign = r" \land " if operator == "and" else r" \lor "
            return sign.join(condition(one, _LEVELS[operator] + 1) for one in operands)
        case Member(operand, items):
            return rf"{put(operand, _SUM)} \in \{{{', '.join(to_latex(item) for item in items)}\}}"
        case Choice(test, then, other):
            return (
                rf"\begin{{cases}} {put(then, _CHOICE)} & \text{{if }} {condition(test, _CHOICE)} \\ "
                rf"{put(other, _CHOICE)} & \text{{otherwise}} \end{{cases}}"
            )
        case Call(function, arguments):
            inner = ", ".join(put(argument, _CHOICE) for argument in arguments)
            if function == "sqrt":
                return rf"\sqrt{{{inner}}}"
            known = {"min": r"\min", "max": r"\max", "exp": r"\exp", "log": r"\log"}
            head = known.get(function, rf"\operatorname{{{function}}}")
            return rf"{head}\left({inner}\right)"
        case _:
            raise TypeError(f"not a formula: {expr!r}")
