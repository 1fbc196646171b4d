"""Reading and writing rooms, tables, seats and the log of moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from blocs.web.play.course import Happening, Row
from blocs.web.store import schema
from blocs.web.store.opening import Database

# what every request asks for, built once: building a statement takes longer than running it
_HERE = bindparam("code")
_ROOM = select(schema.rooms).where(schema.rooms.c.code == _HERE)
_TABLES = select(schema.tables).where(schema.tables.c.room == _HERE).order_by(schema.tables.c.number)
_TABLE = select(schema.tables).where(schema.tables.c.room == _HERE, schema.tables.c.number == bindparam("at"))
_SEATS = select(schema.seats).where(schema.seats.c.room == _HERE, schema.seats.c.number == bindparam("at"))
_ALL_SEATS = select(schema.seats).where(schema.seats.c.room == _HERE).order_by(schema.seats.c.number)
_VERSIONS = select(schema.tables.c.room, schema.tables.c.number, schema.tables.c.version).where(
    schema.tables.c.room.in_(bindparam("codes", expanding=True))
)
# the columns of a room and of a seat have names in common: they are told apart by their order
_SEATED = (
    select(*schema.rooms.c, *schema.seats.c)
    .join_from(schema.seats, schema.rooms, schema.rooms.c.code == schema.seats.c.room)
    .where(schema.seats.c.player == bindparam("player"))
)
_ROOM_COLUMNS = len(schema.rooms.c)
_HIGHER = (
    update(schema.tables)
    .where(schema.tables.c.room == _HERE, schema.tables.c.number == bindparam("at"))
    .returning(schema.tables.c.version)
)


class TooLate(Exception):
    """Somebody else was faster: the place is played, or the seat is taken."""


@dataclass(frozen=True)
class RoomRow:
    """A room as it is stored; times in seconds since 1970."""

    code: str
    case_name: str
    case_hash: str
    host: str
    title: str
    advise: bool
    seconds: int | None
    paused: float | None
    closed: bool
    created: float
    expires: float


@dataclass(frozen=True)
class TableRow:
    """A table as it is stored."""

    room: str
    number: int
    seed: int
    version: int
    began: float
    outcome: str | None


@dataclass(frozen=True)
class SeatRow:
    """A seat as it is stored; `player` is the digest of the player's key, or None while it is free."""

    room: str
    number: int
    role: str
    kind: str
    player: str | None = None
    name: str | None = None
    standing: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that the host wrote beforehand."""

    title: str
    text: str
    sets: Mapping[str, str] = field(default_factory=dict)
    event: int = 0


class Log:
    """The store of rooms.

    Every method is one transaction. A write has reached the disk when it returns.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, room: RoomRow, seeds: Sequence[int], seats: Mapping[str, str], events: Sequence[Event]) -> None:
        """Store a new room with its tables, each with the same seats (role -> person or solved)."""
        with self.database.write() as one:
            one.execute(insert(schema.rooms), vars(room))
            for number, seed in enumerate(seeds, 1):
                made = TableRow(room.code, number, seed, 0, room.created, None)
                one.execute(insert(schema.tables), vars(made))
                for role, kind in seats.items():
                    one.execute(insert(schema.seats), vars(SeatRow(room.code, number, role, kind)))
            for number, event in enumerate(events, 1):
                one.execute(insert(schema.events), {**_plain(event), "event": number, "room": room.code})

    def room(self, code: str) -> RoomRow | None:
        """Return a room, or None."""
        with self.database.read() as one:
            found = one.execute(_ROOM, {"code": code}).mappings().first()
        return RoomRow(**found) if found else None

    def tables(self, code: str) -> list[TableRow]:
        """Return the tables of a room."""
        with self.database.read() as one:
            return [TableRow(**row) for row in one.execute(_TABLES, {"code": code}).mappings()]

    def table(self, code: str, number: int) -> TableRow | None:
        """Return a table, or None."""
        with self.database.read() as one:
            found = one.execute(_TABLE, {"code": code, "at": number}).mappings().first()
        return TableRow(**found) if found else None

    def versions(self, codes: Sequence[str]) -> dict[str, dict[int, int]]:
        """Return the versions of the tables of rooms, by room and number."""
        found: dict[str, dict[int, int]] = {}
        with self.database.read() as one:
            for room, number, version in one.execute(_VERSIONS, {"codes": list(codes)}):
                found.setdefault(room, {})[number] = version
        return found

    def seats(self, code: str, number: int | None = None) -> list[SeatRow]:
        """Return the seats of a room, or of one of its tables."""
        chosen, at = (_ALL_SEATS, {"code": code}) if number is None else (_SEATS, {"code": code, "at": number})
        with self.database.read() as one:
            return [SeatRow(**row) for row in one.execute(chosen, at).mappings()]

    def seated(self, player: str) -> tuple[RoomRow, SeatRow] | None:
        """Return room and seat of a player, by the digest of the key."""
        with self.database.read() as one:
            found = one.execute(_SEATED, {"player": player}).first()
        return (RoomRow(*found[:_ROOM_COLUMNS]), SeatRow(*found[_ROOM_COLUMNS:])) if found else None

    def events(self, code: str) -> list[Event]:
        """Return the events that the host wrote beforehand."""
        chosen = select(schema.events).where(schema.events.c.room == code).order_by(schema.events.c.event)
        with self.database.read() as one:
            return [
                Event(row["title"], row["text"], row["sets"], row["event"]) for row in one.execute(chosen).mappings()
            ]

    def add_event(self, code: str, event: Event, most: int) -> int | None:
        """Store one more event and return its number; None where there are as many as a room holds."""
        with self.database.write() as one:
            last = (
                one.execute(select(func.max(schema.events.c.event)).where(schema.events.c.room == code)).scalar() or 0
            )
            if last >= most:
                return None
            one.execute(insert(schema.events), {**_plain(event), "event": last + 1, "room": code})
        return last + 1

    def course(self, code: str, number: int) -> tuple[list[Row], list[Happening]]:
        """Return the log of a table, and what the host brought in."""
        with self.database.read() as one:
            chosen = select(schema.moves).where(_at(schema.moves, code, number)).order_by(schema.moves.c.place)
            rows = [
                Row(row["place"], row["option"], row["result"], row["made_by"])
                for row in one.execute(chosen).mappings()
            ]
            chosen = select(schema.happenings).where(_at(schema.happenings, code, number))
            found = [
                Happening(row["place"], row["title"], row["text"], row["sets"])
                for row in one.execute(chosen.order_by(schema.happenings.c.turn)).mappings()
            ]
        return rows, found

    def append(
        self,
        code: str,
        number: int,
        rows: Sequence[Row],
        at: float,
        *,
        happening: Happening | None = None,
        outcome: str | None = None,
        standing: Mapping[str, int | None] | None = None,
    ) -> int:
        """Add entries to a table's log and return its new version.

        Raises
        ------
        TooLate
            One of the places has been played already; nothing is stored.
        """
        try:
            with self.database.write() as one:
                if happening is not None:
                    _tell(one, code, number, happening)
                if rows:
                    one.execute(insert(schema.moves), [_stored(code, number, row, at) for row in rows])
                for role, place in (standing or {}).items():
                    where = _at(schema.seats, code, number) & (schema.seats.c.role == role)
                    one.execute(update(schema.seats).where(where).values(standing=place))
                change: dict[str, Any] = {"version": schema.tables.c.version + 1}
                if rows:
                    change["began"] = at
                if outcome is not None:
                    change["outcome"] = outcome
                return one.execute(_HIGHER.values(**change), {"code": code, "at": number}).scalar_one()
        except IntegrityError:
            raise TooLate from None

    def sit(self, code: str, number: int, role: str, player: str, name: str, at: float) -> None:
        """Give a free seat to a player.

        Raises
        ------
        TooLate
            It is not free (any more).
        """
        free = schema.seats.c.player.is_(None) & (schema.seats.c.kind == "person")
        with self.database.write() as one:
            where = _at(schema.seats, code, number) & (schema.seats.c.role == role) & free
            if one.execute(update(schema.seats).where(where).values(player=player, name=name)).rowcount != 1:
                raise TooLate
            self._touch(one, code, number, began=at)

    def release(self, code: str, number: int, role: str, kind: str, at: float) -> bool:
        """Free a seat, or hand it to a solved player; return whether there was such a seat."""
        with self.database.write() as one:
            where = _at(schema.seats, code, number) & (schema.seats.c.role == role)
            change = {"kind": kind, "player": None, "name": None, "standing": None}
            done = one.execute(update(schema.seats).where(where).values(**change)).rowcount == 1
            if done:
                self._touch(one, code, number, began=at)
        return done

    def change_room(self, code: str, **values: Any) -> None:
        """Change a room (pause, pace, closed), and let everybody in it know."""
        with self.database.write() as one:
            one.execute(update(schema.rooms).where(schema.rooms.c.code == code).values(**values))
            one.execute(
                update(schema.tables).where(schema.tables.c.room == code).values(version=schema.tables.c.version + 1)
            )

    def resume(self, code: str, at: float) -> None:
        """End a pause: the time that it took is given to every turn that was open."""
        with self.database.write() as one:
            since = one.execute(select(schema.rooms.c.paused).where(schema.rooms.c.code == code)).scalar()
            if since is None:
                return
            one.execute(update(schema.rooms).where(schema.rooms.c.code == code).values(paused=None))
            one.execute(
                update(schema.tables)
                .where(schema.tables.c.room == code)
                .values(began=schema.tables.c.began + (at - since), version=schema.tables.c.version + 1)
            )

    def overdue(self, now: float) -> list[tuple[str, int]]:
        """Return room and number of the tables whose turn has lasted longer than its time."""
        chosen = (
            select(schema.tables.c.room, schema.tables.c.number)
            .join(schema.rooms, schema.rooms.c.code == schema.tables.c.room)
            .where(
                schema.rooms.c.seconds.is_not(None),
                schema.rooms.c.paused.is_(None),
                schema.rooms.c.closed.is_(False),
                schema.tables.c.outcome.is_(None),
                schema.tables.c.began + schema.rooms.c.seconds < now,
            )
        )
        with self.database.read() as one:
            return [(row.room, row.number) for row in one.execute(chosen)]

    def delete(self, code: str) -> None:
        """Delete a room with everything in it."""
        with self.database.write() as one:
            one.execute(delete(schema.rooms).where(schema.rooms.c.code == code))

    def delete_expired(self, now: float) -> list[str]:
        """Delete the rooms whose time is over, and return their codes."""
        with self.database.write() as one:
            over = list(one.execute(select(schema.rooms.c.code).where(schema.rooms.c.expires < now)).scalars())
            if over:
                one.execute(delete(schema.rooms).where(schema.rooms.c.code.in_(over)))
        return over

    def count_rooms(self) -> int:
        """Return how many rooms there are."""
        with self.database.read() as one:
            return one.execute(select(func.count()).select_from(schema.rooms)).scalar_one()

    def _touch(self, one: Connection, code: str, number: int, **values: Any) -> None:
        change = {"version": schema.tables.c.version + 1, **values}
        one.execute(update(schema.tables).where(_at(schema.tables, code, number)).values(**change))


def _at(table: Any, code: str, number: int) -> Any:
    return (table.c.room == code) & (table.c.number == number)


def _plain(event: Event) -> dict[str, Any]:
    return {"title": event.title, "text": event.text, "sets": dict(event.sets)}


def _stored(code: str, number: int, row: Row, at: float) -> dict[str, Any]:
    return {
        "room": code,
        "number": number,
        "place": row.place,
        "option": row.option,
        "result": row.result,
        "made_by": row.by,
        "at": at,
    }


def _tell(one: Connection, code: str, number: int, happening: Happening) -> None:
    last = one.execute(select(func.max(schema.happenings.c.turn)).where(_at(schema.happenings, code, number))).scalar()
    one.execute(
        insert(schema.happenings),
        {
            "room": code,
            "number": number,
            "turn": (last or 0) + 1,
            "place": happening.place,
            "title": happening.title,
            "text": happening.text,
            "sets": dict(happening.set),
        },
    )
