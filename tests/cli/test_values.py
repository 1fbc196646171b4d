"""What may stand behind an option, and what is said when it may not."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.cli.values import precisions, setting, whole


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("base_value=0.5", ("base_value", 0.5)),
        ("x = -3", ("x", -3.0)),
        ("x=1e3", ("x", 1000.0)),
        ("x=.5", ("x", 0.5)),
        ("land_route=true", ("land_route", True)),
        ("land_route=false", ("land_route", False)),
        ("arms=withdrawn", ("arms", "withdrawn")),
        ("arms=nan", ("arms", "nan")),
        ("x=a=b", ("x", "a=b")),
    ],
)
def test_settings(text: str, pair: tuple[str, object]) -> None:
    assert setting(text) == pair
    assert type(setting(text)[1]) is type(pair[1])


@pytest.mark.parametrize("text", ["", "=", "x", "x=", "=3", " = ", "x=1e999"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        setting(text)


@given(st.text(max_size=80))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (setting, precisions, whole(0, 10)):
        try:
            read(text)
        except ArgumentTypeError as error:
            assert len(str(error)) < 250


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=5))
def test_precisions_are_read_back(numbers: list[float]) -> None:
    assert precisions(",".join(map(repr, numbers))) == tuple(numbers)


@pytest.mark.parametrize("text", ["", "1,", "one", "-1", "nan", "inf", "1;2", ",".join(["1"] * 1001)])
def test_what_is_no_precision_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        precisions(text)


@pytest.mark.parametrize("text", ["0", "11", "1.5", "", "x", "1" * 30, "٣" * 20, "1_0"])
def test_whole_numbers_keep_to_their_bounds(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        whole(1, 10)(text)


def test_whole_numbers_are_read() -> None:
    assert whole(1, 10)("10") == 10
