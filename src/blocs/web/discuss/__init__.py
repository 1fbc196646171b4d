"""Discuss: readers reply under the sentences of a case's story. Off unless the server was started with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from blocs.web.site import Site


def register(site: Site) -> None:
    """Add the replies, their API and the moderator's page, where the settings say so."""
    if not site.settings.moderator:
        return
    from collections.abc import AsyncIterator
    from contextlib import asynccontextmanager

    from blocs.web.discuss.api import router_of
    from blocs.web.discuss.forum import Forum
    from blocs.web.rooms.shelf import shelf_of
    from blocs.web.store.opening import Database
    from blocs.web.store.replies import Replies

    database = Database(site.settings.database)
    site.api.include_router(router_of(Forum(Replies(database), shelf_of(site)), site.settings.moderator))
    site.pages.add("discuss", "blocs.web.discuss")
    site.assets.add("blocs.web.discuss", "discuss.js", "moderate.js", "discuss.css")
    site.pages.environment.globals["case_parts"] = ("discuss",)

    def moderate(request: Request) -> Response:
        return site.pages.render(request, "discuss/moderate.jinja", title="Replies to look at")

    site.app.add_api_route("/moderate", moderate, methods=["GET"], include_in_schema=False)

    @asynccontextmanager
    async def living() -> AsyncIterator[None]:
        try:
            yield
        finally:
            database.close()

    site.lifespans.append(living)
