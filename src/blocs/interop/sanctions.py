"""Data on sanctions: the episodes that TIES and GSDB code, in one form.

TIES (Morgan, Bapat & Kobayashi 2014) goes by codes of the Correlates of War, and the number of an episode holds its
day; GSDB (Felbermayr et al. 2020) goes by names of states and by years.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blocs.errors import InputError, Problem, nearest
from blocs.interop.field.files import columns_of, read_rows
from blocs.language.calendar import Span
from blocs.language.case import Actor

TIES = {"caseid": "caseid", "start": "startyear", "end": "endyear", "sender": "primarysender", "target": "targetstate"}
_TIES_MORE = {f"sender{n}": f"sender{n}" for n in range(1, 6)} | {
    "imposition": "imposition",
    "outcome": "finaloutcome",
}
GSDB = {
    "caseid": "case_id",
    "target": "sanctioned_state",
    "sender": "sanctioning_state",
    "start": "begin",
    "end": "end",
}
_GSDB_KINDS = ("trade", "arms", "military", "financial", "travel", "other")
_GSDB_MORE = {kind: kind for kind in _GSDB_KINDS} | {"objective": "objective", "outcome": "success"}

# the codes of how an episode of TIES ended that are certain; others are shown as numbers
_TIES_OUTCOMES = {"6": "target gives way in part", "7": "target gives way", "10": "negotiated settlement"}
# what TIES writes for an end that is not known or has not come
_NO_END = 3000
# states that GSDB or a case calls otherwise than the list of states does
_NAMES: dict[int, tuple[str, ...]] = {
    2: ("US", "USA", "United States", "United States of America"),
    200: ("UK", "United Kingdom", "Great Britain"),
    255: ("Germany", "Federal Republic of Germany", "West Germany"),
    260: ("Germany", "Germany, West", "West Germany", "Federal Republic of Germany", "German Federal Republic"),
    265: ("East Germany", "Germany, East", "German Democratic Republic"),
    315: ("Czechoslovakia", "Czech Republic"),
    345: ("Yugoslavia", "Serbia"),
    360: ("Romania", "Rumania"),
    365: ("Russia", "Soviet Union", "USSR", "Russian Federation"),
    640: ("Turkey", "Türkiye"),
    710: ("China", "People's Republic of China"),
    816: ("Vietnam", "North Vietnam", "Viet Nam"),
}


@dataclass(frozen=True)
class Episode:
    """Sanctions that were threatened or imposed.

    Parameters
    ----------
    number : str
        In the data set.
    sender, target : str
        Roles of the case.
    begin : Span
        Months, as precise as the data have them.
    end : int or None
        Year; None where it is not known or has not come.
    kinds : tuple of str
        Trade, arms, financial and so on, where the data say.
    imposed : bool
        Not only threatened.
    outcome : str
        How it ended, in words or in the data set's code.
    """

    number: str
    sender: str
    target: str
    begin: Span
    end: int | None
    kinds: tuple[str, ...]
    imposed: bool
    outcome: str


@dataclass(frozen=True)
class Episodes:
    """Episodes among the roles of a case, with the years that the file covers and remarks on it."""

    dataset: str
    episodes: tuple[Episode, ...]
    first: int | None
    last: int | None
    notes: tuple[str, ...]


def read_episodes(path: str | Path, actors: Mapping[str, Actor]) -> Episodes:
    """Read the episodes in which one actor sanctions another.

    Parameters
    ----------
    path : path
        CSV or CSV.gz in the layout of TIES or GSDB, told apart by its columns.
    actors : mapping from role to Actor

    Raises
    ------
    InputError
        The file cannot be read, has neither layout, or a cell that should hold a year does not.
    """
    file = Path(path)
    head = {name.lower() for name in columns_of(file)}
    fits = {name: len(head & set(columns.values())) for name, columns in (("TIES", TIES), ("GSDB", GSDB))}
    best = max(fits, key=lambda name: fits[name])
    if fits[best] < 2:
        wanted = f"TIES: {', '.join(TIES.values())}; GSDB: {', '.join(GSDB.values())}"
        raise InputError(Problem("the columns are neither those of TIES nor those of GSDB", str(file), 1, hint=wanted))
    return _read_ties(file, actors) if best == "TIES" else _read_gsdb(file, actors)


def _read_ties(file: Path, actors: Mapping[str, Actor]) -> Episodes:
    roles = {str(actor.cow): role for role, actor in actors.items() if actor.cow is not None}
    if len(roles) < 2:
        raise InputError(
            Problem("TIES goes by state codes, and fewer than two roles of the case have `cow:`", str(file))
        )
    found = read_rows(file, TIES, year="start", optional=_TIES_MORE)
    episodes = []
    for line, row in enumerate(found.rows, start=2):
        target = roles.get(row["target"])
        senders = dict.fromkeys(row[name] for name in ("sender", *(f"sender{n}" for n in range(1, 6))))
        for code in senders:
            if target is None or code not in roles or code == row["target"]:
                continue
            kinds = () if row["imposition"] in ("", "1") else ("threat",)
            begin = _ties_begin(row, file, line)
            end = _year(row["end"], file, line, "endyear")
            outcome = row["outcome"] if row["outcome"] not in ("NA", "-9") else ""
            words = _TIES_OUTCOMES.get(outcome, f"code {outcome}" if outcome else "")
            over = None if end is None or end >= _NO_END else end
            episodes.append(Episode(row["caseid"], roles[code], target, begin, over, kinds, not kinds, words))
    notes = ["TIES: an end that is unknown or has not come is written as the year 3000 and shown as open"]
    if any(episode.outcome.startswith("code") for episode in episodes):
        notes.append("TIES: outcomes shown as codes are explained in its manual")
    return Episodes("TIES", tuple(episodes), found.first, found.last, tuple(notes))


def _ties_begin(row: Mapping[str, str], file: Path, line: int) -> Span:
    """Return the month in which an episode begins, or the year: the number of an episode begins with its day."""
    start = _year(row["start"], file, line, "startyear")
    if start is None:
        raise InputError(Problem("the episode has no year in which it begins", str(file), line, path="startyear"))
    day = re.fullmatch(r"(\d{4})(\d{2})\d{4}", row["caseid"])
    if day is not None and int(day[1]) == start and 1 <= int(day[2]) <= 12:
        return Span(12 * start + int(day[2]) - 1, 1)
    return Span(12 * start, 12)


def _read_gsdb(file: Path, actors: Mapping[str, Actor]) -> Episodes:
    found = read_rows(file, GSDB, year="start", optional=_GSDB_MORE)
    names = {role: _called(actor) for role, actor in actors.items()}
    episodes = []
    for line, row in enumerate(found.rows, start=2):
        senders, targets = (_roles(row[name], names) for name in ("sender", "target"))
        for sender, target in ((a, b) for a in senders for b in targets if a != b):
            start = _year(row["start"], file, line, "begin")
            if start is None:
                raise InputError(Problem("the episode has no year in which it begins", str(file), line, path="begin"))
            kinds = tuple(kind for kind in _GSDB_KINDS if row[kind] == "1")
            outcome = row["outcome"].replace("_", " ")
            end = _year(row["end"], file, line, "end")
            episodes.append(Episode(row["caseid"], sender, target, Span(12 * start, 12), end, kinds, True, outcome))
    everywhere = {part.strip() for row in found.rows for name in ("sender", "target") for part in row[name].split(",")}
    notes = ["GSDB: dates are years, so that lags are counted from the nearest month of the year"]
    for role, called in names.items():
        if not called & {_plain(name) for name in everywhere}:
            guess = nearest(actors[role].actor[:60], everywhere)
            notes.append(f"GSDB names no state {actors[role].actor} ({role}){f'; {guess}' if guess else ''}")
    return Episodes("GSDB", tuple(episodes), found.first, found.last, tuple(notes))


def _called(actor: Actor) -> set[str]:
    return {_plain(name) for name in (actor.actor, *_NAMES.get(actor.cow or 0, ()))}


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("’", "'").split())


def _roles(cell: str, names: Mapping[str, set[str]]) -> list[str]:
    listed = {_plain(part) for part in cell.split(",")} | {_plain(cell)}
    return [role for role, called in names.items() if called & listed]


def _year(text: str, file: Path, line: int, column: str) -> int | None:
    if text in ("", "NA", "-9", "ongoing"):
        return None
    if not re.fullmatch(r"\d{4}(\.0)?", text):
        raise InputError(Problem(f"expected a year, found `{text[:40]}`", str(file), line, path=column))
    return int(text[:4])
