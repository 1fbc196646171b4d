"""``blocs compare-codings A B``: how far two codings of one case agree."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import whole


def run(arguments: Namespace, output: Output) -> int:
    """Compare two codings and print their agreement."""
    from blocs.language.codings import compare_codings
    from blocs.language.load import load_case
    from blocs.report.codings import comparison_json, print_comparison

    first, second = load_case(arguments.first), load_case(arguments.second)
    found = compare_codings(first, second, arguments.window)
    if output.as_json:
        output.json({"first": arguments.first, "second": arguments.second, **comparison_json(found)})
    else:
        names = [_short(name) for name in (arguments.first, arguments.second)]
        print_comparison(output.console(), found, *(names if names[0] != names[1] else ("first", "second")))
    return 0


def _short(name: str) -> str:
    """Return what a coding is called in a table: the name of its folder or of its file."""
    path = Path(name)
    return (path.parent.name if path.name == "case.yaml" else path.stem) or name


COMPARE_CODINGS = Command(
    name="compare-codings",
    summary="how far two codings of one case agree: moves, dates, facts",
    details=(
        "A decision is a role's turn in a stage of a step; what a history does not list is `hold`. Agreement beyond\n"
        "chance is Cohen's kappa and Krippendorff's alpha. As most turns are `hold`, the turns with a move in either\n"
        "coding are counted apart. Moves of one kind are the same when their dates are at most --window steps apart."
    ),
    examples=(
        ("blocs compare-codings mine/case.yaml hers/case.yaml", "kappa and alpha by stage, dates, facts, what differs"),
        ("blocs compare-codings mine hers --window 0", "the same move only in the same step"),
    ),
    run=run,
    options=(
        Option(("first",), "a case: name or path", {"metavar": "A"}),
        Option(("second",), "another coding of it", {"metavar": "B"}),
        Option(
            ("--window",),
            "how many steps apart two dates of one move may be (default: 3)",
            {"metavar": "STEPS", "type": whole(0, 1000), "default": 3},
        ),
    ),
)
