"""Scores of cases for the terminal: decisions, outcomes and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.fit.validate import Bin, Scores
from blocs.report.numbers import percent
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    import pandas as pd
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


def print_scores(
    console: Console, scores: Sequence[Scores], curve: Sequence[Bin], parameters: str, *, own: bool
) -> None:
    """Print the scores of several cases, their totals, and the calibration of decisions.

    Parameters
    ----------
    console : Console
    scores : sequence of Scores
    curve : sequence of Bin
    parameters : str
        Where the parameters come from, in words.
    own : bool
        Whether the option frequencies are those of the same decisions.
    """
    scores_table(console, scores)
    theory, frequencies, chance = (
        float(sum(values.sum() for values in part))
        for part in ([s.theory for s in scores], [s.frequencies for s in scores], [s.uniform for s in scores])
    )
    told = sum(one.outcome == one.likeliest for one in scores)
    count = sum(len(one.theory) for one in scores)
    better = sum(one.gain > 0 for one in scores)
    whose = "of the same decisions" if own else "of what was seen"
    console.print(
        f"Parameters {parameters}. Over {count} decisions the log score is {theory:.1f} in total; option frequencies "
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


# a count that fewer simulated courses than this reach, or fall to, is unlike them
UNLIKE = 0.025


def print_checks(console: Console, checks: Mapping[str, pd.DataFrame], whose: str) -> None:
    """Print how often options were taken beside courses simulated from the prior or posterior.

    Parameters
    ----------
    console : Console
    checks : mapping from case to DataFrame
        As `blocs.fit.predictive.predictive_check` returns it.
    whose : str
        ``prior`` or ``posterior``.
    """
    for name, frame in checks.items():
        console.print(f"\n{name}: how often options were taken, and in courses simulated from the {whose}")
        table = new_table()
        table.add_column("option", no_wrap=True)
        for head in ("real", "mean", "90 % interval", "p"):
            table.add_column(head, justify="right", no_wrap=True)
        for option, row in frame.iterrows():
            unlike = not UNLIKE <= row["p"] <= 1 - UNLIKE
            table.add_row(
                str(option).replace("_", " "),
                f"{row['real']:.0f}",
                f"{row['mean']:.1f}",
                f"{row['low']:.0f} to {row['high']:.0f}",
                f"{row['p']:.3f}",
                style="bold" if unlike else "",
            )
        console.print(table)
    if checks:
        console.print("`p`: share of courses with more, those with as many by half; bold: history is unlike them.")
