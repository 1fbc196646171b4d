"""What plain text in a file means: YAML 1.2's core schema and nothing else.

``NO``, ``on`` and ``yes`` are text, dates are text, and there are no sexagesimal numbers (YAML 1.2.2, section 10.3).
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

# no quantity of a case needs more digits, and Python refuses to convert thousands of them
MAX_DIGITS = 40

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def plain_value(text: str) -> Scalar:
    """Return what an unquoted scalar stands for.

    Raises
    ------
    ValueError
        The scalar is a number that is too long or too large to be one.
    """
    if text in _WORDS:
        return _WORDS[text]
    # every number begins with one of these; most text does not
    if text[0] not in "-+.0123456789":
        return text
    for pattern, convert in ((_INTEGER, int), (_BASED, lambda digits: int(digits, 0)), (_FLOAT, float)):
        if pattern.fullmatch(text):
            if len(text) > MAX_DIGITS:
                raise ValueError(f"a number of {len(text)} characters; expected at most {MAX_DIGITS}")
            value = convert(text)
            if isinstance(value, float) and math.isinf(value):
                raise ValueError(f"the number {text} is too large")
            return value
    return text
