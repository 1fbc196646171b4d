"""The odds of a game over time, drawn as lines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

HEIGHT, LEFT, TOP, BOTTOM = 220, 44, 14, 26
# width, and room on the right for the names of outcomes: for a desk and for a phone
WIDE, NARROW = (640, 150), (350, 152)
# an outcome that never had this probability would be a line along the bottom
SHOWN = 0.02
COLOURS = ("blue", "orange", "green", "purple", "red", "ochre")
DASHES = ("", "6 3", "8 3 2 3", "2 3", "10 3", "1 2")
# room between two labels at the end of lines
APART = 15


def odds_chart(course: Sequence[Mapping[str, Any]], narrow: bool = False) -> Markup:
    """Draw the odds of each outcome by date; `course` is that of `debrief.odds_course`.

    Lines are told apart by colour and dashes; the table beside the drawing holds the same numbers.
    """
    width, right = NARROW if narrow else WIDE
    names = [name for name in course[0]["odds"] if max(one["odds"][name] for one in course) >= SHOWN]
    names.sort(key=lambda name: -max(one["odds"][name] for one in course))
    names = names[: len(COLOURS)]

    def x(i: int) -> float:
        return LEFT + (width - LEFT - right) * (i / max(len(course) - 1, 1))

    def y(p: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - p)

    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{width - right}" y1="{y(p):.1f}" y2="{y(p):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y(p) + 4:.1f}" text-anchor="end">{100 * p:.0f} %</text>'
        for p in (0.0, 0.5, 1.0)
    ]
    every = max(1, (len(course) - 1) // (2 if narrow else 5))
    for i in [*range(0, len(course) - 1, every), len(course) - 1]:
        if i == len(course) - 1 or x(len(course) - 1) - x(i) > 60:
            parts.append(
                f'<text x="{x(i):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(course[i]["date"])}</text>'
            )
    ends = _apart([y(course[-1]["odds"][name]) for name in names])
    for number, name in enumerate(names):
        points = " ".join(f"{x(i):.1f},{y(one['odds'][name]):.1f}" for i, one in enumerate(course))
        dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
        parts.append(f'<polyline class="stroke-{COLOURS[number]}" points="{points}"{dash}/>')
        parts.append(
            f'<text class="ink-{COLOURS[number]}" x="{width - right + 8}" y="{ends[number] + 4:.1f}">'
            f"{escape(name)}</text>"
        )
    told = f"Odds of {', '.join(names)} from {course[0]['date']} to the end"
    return Markup(
        f'<svg class="odds" viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        f"{''.join(parts)}</svg>"
    )


def _apart(heights: list[float]) -> list[float]:
    """Move labels apart so that none hides another."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = list(heights)
    for before, after in itertools.pairwise(order):
        placed[after] = max(placed[after], placed[before] + APART)
    # what was pushed over the edge is pushed back from there
    floor = float(HEIGHT - BOTTOM)
    for i in reversed(order):
        placed[i] = min(placed[i], floor)
        floor = placed[i] - APART
    return placed
