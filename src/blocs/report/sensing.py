"""Ensembles, drivers, Sobol indices and tipping points for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocs.forecast.ensembles.result import Ensemble
from blocs.forecast.sensitivity import Sensitivity
from blocs.forecast.sobol import SobolIndices
from blocs.forecast.tipping.result import Tip, Tipping
from blocs.report.numbers import interval_bar, percent, points, signed_bar
from blocs.report.terminal import new_table, words

if TYPE_CHECKING:
    from rich.console import Console

    from blocs.language.case import Case


def print_ensemble(console: Console, case: Case, done: Ensemble) -> None:
    """Print the outcomes of an ensemble, and in how many of its draws each is the likeliest."""
    console.print(case.title or case.case, style="bold")
    console.print(f"{len(done):,} draws of parameters and facts\n")
    table = new_table()
    table.add_column("outcome", no_wrap=True)
    for head in ("mean", "median", "90 % interval"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("0 % to 100 %", no_wrap=True)
    table.add_column("likeliest in", justify="right", no_wrap=True)
    first = done.likeliest
    for name, spread in done.outcomes.items():
        table.add_row(
            name,
            percent(spread.mean),
            percent(spread.median),
            f"{percent(spread.low)} to {percent(spread.high)}",
            interval_bar(spread.low, spread.median, spread.high),
            percent(first[name]),
        )
    console.print(table)
    if done.residuals:
        console.print(str(done.certificate))


def print_drivers(console: Console, drivers: Sensitivity, outcome: str, most: int) -> None:
    """Print what moves an outcome, by the effect of one standard deviation."""
    everything = drivers.ranked(outcome)
    # what is privately known is asked about however little it moves
    ranked = everything[:most] + [one for one in everything[most:] if one.input.kind == "type"]
    widest = max((abs(one.per_sd.mean) for one in ranked), default=1.0)
    console.print(f"What moves `{outcome}` (at {drivers.origin})", style="bold")
    table = new_table()
    table.add_column("input", no_wrap=True)
    for head in ("value", "points per sd", "elasticity"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("less" + " " * 12 + "more", no_wrap=True)
    for one in ranked:
        elasticity = f"{one.elasticity.mean:+.2f}" if one.elasticity is not None else ""
        table.add_row(
            words(one.input.name),
            f"{one.value.mean:.3g}",
            points(one.per_sd.mean),
            elasticity,
            signed_bar(one.per_sd.mean, widest),
        )
    console.print(table)
    console.print(f"Exact derivatives; {drivers.certificate}\n")


def print_sobol(console: Console, indices: SobolIndices, outcome: str, most: int) -> None:
    """Print the shares of an outcome's variance by input."""
    console.print(f"Where the variance of `{outcome}` comes from", style="bold")
    table = new_table()
    table.add_column("input", no_wrap=True)
    for head in ("by itself", "with interactions"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in indices.ranked(outcome, most):
        table.add_row(
            words(one.name), f"{one.first:.2f} ± {one.first_width:.2f}", f"{one.total:.2f} ± {one.total_width:.2f}"
        )
    console.print(table)
    console.print(indices.convergence + "\n")


def print_tipping(console: Console, tips: Tipping, most: int) -> None:
    """Print the least changes that make another outcome the likeliest."""
    console.print(
        f"What it would take: now the likeliest is `{tips.likeliest}` ({percent(tips.probabilities[tips.likeliest])})",
        style="bold",
    )
    for tip in tips.joint:
        _joint(console, tip)
    for name, why in tips.not_found.items():
        console.print(f"- {name}: {why}")
    table = new_table()
    table.add_column("alone", no_wrap=True)
    for head in ("change", "from", "to"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("then likeliest", no_wrap=True)
    for tip in tips.singles[:most]:
        change = tip.changes[0]
        table.add_row(
            words(change.input.name),
            f"{change.position:+.2f} sd",
            f"{change.input.value:.3g}",
            f"{change.after:.3g}",
            tip.outcome,
        )
    for flip in tips.flips:
        if flip.tips:
            table.add_row(words(flip.name), "", str(flip.before).lower(), str(flip.after).lower(), flip.outcome)
    console.print()
    if table.row_count:
        console.print(table)
    none = sum(tip is None for tip in tips.single.values())
    console.print(f"{none} inputs tip nothing by themselves within {tips.limit:g} standard deviations.")


def _joint(console: Console, tip: Tip) -> None:
    told = ", ".join(f"{words(one.input.name)} {one.position:+.2f}" for one in tip.changes[:6])
    console.print(f"- {tip.outcome}: {tip.distance:.2f} standard deviations in all ({told}, ...)")
