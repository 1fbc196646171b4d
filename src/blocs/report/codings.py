"""The agreement of two codings, for the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blocs.language.case import Event, Fact
from blocs.language.codings import Agreement, Comparison
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console


def print_comparison(console: Console, found: Comparison, first: str, second: str) -> None:
    """Print agreement by stage, the moves that are not alike, the facts, and what else differs.

    Parameters
    ----------
    console : Console
    found : Comparison
    first, second : str
        Names of the codings.
    """
    console.print(f"{first} and {second}: {len(found.steps)} steps, {found.steps[0]} to {found.steps[-1]}\n")
    table = new_table()
    table.add_column("decisions")
    for head in ("n", "alike", "kappa", "alpha", "moves alike"):
        table.add_column(head, justify="right")
    for name, one in [*found.by_stage.items(), ("all", found.overall)]:
        alike, moves = one.moves
        table.add_row(
            name, str(len(one.units)), _number(one.share), _number(one.kappa), _number(one.alpha),
            f"{alike} of {moves}", style="bold" if name == "all" else "",
        )  # fmt: skip
    console.print(table)
    console.print("- no number stands where both codings have one choice only, so that chance alone would agree\n")
    _print_moves(console, found, first, second)
    _print_facts(console, found, first, second)
    others = [other for other in found.others if not other.same]
    for other in others:
        console.print(f"- {other.what}: {other.first or 'nothing'} in {first}, {other.second or 'nothing'} in {second}")
    if not others:
        console.print("- roles, start and outcome are the same")


def _print_moves(console: Console, found: Comparison, first: str, second: str) -> None:
    unlike = [pair for pair in found.pairs if pair.first is None or pair.second is None or pair.lag]
    if unlike:
        table = new_table()
        for head in ("role", "move", first, second, "steps apart"):
            table.add_column(head, justify="right" if head == "steps apart" else "left")
        for pair in unlike:
            lag = f"{pair.lag:+d}" if pair.first is not None and pair.second is not None else ""
            table.add_row(pair.role, pair.option.replace("_", " "), _date(pair.first), _date(pair.second), lag)
        console.print(table)
    lag = "" if found.mean_lag is None else f", on average {found.mean_lag:.2f} steps apart"
    same = sum(not pair.lag for pair in found.matched)
    console.print(f"- {len(found.matched)} moves are in both{lag}; {same} of them in the same step")
    console.print(
        f"- {sum(pair.second is None for pair in found.pairs)} only in {first}, "
        f"{sum(pair.first is None for pair in found.pairs)} only in {second}\n"
    )


def _print_facts(console: Console, found: Comparison, first: str, second: str) -> None:
    unlike = [pair for pair in found.facts if pair.standing != "same"]
    if unlike:
        table = new_table()
        for head in ("fact", first, second, ""):
            table.add_column(head)
        for pair in unlike:
            style = "bold" if pair.standing == "differ" else ""
            table.add_row(pair.name, _value(pair.first), _value(pair.second), pair.standing, style=style)
        console.print(table)
    same = len(found.facts) - len(unlike)
    ranges = sum(pair.standing == "each in the other's range" for pair in unlike)
    console.print(f"- {same} of {len(found.facts)} facts are the same, {ranges} more within each other's range")
    if found.facts_alpha is not None:
        console.print(f"- Krippendorff's alpha of the shares, as intervals: {found.facts_alpha:.3f}")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _date(event: Event | None) -> str:
    return "-" if event is None else event.date if event.confidence == 1 else f"{event.date} ({event.confidence:g})"


def _value(fact: Fact | None) -> str:
    if fact is None:
        return "-"
    value = str(fact.value).lower() if isinstance(fact.value, bool) else str(fact.value)
    return f"{value} ({fact.range[0]:g} to {fact.range[1]:g})" if fact.range else value


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Return the whole comparison as plain data."""
    return {
        "steps": list(found.steps),
        "overall": _agreement(found.overall),
        "stages": {name: _agreement(one) for name, one in found.by_stage.items()},
        "unlike": [
            {"step": one.step, "stage": one.stage, "role": one.role, "first": one.first, "second": one.second}
            for one in found.overall.units
            if one.first != one.second
        ],
        "moves": [
            {
                "role": pair.role,
                "stage": pair.stage,
                "option": pair.option,
                "first": None if pair.first is None else pair.first.date,
                "second": None if pair.second is None else pair.second.date,
                "lag": pair.lag if pair.first is not None and pair.second is not None else None,
            }
            for pair in found.pairs
        ],
        "mean_lag": found.mean_lag,
        "facts": [
            {
                "fact": pair.name,
                "first": None if pair.first is None else pair.first.value,
                "second": None if pair.second is None else pair.second.value,
                "standing": pair.standing,
            }
            for pair in found.facts
        ],
        "facts_alpha": found.facts_alpha,
        "others": [{"what": o.what, "first": o.first, "second": o.second, "same": o.same} for o in found.others],
    }


def _agreement(one: Agreement) -> dict[str, Any]:
    alike, moves = one.moves
    return {
        "decisions": len(one.units),
        "share": one.share,
        "kappa": one.kappa,
        "alpha": one.alpha,
        "moves_alike": alike,
        "moves": moves,
    }
