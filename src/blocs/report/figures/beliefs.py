"""What was believed of roles with private types, as the real course went on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.solution import BeliefPath
from blocs.forecast.spread import HIGH, LOW
from blocs.report.figures import palette
from blocs.report.figures.dates import date_ticks
from blocs.report.figures.palette import DASHES, MARKERS, SERIES, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocs.language.case import Case


def belief_curves(paths: Sequence[BeliefPath], case: Case | None = None, width: float = WIDE) -> Figure:
    """Draw the probability of each type in the eyes of the others at the end of each step; of two types the first.

    Parameters
    ----------
    paths : sequence of BeliefPath
        Of roles whose case has a history.
    case : Case, optional
        For the names of the actors.
    width : float
        In inches.
    """
    narrow = width < SMALL
    curves = [
        (path, i) for path in paths for i in range(len(path.types) - (1 if len(path.types) == 2 else 0)) if path.dates
    ]
    with palette.style():
        figure = palette.new_figure(width, 2.5 + 0.2 * (len(curves) if narrow else -(-len(curves) // 2)))
        axes = figure.subplots()
        for number, (path, i) in enumerate(curves):
            steps = np.arange(len(path.dates) + 1)
            draws = np.concatenate([path.prior[None, i], path.by_step[:, i]])
            colour = SERIES[number % len(SERIES)]
            who = case.roles[path.role].actor if case is not None and path.role in case.roles else path.role
            if draws.shape[1] > 1:
                low, high = np.quantile(draws, [LOW, HIGH], axis=1)
                axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(
                steps,
                draws.mean(axis=1),
                marker=MARKERS[number % len(MARKERS)],
                markersize=3.5,
                color=colour,
                linestyle=DASHES[number % len(DASHES)],
                linewidth=1.6,
                label=f"{who}: {path.types[i].replace('_', ' ')}",
            )
        axes.set_ylim(0, 1)
        axes.set_ylabel("probability")
        palette.percent_axis(axes.yaxis)
        axes.set_xlim(0, len(curves[0][0].dates) + 0.2)
        date_ticks(axes, list(curves[0][0].dates), narrow, shift=1.0)
        axes.grid(axis="y")
        figure.legend(loc="outside upper left", ncols=1 if narrow else 2, handlelength=2.6, columnspacing=1.2)
    return figure
