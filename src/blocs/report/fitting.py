"""A posterior for the terminal: what was learned, how sure it is, and how well it explains the histories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.fit.posterior import Posterior
from blocs.fit.validate import Scores
from blocs.report.numbers import percent
from blocs.report.terminal import new_table, words
from blocs.report.validating import scores_table

if TYPE_CHECKING:
    from rich.console import Console


def print_posterior(console: Console, posterior: Posterior, scores: Sequence[Scores]) -> None:
    """Print diagnostics, parameters by how much was learned of them, and the scores of each case."""
    console.print(f"Learned from {', '.join(posterior.cases)} with {posterior.attributes['method']}", style="bold")
    for sentence in posterior.diagnostics:
        console.print(sentence)
    console.print()
    frame = posterior.to_pandas()
    frame = frame.iloc[np.argsort(-frame["contraction"].fillna(0).to_numpy(), kind="stable")]
    table = new_table()
    table.add_column("parameter", no_wrap=True)
    drawn = posterior.size > 1  # one point has no interval, and nothing was learned about its spread
    for head in ("mode", "median", "90 % interval", "learned") if drawn else ("mode",):
        table.add_column(head, justify="right", no_wrap=True)
    for name, row in frame.iterrows():
        cells = [_number(row["mode"])]
        if drawn:
            learned = row["contraction"]
            cells += [
                _number(row["median"]),
                f"{_number(row['low'])} to {_number(row['high'])}",
                percent(max(learned, 0.0)) if np.isfinite(learned) else "",
            ]
        table.add_row(words(str(name)), *cells)
    console.print(table)
    if drawn:
        console.print("`learned` is the part of the prior's variance that the histories took away.")
    console.print()
    scores_table(console, scores)
    console.print(
        "Log scores are per decision, in sample; `gain` is over option frequencies; bold: what happened was likeliest."
    )


def _number(value: float) -> str:
    return "" if not np.isfinite(value) else f"{value:.3g}"
