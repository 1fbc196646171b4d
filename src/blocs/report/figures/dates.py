"""When things happen: how long the crisis stays open, what is done when, and the real course over the solved one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from blocs.forecast.outcomes import Forecast
from blocs.forecast.paths import options_by_date, survival
from blocs.forecast.solution import Solution, step_labels
from blocs.report.figures import palette
from blocs.report.figures.palette import BLUE, DASHES, FAINT, INK, MUTED, ORANGE, PAPER, SERIES, SMALL, WIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOLD = "hold"
# an outcome that has come with less probability than this by the last date has no curve: it would lie on the edge
FLAT = 0.002
# an option that is never as likely in any step, and was not taken, has no row
RARE = 0.005
# the shades of a square: the square root tells small probabilities apart, which most are
FULL = 1.0


def survival_curves(solution: Solution, width: float = WIDE) -> Figure:
    """Draw by date the probability that each outcome has not come yet, and that none has; the mean over draws."""
    frame = survival(solution)
    narrow = width < SMALL
    curves = [name for name in frame.columns if name == "open" or frame[name].iloc[-1] < 1 - FLAT]
    with palette.style():
        legend = 0.2 * (-(-len(curves) // (1 if narrow else 3)))
        figure = palette.new_figure(width, (2.3 if narrow else 2.7) + legend)
        axes = figure.subplots()
        steps = np.arange(len(frame) + 1)
        for number, name in enumerate(curves):
            values = np.concatenate([[1.0], frame[name].to_numpy()])
            label = "no end yet" if name == "open" else f"not yet: {name}"
            axes.step(
                steps,
                values,
                where="post",
                color=SERIES[number % len(SERIES)],
                linestyle=DASHES[number % len(DASHES)],
                linewidth=2.2 if name == "open" else 1.6,
                label=label,
            )
        lowest = min(float(frame[name].min()) for name in curves)
        # where nothing ends before the last date the line is flat at one, and the axis still needs a length
        bottom = 0.0 if lowest < 0.5 else min(max(0.0, np.floor(100 * (1 - 1.15 * (1 - lowest))) / 100), 0.99)
        axes.set_ylim(bottom, 1 + 0.02 * (1 - bottom))
        if bottom > 0:
            axes.set_ylabel(f"probability{chr(10) if narrow else ' '}(the axis begins at {100 * bottom:.0f} %)")
        else:
            axes.set_ylabel("probability")
        palette.percent_axis(axes.yaxis)
        axes.set_xlim(0, len(frame))
        date_ticks(axes, list(frame.index), narrow, shift=0.0)
        axes.grid(axis="y")
        figure.legend(loc="outside upper left", ncols=1 if narrow else 3, handlelength=2.6, columnspacing=1.2)
    return figure


def option_heat_map(solution: Solution, width: float = WIDE) -> Figure:
    """Draw the probability of each option in each step as squares; `hold`, and what is nearly never taken, left out."""
    return _squares(solution, None, width)


def history_line(forecast: Forecast, width: float = WIDE) -> Figure:
    """Draw the real course over the solved one: a mark where an option was really taken, squares for how likely it was.

    The squares are probabilities at the start of the crisis, so nothing that happened later is known to them.

    Parameters
    ----------
    forecast : Forecast
        Of a case with a history.
    width : float
        In inches.
    """
    return _squares(forecast.solution, forecast, width)


def _squares(solution: Solution, forecast: Forecast | None, width: float) -> Figure:
    from matplotlib.patches import Rectangle

    game, narrow = solution.game, width < SMALL
    frame, labels = options_by_date(solution), step_labels(game)
    stages = [stage.name for stage in game.plan.stages]
    done: dict[str, list[int]] = {}
    for one in forecast.history.decisions if forecast is not None and forecast.history else ():
        done.setdefault(f"{one.stage}: {one.option}", []).append(labels.index(one.date))
    rows: list[tuple[int, str, str, np.ndarray]] = []
    for number, (k, option) in enumerate(game.layout.options):
        label = f"{stages[k]}: {option.name}"
        values = frame.iloc[number].to_numpy()
        if option.name != HOLD and (label in done or (forecast is None and values.max() >= RARE)):
            rows.append((int(game.plan.stages[k].role), label, option.name.replace("_", " "), values))
    rows.sort(key=lambda row: row[0])
    top = max((float(row[3].max()) for row in rows), default=1.0) or 1.0
    with palette.style():
        figure = palette.new_figure(width, palette.height_for(len(rows) + len({row[0] for row in rows}), 0.225, 0.75))
        axes = figure.subplots()
        at, ticks, names, last = 0.0, [], [], -1
        for role, label, name, values in rows:
            if role != last:
                who = (
                    game.case.roles[game.roles[role]].actor if game.case and game.roles[role] in game.case.roles else ""
                )
                said = f"{who} ({game.roles[role]})" if who else game.roles[role]
                axes.text(0, at + 0.5, said, va="center", fontsize=8.5, fontweight="bold")
                at, last = at + 1, role
            for t, value in enumerate(values):
                shade = float(np.sqrt(value / top)) * FULL
                axes.add_patch(Rectangle((t, at + 0.06), 1, 0.88, facecolor=BLUE, alpha=round(shade, 3), linewidth=0))
            for t in done.get(label, []):
                axes.plot([t + 0.5], [at + 0.5], "D", color=ORANGE, markersize=6, markeredgecolor=PAPER)
            ticks.append(at + 0.5)
            names.append(palette.fold(name, 40))
            at += 1
        axes.set_yticks(ticks, names)
        axes.set_ylim(at, 0)
        axes.set_xlim(0, len(labels))
        date_ticks(axes, labels, narrow, shift=0.5)
        palette.bare(axes)
        axes.spines["bottom"].set_color(FAINT)
        _key(figure, top, forecast is not None)
    return figure


def _key(figure: Figure, top: float, marks: bool) -> None:
    """Say what the squares and marks mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = []
    if marks:
        handles.append(Line2D([], [], marker="D", color=ORANGE, linestyle="none", markersize=6, label="really done"))
    for share in (0.05, 0.25, 1.0):
        handles.append(Patch(facecolor=BLUE, alpha=float(np.sqrt(share)), label=f"{100 * share * top:.2g} %"))
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=len(handles),
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=1.0,
    )


def date_ticks(axes: Axes, labels: Sequence[str], narrow: bool, shift: float) -> None:
    """Mark as many dates as there is room for, the first always."""
    room = 4 if narrow else 8
    every = max(1, -(-len(labels) // room))
    every = next((nice for nice in (1, 2, 3, 4, 6, 12, 24, 60) if nice >= every), every)
    places = list(range(0, len(labels), every))
    axes.set_xticks([place + shift for place in places], [labels[place] for place in places], color=INK)
    axes.tick_params(axis="x", color=MUTED)
