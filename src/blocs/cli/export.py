"""``blocs export CASE --to FORMAT``: a case as a game, a graph or a table for other programs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output

FORMATS = ("efg", "graphml", "dot", "csv")


def run(arguments: Namespace, output: Output) -> int:
    """Write the case in the format that was asked for."""
    return 0


EXPORT = Command(
    name="export",
    summary="write a case as a game for Gambit, as a graph, or as a table",
    examples=(
        ("blocs export my-crisis/case.yaml --to efg --out crisis.efg", "a small game for Gambit"),
        ("blocs export sino-albanian-1961 --to csv --out arcs.csv", "every option of every state, as a table"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(
            ("--to",),
            "efg: game tree for Gambit, small games only; graphml and dot: graph of states; csv: one row for each arc",
            {"choices": FORMATS, "required": True},
        ),
        Option(("--out",), "file to write; standard output when left out", {"metavar": "FILE", "type": Path}),
    ),
)
