"""The formula language: parse, type, evaluate on columns, differentiate, render.

``parse`` gives a syntax tree from a whitelist of Python's own; ``resolve`` gives every name its meaning and checks
types; ``evaluate`` computes on NumPy columns, ``differentiate`` also gives derivatives; ``to_text`` and ``to_latex``
write a formula back. A formula knows nothing of games.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from blocs.language.formulas.duals import differentiate, evaluate

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


def __getattr__(name: str) -> Any:
    """Load NumPy only when something is computed: checking a theory needs none."""
    if name in ("differentiate", "evaluate"):
        from blocs.language.formulas import duals

        return getattr(duals, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
