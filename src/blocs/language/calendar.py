"""Dates and steps: which step a date falls in, and what a step is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from blocs.language.document import shorten
from blocs.language.fields import Date, Model

Step = Literal["month", "quarter", "half-year", "year"]
MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
# more than any crisis needs, and a graph over more would not be solved
MAX_STEPS = 2000
FORMS = "1960, 1960-06, 1960-06-15, 1960-Q3 or 1960-H2"

_DATE = re.compile(r"(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|Q([1-4])|H([12])))?")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Span:
    """A run of months, counted from January of the year 0: `first` and how many."""

    first: int
    months: int


def parse_date(text: str) -> Span:
    """Read a date: a year, a half-year, a quarter, a month or a day.

    Raises
    ------
    ValueError
        The text is no date; the message says what is.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{shorten(text)}` is no date; write {FORMS}")
    year, month, day, quarter, half = found.groups()
    start = 12 * int(year)
    if quarter:
        return Span(start + 3 * (int(quarter) - 1), 3)
    if half:
        return Span(start + 6 * (int(half) - 1), 6)
    if not month:
        return Span(start, 12)
    if not 1 <= int(month) <= 12:
        raise ValueError(f"`{text}` has no month {month}; months go from 01 to 12")
    if day and not 1 <= int(day) <= _days(int(year), int(month)):
        raise ValueError(f"`{text}` has no day {day} in that month")
    return Span(start + int(month) - 1, 1)


def parse_period(text: str) -> Span:
    """Read a date, or two with a ``/`` between them: from the first month of the one to the last of the other.

    Raises
    ------
    ValueError
        The text is no date and no two dates, or ends before it begins; the message says what is.
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise ValueError(f"`{shorten(text)}` is no date; write one date, or two as in 1960-06/1960-09")
    begin, end = parse_date(parts[0]), parse_date(parts[-1])
    if end.first < begin.first:
        raise ValueError(f"`{shorten(text)}` ends before it begins")
    return Span(begin.first, max(begin.first + begin.months, end.first + end.months) - begin.first)


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 if month == 2 and not leap else _DAYS[month - 1]


class Calendar(Model):
    """The steps of a case."""

    start: Date = Field(description="First step", examples=["1960-06"])
    step: Step = Field(description="Length of a step: month, quarter, half-year or year", examples=["month"])
    steps: int = Field(ge=1, le=MAX_STEPS, description="Number of steps", examples=[19])

    @property
    def months(self) -> int:
        """Months in a step."""
        return MONTHS[self.step]

    @property
    def first(self) -> int:
        """Month in which the first step begins, counted from January of the year 0."""
        return parse_date(self.start).first

    def label(self, step: int) -> str:
        """Return the name of a step, counted from zero: ``1960-06``, ``1960-Q3``, ``1960-H2`` or ``1960``.

        Steps that do not begin with a quarter, half-year or year are called by the month in which they begin.
        """
        year, month = divmod(self.first + step * self.months, 12)
        if self.months == 1 or month % self.months:
            return f"{year:04d}-{month + 1:02d}"
        if self.months == 12:
            return f"{year:04d}"
        return f"{year:04d}-{'Q' if self.months == 3 else 'H'}{month // self.months + 1}"

    def labels(self) -> list[str]:
        """Return the names of all steps."""
        return [self.label(step) for step in range(self.steps)]

    def index(self, date: str) -> int:
        """Return the step in which a date falls, counted from zero.

        Raises
        ------
        ValueError
            The text is no date, the date lies outside the calendar, or it covers more than one step.
        """
        span = parse_date(date)
        step, last = ((month - self.first) // self.months for month in (span.first, span.first + span.months - 1))
        if step != last:
            raise ValueError(f"`{date}` covers more than one {self.step}; give the {self.step}")
        if not 0 <= step < self.steps:
            raise ValueError(
                f"`{date}` lies outside the calendar, which goes from {self.label(0)} to {self.label(self.steps - 1)}"
            )
        return step
