"""People's precisions for the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from blocs.language.case import Case
from blocs.report.numbers import percent
from blocs.report.terminal import new_table, words

if TYPE_CHECKING:
    from rich.console import Console


def print_precisions(
    console: Console,
    case: Case,
    games: int,
    choices: Mapping[str, int],
    precisions: Mapping[str, Mapping[str, Any]],
    scores: Mapping[str, float],
    diagnostics: Sequence[str],
) -> None:
    """Print how sharply people chose, beside the prior, and how well that explains their choices."""
    said = ", ".join(f"{count} of the {role}" for role, count in choices.items())
    console.print(f"{case.title or case.case}: {games} game{'s' if games > 1 else ''}, choices: {said}", style="bold")
    for sentence in diagnostics:
        console.print(sentence)
    table = new_table()
    table.add_column("precision", no_wrap=True)
    table.add_column("of", no_wrap=True)
    for head in ("solved player", "people", "90 % interval"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, one in precisions.items():
        interval = f"{one['low']:.2f} to {one['high']:.2f}"
        table.add_row(words(name), ", ".join(one["roles"]), f"{one['solved']:.2f}", f"{one['mode']:.2f}", interval)
    console.print(table)
    console.print(
        f"A choice had a probability of {percent(math.exp(scores['fitted']))} on average (geometric mean) at the "
        f"fitted precisions, {percent(math.exp(scores['solved']))} at those of the solved players and "
        f"{percent(math.exp(scores['uniform']))} by blind chance."
    )
