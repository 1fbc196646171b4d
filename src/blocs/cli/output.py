"""Where a command writes: results to standard output, problems and progress to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

from blocs.errors import BlocsError, InputError, Problem
from blocs.report.numbers import json_text

if TYPE_CHECKING:
    from rich.console import Console

# without a terminal there is no width to fit; this one holds every table of ours unbroken
WIDTH_WITHOUT_TERMINAL = 110


class Output:
    """The two streams of a command, and whether it was asked for JSON.

    Parameters
    ----------
    as_json : bool
        Print results as JSON; problems are then part of it, and are told on standard error as well.
    stdout, stderr : text streams, optional
        Default to those of the process at the time of the call.
    """

    def __init__(self, as_json: bool = False, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.as_json = as_json
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr

    def text(self, *lines: str) -> None:
        """Write lines of a result."""
        for line in lines:
            self.stdout.write(line + "\n")

    def note(self, line: str) -> None:
        """Write a line about the work, which is no part of the result."""
        self.stderr.write(line + "\n")

    def json(self, value: Any) -> None:
        """Write a result as JSON; a number that is not finite, which JSON does not have, becomes null."""
        self.stdout.write(json_text(value))

    def problems(self, problems: Sequence[Problem], end: str = "") -> None:
        """Write problems in the order of their places, and how many there were; `end` says what that led to."""
        for problem in sorted(problems, key=lambda one: (one.file, one.line, one.column)):
            self.note(str(replace(problem, file=_short(problem.file))))
        if problems:
            self.note(f"{count(problems)}; {end}." if end else f"{count(problems)}.")

    def failure(self, error: BlocsError, end: str = "") -> int:
        """Tell what went wrong, in JSON too where that was asked for, and return the exit code."""
        if isinstance(error, InputError):
            self.problems(error.problems, end)
            found = [problem.to_json() for problem in error.problems]
        else:
            self.note(f"blocs: {error}")
            found = [Problem(str(error)).to_json()]
        if self.as_json:
            self.json({"error": {"exit_code": error.exit_code, "problems": found}})
        return error.exit_code

    def console(self) -> Console:
        """Return a rich console on standard output; colour only on a terminal, and never with NO_COLOR."""
        return self._console(self.stdout)

    def error_console(self) -> Console:
        """Return a rich console on standard error, for progress."""
        return self._console(self.stderr)

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        class Plain(Console):
            def on_broken_pipe(self) -> None:
                # rich would end the process with exit code 1, which here means that the input was wrong
                raise BrokenPipeError

        width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
        return Plain(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _short(file: str) -> str:
    """Return a path below the present folder without the part that leads to it."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here) if os.path.isabs(file) else file


def count(problems: Sequence[Problem]) -> str:
    """Return ``2 errors, 1 warning``."""
    parts = []
    for severity in ("error", "warning"):
        number = sum(problem.severity == severity for problem in problems)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts) or "no problems"
