"""What an author says of a new case before there is a file, read from words; a sentence where they make no sense."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import get_args

from blocs.errors import nearest
from blocs.language.calendar import MAX_STEPS, MONTHS, Step, parse_date
from blocs.language.document import shorten
from blocs.language.theory import FactSpec, Theory
from blocs.language.values import wrong_fact

# a name or a title that is longer is none
_LONGEST = 200
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"


@dataclass(frozen=True)
class SaidActor:
    """Who plays a role, with the number of the state in the Correlates of War."""

    name: str
    cow: int | None = None


@dataclass(frozen=True)
class SaidFact:
    """The value of a fact, and what it may be."""

    value: bool | int | float | str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Answers:
    """What is said of a new case; what is left out is a guess to be replaced.

    Parameters
    ----------
    title, summary : str
    start, step : str
        First step and length of a step.
    steps : int
    actors : mapping from role to SaidActor
    facts : mapping from name to SaidFact
    outcome : str
        One of the theory's.
    """

    title: str = ""
    summary: str = ""
    start: str = "2000-01"
    step: str = "month"
    steps: int = 12
    actors: dict[str, SaidActor] = field(default_factory=dict)
    facts: dict[str, SaidFact] = field(default_factory=dict)
    outcome: str = ""


def read_text(text: str) -> str:
    """Return words on one line.

    Raises
    ------
    ValueError
        They hold characters that no file may hold, or are too long.
    """
    words = " ".join(text.split())
    if not words.isprintable():
        raise ValueError("this holds a character that cannot be seen; leave it out")
    if len(words) > _LONGEST:
        raise ValueError(f"{len(words)} characters; expected at most {_LONGEST}")
    return words


def read_start(text: str) -> str:
    """Return the date of a first step; see `parse_date` for what raises ValueError."""
    date = text.strip()
    parse_date(date)
    return date


def first_step(start: str, step: str) -> str:
    """Return the first step as precisely as a calendar wants it: of 1960, by months, that is 1960-01."""
    span, months = parse_date(start), MONTHS[step]
    if span.months <= months:
        return start
    year, month = divmod(span.first, 12)
    number = month // months + 1
    return f"{year:04d}-{month + 1:02d}" if months == 1 else f"{year:04d}-{'Q' if months == 3 else 'H'}{number}"


def read_step(text: str) -> str:
    """Return the length of a step, or raise ValueError."""
    step, known = text.strip().lower(), get_args(Step)
    if step not in known:
        raise ValueError(_unknown("length of a step", text, known))
    return step


def read_steps(text: str) -> int:
    """Return the number of steps, or raise ValueError."""
    words = text.strip()
    if not re.fullmatch(r"\d{1,6}", words) or not 1 <= int(words) <= MAX_STEPS:
        raise ValueError(f"expected a whole number from 1 to {MAX_STEPS}, found `{shorten(text)}`")
    return int(words)


def read_actor(text: str) -> SaidActor:
    """Read ``Soviet Union 365``: a name and, where there is one, a state code; raise ValueError for no name."""
    words = read_text(text)
    found = re.fullmatch(r"(.*?\D)(?:\s+(\d{1,3}))?", words)
    name = found[1].strip() if found is not None else ""
    if found is None or not name:
        raise ValueError("expected a name and perhaps a state code, such as `Soviet Union 365`")
    return SaidActor(name, int(found[2]) if found[2] else None)


def read_fact(spec: FactSpec, text: str) -> SaidFact:
    """Read the value of a fact, with its range where one is given: ``0.54`` or ``0.54 0.5..0.58``.

    Raises
    ------
    ValueError
        The fact cannot have this value, or the range does not hold it.
    """
    words = text.strip()
    if isinstance(spec.type, tuple) or spec.type == "boolean":
        value = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}.get(
            words.lower(), words
        )
        _require(spec, value if spec.type == "boolean" else words)
        return SaidFact(value if spec.type == "boolean" else words)
    found = re.fullmatch(rf"({_NUMBER})(?:\s+\(?\[?({_NUMBER})\s*(?:\.\.|,|to|\s)\s*({_NUMBER})\)?\]?)?", words)
    if found is None:
        _require(spec, words)
        raise ValueError(
            f"expected a number, or a number and its range such as `0.54 0.5..0.58`, found `{shorten(words)}`"
        )
    value, low, high = (None if part is None else _number(part) for part in found.groups())
    assert value is not None
    for one in (value, low, high):
        if one is not None:
            _require(spec, one)
    if low is None or high is None:
        return SaidFact(value)
    if not low <= value <= high:
        raise ValueError(f"the range from {low:g} to {high:g} does not hold the value {value:g}")
    return SaidFact(value, low, high)


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _require(spec: FactSpec, value: object) -> None:
    if wrong := wrong_fact(spec, value):
        raise ValueError("; ".join(part for part in wrong if part))


def read_outcome(theory: Theory, text: str) -> str:
    """Return an outcome of a theory, whatever its letters; raise ValueError for none."""
    known = {name.casefold(): name for name in theory.outcomes}
    found = known.get(" ".join(text.casefold().split()))
    if found is None:
        raise ValueError(_unknown("outcome of the theory", text, tuple(theory.outcomes)))
    return found


def known_name(kind: str, name: str, known: tuple[str, ...]) -> str:
    """Return a name that is known, or raise ValueError with the nearest."""
    if name not in known:
        raise ValueError(_unknown(kind, name, known))
    return name


def _unknown(kind: str, text: str, known: tuple[str, ...]) -> str:
    return f"`{shorten(text)}` is no {kind}; {nearest(text.strip()[:60], known) or 'there are ' + ', '.join(known)}"
