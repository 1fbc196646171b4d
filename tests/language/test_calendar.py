from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocs.language.calendar import MONTHS, Calendar, parse_date, parse_period


def test_months():
    calendar = Calendar(start="1960-06", step="month", steps=19)
    assert calendar.label(0) == "1960-06"
    assert calendar.label(18) == "1961-12"
    assert calendar.index("1961-01") == 7
    assert calendar.index("1961-01-31") == 7


def test_quarters_half_years_and_years():
    quarters = Calendar(start="1960-Q3", step="quarter", steps=4)
    assert quarters.labels() == ["1960-Q3", "1960-Q4", "1961-Q1", "1961-Q2"]
    assert [quarters.index(one) for one in ("1960-07", "1960-09-30", "1961-Q1", "1961-06")] == [0, 0, 2, 3]
    halves = Calendar(start="1968-01", step="half-year", steps=3)
    assert halves.labels() == ["1968-H1", "1968-H2", "1969-H1"]
    assert [halves.index(one) for one in ("1968-Q2", "1968-08", "1969-H1")] == [0, 1, 2]
    years = Calendar(start="1948", step="year", steps=3)
    assert years.labels() == ["1948", "1949", "1950"]
    assert [years.index(one) for one in ("1948-Q4", "1949", "1950-12-31")] == [0, 1, 2]


def test_steps_that_begin_within_a_quarter_are_called_by_their_first_month():
    calendar = Calendar(start="1960-06", step="quarter", steps=3)
    assert calendar.labels() == ["1960-06", "1960-09", "1960-12"]
    assert calendar.index("1960-08") == 0
    with pytest.raises(ValueError, match="covers more than one quarter"):
        calendar.index("1960-Q3")


@pytest.mark.parametrize("date", ["1960-05", "1962-01", "1959", "0000-01", "9999-12"])
def test_dates_outside_are_refused(date):
    with pytest.raises(
        ValueError, match=r"outside the calendar, which goes from 1960-06 to 1961-12|covers more than one"
    ):
        Calendar(start="1960-06", step="month", steps=19).index(date)


@pytest.mark.parametrize("date", ["1960-13", "1960-00", "1960-6", "60-06", "1960/06", "1960-Q5", "1960-H3", "1961-02-29", "1960-02-30", "", "June 1960", "1960-06-15T00:00"])  # fmt: skip
def test_malformed_dates_are_refused(date):
    with pytest.raises(ValueError, match=r"no date|no month|no day"):
        parse_date(date)


@given(
    st.integers(1, 9000),
    st.integers(1, 12),
    st.sampled_from(sorted(MONTHS)),
    st.integers(1, 60),
    st.data(),
)
def test_the_name_of_a_step_leads_back_to_it(year, month, step, steps, data):
    calendar = Calendar(start=f"{year:04d}-{month:02d}", step=step, steps=steps)
    number = data.draw(st.integers(0, steps - 1))
    assert calendar.index(calendar.label(number)) == number
    assert len(set(calendar.labels())) == steps


def test_a_calendar_needs_a_known_step_and_some_steps():
    for changes in ({"step": "week"}, {"steps": 0}, {"steps": 10**9}):
        with pytest.raises(ValidationError):
            Calendar(**{"start": "1960-06", "step": "month", "steps": 3, **changes})


@pytest.mark.parametrize(
    ("text", "first", "months"),
    [
        ("1960", "1960-01", 12),
        ("1960-06/1960-09", "1960-06", 4),
        ("1954/1978", "1954-01", 300),
        ("1960-Q4/1961", "1960-10", 15),
    ],
)
def test_a_period_is_a_date_or_two(text, first, months):
    span = parse_period(text)
    assert (span.first, span.months) == (parse_date(first).first, months)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1961/1960", "ends before it begins"),
        ("1960/1961/1962", "or two as in"),
        ("1960/x", "`x` is no date"),
        ("/", "no date"),
    ],
)
def test_what_is_no_period_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_period(text)
