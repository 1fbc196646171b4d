"""Whether a value fits a fact or a state variable, in words where it does not."""

from __future__ import annotations

from blocs.language.fields import say
from blocs.language.findings import closest
from blocs.language.theory import FactSpec, VariableSpec

_WORDS = {
    "boolean": "true or false",
    "share": "a number from 0 to 1",
    "number": "a number",
    "count": "a whole number from 0",
}


def wrong_fact(spec: FactSpec, value: object) -> tuple[str, str] | None:
    """Return message and hint for a value that a fact cannot have; None for one that it can."""
    kind = spec.type
    if isinstance(kind, tuple):
        if value in kind and isinstance(value, str):
            return None
        hint = closest(value, kind) if isinstance(value, str) else ""
        return f"expected one of {', '.join(kind)}, found {say(value)}", hint if hint.startswith("did") else ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = isinstance(value, bool) if kind == "boolean" else number
    if kind == "count":
        fits = isinstance(value, int) and number and value >= 0
    if kind == "share" and fits and isinstance(value, int | float):
        fits = 0 <= value <= 1
    if not fits:
        percent = kind == "share" and number and isinstance(value, int | float) and 1 < value <= 100
        return f"expected {_WORDS[kind]}, found {say(value)}", f"write {value / 100:g}" if percent else ""
    if isinstance(value, int | float) and spec.low is not None and value < spec.low:
        return f"expected at least {spec.low:g}, found {say(value)}", ""
    if isinstance(value, int | float) and spec.high is not None and value > spec.high:
        return f"expected at most {spec.high:g}, found {say(value)}", ""
    return None


def wrong_variable(spec: VariableSpec, value: object) -> tuple[str, str] | None:
    """Return message and hint for a value that a state variable cannot have; None for one that it can."""
    if spec.values is not None:
        if isinstance(value, str) and value in spec.values:
            return None
        hint = closest(value, spec.values) if isinstance(value, str) else ""
        return f"expected one of {', '.join(spec.values)}, found {say(value)}", hint if hint.startswith("did") else ""
    if spec.range is not None:
        low, high = spec.range
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return None
        return f"expected a whole number from {low} to {high}, found {say(value)}", ""
    return None if isinstance(value, bool) else (f"expected true or false, found {say(value)}", "")
