"""Tables for the terminal of a solved game in extensive form: choices, outcomes, payoffs and the certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from blocs.report.numbers import percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from blocs.solve.extensive_solution import ExtensiveSolution


def print_solutions(console: Console, solutions: Sequence[ExtensiveSolution], most: int | None = 40) -> None:
    """Print the equilibria of one game side by side, one column for each precision.

    Parameters
    ----------
    console : rich.console.Console
    solutions : sequence of ExtensiveSolution
        Of the same game, at least one.
    most : int or None
        How many information sets to show: those reached most often. None shows all.
    """
    game = solutions[0].game
    console.print(f"{game.title or 'untitled game'}: {len(game.players)} players, {game.nodes:,} nodes\n")
    console.print(_choices(solutions, most))
    sets = int(np.count_nonzero(game.infoset_player >= 0))
    if most is not None and sets > most:
        console.print(f"the {most} most often reached of {sets:,} information sets; --all shows them all")
    console.print()
    console.print(_shares("outcome", [solution.outcomes for solution in solutions], solutions, percent))
    console.print()
    payoffs = [dict(zip(game.players, solution.payoffs.tolist(), strict=True)) for solution in solutions]
    console.print(_shares("expected payoff", payoffs, solutions, "{:.6g}".format))
    console.print()
    for solution in solutions:
        console.print(f"precision {solution.lam:g}: {solution.certificate}", soft_wrap=True)


def _choices(solutions: Sequence[ExtensiveSolution], most: int | None) -> Table:
    game = solutions[0].game
    table = _table(["player", "information set", "action"], solutions)
    shown = [
        int(h) for player in range(len(game.players)) for h in np.flatnonzero(game.infoset_player == player).tolist()
    ]
    if most is not None and len(shown) > most:
        reached = np.max([solution.reached for solution in solutions], axis=0)
        kept = set(sorted(shown, key=lambda h: -reached[h])[:most])
        shown = [h for h in shown if h in kept]
    for h in shown:
        choices = [solution.choice(h) for solution in solutions]
        name = game.infoset_labels[h] or str(int(game.infoset_number[h]))
        for row, action in enumerate(choices[0]):
            head = [game.players[game.infoset_player[h]], name] if row == 0 else ["", ""]
            table.add_row(*head, action, *(percent(choice[action]) for choice in choices))
    return table


def _shares(head: str, values: Sequence[dict[str, float]], solutions: Sequence[ExtensiveSolution], show: Any) -> Table:
    table = _table([head], solutions)
    for name in values[0]:
        table.add_row(name, *(show(value[name]) for value in values))
    return table


def _table(heads: Sequence[str], solutions: Sequence[ExtensiveSolution]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for solution in solutions:
        table.add_column(f"precision {solution.lam:g}", justify="right", no_wrap=True)
    return table
