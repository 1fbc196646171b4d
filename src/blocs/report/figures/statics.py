"""Comparative statics: how the probability of each outcome changes with one column, with intervals and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blocs.fit.estimation.curves import Curves
from blocs.report.figures import palette
from blocs.report.figures.palette import DASHES, INK, MARKERS, MUTED, SERIES, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def statics_curves(curves: Curves, width: float = WIDE) -> Figure:
    """Draw a panel for each outcome: its probability along the column, with 95 % bands.

    Where there are several equilibria each is a curve of its own; open circles mark where a curve begins or ends within
    the panel, for there two equilibria meet.

    Parameters
    ----------
    curves : Curves
    width : float
        In inches.
    """
    across = 1 if width < SMALL else 2
    down = -(-len(curves.outcomes) // across)
    with palette.style():
        figure = palette.new_figure(width, palette.height_for(down, 1.9, 0.45))
        panels = figure.subplots(down, across, sharex=True, squeeze=False).ravel()
        for k, (axes, outcome) in enumerate(zip(panels, curves.outcomes, strict=False)):
            _panel(axes, curves, k)
            axes.set_title(outcome, loc="left")
        for axes in panels[len(curves.outcomes) :]:
            axes.set_visible(False)
        for axes in panels[max(len(curves.outcomes) - across, 0) : len(curves.outcomes)]:
            axes.set_xlabel(palette.fold(curves.column, 40))
            axes.tick_params(labelbottom=True)
        several = len(np.unique(curves.values)) < len(curves.values)
        note = "bands: 95 %" + ("; several curves: several equilibria" if several else "")
        figure.supylabel(f"probability ({note})", fontsize=9, color=INK)
    return figure


def _panel(axes: Axes, curves: Curves, k: int) -> None:
    low, high = curves.bounds()
    start, stop = float(curves.values.min()), float(curves.values.max())
    for number in np.unique(curves.branch):
        mine = curves.branch == number
        x, y = curves.values[mine], curves.chances[mine, k]
        colour, dash = SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]
        bands = np.isfinite(curves.errors[mine, k])
        axes.fill_between(x, low[mine, k], high[mine, k], where=bands.tolist(), color=colour, alpha=0.18, linewidth=0)
        if len(x) == 1:
            axes.plot(x, y, MARKERS[number % len(MARKERS)], color=colour, markersize=4)
        else:
            axes.plot(x, y, linestyle=dash, color=colour, linewidth=1.6)
        ends = [(a, b) for a, b in ((x[0], y[0]), (x[-1], y[-1])) if start < a < stop]
        if ends:
            axes.plot(*zip(*ends, strict=True), "o", color=colour, markerfacecolor="none", markersize=4.5)
    axes.margins(x=0.02)
    bottom, top = axes.get_ylim()
    # an outcome that hardly varies is not to look as if it did
    if top - bottom < 1e-4:
        axes.set_ylim(max(bottom - 5e-4, 0.0), top + 5e-4)
    else:
        axes.set_ylim(max(bottom, -0.02), min(top, 1.02))
    palette.percent_axis(axes.yaxis)
    axes.grid(True)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK)
