"""Forecast against what happened: a calibration curve with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blocs.fit.validate import Bin
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, INK, MUTED, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def calibration_curve(curve: Sequence[Bin], width: float = WIDE) -> Figure:
    """Draw, of what was forecast with a probability, how much came true.

    The diagonal is a forecast that can be taken at its word; lines are 95 % intervals, numbers how many options were
    forecast so.

    Parameters
    ----------
    curve : sequence of Bin
    width : float
        In inches.
    """
    side = min(width, SMALL)
    with palette.style():
        figure = palette.new_figure(side, side * 0.95)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1)
        axes.annotate("dashed: as forecast", (0.02, 0.98), va="top", color=MUTED, fontsize=8.5)
        for one in curve:
            axes.plot([one.forecast] * 2, [one.happened_low, one.happened_high], color=INK, linewidth=1.4, alpha=0.7)
        axes.plot([one.forecast for one in curve], [one.happened for one in curve], "o", color=BLUE, markersize=6)
        for one in curve:
            axes.annotate(
                str(one.count),
                (one.forecast, one.happened),
                xytext=(6, -3),
                textcoords="offset points",
                va="top",
                color=MUTED,
                fontsize=8,
            )
        axes.set_xlim(-0.02, 1.04)
        axes.set_ylim(-0.03, 1.03)
        axes.set_aspect("equal")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        palette.percent_axis(axes.xaxis)
        palette.percent_axis(axes.yaxis)
        axes.set_xlabel("forecast probability of an option")
        axes.set_ylabel("share that was taken")
        axes.grid(True)
        axes.set_axisbelow(True)
    return figure
