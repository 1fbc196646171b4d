"""The HTTP API of rooms: the same functions as the pages, for programs."""

import asyncio
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import digest, read_code, shown_code
from blocs.web.rooms.limits import Limit
from blocs.web.rooms.service import (
    LONGEST_TURN,
    MOST_EVENTS,
    MOST_SETS,
    MOST_TABLES,
    MOST_TEXT,
    MOST_TITLE,
    SHORTEST_TURN,
    Player,
    Rooms,
)
from blocs.web.store.log import Event, RoomRow

# proxies give up on an answer after a minute or half of one
LONGEST_WAIT = 25.0
# another process of the same server may have changed the table: look now and then
LOOK_AGAIN = 2.0

Code = Annotated[str, Path(description="The code of the room, with or without dashes", max_length=40)]
Number = Annotated[int, Path(description="The number of the table", ge=1, le=MOST_TABLES)]
Key = Annotated[
    str, Header(alias="Authorization", description="`Bearer KEY`: the key of a seat, or of the host", max_length=300)
]
After = Annotated[int, Query(description="Answer when the version is no longer this", ge=-1, le=2**31)]
Wait = Annotated[float, Query(description="Seconds to wait for a change", ge=0, le=LONGEST_WAIT)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EventBody(_Body):
    """Something that the host brings in."""

    title: str = Field(min_length=1, max_length=MOST_TITLE, examples=["Drought"])
    text: str = Field(default="", max_length=MOST_TEXT, examples=["Wheat is left for a fortnight."])
    set: dict[str, str] = Field(
        default_factory=dict, max_length=MOST_SETS, description="State variables that it changes",
        examples=[{"posture": "deployed"}],
    )  # fmt: skip

    def event(self) -> Event:
        """Return it as it is stored."""
        return Event(self.title, self.text, self.set)


class RoomBody(_Body):
    """A room to be opened."""

    case: str = Field(max_length=120, description="A shipped case", examples=["sino-albanian-1961"])
    people: list[str] = Field(
        max_length=12, description="Roles that people play; the rest is played by solved players", examples=[["client"]]
    )
    tables: int = Field(default=1, ge=1, le=MOST_TABLES, description="How many games are played side by side")
    title: str = Field(default="", max_length=MOST_TITLE)
    seconds: int | None = Field(default=None, ge=SHORTEST_TURN, le=LONGEST_TURN, description="Time for a turn")
    advise: bool = Field(default=True, description="Show players a forecast for each option")
    events: list[EventBody] = Field(default_factory=list, max_length=MOST_EVENTS, description="Written beforehand")
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Of everything that is left to chance")


class JoinBody(_Body):
    """A seat to be taken."""

    name: str = Field(min_length=1, max_length=60, description="What others see; nothing else is asked for")
    role: str | None = Field(default=None, max_length=60, description="Any free one where none is named")
    table: int | None = Field(default=None, ge=1, le=MOST_TABLES)


class MoveBody(_Body):
    """A choice."""

    place: int = Field(ge=0, le=2**31, description="The turn that is meant: `place` of the view it was made from")
    option: str = Field(max_length=60, examples=["hold"])
    until: Literal["now", "change"] = Field(
        default="now", description="`change`: with `hold`, keep holding until somebody else does something"
    )


class PaceBody(_Body):
    """How long a turn may last."""

    seconds: int | None = Field(ge=SHORTEST_TURN, le=LONGEST_TURN)


class InjectBody(EventBody):
    """Something that the host brings in now."""

    tables: list[int] = Field(default_factory=list, max_length=MOST_TABLES, description="All that play if empty")


class ReleaseBody(_Body):
    """What becomes of a seat."""

    kind: Literal["person", "solved"] = Field(description="Free for a person, or played by a solved player")


class Opened(BaseModel):
    """A room that was opened. The key is told this once."""

    code: str
    host_key: str
    case: str
    tables: int
    expires: float


class Seated(BaseModel):
    """A seat that was taken. The key is told this once."""

    key: str
    table: int
    role: str
    name: str


def router_of(rooms: Rooms) -> APIRouter:
    """Return the routes of rooms."""
    api = APIRouter(tags=["rooms"])
    guesses = Limit("wrong codes or keys", 20, 60)
    openings = Limit("rooms", 120, 3600)
    moves = Limit("moves", 40, 10)

    def found(request: Request, code: Code) -> RoomRow:
        """Find a room by its code; whoever guesses is soon refused."""
        who = _address(request)
        guesses.check(who)
        known = read_code(code)
        try:
            if known is None:
                raise Refusal(404, "This is not the code of a room.", "it has nine letters and digits")
            return rooms.room(known)
        except Refusal as refusal:
            if refusal.status_code == 404:
                guesses.take(who)
            raise

    def seated(request: Request, room: Annotated[RoomRow, Depends(found)], authorization: Key) -> Player:
        """Find the seat that a key belongs to."""
        return _guessed(guesses, request, lambda: rooms.player(room.code, _key(authorization)))

    def hosted(request: Request, room: Annotated[RoomRow, Depends(found)], authorization: Key) -> RoomRow:
        """Find the room that a key is the host's of."""
        return _guessed(guesses, request, lambda: rooms.hosted(room.code, _key(authorization)))

    @api.post("/rooms", status_code=201)
    def open_room(request: Request, body: RoomBody) -> Opened:
        """Open a room. Anybody may; it is deleted after a fortnight."""
        openings.take(_address(request))
        room, key = rooms.create(
            body.case,
            body.people,
            tables=body.tables,
            title=body.title,
            seconds=body.seconds,
            advise=body.advise,
            events=[one.event() for one in body.events],
            seed=body.seed,
        )
        return Opened(
            code=shown_code(room.code), host_key=key, case=room.case_name, tables=body.tables, expires=room.expires
        )

    @api.get("/rooms/{code}")
    def look(room: Annotated[RoomRow, Depends(found)]) -> dict[str, Any]:
        """Return the tables of a room and which seats are free."""
        return rooms.lobby(room)

    @api.post("/rooms/{code}/seats", status_code=201)
    def join(room: Annotated[RoomRow, Depends(found)], body: JoinBody) -> Seated:
        """Take a seat."""
        seat, key = rooms.join(room, body.name, body.role, body.table)
        return Seated(key=key, table=seat.number, role=seat.role, name=seat.name or "")

    @api.get("/rooms/{code}/view")
    async def see(player: Annotated[Player, Depends(seated)], after: After = -1, wait: Wait = 0) -> dict[str, Any]:
        """Return the table as the holder of the key sees it, as soon as it differs from version `after`."""

        def version() -> int:
            return rooms.version(player.room, player.seat.number)

        await _changed(rooms, player.room.code, version, after, wait)
        return await run_in_threadpool(lambda: rooms.see(rooms.player(player.room.code, "", player.seat.player)))

    @api.post("/rooms/{code}/moves")
    def move(player: Annotated[Player, Depends(seated)], body: MoveBody) -> dict[str, Any]:
        """Choose an option. When this is answered with 200 the move is on disk."""
        moves.take(player.seat.player or "")
        return rooms.move(player, body.place, body.option, body.until == "change")

    @api.get("/rooms/{code}/tables/{number}/debrief")
    def debrief(room: Annotated[RoomRow, Depends(found)], number: Number) -> dict[str, Any]:
        """Return the debrief of a game that is over."""
        return rooms.debriefing(room, number)

    @api.get("/rooms/{code}/tables/{number}/play")
    def play(room: Annotated[RoomRow, Depends(found)], number: Number) -> dict[str, Any]:
        """Return a game that is over as it is exported, for `blocs fit --plays`."""
        from blocs.web.play.record import record_of

        return record_of(*rooms.played(room, number)).to_json()

    # --- the host -----------------------------------------------------------------------------------------------

    @api.get("/rooms/{code}/host")
    async def oversee(room: Annotated[RoomRow, Depends(hosted)], after: After = -1, wait: Wait = 0) -> dict[str, Any]:
        """Return all tables as they really stand, as soon as the sum of their versions differs from `after`."""

        def version() -> int:
            return sum(table.version for table in rooms.log.tables(room.code))

        seen = await _changed(rooms, room.code, version, after, wait)
        return {"version": seen, **await run_in_threadpool(lambda: rooms.oversee(rooms.room(room.code)))}

    @api.get("/rooms/{code}/host/tables/{number}")
    def watch(room: Annotated[RoomRow, Depends(hosted)], number: Number) -> dict[str, Any]:
        """Return one table as it really stands."""
        return rooms.watch(room, number)

    @api.get("/rooms/{code}/host/debrief")
    def class_debrief(room: Annotated[RoomRow, Depends(hosted)]) -> dict[str, Any]:
        """Return the debriefs of all games that are over, and how they ended."""
        return rooms.class_debriefing(room)

    @api.post("/rooms/{code}/host/events", status_code=201)
    def write_event(room: Annotated[RoomRow, Depends(hosted)], body: EventBody) -> dict[str, int]:
        """Write an event for later."""
        return {"event": rooms.write_event(room, body.event())}

    @api.post("/rooms/{code}/host/happenings")
    def inject(room: Annotated[RoomRow, Depends(hosted)], body: InjectBody) -> dict[str, Any]:
        """Bring an event in, at some tables or at all that are playing."""
        return rooms.inject(room, body.event(), body.tables)

    @api.post("/rooms/{code}/host/pause")
    def pause(room: Annotated[RoomRow, Depends(hosted)]) -> dict[str, bool]:
        """Stop all clocks and moves."""
        rooms.pause(room)
        return {"paused": True}

    @api.post("/rooms/{code}/host/resume")
    def resume(room: Annotated[RoomRow, Depends(hosted)]) -> dict[str, bool]:
        """Go on."""
        rooms.resume(room)
        return {"paused": False}

    @api.post("/rooms/{code}/host/pace")
    def pace(room: Annotated[RoomRow, Depends(hosted)], body: PaceBody) -> dict[str, int | None]:
        """Give turns a time, or none."""
        rooms.pace(room, body.seconds)
        return {"seconds": body.seconds}

    @api.post("/rooms/{code}/host/close")
    def close(room: Annotated[RoomRow, Depends(hosted)]) -> dict[str, bool]:
        """End the room; what was played can still be looked at."""
        rooms.close(room)
        return {"closed": True}

    @api.post("/rooms/{code}/host/tables/{number}/seats/{role}")
    def release(
        room: Annotated[RoomRow, Depends(hosted)],
        number: Number,
        role: Annotated[str, Path(max_length=60)],
        body: ReleaseBody,
    ) -> dict[str, Any]:
        """Free a seat, or hand it to a solved player."""
        rooms.release(room, number, role, body.kind)
        return {"table": number, "role": role, "kind": body.kind}

    @api.delete("/rooms/{code}", status_code=204)
    def delete(room: Annotated[RoomRow, Depends(hosted)]) -> None:
        """Delete the room with everything in it, now."""
        rooms.delete(room)

    return api


async def _changed(rooms: Rooms, code: str, version: Any, after: int, wait: float) -> int:
    """Wait until a version differs from `after`, at most for a time, and return it."""
    end = time.monotonic() + wait
    while True:
        event = rooms.changes.enlist(code)
        try:
            now = await run_in_threadpool(version)
            left = end - time.monotonic()
            if now != after or left <= 0:
                return now
            try:
                await asyncio.wait_for(event.wait(), min(left, LOOK_AGAIN))
            except TimeoutError:
                continue
        finally:
            rooms.changes.leave(code, event)


def _guessed(guesses: Limit, request: Request, find: Any) -> Any:
    try:
        return find()
    except Refusal as refusal:
        if refusal.status_code == 403:
            guesses.take(_address(request))
        raise


def _key(authorization: str) -> str:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refusal(401, "A key is needed.", "send the header `Authorization: Bearer KEY`",
                      headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
    return key.strip()


def _address(request: Request) -> str:
    # kept in memory for a minute and never stored; the digest is all that the limits need
    return digest(request.client.host if request.client else "")


__all__ = ["router_of"]
