"""The HTTP API of rooms: the same functions as the pages, for programs."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from blocs.web.rooms import debriefs, hosting, opening, seats, turns
from blocs.web.rooms.changes import Waiting
from blocs.web.rooms.door import Caller, Door, address_of
from blocs.web.rooms.keys import read_code, shown_code
from blocs.web.rooms.limits import Limit
from blocs.web.rooms.opening import (
    LONGEST_TURN,
    MOST_EVENTS,
    MOST_SETS,
    MOST_TABLES,
    MOST_TEXT,
    MOST_TITLE,
    SHORTEST_TURN,
)
from blocs.web.rooms.service import Rooms
from blocs.web.store.log import Event

# proxies give up on an answer after a minute or half of one
LONGEST_WAIT = 25.0

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

    case: str = Field(max_length=120, description="A case that `/playable` lists", examples=["sino-albanian-1961"])
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


# neither of them waits for anything: were they no coroutines, each would be sent to a thread of its own
async def _visitor(request: Request, code: Code) -> Caller:
    return Caller.of(request, code)


async def _holder(request: Request, code: Code, authorization: Key) -> Caller:
    return Caller.of(request, code, authorization)


Visitor = Annotated[Caller, Depends(_visitor)]
Holder = Annotated[Caller, Depends(_holder)]


def router_of(rooms: Rooms, door: Door) -> APIRouter:
    """Return the routes of rooms."""
    api = APIRouter(tags=["rooms"])
    openings = Limit("rooms", 120, 3600)
    moves = Limit("moves", 40, 10)

    @api.get("/playable")
    def playable() -> list[dict[str, Any]]:
        """Return the cases that a room can be opened for, and why others cannot be played."""
        return [one.to_json() for one in rooms.cases.shelf.entries]

    @api.post("/rooms", status_code=201)
    def open_room(request: Request, body: RoomBody) -> Opened:
        """Open a room. Anybody may; it is deleted after a fortnight."""
        openings.take(address_of(request))
        room, key = opening.create(
            rooms,
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
    def look(caller: Visitor) -> dict[str, Any]:
        """Return the tables of a room and which seats are free."""
        return seats.lobby(rooms, door.room(caller))

    @api.post("/rooms/{code}/seats", status_code=201)
    def join(caller: Visitor, body: JoinBody) -> Seated:
        """Take a seat."""
        seat, key = seats.join(rooms, door.room(caller), body.name, body.role, body.table)
        return Seated(key=key, table=seat.number, role=seat.role, name=seat.name or "")

    @api.get("/rooms/{code}/view")
    async def see(caller: Holder, after: After = -1, wait: Wait = 0) -> dict[str, Any]:
        """Return the table as the holder of the key sees it, as soon as it differs from version `after`."""

        def look(waiting: Waiting, last: bool) -> dict[str, Any] | None:
            player = door.player(caller)
            waiting.number, waiting.version = player.seat.number, after
            if not last and turns.version(rooms, player.room, player.seat.number) == after:
                return None
            return turns.see(rooms, player)

        return await _changed(rooms, caller.code, look, wait)

    @api.post("/rooms/{code}/moves")
    def move(caller: Holder, body: MoveBody) -> dict[str, Any]:
        """Choose an option. When this is answered with 200 the move is on disk."""
        player = door.player(caller)
        moves.take(player.seat.player or "")
        return turns.move(rooms, player, body.place, body.option, body.until == "change")

    @api.get("/rooms/{code}/tables/{number}/debrief")
    def debrief(caller: Visitor, number: Number) -> dict[str, Any]:
        """Return the debrief of a game that is over."""
        return debriefs.debriefing(rooms, door.room(caller), number)

    @api.get("/rooms/{code}/tables/{number}/play")
    def play(caller: Visitor, number: Number) -> dict[str, Any]:
        """Return a game that is over as it is exported, for `blocs fit --plays`."""
        from blocs.web.play.record import record_of

        return record_of(*debriefs.played(rooms, door.room(caller), number)).to_json()

    # --- the host -----------------------------------------------------------------------------------------------

    @api.get("/rooms/{code}/host")
    async def oversee(caller: Holder, after: After = -1, wait: Wait = 0) -> dict[str, Any]:
        """Return all tables as they really stand, as soon as the sum of their versions differs from `after`."""

        def look(waiting: Waiting, last: bool) -> dict[str, Any] | None:
            room = door.host(caller)
            waiting.version = after
            if not last and sum(rooms.log.versions([room.code]).get(room.code, {}).values()) == after:
                return None
            return hosting.oversee(rooms, room)

        return await _changed(rooms, caller.code, look, wait)

    @api.get("/rooms/{code}/host/tables/{number}")
    def watch(caller: Holder, number: Number) -> dict[str, Any]:
        """Return one table as it really stands."""
        return turns.watch(rooms, door.host(caller), number)

    @api.get("/rooms/{code}/host/debrief")
    def class_debrief(caller: Holder) -> dict[str, Any]:
        """Return the debriefs of all games that are over, and how they ended."""
        return debriefs.class_debriefing(rooms, door.host(caller))

    @api.post("/rooms/{code}/host/events", status_code=201)
    def write_event(caller: Holder, body: EventBody) -> dict[str, int]:
        """Write an event for later."""
        return {"event": hosting.write_event(rooms, door.host(caller), body.event())}

    @api.post("/rooms/{code}/host/happenings")
    def inject(caller: Holder, body: InjectBody) -> dict[str, Any]:
        """Bring an event in, at some tables or at all that are playing."""
        return hosting.inject(rooms, door.host(caller), body.event(), body.tables)

    @api.post("/rooms/{code}/host/pause")
    def pause(caller: Holder) -> dict[str, bool]:
        """Stop all clocks and moves."""
        hosting.pause(rooms, door.host(caller))
        return {"paused": True}

    @api.post("/rooms/{code}/host/resume")
    def resume(caller: Holder) -> dict[str, bool]:
        """Go on."""
        hosting.resume(rooms, door.host(caller))
        return {"paused": False}

    @api.post("/rooms/{code}/host/pace")
    def pace(caller: Holder, body: PaceBody) -> dict[str, int | None]:
        """Give turns a time, or none."""
        hosting.pace(rooms, door.host(caller), body.seconds)
        return {"seconds": body.seconds}

    @api.post("/rooms/{code}/host/close")
    def close(caller: Holder) -> dict[str, bool]:
        """End the room; what was played can still be looked at."""
        hosting.close(rooms, door.host(caller))
        return {"closed": True}

    @api.post("/rooms/{code}/host/tables/{number}/seats/{role}")
    def release(
        caller: Holder,
        number: Number,
        role: Annotated[str, Path(max_length=60)],
        body: ReleaseBody,
    ) -> dict[str, Any]:
        """Free a seat, or hand it to a solved player."""
        seats.release(rooms, door.host(caller), number, role, body.kind)
        return {"table": number, "role": role, "kind": body.kind}

    @api.delete("/rooms/{code}", status_code=204)
    def delete(caller: Holder) -> None:
        """Delete the room with everything in it, now."""
        rooms.delete(door.host(caller))

    return api


async def _changed(
    rooms: Rooms, code: str, look: Callable[[Waiting, bool], dict[str, Any] | None], wait: float
) -> dict[str, Any]:
    """Look until there is something to see, at most for a time; the last look is answered whatever it sees."""
    end = time.monotonic() + wait
    room = read_code(code) or ""
    waiting = rooms.changes.enlist(room)
    try:
        while True:
            left = end - time.monotonic()
            waiting.event.clear()
            seen = await run_in_threadpool(look, waiting, left <= 0)
            if seen is not None:
                return seen
            try:
                await asyncio.wait_for(waiting.event.wait(), max(left, 0))
            except TimeoutError:
                continue
    finally:
        rooms.changes.leave(room, waiting)
