"""``blocs solve GAME.efg``: the logit equilibrium of a game in Gambit's extensive form."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import precisions
from blocs.version import __version__

# what fits on a few screens; all of a large game is for --all or --json
MOST_SHOWN = 40


def run(arguments: Namespace, output: Output) -> int:
    """Solve the game at each precision and print its equilibria."""
    from blocs.interop.efg import read_efg
    from blocs.solve.extensive import solve_extensive

    solutions = solve_extensive(read_efg(arguments.game), arguments.precision)
    if not output.as_json:
        from blocs.report.extensive import print_solutions

        print_solutions(output.console(), solutions, most=None if arguments.all else MOST_SHOWN)
        return 0
    answers = [solution.to_json() for solution in solutions]
    head = {"game": str(arguments.game), "version": __version__}
    output.json(head | (answers[0] if len(answers) == 1 else {"solutions": answers}))
    return 0


SOLVE = Command(
    name="solve",
    summary="find the logit equilibrium of a game in Gambit's .efg format",
    details=(
        "The game may have chance moves, and every player must see every earlier move.\n"
        "At each decision the probability of an action is proportional to exp(precision * its expected payoff)."
    ),
    examples=(
        ("blocs solve game.efg --precision 2", "one equilibrium"),
        ("blocs solve game.efg --precision 1,2,5 --json", "three, as JSON with the field names of the tables"),
    ),
    run=run,
    options=(
        Option(("game",), "path of the game", {"metavar": "GAME.efg", "type": Path}),
        Option(
            ("--precision",),
            "precision of every player, or several divided by commas; 0 is blind choice",
            {"metavar": "LIST", "type": precisions, "default": "1"},
        ),
        Option(("--all",), "show every information set, not only those reached most often", {"action": "store_true"}),
    ),
)
