"""Opening a room, and what holds for everything that a host writes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from blocs.errors import InputError, Problem, nearest
from blocs.web.play.solved import Solved
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import clean_text, digest, new_code, new_key
from blocs.web.rooms.service import Rooms
from blocs.web.rooms.tables import PERSON_SEAT, SOLVED_SEAT
from blocs.web.store.log import Event, RoomRow

HOURS = 3600.0
# rooms are deleted after this time, whatever happened in them: a fortnight holds two lessons and the week between
LIFE = 14 * 24 * HOURS
MOST_TABLES = 60
MOST_EVENTS = 60
MOST_ROOMS = 5_000
SHORTEST_TURN, LONGEST_TURN = 10, 24 * 3600
MOST_TITLE, MOST_TEXT = 120, 2_000
MOST_SETS = 8


def create(
    rooms: Rooms,
    case: str,
    people: Sequence[str],
    *,
    tables: int = 1,
    title: str = "",
    seconds: int | None = None,
    advise: bool = True,
    events: Sequence[Event] = (),
    seed: int | None = None,
) -> tuple[RoomRow, str]:
    """Open a room and return it with the host's key, which is told this once.

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    solved = rooms.cases.get(case)
    game = solved.game
    assert game.case is not None
    problems = [
        Problem(f"there is no role `{role[:60]}`", path="people", hint=nearest(role[:60], game.roles))
        for role in people
        if role not in game.roles
    ]
    if not people:
        problems.append(Problem("somebody has to play: name at least one role", path="people"))
    if not 1 <= tables <= MOST_TABLES:
        problems.append(Problem(f"a room has 1 to {MOST_TABLES} tables", path="tables"))
    problems += pace_problems(seconds)
    if len(events) > MOST_EVENTS:
        problems.append(Problem(f"a room holds at most {MOST_EVENTS} events", path="events"))
    problems += [problem for event in events for problem in event_problems(solved, event)]
    if problems:
        raise InputError(problems)
    if rooms.log.count_rooms() >= MOST_ROOMS:
        raise Refusal(503, "This server has as many rooms as it can hold.", "try again when some are over")
    now, key = rooms.clock(), new_key()
    room = RoomRow(
        code=new_code(),
        case_name=case,
        case_hash=solved.hash,
        host=digest(key),
        title=clean_text(title, MOST_TITLE).replace("\n", " ") or game.case.title or case,
        advise=advise,
        seconds=seconds,
        paused=None,
        closed=False,
        created=now,
        expires=now + LIFE,
    )
    first = secrets.randbelow(2**31) if seed is None else seed
    seats = {role: PERSON_SEAT if role in people else SOLVED_SEAT for role in game.roles}
    # every table has its own luck
    seeds = [(first + number) % 2**31 for number in range(tables)]
    rooms.log.create(room, seeds, seats, [cleaned(event) for event in events])
    for number in range(1, tables + 1):
        with rooms.tables.held(room, number) as table:
            table.go_on()
    return room, key


def pace_problems(seconds: int | None) -> list[Problem]:
    """Return what is wrong with the time for a turn."""
    if seconds is None or SHORTEST_TURN <= seconds <= LONGEST_TURN:
        return []
    return [Problem(f"a turn has {SHORTEST_TURN} to {LONGEST_TURN} seconds, or no limit", path="seconds")]


def event_problems(solved: Solved, event: Event) -> list[Problem]:
    """Return what is wrong with an event that a host wrote."""
    problems = []
    if not clean_text(event.title, MOST_TITLE):
        problems.append(Problem("an event has a title", path="title"))
    if len(event.title) > MOST_TITLE or len(event.text) > MOST_TEXT:
        most = f"{MOST_TITLE} letters in its title and {MOST_TEXT} in its text"
        problems.append(Problem(f"an event has at most {most}", path="text"))
    if len(event.sets) > MOST_SETS:
        problems.append(Problem(f"an event sets at most {MOST_SETS} variables", path="set"))
    space = solved.game.plan.space
    for name, value in list(event.sets.items())[:MOST_SETS]:
        if name not in space.index:
            hint = nearest(name[:60], space.index)
            problems.append(Problem(f"there is no state variable `{name[:60]}`", path="set", hint=hint))
        elif str(value) not in space.variables[space.index[name]].labels:
            labels = space.variables[space.index[name]].labels
            hint = f"expected one of {', '.join(labels[:12])}"
            problems.append(Problem(f"`{str(value)[:60]}` is not a value of `{name}`", path="set", hint=hint))
    return problems


def cleaned(event: Event) -> Event:
    """Return an event as it is stored: plain text."""
    title = clean_text(event.title, MOST_TITLE).replace("\n", " ")
    return Event(title, clean_text(event.text, MOST_TEXT), {str(k): str(v) for k, v in event.sets.items()}, event.event)
