"""Probabilities and times as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.report.numbers import INSIDE, MARK, interval_bar, percent, seconds

PROBABILITY = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probability", "text"),
    [(0, "0 %"), (1, "100 %"), (0.1234, "12.3 %"), (1e-6, "<0.1 %"), (0.99999, ">99.9 %"), (0.0006, "0.1 %")],
)
def test_percent(probability: float, text: str) -> None:
    assert percent(probability) == text


@given(PROBABILITY)
def test_percent_is_never_far_from_the_number(probability: float) -> None:
    text = percent(probability)
    assert abs(float(text.strip("<> %")) - 100 * probability) <= 0.1


def test_bar_shows_the_interval_and_its_middle() -> None:
    assert interval_bar(0, 0.5, 1, width=10) == "━━━━━●━━━━"
    assert interval_bar(0.2, 0.3, 0.45, width=10) == "··━●━·····"
    assert interval_bar(1, 1, 1, width=4) == "···●"


@given(st.lists(PROBABILITY, min_size=3, max_size=3).map(sorted), st.integers(1, 60))
def test_bar_has_its_width_and_one_mark(numbers: list[float], width: int) -> None:
    bar = interval_bar(*numbers, width=width)
    assert len(bar) == width
    assert bar.count(MARK) == 1
    assert bar.count(INSIDE) <= int((numbers[2] - numbers[0]) * width) + 2


@pytest.mark.parametrize(("duration", "text"), [(0.432, "0.43 s"), (12.4, "12 s"), (200, "3 min 20 s")])
def test_seconds(duration: float, text: str) -> None:
    assert seconds(duration) == text
