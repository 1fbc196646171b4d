"""Scores of cases for the terminal: decisions, outcomes and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.fit.validate import Bin, Scores
from blocs.report.numbers import percent
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console


def scores_table(console: Console, scores: Sequence[Scores]) -> None:
    """Print one row per case: decisions, log scores per decision, and the probability of what happened."""
    table = new_table()
    table.add_column("case", no_wrap=True)
    for head in ("n", "theory", "freq.", "chance", "gain"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("what happened", no_wrap=True)
    table.add_column("forecast", justify="right", no_wrap=True)
    for one in scores:
        if not len(one.theory):
            continue
        table.add_row(
            one.case,
            str(len(one.theory)),
            f"{one.theory.mean():.3f}",
            f"{one.frequencies.mean():.3f}",
            f"{one.uniform.mean():.3f}",
            f"{one.gain:+.3f}",
            one.outcome or "",
            percent(one.outcome_probability) if np.isfinite(one.outcome_probability) else "",
            style="bold" if one.outcome == one.likeliest else "",
        )
    console.print(table)


def print_scores(console: Console, scores: Sequence[Scores], curve: Sequence[Bin], *, out_of_sample: bool) -> None:
    """Print the scores of several cases, their totals, and the calibration of decisions."""
    scores_table(console, scores)
    theory, frequencies, chance = (
        float(sum(values.sum() for values in part))
        for part in ([s.theory for s in scores], [s.frequencies for s in scores], [s.uniform for s in scores])
    )
    told = sum(one.outcome == one.likeliest for one in scores)
    count = sum(len(one.theory) for one in scores)
    better = sum(one.gain > 0 for one in scores)
    whose = "of the other cases" if out_of_sample else "of each case's own history"
    where = "fitted to the other cases" if out_of_sample else "at the prior medians"
    console.print(
        f"Parameters {where}. Over {count} decisions the log score is {theory:.1f} in total; option frequencies "
        f"{whose} score {frequencies:.1f}, choice by chance {chance:.1f}. The theory beats the frequencies in {better} "
        f"of {len(scores)} cases; what happened was the likeliest outcome in {told} (bold)."
    )
    if curve:
        console.print("\nOf options forecast with a probability of ..., so many were taken (95 % interval):")
        table = new_table()
        for head in ("forecast", "taken", "interval", "options"):
            table.add_column(head, justify="right", no_wrap=True)
        for one in curve:
            table.add_row(
                percent(one.forecast),
                percent(one.happened),
                f"{percent(one.happened_low)} to {percent(one.happened_high)}",
                str(one.count),
            )
        console.print(table)
