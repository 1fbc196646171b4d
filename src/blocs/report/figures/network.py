"""Relations between the actors by date: small networks, thick where they are bound, dashed where divided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blocs.game.game import Game
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, INK, MUTED, PAPER, RED, SMALL, WIDE
from blocs.report.figures.ties import CLIENT, PATRON, RIVAL, Moment, Pair, all_bonds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACES = {PATRON: (0.2, 0.8), RIVAL: (0.8, 0.8), CLIENT: (0.5, 0.16)}
# points of line width for one bond
THICKNESS = 1.1


def relations_by_date(game: Game, moments: Sequence[Moment], width: float = WIDE) -> Figure:
    """Draw the ties between patron, client and rival at several dates of the real course.

    Parameters
    ----------
    game : Game
    moments : sequence of Moment
        As `ties_by_date` returns them; at least one.
    width : float
        In inches.
    """
    columns = min(len(moments), 2 if width < SMALL else 3)
    rows = -(-len(moments) // columns)
    with palette.style():
        figure = palette.new_figure(width, (width / columns) * 0.86 * rows + 0.1)
        grid = figure.subplots(rows, columns, squeeze=False)
        for place, axes in enumerate(grid.flat):
            axes.set_axis_off()
            if place < len(moments):
                _draw(axes, game, moments[place])
    return figure


def _draw(axes: Axes, game: Game, moment: Moment) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_title(moment.date, fontweight="bold", pad=3)
    for pair in ((PATRON, CLIENT), (CLIENT, RIVAL), (PATRON, RIVAL)):
        if set(pair) <= set(game.roles):
            _tie(axes, game, moment, pair)
    for role, (x, y) in PLACES.items():
        if role not in game.roles:
            continue
        actor = game.case.roles[role].actor if game.case and role in game.case.roles else role
        axes.text(
            x, y, palette.fold(actor, 12), ha="center", va="center", fontsize=8, color=INK, zorder=3,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": PAPER, "edgecolor": MUTED, "linewidth": 0.9},
        )  # fmt: skip


def _tie(axes: Axes, game: Game, moment: Moment, pair: Pair) -> None:
    (x0, y0), (x1, y1) = PLACES[pair[0]], PLACES[pair[1]]
    strength, strain = moment.strength(pair), sum(moment.strains.get(pair, {}).values())
    # a bond and a strain of the same pair run side by side
    dx, dy = (0.035, 0.02) if strength and strain else (0.0, 0.0)
    if strength:
        axes.plot([x0 - dx, x1 - dx], [y0 - dy, y1 - dy], color=BLUE, linewidth=THICKNESS * strength, zorder=1,
                  solid_capstyle="butt")  # fmt: skip
    if strain:
        axes.plot(
            [x0 + dx, x1 + dx], [y0 + dy, y1 + dy], color=RED, linewidth=0.8 + strain, linestyle=(0, (3, 2)), zorder=1
        )
    whole = all_bonds(game, pair)
    if whole:
        side = -1 if pair == (PATRON, CLIENT) else 1
        axes.text((x0 + x1) / 2 + side * 0.09, (y0 + y1) / 2 - 0.02, f"{strength:g} of {whole}", fontsize=7.5,
                  color=INK,
                  ha="right" if side < 0 else "left", va="center")  # fmt: skip
