"""Alternatives side by side for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocs.forecast.compare import BASELINE, Comparison
from blocs.forecast.outcomes import Spread
from blocs.report.numbers import percent, points
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the outcomes of the case as it was, then each alternative's with paired differences."""
    baseline = comparison.baseline.forecast()
    game = comparison.baseline.game
    if game.case is not None:
        console.print(game.case.title or game.case.case, style="bold")
    for one in comparison.alternatives:
        console.print()
        console.print(one.what_if.label, style="bold")
        table = new_table()
        table.add_column("outcome", no_wrap=True)
        for head in (BASELINE, "then", "difference", "90 % interval of the difference"):
            table.add_column(head, justify="right", no_wrap=True)
        forecast = one.solution.forecast()
        for i, name in enumerate(game.outcomes):
            gap = Spread.of(one.differences[i])
            table.add_row(
                name,
                percent(baseline.outcomes[name].mean),
                percent(forecast.outcomes[name].mean),
                points(gap.mean),
                f"{points(gap.low)} to {points(gap.high)}",
                style="bold" if name == forecast.likeliest else "",
            )
        console.print(table)
        for move, carried in one.carried_out.items():
            console.print(f"`{move}` was legal, and so carried out, with probability {percent(carried)}.")
        if one.what_if.note:
            console.print(one.what_if.note, style="italic")
    draws = comparison.baseline.draws
    seed = f", seed {draws.seed}" if draws.seed is not None else ""
    worst = max(abs(one.solution.certificate.probability_sum - 1) for one in comparison.alternatives)
    console.print(
        f"\nMeans over {len(draws)} draws of {draws.origin}{seed}, the same for all; differences are paired, in "
        f"percentage points. Outcome probabilities sum to one within {worst:.0e}."
    )
