"""How it may end: outcomes with their intervals, and what other circumstances would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.outcomes import Spread
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, FAINT, INK, MARKERS, MUTED, SERIES, SMALL, WIDE
from blocs.report.numbers import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocs.forecast.compare import Comparison

# outcomes that no alternative changes by as much are left out of the picture; the table has them
SMALLEST_CHANGE = 0.02
MOST_OUTCOMES = 5


def outcome_bars(outcomes: Mapping[str, Spread], real: str | None = None, width: float = WIDE) -> Figure:
    """Draw the probability of each outcome: the mean as a bar, the median as a dot, the 90 % interval as a line.

    Parameters
    ----------
    outcomes : mapping from outcome to Spread
    real : str, optional
        What really happened, which is marked.
    width : float
        In inches.
    """
    narrow = width < SMALL
    with palette.style():
        figure = palette.new_figure(width, palette.height_for(len(outcomes), 0.5 if narrow else 0.36, 0.55))
        axes = figure.subplots()
        rows = np.arange(len(outcomes))
        for row, (name, spread) in zip(rows, outcomes.items(), strict=True):
            axes.barh(row, spread.mean, height=0.5, color=BLUE, alpha=0.45 if name != real else 0.9, linewidth=0)
            axes.plot([spread.low, spread.high], [row, row], color=INK, linewidth=1.6, solid_capstyle="butt")
            axes.plot([spread.median], [row], "o", color=INK, markersize=4.5)
            axes.annotate(
                percent(spread.mean), (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8.5
            )
        labels = [f"{name} (what happened)" if name == real else name for name in outcomes]
        axes.set_yticks(rows, [palette.fold(label, 16 if narrow else 30) for label in labels])
        axes.set_ylim(len(outcomes) - 0.45, -0.55)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1] if narrow else [0, 0.25, 0.5, 0.75, 1])
        palette.percent_axis(axes.xaxis)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        palette.bare(axes)
    return figure


def alternative_dots(comparison: Comparison, width: float = WIDE) -> Figure:
    """Draw, for each alternative, how much likelier each outcome becomes, with the interval of the paired difference.

    Outcomes that no alternative changes by two points are left out, and no more than five are shown.
    """
    narrow = width < SMALL
    names = comparison.baseline.game.outcomes
    gaps = {one.what_if.label: [Spread.of(row) for row in one.differences] for one in comparison.alternatives}
    largest = np.array([[abs(spread.mean) for spread in row] for row in gaps.values()]).max(axis=0)
    order = [int(i) for i in np.argsort(-largest, kind="stable") if largest[i] >= SMALLEST_CHANGE][:MOST_OUTCOMES]
    shown = sorted(order) or [int(np.argmax(largest))]
    with palette.style():
        each = 0.11 * len(shown) + 0.16
        legend = 0.2 * (-(-len(shown) // (1 if narrow else 3)))
        figure = palette.new_figure(width, palette.height_for(len(gaps), each, 0.75 + legend))
        axes = figure.subplots()
        for place, o in enumerate(shown):
            shift = (place - (len(shown) - 1) / 2) * 0.7 / max(len(shown), 1)
            colour = SERIES[place]
            for row, spreads in enumerate(gaps.values()):
                gap = spreads[o]
                axes.plot([gap.low, gap.high], [row + shift] * 2, color=colour, linewidth=1.4)
                label = names[o] if row == 0 else None
                axes.plot(
                    [gap.mean], [row + shift], MARKERS[place], color=colour, markersize=5, label=label, linestyle="none"
                )
        for row in range(1, len(gaps)):
            axes.axhline(row - 0.5, color=FAINT, linewidth=0.7)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(np.arange(len(gaps)), [palette.fold(label, 17 if narrow else 34) for label in gaps])
        axes.set_ylim(len(gaps) - 0.5, -0.5)
        axes.set_xlabel(
            "change of the probability" if narrow else "change of the probability against the case as it was"
        )
        palette.percent_axis(axes.xaxis)
        axes.locator_params(axis="x", nbins=4 if narrow else 8)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        palette.bare(axes)
        figure.legend(loc="outside upper left", ncols=1 if narrow else 3, handletextpad=0.2, columnspacing=1.2)
    return figure
