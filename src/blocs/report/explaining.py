"""Explanations as tables for the terminal, with a bar for each part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.explanation import Difference, Explanation, Part, by_decision
from blocs.forecast.spread import Spread
from blocs.report.numbers import percent, signed_bar
from blocs.report.terminal import new_table, words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_explanations(console: Console, explanations: Sequence[Explanation]) -> None:
    """Print, for each decision, the value of each option by its parts; for a role with types, type by type."""
    for number, group in enumerate(by_decision(explanations)):
        if number:
            console.print()
        for one in group:
            chosen = f": chosen was {words(one.chosen)}" if one is group[0] else ""
            console.print(f"{one.date}, {one.who}, {one.stage}{chosen}", style="bold")
            table = new_table()
            table.add_column("", no_wrap=True)
            table.add_column("part", no_wrap=True)
            for name in one.options:
                table.add_column(words(name), justify="right")
            when = ""
            for j, part in enumerate(one.parts):
                row = one.contributions[j].mean(axis=1)
                table.add_row(
                    part.when if part.when != when else "", words(part.name), *(f"{value:+.2f}" for value in row)
                )
                when = part.when
            table.add_section()
            table.add_row("sum", "value", *(f"{value:+.2f}" for value in one.value.mean(axis=1)), style="bold")
            table.add_row("", "probability", *(percent(float(p)) for p in one.probability.mean(axis=1)))
            if one is group[-1] and one.public is not None:
                table.add_row("", "in the eyes of the others", *(percent(float(p)) for p in one.public.mean(axis=1)))
            console.print(table)
            if one.occasion is not None:
                console.print(
                    f"An occasion to choose comes with {percent(float(one.occasion.mean()))}; the probabilities are "
                    "those of what is done, with or without one."
                )
        if group[0].type:
            console.print(_believed(group))
    error = max(one.error for one in explanations)
    draws = explanations[0].value.shape[1]
    over = f"Means over {draws:,} draws of the parameters" if draws > 1 else "At one draw of the parameters"
    console.print(f"{over}; parts add up to values within {error:.0e}.")


def print_differences(console: Console, differences: Sequence[Difference]) -> None:
    """Print, for each decision, what makes one option better or worse than another; type by type side by side."""
    for number, group in enumerate(differences_by_decision(differences)):
        if number:
            console.print()
        told = group[0].explanation
        console.print(f"{told.date}, {told.role}: {words(group[0].option)} instead of {words(group[0].against)}",
                      style="bold")  # fmt: skip
        console.print(_by_type(group) if told.type else _alone(group[0]))
        for one in group:
            console.print(one.sentence())
        if told.type:
            console.print(_believed([one.explanation for one in group]))
            console.print(_chances(group))
    told = differences[0].explanation
    draws = told.value.shape[1]
    console.print(
        f"In units of payoff, {f'over {draws:,} draws' if draws > 1 else 'at one draw'} of the parameters; parts add "
        f"up within {max(one.explanation.error for one in differences):.0e}. Times the precision (mean "
        f"{told.precision.mean():.2f}) they are differences of log-odds"
        f"{' on an occasion to choose' if told.occasion is not None else ''}."
    )


def differences_by_decision(differences: Sequence[Difference]) -> list[list[Difference]]:
    """Put the differences of one decision together."""
    of = {id(one.explanation): one for one in differences}
    return [[of[id(one)] for one in group] for group in by_decision(one.explanation for one in differences)]


def parts_by_type(group: Sequence[Difference]) -> list[tuple[Part, list[Spread]]]:
    """Return each part with what it adds for each type, the part that is weightiest for any of them first."""
    everywhere = dict.fromkeys(part for one in group for part in one.explanation.parts)
    rows = []
    for part in everywhere:
        adds = [one.part(part) for one in group]
        if any(np.any(row != 0) for row in adds):
            rows.append((part, [Spread.of(row) for row in adds]))
    return sorted(rows, key=lambda row: -max(abs(spread.mean) for spread in row[1]))


def _alone(one: Difference) -> Table:
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
    return table


def _by_type(group: Sequence[Difference]) -> Table:
    draws = group[0].total.size
    table = new_table()
    for head in ("", "part"):
        table.add_column(head, no_wrap=True)
    for one in group:
        table.add_column(words(one.explanation.type), justify="right", no_wrap=True)
        if draws > 1:
            table.add_column("90 % interval", justify="right", no_wrap=True)

    def cells(spreads: Sequence[Spread]) -> list[str]:
        return [
            cell
            for one in spreads
            for cell in ([f"{one.mean:+.2f}"] + ([f"{one.low:+.1f} to {one.high:+.1f}"] if draws > 1 else []))
        ]

    for part, spreads in parts_by_type(group):
        table.add_row(part.when, words(part.name), *cells(spreads))
    table.add_section()
    table.add_row("sum", "difference", *cells([Spread.of(one.total) for one in group]), style="bold")
    return table


def _believed(group: Sequence[Explanation]) -> str:
    """Say what the others believed of the role before the decision."""
    told = ", ".join(
        f"{words(one.type)} {percent(float(one.belief.mean()))}" for one in group if one.belief is not None
    )
    return f"What the others believed of the {group[0].role} before it: {told}."


def _chances(group: Sequence[Difference]) -> str:
    """Say how likely the option was for each type, and in the eyes of the others."""
    first = group[0]
    number = first.explanation.options.index(first.option)
    by_type = ", ".join(
        f"{words(one.explanation.type)} {percent(float(one.explanation.probability[number].mean()))}" for one in group
    )
    public = first.explanation.public
    assert public is not None  # with types there is one
    others = percent(float(public[number].mean()))
    return f"Probability of `{first.option}`: {by_type}; in the eyes of the others {others}."


def _interval(spread: Spread) -> str:
    return f"{spread.low:+.2f} to {spread.high:+.2f}"
