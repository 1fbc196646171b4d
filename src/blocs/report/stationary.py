"""A table for the terminal of a solved stationary game: choices and values by state, and the certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blocs.report.numbers import percent

if TYPE_CHECKING:
    from rich.console import Console

    from blocs.solve.stationary_solution import StationarySolution


def print_stationary(console: Console, solutions: Sequence[StationarySolution], most: int | None = 40) -> None:
    """Print the equilibria of one game side by side, two columns (choice, value) for each precision.

    Parameters
    ----------
    console : rich.console.Console
    solutions : sequence of StationarySolution
        Of the same game, at least one.
    most : int or None
        How many states to show, the first ones. None shows all.
    """
    from rich.table import Table

    game = solutions[0].game
    states, players = game.counts.shape
    kind = "one player at a time" if game.turn_based else "simultaneous moves"
    console.print(f"stationary game: {states:,} states, {players} players, {kind}\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("state", "player", "action"):
        table.add_column(head)
    for solution in solutions:
        table.add_column(f"precision {solution.lam:g}", justify="right")
        table.add_column("value", justify="right")
    shown = states if most is None else min(most, states)
    names = game.states or tuple(str(s) for s in range(states))
    for s in range(shown):
        for i, player in enumerate(game.players):
            for a in range(int(game.counts[s, i])):
                cells = [names[s] if i == a == 0 else "", player if a == 0 else "", str(a)]
                for solution in solutions:
                    value = f"{solution.values[s, i]:.6g}" if a == 0 else ""
                    cells += [percent(float(solution.sigma[s, i, a])), value]
                table.add_row(*cells)
    console.print(table)
    if shown < states:
        console.print(f"the first {shown} of {states:,} states; --all shows them all")
    console.print()
    for solution in solutions:
        console.print(f"precision {solution.lam:g}: {solution.certificate}", soft_wrap=True)
