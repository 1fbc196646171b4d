"""The tables of the database.

Nothing personal is kept: a name is what somebody typed, keys are stored as digests only, and no address of a computer
is stored anywhere. Rooms with everything in them are deleted when their time is over.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

metadata = MetaData()


def _room() -> Column[str]:
    return Column("room", String(16), nullable=False)


def _of_room(name: str, key: str, *columns: Column[Any]) -> Table:
    """Return a table of what belongs to a room, each with its `key` in it; it goes when the room goes."""
    constraints = PrimaryKeyConstraint("room", key), ForeignKeyConstraint(["room"], ["rooms.code"], ondelete="CASCADE")
    return Table(name, metadata, _room(), *columns, *constraints)


def _of_table(name: str, key: str, *columns: Column[Any], index: Index | None = None) -> Table:
    """Return a table of what belongs to a table of a room, each with its `key` at it; it goes when that goes."""
    where = ForeignKeyConstraint(["room", "number"], ["tables.room", "tables.number"], ondelete="CASCADE")
    number = Column("number", Integer, nullable=False)
    more = (index,) if index is not None else ()
    return Table(name, metadata, _room(), number, *columns, PrimaryKeyConstraint("room", "number", key), where, *more)


def _told() -> tuple[Column[Any], ...]:
    """Return the columns of something that is brought in: what is read, and which variables it sets."""
    return (
        Column("title", String(120), nullable=False),
        Column("text", Text, nullable=False),
        Column("sets", JSON, nullable=False),
    )


# `seconds` is the time for a turn (none: as long as one likes); `paused` since when the host has stopped the clock
rooms = Table(
    "rooms",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("case_name", String(120), nullable=False),
    Column("case_hash", String(64), nullable=False),
    Column("host", String(64), nullable=False),
    Column("title", String(120), nullable=False),
    Column("advise", Boolean, nullable=False),
    Column("seconds", Integer),
    Column("paused", Float),
    Column("closed", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False, index=True),
)

# `version` goes up with every change that somebody at the table could see; `began` is when the present turn began
tables = _of_room(
    "tables",
    "number",
    Column("number", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("began", Float, nullable=False),
    Column("outcome", String(120)),
)

# `kind` is person or solved; `standing` is the place from which on the player asked to hold until something changes
seats = _of_table(
    "seats",
    "role",
    Column("role", String(60), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("player", String(64)),
    Column("name", String(40)),
    Column("standing", Integer),
    index=Index("seats_by_player", "player", unique=True),
)

# the log: a place is played once, whoever comes first
moves = _of_table(
    "moves",
    "place",
    Column("place", Integer, nullable=False),
    Column("option", String(60), nullable=False),
    Column("result", String(120), nullable=False),
    Column("made_by", String(8), nullable=False),
    Column("at", Float, nullable=False),
)

# what the host has brought in, before which place
happenings = _of_table(
    "happenings", "turn", Column("turn", Integer, nullable=False), Column("place", Integer, nullable=False), *_told()
)

# events that the host wrote beforehand
events = _of_room("events", "event", Column("event", Integer, nullable=False), *_told())

# `standing`: shown, held (until the moderator has looked) or hidden
replies = Table(
    "replies",
    metadata,
    Column("reply", Integer, primary_key=True, autoincrement=True),
    Column("case_name", String(120), nullable=False),
    Column("anchor", String(40), nullable=False),
    Column("parent", Integer),
    Column("name", String(40), nullable=False),
    Column("text", Text, nullable=False),
    Column("standing", String(8), nullable=False),
    Column("at", Float, nullable=False),
    Index("replies_by_case", "case_name", "anchor"),
)
