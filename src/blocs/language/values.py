"""Whether a value fits a fact or a state variable, in words where it does not."""

from __future__ import annotations

from blocs.language.fields import say
from blocs.language.findings import closest
from blocs.language.theory import FactSpec, VariableSpec

_WORDS = {
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
    if kind == "boolean":
        return None if isinstance(value, bool) else (f"expected true or false, found {say(value)}", "")
    low, high = spec.low, spec.high
    if kind in ("share", "count"):
        low, high = max(low or 0, 0), high if kind == "count" else min(1 if high is None else high, 1)
    whole = kind != "count" or isinstance(value, int)
    if isinstance(value, bool) or not isinstance(value, int | float) or not whole:
        return f"expected {_WORDS[kind]}, found {say(value)}", ""
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    # the bounds of the kind, or those of the fact
    own = (low, high) not in ((0, 1), (0, None))
    expected = _between(low, high) if own else _WORDS[kind]
    percent = kind == "share" and 1 < value <= 100
    return f"expected {expected}, found {say(value)}", f"write {value / 100:g}" if percent else ""


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"a number of at most {high:g}"
    return f"a number of at least {low:g}" if high is None else f"a number from {low:g} to {high:g}"


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
