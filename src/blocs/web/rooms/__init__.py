"""Rooms: several people play a case, at one table or at many, in the roles of one crisis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blocs.web.site import Site

# a turn is over at most this much later than its time, and what another process did is seen at most this much later
TICK = 1.0
CLEAN_EVERY = 600.0

_log = logging.getLogger("blocs.web")


def register(site: Site) -> None:
    """Add the pages and the API of rooms, and what goes on by itself: clocks and the deletion of old rooms."""
    from blocs.web.rooms.api import router_of
    from blocs.web.rooms.door import Door
    from blocs.web.rooms.pages import add_pages
    from blocs.web.rooms.service import Rooms
    from blocs.web.rooms.shelf import shelf_of
    from blocs.web.rooms.solving import SolvedCases
    from blocs.web.store.log import Log
    from blocs.web.store.opening import Database

    shelf = shelf_of(site)
    database = Database(site.settings.database)
    cases = SolvedCases(shelf)
    rooms = Rooms(Log(database), cases)
    door = Door(rooms)
    site.api.include_router(router_of(rooms, door))
    add_pages(site, rooms, door)

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        ticking = asyncio.create_task(_tick(rooms))
        try:
            yield
        finally:
            ticking.cancel()
            cases.close()
            database.close()

    site.lifespans.append(living)


async def _tick(rooms: object) -> None:
    """Play overdue turns and delete old rooms, for as long as the server runs."""
    from starlette.concurrency import run_in_threadpool

    from blocs.web.rooms.service import Rooms
    from blocs.web.rooms.turns import pass_overdue

    assert isinstance(rooms, Rooms)
    cleaned = -CLEAN_EVERY
    loop = asyncio.get_running_loop()
    while True:
        try:
            if loop.time() - cleaned >= CLEAN_EVERY:
                cleaned = loop.time()
                await run_in_threadpool(rooms.delete_expired)
            await run_in_threadpool(pass_overdue, rooms)
            await run_in_threadpool(rooms.notice)
        except Exception:  # the clock of all rooms must not stop for one of them
            _log.exception("a round of the clock failed")
        await asyncio.sleep(TICK)
