"""The exceptions of blocs, and the problems that they carry.

::

    BlocsError
    ├── InputError        a file, a name or a value is wrong             exit code 1
    ├── UsageError        the command line or a call is wrong            exit code 2
    └── NumericalError    a computation did not give a valid answer      exit code 3

An `InputError` carries every problem that was found, not only the first one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in an input, where it is, and what to try.

    Parameters
    ----------
    message : str
        What is wrong, and what was expected.
    file : str
        Name of the file as the user gave it; empty when the input was not a file.
    line, column : int
        Position counted from one; zero when there is none.
    path : str
        Where in the document: ``stages[2].options.seize.when``.
    hint : str
        What to try, such as ``did you mean `arms`?``.
    severity : {"error", "warning"}
        An error stops the work; a warning is told and the work goes on.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """Render as ``file:line:column: path`` and the message below it."""
        position = f"{self.line}:{self.column}" if self.line else ""
        place = ":".join(part for part in (self.file, position) if part)
        head = f"{place}: {self.path}" if place and self.path else place or self.path
        mark = "" if self.severity == "error" else "warning: "
        body = mark + (f"{self.message}; {self.hint}" if self.hint else self.message)
        return f"{head}\n  {body}" if head else body

    def to_json(self) -> dict[str, str | int]:
        """Return the problem as plain values, for ``--json``."""
        return {
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "message": self.message,
            "hint": self.hint,
        }


class BlocsError(Exception):
    """Anything that blocs raises on purpose. Catch this to catch them all."""

    exit_code = 1


class InputError(BlocsError):
    """A file, a name or a value is wrong. Remedy: mend what `problems` lists; each says where."""

    exit_code = 1

    def __init__(self, problems: Problem | str | Sequence[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        several = (problems,) if isinstance(problems, Problem) else tuple(problems)
        # the same mistake found on two ways is one mistake
        self.problems: tuple[Problem, ...] = tuple(dict.fromkeys(several))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(BlocsError):
    """A command or a call was made in a way that has no meaning. Remedy: see ``--help``."""

    exit_code = 2


class NumericalError(BlocsError):
    """A computation gave no valid answer. Remedy: the message says what overflowed or did not converge."""

    exit_code = 3


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ``did you mean `x`?`` for the closest of `choices`, or an empty string."""
    # 0.6 is difflib's own default: below it suggestions read as noise
    close = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""
