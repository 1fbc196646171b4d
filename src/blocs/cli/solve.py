"""``blocs solve GAME``: the logit equilibrium of a game in Gambit's extensive form, or of a stationary game."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import precisions
from blocs.version import __version__

# what fits on a few screens; all of a large game is for --all or --json
MOST_SHOWN = 40


def run(arguments: Namespace, output: Output) -> int:
    """Solve the game at each precision and print its equilibria."""
    solved = _stationary if arguments.game.suffix.lower() == ".npz" else _extensive
    answers = solved(arguments, output)
    if output.as_json:
        head = {"game": str(arguments.game), "version": __version__}
        output.json(head | (answers[0] if len(answers) == 1 else {"solutions": answers}))
    return 0


def _extensive(arguments: Namespace, output: Output) -> list[dict[str, Any]]:
    from blocs.interop.efg import read_efg
    from blocs.solve.extensive import solve_extensive

    solutions = solve_extensive(read_efg(arguments.game), arguments.precision)
    if not output.as_json:
        from blocs.report.extensive import print_solutions

        print_solutions(output.console(), solutions, most=None if arguments.all else MOST_SHOWN)
    return [solution.to_json() for solution in solutions] if output.as_json else []


def _stationary(arguments: Namespace, output: Output) -> list[dict[str, Any]]:
    from blocs.interop.npz import read_npz
    from blocs.solve.stationary import solve_stationary

    solutions = solve_stationary(read_npz(arguments.game), arguments.precision)
    if not output.as_json:
        from blocs.report.stationary import print_stationary

        print_stationary(output.console(), solutions, most=None if arguments.all else MOST_SHOWN)
    return [solution.to_json() for solution in solutions] if output.as_json else []


SOLVE = Command(
    name="solve",
    summary="find the logit equilibrium of a game in Gambit's .efg format, or of a stationary game in arrays",
    details=(
        "A game in extensive form may have chance moves and information sets, if every player remembers what it knew\n"
        "and did. The probability of an action is proportional to exp(precision * its expected payoff); of several\n"
        "equilibria it is the one that is connected with choice at random at precision 0.\n"
        "A stationary game (no last step, discounted) is an archive of arrays: u[s, p, a1..aP], phi[s, a1..aP, s'],\n"
        "delta[p] and nums_actions[s, p], where 1 is a player without a choice."
    ),
    examples=(
        ("blocs solve game.efg --precision 2", "one equilibrium"),
        ("blocs solve game.efg --precision 1,2,5 --json", "three, as JSON with the field names of the tables"),
        ("blocs solve game.npz --precision 2", "a Markov logit equilibrium: choices and values by state"),
    ),
    run=run,
    options=(
        Option(("game",), "path of the game", {"metavar": "GAME", "type": Path}),
        Option(
            ("--precision",),
            "precision of every player, or several divided by commas; 0 is blind choice",
            {"metavar": "LIST", "type": precisions, "default": "1"},
        ),
        Option(("--all",), "show every information set or state, not only some of them", {"action": "store_true"}),
    ),
)
