"""Options that several commands have for games with private types, and how many draws are usual with and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocs.cli.command import Option
from blocs.cli.values import odd

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.solve.private import Grid

USUAL, USUAL_COMPARED = 256, 64
# a draw of a game with types takes seconds where it takes hundredths without
USUAL_TYPED = 8
# a finer grid would need more memory than most computers have
FINEST = 129

GRID = Option(
    ("--grid",),
    "where roles have private types: points of the grid of each role's beliefs, an odd number; left out, all histories "
    "are unrolled where they are few, and else a grid of 5 is taken",
    {"metavar": "N", "type": odd(3, FINEST)},
)


def usual_draws(case: Case, asked: int | None, usual: int = USUAL) -> int:
    """Return how many draws are taken: those asked for, else `usual`, or fewer in a game with private types."""
    if asked is not None:
        return asked
    return USUAL_TYPED if case.theory_spec.types else usual


def on_grid(case: Case, points: int | None) -> Grid | None:
    """Return the grid that was asked for.

    Raises
    ------
    UsageError
        For a case without private types.
    """
    if points is None:
        return None
    if not case.theory_spec.types:
        from blocs.errors import UsageError

        raise UsageError(f"--grid is for games with private types; the theory {case.theory_spec.theory} has none")
    from blocs.solve.private import Grid

    return Grid(points)
