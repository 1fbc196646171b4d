"""``blocs export CASE --to FORMAT``: a case as a game, a graph or a table for other programs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.errors import UsageError

if TYPE_CHECKING:
    from blocs.game.game import Game

FORMATS = ("efg", "graphml", "dot", "csv")


def run(arguments: Namespace, output: Output) -> int:
    """Write the case in the format that was asked for."""
    import blocs

    if output.as_json and arguments.out is None:
        raise UsageError("--json tells what was written, so it needs --out\n  see `blocs export --help`")
    game = blocs.compile(blocs.load(arguments.case))
    text = _text(game, arguments.to)
    if arguments.out is None:
        for part in text:
            output.stdout.write(part)
        return 0
    from blocs.language.writing import write_atomically

    whole = "".join(text)
    write_atomically(arguments.out, whole)
    if output.as_json:
        output.json(
            {"case": arguments.case, "format": arguments.to, "file": str(arguments.out), "characters": len(whole)}
        )
    else:
        output.note(f"wrote {arguments.out}")
    return 0


def _text(game: Game, form: str) -> Iterable[str]:
    if form == "efg":
        from blocs.interop.efg import format_efg
        from blocs.interop.unfolding import unfold

        return [format_efg(unfold(game))]
    if form == "csv":
        from blocs.interop.table import game_to_csv

        return game_to_csv(game)
    from blocs.interop.graphs import game_to_dot, game_to_graphml

    return game_to_graphml(game) if form == "graphml" else game_to_dot(game)


EXPORT = Command(
    name="export",
    summary="write a case as a game for Gambit, as a graph, or as a table",
    details=(
        "Every parameter stands at its prior median. A tree for Gambit grows with the number of ways play can go,\n"
        "so only small games have one; its payoffs are worth at the start of play. The graph and the table hold every\n"
        "state of every stage once; edges from the last stage lead to the next step."
    ),
    examples=(
        ("blocs export my-crisis --to efg --out crisis.efg", "a small game for Gambit"),
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
