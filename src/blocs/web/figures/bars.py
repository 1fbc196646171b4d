"""Bars: probabilities of outcomes beside how they were, and what speaks for and against something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blocs.report.numbers import percent, points
from blocs.web.figures.svg import drawing, element, fitted, text, title

# from this width on, labels stand beside their bars rather than above
BESIDE = 500
ROW, TALL_ROW = 28, 38
# a letter of the labels is about this wide, so that they can be cut before they run out of the picture
LETTER = 7.4


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
    beside = width >= BESIDE
    row = ROW if beside else TALL_ROW
    left, right = (200, 130) if beside else (0, 2)
    span = width - left - right
    rows = []
    for i, (name, p) in enumerate(now.items()):
        top = i * row
        bar = top + 8 if beside else top + 20
        words = top + 18 if beside else top + 13
        old = before[name] if before is not None else p
        told = f"{name}: {percent(p)}" + (f", as it was {percent(old)}" if before is not None else "")
        label = fitted(("★ " if name == happened else "") + name, int((left or width - 130) / LETTER))
        parts = [
            title(told),
            text(label, 0, words, "label strong" if name == happened else "label"),
            element("rect", x=left, y=bar, width=span, height=12, class_="track", rx=2),
            element("rect", x=left, y=bar, width=max(p * span, 0.0), height=12, class_="fill blue", rx=2),
            text(percent(p), width - 58, words, "value", "end"),
        ]
        if intervals is not None:
            low, high = (left + share * span for share in intervals[name])
            parts.append(element("path", d=f"M{low:.1f} {bar + 6}H{high:.1f}", class_="line ink", stroke_width=2))
        if before is not None:
            x = left + old * span
            parts.append(element("path", d=f"M{x:.1f} {bar - 3}V{bar + 15}", class_="line orange", stroke_width=2.5))
            parts.append(text(points(p - old), width, words, "small value", "end"))
        rows.append(element("g", *parts))
    return drawing(width, row * len(now), *rows, kind="bars")


@dataclass(frozen=True)
class Signed:
    """One bar to the left or the right: its label, its length with sign, the number to write, and more words."""

    label: str
    value: float
    shown: str
    more: str = ""


def signed_bars(bars: Sequence[Signed], width: int) -> str:
    """Draw bars from a middle line, negative ones to the left; labels stand beside, or above in a narrow picture."""
    widest = max((abs(one.value) for one in bars), default=0.0) or 1.0
    beside = width >= BESIDE
    row, left = (ROW, 215) if beside else (TALL_ROW, 0)
    middle, half = left + (width - left) / 2, (width - left) / 2 - 52
    rows = []
    for i, one in enumerate(bars):
        top = i * row
        bar, words = (top + 8, top + 18) if beside else (top + 20, top + 13)
        length = abs(one.value) / widest * half
        negative = one.value < 0
        x = middle - length if negative else middle
        rows.append(
            element(
                "g",
                title(f"{one.label}: {one.shown}. {one.more}".strip()),
                text(fitted(one.label, int((left or width) / LETTER)), 0, words, "label"),
                element(
                    "rect", x=x, y=bar, width=length, height=12, class_=f"fill {'orange' if negative else 'blue'}", rx=2
                ),
                text(
                    one.shown, x - 5 if negative else x + length + 5, bar + 11, "value", "end" if negative else "start"
                ),
            )
        )
    height = row * max(len(bars), 1)
    line = element("path", d=f"M{middle:.1f} 4V{height}", class_="line muted", stroke_width=1)
    return drawing(width, height, line, *rows, kind="bars")
