"""What happens when: each outcome by date as curves, each option by date as a field of squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.report.numbers import percent
from blocs.web.figures.svg import DASHES, SERIES, drawing, element, fitted, text, title

Floats = NDArray[np.float64]
# an outcome that never gets this likely before the last step would be a line on the axis
SEEN = 0.005
LEGEND = 20


@dataclass(frozen=True)
class Curve:
    """A probability over time: its name, its values at the start and at the end of each step, its colour's number."""

    name: str
    first: float
    values: Floats
    colour: int


def survival_curves(labels: Sequence[str], outcomes: Sequence[str], ended: Floats, width: int, rows: int) -> str:
    """Draw the probability that the crisis is still open after each step, and that it has ended each way by then.

    Parameters
    ----------
    labels : sequence of str
        Of the steps.
    outcomes : sequence of str
    ended : float64 array (step, outcome)
        Probability that it ends in the step with the outcome.
    width : int
        In pixels.
    rows : int
        Lines of the legend to keep room for, so that the picture keeps its height while lines come and go.
    """
    by_now = np.cumsum(ended, axis=0)
    lines = [Curve("still open", 1.0, 1.0 - by_now.sum(axis=1), 6)]
    lines += [Curve(name, 0.0, by_now[:, o], o % 6) for o, name in enumerate(outcomes) if by_now[-1, o] >= SEEN]
    return curves(labels, lines, width, rows)


def curves(labels: Sequence[str], lines: Sequence[Curve], width: int, rows: int) -> str:
    """Draw probabilities over time, with a legend of `rows` lines that says where each ends; see `survival_curves`."""
    left, right, top, high = 44, 8, 8, 170
    span, steps = width - left - right, len(labels)

    def x(step: float) -> float:
        return left + span * step / steps

    def y(p: float) -> float:
        return top + high * (1.0 - p)

    parts = []
    for p in (0.0, 0.5, 1.0):
        parts.append(element("path", d=f"M{left} {y(p):.1f}H{width - right}", class_="line faint", stroke_width=1))
        parts.append(text(f"{p:.0%}".replace("%", " %"), left - 6, y(p) + 4, "small", "end"))
    every = max(-(-steps * 62 // span), 1)
    for i in range(0, steps, int(every)):
        if x(i + 0.5) + 24 <= width:  # a label that would be cut off is left out
            parts.append(text(labels[i], x(i + 0.5), top + high + 17, "small", "middle"))
    for one in lines:
        way = "".join(f"L{x(i + 1):.1f} {y(v):.1f}" for i, v in enumerate(one.values.tolist()))
        parts.append(
            element("path", title(one.name), d=f"M{left} {y(one.first):.1f}{way}", class_=f"line {SERIES[one.colour]}",
                    stroke_width=2.2, stroke_dasharray=DASHES[one.colour] or None)
        )  # fmt: skip
    base = top + high + 36
    for number, one in enumerate(lines[:rows]):
        at = base + LEGEND * number
        parts.append(
            element("path", d=f"M0 {at - 4}H30", class_=f"line {SERIES[one.colour]}", stroke_width=2.2,
                    stroke_dasharray=DASHES[one.colour] or None)
        )  # fmt: skip
        told = f"{one.name}: {percent(float(one.values[-1]))} at the end"
        parts.append(text(fitted(told, int(width / 7)), 38, at, "label"))
    return drawing(width, base + LEGEND * rows - 8, *parts, kind="curves")


@dataclass(frozen=True)
class Lane:
    """One option: its name, the colour of its role, its probability in each step, and the steps when it was taken."""

    name: str
    colour: str
    probability: Floats
    taken: frozenset[int]


def option_field(labels: Sequence[str], lanes: Sequence[Lane], width: int) -> str:
    """Draw how likely each option is to be taken in each step, stronger where likelier; diamonds mark what was done."""
    side = 176 if width > 500 else 126
    cell, high = (width - side) / len(labels), 19
    parts = []
    for row, lane in enumerate(lanes):
        top = row * high
        parts.append(text(fitted(lane.name, int(side / 8)), side - 8, top + 14, "label", "end"))
        squares = [
            element("rect", title(f"{lane.name}, {labels[t]}: {percent(p)}"), x=side + t * cell, y=top + 1.5,
                    width=cell - 1, height=high - 3, fill_opacity=round(min(p, 1.0) ** 0.6, 2))
            for t, p in enumerate(lane.probability.tolist())
            if p >= 0.002
        ]  # fmt: skip
        parts.append(element("rect", x=side, y=top + 1.5, width=width - side, height=high - 3, class_="track"))
        if squares:
            parts.append(element("g", *squares, class_=f"fill {lane.colour}"))
        for t in sorted(lane.taken):
            cx, cy = side + (t + 0.5) * cell - 0.5, top + high / 2
            parts.append(element("path", d=f"M{cx:.1f} {cy - 5}l5 5l-5 5l-5 -5z", class_="mark"))
    bottom = len(lanes) * high
    every = max(int(-(-len(labels) * 58 // (width - side))), 1)
    for t in range(0, len(labels), every):
        at = side + (t + 0.5) * cell
        if at + 24 <= width:  # a label that would be cut off is left out
            parts.append(text(labels[t], at, bottom + 15, "small", "middle"))
    return drawing(width, bottom + 22, *parts, kind="field")
