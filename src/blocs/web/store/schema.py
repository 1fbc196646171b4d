"""The tables of the database.

Nothing personal is kept: a name is what somebody typed, keys are stored as digests only, and no address of a computer
is stored anywhere. Rooms with everything in them are deleted when their time is over.
"""

from __future__ import annotations

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
tables = Table(
    "tables",
    metadata,
    Column("room", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("began", Float, nullable=False),
    Column("outcome", String(120)),
    PrimaryKeyConstraint("room", "number"),
    ForeignKeyConstraint(["room"], ["rooms.code"], ondelete="CASCADE"),
)

# `kind` is person or solved; `standing` is the place from which on the player asked to hold until something changes
seats = Table(
    "seats",
    metadata,
    Column("room", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("role", String(60), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("player", String(64)),
    Column("name", String(40)),
    Column("standing", Integer),
    PrimaryKeyConstraint("room", "number", "role"),
    ForeignKeyConstraint(["room", "number"], ["tables.room", "tables.number"], ondelete="CASCADE"),
    Index("seats_by_player", "player", unique=True),
)

# the log: a place is played once, whoever comes first
moves = Table(
    "moves",
    metadata,
    Column("room", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("option", String(60), nullable=False),
    Column("result", String(120), nullable=False),
    Column("made_by", String(8), nullable=False),
    Column("at", Float, nullable=False),
    PrimaryKeyConstraint("room", "number", "place"),
    ForeignKeyConstraint(["room", "number"], ["tables.room", "tables.number"], ondelete="CASCADE"),
)

happenings = Table(
    "happenings",
    metadata,
    Column("room", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("sets", JSON, nullable=False),
    PrimaryKeyConstraint("room", "number", "turn"),
    ForeignKeyConstraint(["room", "number"], ["tables.room", "tables.number"], ondelete="CASCADE"),
)

# events that the host wrote beforehand
events = Table(
    "events",
    metadata,
    Column("room", String(16), nullable=False),
    Column("event", Integer, nullable=False),
    Column("title", String(120), nullable=False),
    Column("text", Text, nullable=False),
    Column("sets", JSON, nullable=False),
    PrimaryKeyConstraint("room", "event"),
    ForeignKeyConstraint(["room"], ["rooms.code"], ondelete="CASCADE"),
)

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
