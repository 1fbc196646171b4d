"""How numbers are written: for people in per cent, as bars, in words; for programs as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

# below a tenth of a per cent a figure would pretend to a precision that no model of a crisis has
SMALLEST_SHOWN = 0.0005

INSIDE, MARK, OUTSIDE = "━", "●", "·"


def percent(probability: float) -> str:
    """Return ``12.3 %``, ``<0.1 %`` or ``>99.9 %``; exactly none and all are ``0 %`` and ``100 %``."""
    if probability in (0.0, 1.0):
        return f"{probability:.0%}".replace("%", " %")
    if probability < SMALLEST_SHOWN:
        return "<0.1 %"
    if probability > 1 - SMALLEST_SHOWN:
        return ">99.9 %"
    return f"{100 * probability:.1f} %"


def interval_bar(low: float, middle: float, high: float, width: int = 30) -> str:
    """Return an interval of probabilities as a bar from 0 to 1, with a mark at its middle.

    Parameters
    ----------
    low, middle, high : float
        Between 0 and 1.
    width : int
        Length of the bar in characters.
    """

    def cell(value: float) -> int:
        return min(max(int(value * width), 0), width - 1)

    first, last = cell(low), cell(high)
    cells = [INSIDE if first <= place <= last else OUTSIDE for place in range(width)]
    cells[cell(middle)] = MARK
    return "".join(cells)


def seconds(duration: float) -> str:
    """Return a duration as people say it: ``0.43 s``, ``12 s``, ``3 min 20 s``."""
    if duration < 10:
        return f"{duration:.2f} s"
    if duration < 120:
        return f"{duration:.0f} s"
    return f"{int(duration) // 60} min {int(duration) % 60} s"


def points(difference: float) -> str:
    """Return a difference of probabilities in percentage points: ``+12.3``, ``-0.4``, ``0.0``."""
    shown = f"{100 * difference:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown


def signed_bar(value: float, widest: float, half: int = 10) -> str:
    """Return a bar to the left (negative) or right (positive) of a middle line, as long as `value` is to `widest`."""
    length = round(half * min(abs(value) / widest, 1.0)) if widest > 0 else 0
    bar = INSIDE * length
    left, right = (bar.rjust(half), " " * half) if value < 0 else (" " * half, bar.ljust(half))
    return f"{left}│{right}"


def json_text(value: Any) -> str:
    """Return plain data as JSON; a number that is not finite, which JSON does not have, becomes null."""
    return json.dumps(finite(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def finite(value: Any) -> Any:
    """Return plain data with None for every number that is not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
