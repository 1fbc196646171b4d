"""Why, and what drives it: parts of a difference as bars, and the reach of each input as a tornado."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.outcomes import Spread
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, FAINT, INK, MUTED, ORANGE, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocs.forecast.explain import Difference
    from blocs.forecast.tornado import Tornado

MOST_PARTS = 10
MOST_DRIVERS = 12


def parts_of(difference: Difference, most: int = MOST_PARTS) -> list[tuple[str, Spread]]:
    """Return the weightiest parts of a difference by name; the rest together is the last row, so that rows add up."""
    explanation = difference.explanation
    order = np.argsort(-np.abs(difference.parts.mean(axis=1)), kind="stable")
    kept = [int(i) for i in order if np.any(difference.parts[i] != 0)]
    shown, rest = (kept, []) if len(kept) <= most else (kept[: most - 1], kept[most - 1 :])
    rows = []
    for i in shown:
        part = explanation.parts[i]
        rows.append((f"{part.name.replace('_', ' ')} ({part.when})", Spread.of(difference.parts[i])))
    if rest:
        rows.append((f"{len(rest)} smaller parts", Spread.of(difference.parts[rest].sum(axis=0))))
    return rows


def explanation_bars(difference: Difference, width: float = WIDE) -> Figure:
    """Draw what speaks for and against an option, part by part, and the sum; lines are 90 % intervals over draws."""
    narrow = width < SMALL
    rows = [*parts_of(difference), ("sum", Spread.of(difference.total))]
    with palette.style():
        figure = palette.new_figure(width, palette.height_for(len(rows), 0.36 if narrow else 0.27, 0.8))
        axes = figure.subplots()
        for row, (name, spread) in enumerate(rows):
            colour = INK if name == "sum" else (ORANGE if spread.mean < 0 else BLUE)
            axes.barh(row, spread.mean, height=0.58, color=colour, alpha=0.75, linewidth=0)
            axes.plot([spread.low, spread.high], [row, row], color=INK if name != "sum" else MUTED, linewidth=1.2)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.axhline(len(rows) - 1.5, color=FAINT, linewidth=0.9)
        axes.set_yticks(np.arange(len(rows)), [palette.fold(name, 19 if narrow else 44) for name, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.set_xlabel("against it  ←  units of payoff  →  for it")
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.locator_params(axis="x", nbins=5 if narrow else 9)
        palette.bare(axes)
    return figure


def tornado_bars(tornado: Tornado, outcome: str, width: float = WIDE, most: int = MOST_DRIVERS) -> Figure:
    """Draw how far each input alone can move the probability of an outcome over the input's own range."""
    narrow = width < SMALL
    bars = [bar for bar in tornado.ranked(outcome, most) if bar.width > 0]
    with palette.style():
        figure = palette.new_figure(width, palette.height_for(len(bars), 0.42 if narrow else 0.3, 1.0))
        axes = figure.subplots()
        base = tornado.base[outcome]
        for row, bar in enumerate(bars):
            for end, value, colour in ((bar.at_low, bar.low, ORANGE), (bar.at_high, bar.high, BLUE)):
                axes.barh(row, end - base, left=base, height=0.55, color=colour, alpha=0.75, linewidth=0)
                del value
        axes.axvline(base, color=INK, linewidth=1)
        labels = []
        for bar in bars:
            name, ends = bar.name.replace("_", " "), f"{shown(bar.low)} to {shown(bar.high)}"
            labels.append(f"{palette.fold(name, 19)}\n{ends}" if narrow else f"{name}  ({ends})")
        axes.set_yticks(np.arange(len(bars)), labels)
        axes.set_ylim(len(bars) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xlabel(palette.fold(f"probability of: {outcome}", 34 if narrow else 80))
        axes.set_xticks([0, 0.5, 1] if narrow else [0, 0.25, 0.5, 0.75, 1])
        palette.percent_axis(axes.xaxis)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        palette.bare(axes)
        _ends_key(figure)
    return figure


def _ends_key(figure: Figure) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=ORANGE, alpha=0.75, label="at its low end"),
        Patch(facecolor=BLUE, alpha=0.75, label="at its high end"),
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=2, handlelength=1.0, columnspacing=1.2)


def shown(value: float | bool | str) -> str:
    """Return the end of an input's range as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2g}" if isinstance(value, int | float) else value
