"""What is wrong with a file, told beside the line that it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blocs.errors import Problem

# who has more to mend begins with these
MOST_TOLD = 200
# of a line that is longer, only what is around the mistake is shown
LONGEST_LINE = 160
_ENDS = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Place:
    """One problem, with the line that it is about in three pieces: before the mistake, from there on, what was cut."""

    problem: Problem
    before: str
    after: str


@dataclass(frozen=True)
class Told:
    """Everything that is wrong with files.

    Attributes
    ----------
    errors, warnings : int
    places : tuple of Place
    left_out : int
        How many more there are.
    """

    errors: int
    warnings: int
    places: tuple[Place, ...]
    left_out: int

    @property
    def headline(self) -> str:
        """The verdict, in a sentence."""
        also = f"; {_counted(self.warnings, 'warning')}" if self.warnings else ""
        return (f"{_counted(self.errors, 'mistake')}" if self.errors else "No mistakes: blocs can use it") + also + "."


def tell(problems: Sequence[Problem], texts: Mapping[str, str]) -> Told:
    """Return problems with the lines that they are about, errors first."""
    errors = sum(problem.severity == "error" for problem in problems)
    first = sorted(problems, key=lambda problem: problem.severity != "error")[:MOST_TOLD]
    lines = {name: _ENDS.split(text) for name, text in texts.items()}
    places = tuple(Place(problem, *_around(problem, lines.get(problem.file, []))) for problem in first)
    return Told(errors, len(problems) - errors, places, len(problems) - len(first))


def _around(problem: Problem, lines: Sequence[str]) -> tuple[str, str]:
    if not 0 < problem.line <= len(lines):
        return "", ""
    line, at = lines[problem.line - 1], max(problem.column - 1, 0)
    low = max(at - LONGEST_LINE // 2, 0) if len(line) > LONGEST_LINE else 0
    high = min(low + LONGEST_LINE, len(line))
    return ("…" if low else "") + line[low:at], line[at:high] + ("…" if high < len(line) else "")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
