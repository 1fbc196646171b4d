"""Explanations as tables for the terminal, with a bar for each part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blocs.forecast.explain import Difference, Explanation
from blocs.forecast.outcomes import Spread
from blocs.report.numbers import percent, signed_bar
from blocs.report.terminal import new_table, words

if TYPE_CHECKING:
    from rich.console import Console


def print_explanations(console: Console, explanations: Sequence[Explanation]) -> None:
    """Print, for each decision, the value of each option by its parts."""
    for number, one in enumerate(explanations):
        if number:
            console.print()
        console.print(f"{one.date}, {one.role}, {one.stage}: chosen was {words(one.chosen)}", style="bold")
        table = new_table()
        table.add_column("", no_wrap=True)
        table.add_column("part", no_wrap=True)
        for name in one.options:
            table.add_column(words(name), justify="right")
        when = ""
        for j, part in enumerate(one.parts):
            row = one.contributions[j].mean(axis=1)
            table.add_row(part.when if part.when != when else "", words(part.name), *(f"{value:+.2f}" for value in row))
            when = part.when
        table.add_section()
        table.add_row("sum", "value", *(f"{value:+.2f}" for value in one.value.mean(axis=1)), style="bold")
        table.add_row("", "probability", *(percent(float(p)) for p in one.probability.mean(axis=1)))
        console.print(table)
    error = max(one.error for one in explanations)
    draws = explanations[0].value.shape[1]
    console.print(f"Means over {draws} draws of the parameters; parts add up to values within {error:.0e}.")


def print_differences(console: Console, differences: Sequence[Difference]) -> None:
    """Print, for each decision, what makes one option better or worse than another."""
    for number, one in enumerate(differences):
        if number:
            console.print()
        told = one.explanation
        console.print(f"{told.date}, {told.role}: {words(one.option)} instead of {words(one.against)}", style="bold")
        ranked = one.ranked()
        widest = max((abs(spread.mean) for _, spread in ranked), default=1.0)
        table = new_table()
        for head in ("", "part"):
            table.add_column(head, no_wrap=True)
        for head in ("adds", "90 % interval"):
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column("against" + " " * 8 + "for", no_wrap=True)
        for part, spread in ranked:
            table.add_row(
                part.when, words(part.name), f"{spread.mean:+.2f}", _interval(spread), signed_bar(spread.mean, widest)
            )
        table.add_section()
        total = Spread.of(one.total)
        table.add_row("sum", "difference", f"{total.mean:+.2f}", _interval(total), style="bold")
        console.print(table)
        console.print(one.sentence())
    told = differences[0].explanation
    console.print(
        f"In units of payoff, over {told.value.shape[1]} draws of the parameters; parts add up within "
        f"{max(one.explanation.error for one in differences):.0e}. Times the precision (mean "
        f"{told.precision.mean():.2f}) they are differences of log-odds."
    )


def _interval(spread: Spread) -> str:
    return f"{spread.low:+.2f} to {spread.high:+.2f}"
