"""The formula language: parse, type, evaluate on columns, differentiate, render.

``parse`` gives a syntax tree from a whitelist of Python's own; ``resolve`` gives every name its meaning and checks
types; ``evaluate`` computes on NumPy columns, ``differentiate`` also gives derivatives; ``to_text`` and ``to_latex``
write a formula back. A formula knows nothing of games.
"""

from blocs.language.formulas.evaluate import differentiate, evaluate
from blocs.language.formulas.parse import parse
from blocs.language.formulas.render import to_latex, to_text
from blocs.language.formulas.resolve import Scope, Symbol, resolve
from blocs.language.formulas.syntax import (
    BOOLEAN,
    NUMBER,
    Enumeration,
    Expr,
    FormulaError,
    Kind,
    names,
)

__all__ = [
    "BOOLEAN",
    "NUMBER",
    "Enumeration",
    "Expr",
    "FormulaError",
    "Kind",
    "Scope",
    "Symbol",
    "differentiate",
    "evaluate",
    "names",
    "parse",
    "resolve",
    "to_latex",
    "to_text",
]
