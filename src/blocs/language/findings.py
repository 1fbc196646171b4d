"""The notebook of a check: errors and warnings with their places, and an end to both."""

from __future__ import annotations

from collections.abc import Iterable

from blocs.errors import Problem, nearest
from blocs.language.document import Origins, Path

# as many as a reader can mend before the next check
MAX_PROBLEMS = 200
# no misspelling is longer, and no theory has more names; comparing more would cost seconds on a hostile file
_LONGEST_NAME = 60
_MOST_CHOICES = 400


class Enough(Exception):
    """So many problems that the rest of the check is left out."""


class Findings:
    """Problems of one document.

    Parameters
    ----------
    origins : Origins
        Where the parts of the document are written.
    """

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.problems: list[Problem] = []

    def error(self, path: Path, message: str, hint: str = "", offset: int | None = None) -> None:
        """Note an error; `offset` is a position in the text of the value."""
        self.note(self.origins.problem(path, message, hint, "error", offset))

    def warn(self, path: Path, message: str, hint: str = "") -> None:
        """Note a warning."""
        self.note(self.origins.problem(path, message, hint, "warning"))

    def note(self, problem: Problem) -> None:
        """Note a problem; raise `Enough` when there are too many."""
        if problem not in self.problems:
            self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise Enough

    def line(self, path: Path) -> str:
        """Return `` on line 18``, or nothing where no file is known."""
        found = self.origins.find(path)
        return f" on line {found[0].locate(found[1])[0]}" if found else ""


def closest(name: str, choices: Iterable[str]) -> str:
    """Return ``did you mean `x`?``, or else the choices where they are few, or nothing."""
    known = list(choices)
    if len(name) > _LONGEST_NAME or len(known) > _MOST_CHOICES:
        return ""
    few = 12  # a longer list is not read
    listed = f"expected one of {', '.join(known)}" if len(known) > 1 else f"expected {known[0]}" if known else ""
    return nearest(name, known) or (listed if len(known) <= few else "")
