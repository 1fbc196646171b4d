"""Dates of sources: from what people write in a bibliography to `Date`."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from typing import Any

from blocs.sources.items import Date

HELP = "write 1961, 1961-04, 1961-04-27, a range 1961-04/1961-05, ca. 1961, n.d. or {date-parts: [[1961, 4, 27]]}"

# Sources of this field are printed or archived documents; a year outside these is a misprint.
_FIRST_YEAR, _LAST_YEAR = 1000, 2999
_KEYS = frozenset(("date-parts", "raw", "literal", "circa", "season"))
_SEASONS = {"1": "Spring", "2": "Summer", "3": "Autumn", "4": "Winter"}
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def date_from(value: Any) -> Date:
    """Read a date.

    Parameters
    ----------
    value : int, str or mapping
        A year, an ISO date, or a date of CSL-JSON.

    Returns
    -------
    Date

    Raises
    ------
    ValueError
        When `value` is no date; the message says why and what may be written.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str, Mapping)):
        raise ValueError(f"is no date; {HELP}")
    if isinstance(value, Mapping):
        return _from_mapping(value)
    text = str(value).strip()
    if text.lower() in ("n.d.", "n. d.", "no date"):
        return Date()
    bare = re.sub(r"^(?:ca?\.|circa)\s*", "", text)
    circa = bare != text
    start, _, end = bare.partition("/")
    return _ordered(Date(_parts(start), _parts(end) if end else (), circa))


def _from_mapping(value: Mapping[Any, Any]) -> Date:
    unknown = [str(key) for key in value if key not in _KEYS]
    if unknown:
        raise ValueError(f"`{unknown[0][:60]}` is no part of a date; {HELP}")
    circa = value.get("circa") in (True, 1, "1", "true")
    parts = value.get("date-parts")
    literal = value.get("literal", "")
    if not isinstance(literal, str):
        raise ValueError(f"`literal` must be text; {HELP}")
    if parts is not None:
        if not isinstance(parts, (list, tuple)) or not 1 <= len(parts) <= 2:
            raise ValueError(f"`date-parts` must hold one date or two; {HELP}")
        if any(not isinstance(part, (list, tuple)) for part in parts):
            raise ValueError(f"`date-parts` must be lists in a list; {HELP}")
        dates = [_calendar_date([_whole(number) for number in part]) for part in parts]
        season = _SEASONS.get(str(value.get("season", "")))
        if season and len(dates) == 1 and len(dates[0]) == 1 and not literal:
            literal = f"{season} {dates[0][0]}"
        return _ordered(Date(dates[0], dates[1] if len(dates) > 1 else (), circa, literal))
    if isinstance(value.get("raw"), (str, int)):
        date = date_from(value["raw"])
        return Date(date.start, date.end, circa or date.circa, literal)
    if literal:
        return Date() if literal.lower() in ("n.d.", "n. d.", "no date") else Date((), (), circa, literal)
    raise ValueError(f"holds no date; {HELP}")


def _parts(text: str) -> tuple[int, ...]:
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text.strip()[:60]}` is no date; {HELP}")
    return _calendar_date([int(part) for part in found.groups() if part is not None])


def _whole(number: Any) -> int:
    if isinstance(number, str) and re.fullmatch(r"\d{1,4}", number):
        return int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise ValueError(f"`date-parts` must be whole numbers; {HELP}")
    return number


def _calendar_date(parts: list[int]) -> tuple[int, ...]:
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"a date is a year, a month and a day; {HELP}")
    if not _FIRST_YEAR <= parts[0] <= _LAST_YEAR:
        raise ValueError(f"the year {parts[0]} is outside {_FIRST_YEAR}-{_LAST_YEAR}")
    if len(parts) > 1 and not 1 <= parts[1] <= 12:
        raise ValueError(f"there is no month {parts[1]}")
    if len(parts) > 2 and not 1 <= parts[2] <= calendar.monthrange(parts[0], parts[1])[1]:
        raise ValueError(f"there is no day {parts[2]} in {parts[0]}-{parts[1]:02d}")
    return tuple(parts)


def _ordered(date: Date) -> Date:
    if date.end and date.end < date.start[: len(date.end)]:
        raise ValueError("the range of dates runs backwards")
    return date
