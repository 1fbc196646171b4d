"""Why, and what drives it: parts of a difference as bars, and the reach of each input as a tornado."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.spread import Spread
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, FAINT, INK, MUTED, ORANGE, SERIES, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from blocs.forecast.explanation import Difference
    from blocs.forecast.tornado import Tornado

MOST_PARTS = 10
MOST_DRIVERS = 12


def parts_of(group: Sequence[Difference], most: int = MOST_PARTS) -> list[tuple[str, list[Spread]]]:
    """Return the weightiest parts by name, each with a spread for every difference of the group (one, or one by type).

    The rest together is the last row, so that rows add up.
    """
    everywhere = list(dict.fromkeys(part for one in group for part in one.explanation.parts))
    adds = {part: [one.part(part) for one in group] for part in everywhere}
    kept = sorted(
        (part for part in everywhere if any(np.any(row != 0) for row in adds[part])),
        key=lambda part: -max(abs(float(row.mean())) for row in adds[part]),
    )
    shown, rest = (kept, []) if len(kept) <= most else (kept[: most - 1], kept[most - 1 :])
    rows = [(f"{part.name.replace('_', ' ')} ({part.when})", [Spread.of(row) for row in adds[part]]) for part in shown]
    if rest:
        together = [np.sum([adds[part][i] for part in rest], axis=0) for i in range(len(group))]
        rows.append((f"{len(rest)} smaller parts", [Spread.of(row) for row in together]))
    return rows


def explanation_bars(group: Sequence[Difference], width: float = WIDE) -> Figure:
    """Draw what speaks for and against an option, part by part, and the sum; lines are 90 % intervals over draws.

    Parameters
    ----------
    group : sequence of Difference
        One; or those of one decision for each private type of a role, which are drawn below each other.
    width : float
        In inches.
    """
    narrow, several = width < SMALL, len(group) > 1
    rows = [*parts_of(group), ("sum", [Spread.of(one.total) for one in group])]
    with palette.style():
        inches = (0.36 if narrow else 0.27) * (1.0 if not several else 0.75 * len(group))
        figure = palette.new_figure(width, palette.height_for(len(rows), inches, 0.8 + 0.25 * several))
        axes = figure.subplots()
        high = 0.58 if not several else 0.76 / len(group)
        for row, (name, spreads) in enumerate(rows):
            for i, spread in enumerate(spreads):
                place = row + (i - 0.5 * (len(group) - 1)) * (0.8 / len(group))
                colour = ORANGE if spread.mean < 0 else BLUE
                if name == "sum":
                    colour = INK
                if several:
                    colour = SERIES[i % len(SERIES)]
                axes.barh(place, spread.mean, height=high, color=colour, alpha=0.75, linewidth=0)
                line = INK if name != "sum" or several else MUTED
                axes.plot([spread.low, spread.high], [place, place], color=line, linewidth=1.2)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.axhline(len(rows) - 1.5, color=FAINT, linewidth=0.9)
        axes.set_yticks(np.arange(len(rows)), [palette.fold(name, 19 if narrow else 44) for name, _ in rows])
        axes.set_ylim(len(rows) - 0.5, -0.6)
        axes.set_xlabel("against it  ←  units of payoff  →  for it")
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.locator_params(axis="x", nbins=5 if narrow else 9)
        palette.bare(axes)
        if several:
            _key(figure, [(SERIES[i % len(SERIES)], one.explanation.who) for i, one in enumerate(group)])
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
        _key(figure, [(ORANGE, "at its low end"), (BLUE, "at its high end")])
    return figure


def _key(figure: Figure, entries: Sequence[tuple[str, str]]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, alpha=0.75, label=label) for colour, label in entries]
    figure.legend(handles=handles, loc="outside upper left", ncols=2, handlelength=1.0, columnspacing=1.2)


def shown(value: float | bool | str) -> str:
    """Return the end of an input's range as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2g}" if isinstance(value, int | float) else value
