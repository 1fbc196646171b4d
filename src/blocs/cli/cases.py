"""``blocs cases``: the crises that ship with blocs."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Command
from blocs.cli.output import Output

if TYPE_CHECKING:
    from blocs.language.case import Case


def run(arguments: Namespace, output: Output) -> int:
    """List the cases."""
    del arguments  # there are none but --json
    from blocs.language.load import load_case
    from blocs.library import list_cases

    cases = [_described(load_case(name)) for name in list_cases()]
    if output.as_json:
        output.json({"cases": cases})
        return 0
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in ("case", "title", "dates", "theory"):
        table.add_column(head, overflow="fold")
    table.add_column("moves", justify="right")
    table.add_column("sourced", justify="right")
    for case in cases:
        share = case["sourced"] / max(case["statements"], 1)
        dates = f"{case['from']} to {case['to']}"
        table.add_row(
            case["case"], case["title"], dates, case["theory"], str(case["moves"]), f"{share:.0%}".replace("%", " %")
        )
    output.console().print(table)
    return 0


def _described(case: Case) -> dict[str, Any]:
    from blocs.language.coverage import coverage

    labels, sourced = case.calendar.labels(), coverage(case)
    return {
        "case": case.case,
        "title": case.title,
        "summary": case.summary.strip(),
        "theory": case.theory,
        "from": labels[0],
        "to": labels[-1],
        "step": case.calendar.step,
        "roles": {role: actor.actor for role, actor in case.roles.items()},
        "moves": len(case.history),
        "statements": sourced.total,
        "sourced": sourced.sourced,
        "assumed": sourced.assumed,
        "outcome": case.outcome,
    }


CASES = Command(
    name="cases",
    summary="list the crises that ship with blocs",
    examples=(("blocs cases", "names, dates, moves of the history, and how much of each rests on sources"),),
    run=run,
)
