"""What may stand behind an option: whole numbers within bounds, lists of numbers, ``NAME=VALUE``."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable

# more draws than this would take days and more memory than a machine of today has; it is surely a slip of the finger
MOST_DRAWS = 1_000_000
# the sampler of draws takes a seed of 32 bits
LARGEST_SEED = 2**32 - 1
# more precisions in one call than anybody reads
MOST_NUMBERS = 1_000

Setting = tuple[str, "float | bool | str"]


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ArgumentTypeError(f"`{_short(text)}` is not a whole number from {low} to {high:,}")
        return int(text)

    return read


def odd(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of odd whole numbers from `low` to `high`."""
    number = whole(low, high)

    def read(text: str) -> int:
        if number(text) % 2 == 0:
            raise ArgumentTypeError(f"`{_short(text)}` is even; an odd number is asked for")
        return number(text)

    return read


def weight(text: str) -> float:
    """Read a weight: a number from 0 to 1,000."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1000:
        raise ArgumentTypeError(f"`{_short(text)}` is not a weight from 0 to 1,000")
    return number


def precisions(text: str) -> tuple[float, ...]:
    """Read precisions divided by commas: ``1,2,5``."""
    parts = text.split(",")
    if len(parts) > MOST_NUMBERS:
        raise ArgumentTypeError(f"{len(parts)} precisions are more than the {MOST_NUMBERS} that one call takes")
    return tuple(_precision(part.strip()) for part in parts)


def setting(text: str) -> Setting:
    """Read ``NAME=VALUE``; the value is a number, ``true``, ``false`` or a word."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise ArgumentTypeError(f"`{_short(text)}` is not of the form NAME=VALUE, such as base_value=0.5")
    if value in ("true", "false"):
        return name, value == "true"
    try:
        number = float(value) if re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", value) else None
    except OverflowError:
        number = None
    if number is None:
        return name, value
    if not math.isfinite(number):
        raise ArgumentTypeError(f"the number in `{_short(text)}` is too large")
    return name, number


def _precision(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ArgumentTypeError(f"`{_short(text)}` is not a precision: a finite number that is not negative")
    return number


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
