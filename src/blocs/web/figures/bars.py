"""Bars: probabilities of outcomes beside how they were, and what speaks for and against something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blocs.report.numbers import percent, points
from blocs.web.figures.svg import drawing, element, fitted, text, title

ROW = 34
# a letter of the labels is about this wide, so that they can be cut before they run out of the picture
LETTER = 7.2


def outcome_bars(
    now: Mapping[str, float],
    before: Mapping[str, float] | None,
    happened: str | None,
    width: int,
    intervals: Mapping[str, tuple[float, float]] | None = None,
) -> str:
    """Draw how likely each outcome is; a mark shows how likely it was before, a star the one that happened.

    Parameters
    ----------
    now, before : mapping from outcome to probability
    happened : str or None
    width : int
        In pixels.
    intervals : mapping from outcome to (low, high), optional
        Central intervals over draws, drawn as lines.
    """
    right = 74
    span = width - right
    rows = []
    for i, (name, p) in enumerate(now.items()):
        top = i * ROW
        label = fitted(("★ " if name == happened else "") + name, int(width / LETTER))
        old = before[name] if before is not None else p
        told = f"{name}: {percent(p)}" + (f", as it was {percent(old)}" if before is not None else "")
        parts = [
            title(told),
            text(label, 0, top + 12, "label" + (" strong" if name == happened else "")),
            element("rect", x=0, y=top + 17, width=span, height=10, class_="track", rx=2),
            element("rect", x=0, y=top + 17, width=max(p * span, 0.0), height=10, class_="fill blue", rx=2),
        ]
        if intervals is not None:
            low, high = intervals[name]
            parts.append(
                element("path", d=f"M{low * span:.1f} {top + 22}H{high * span:.1f}", class_="line ink", stroke_width=2)
            )
        if before is not None:
            x = old * span
            parts.append(element("path", d=f"M{x:.1f} {top + 14}V{top + 30}", class_="line orange", stroke_width=2.5))
        parts.append(text(percent(p), width, top + 26, "value", "end"))
        if before is not None and abs(p - old) >= 0.0005:
            parts.append(text(points(p - old), width, top + 12, "small", "end"))
        rows.append(element("g", *parts))
    return drawing(width, ROW * len(now), *rows, kind="bars")


@dataclass(frozen=True)
class Signed:
    """One bar to the left or the right: its label, its length with sign, the number to write, and more words."""

    label: str
    value: float
    shown: str
    more: str = ""


def signed_bars(bars: Sequence[Signed], width: int) -> str:
    """Draw bars from a middle line, negative ones to the left; labels stand above them."""
    widest = max((abs(one.value) for one in bars), default=0.0) or 1.0
    margin = 58
    middle, half = width / 2, width / 2 - margin
    rows = []
    for i, one in enumerate(bars):
        top = i * ROW
        length = abs(one.value) / widest * half
        left = one.value < 0
        rows.append(
            element(
                "g",
                title(f"{one.label}: {one.shown}. {one.more}".strip()),
                text(fitted(one.label, int(width / LETTER)), 0, top + 12, "label"),
                element(
                    "rect", x=middle - length if left else middle, y=top + 17, width=length, height=10,
                    class_=f"fill {'orange' if left else 'blue'}", rx=2,
                ),
                text(one.shown, middle + (-length - 5 if left else length + 5), top + 26, "value",
                     "end" if left else "start"),
            )
        )  # fmt: skip
    height = ROW * max(len(bars), 1)
    line = element("path", d=f"M{middle:.1f} 14V{height}", class_="line muted", stroke_width=1)
    return drawing(width, height, line, *rows, kind="bars")
