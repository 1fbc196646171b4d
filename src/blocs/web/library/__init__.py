"""The first page: all cases that ship with blocs, as cards."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from blocs.web.library.cards import all_cards
from blocs.web.site import Site


def register(site: Site) -> None:
    """Add the page."""
    site.pages.add("library", "blocs.web.library")
    site.navigation.append(("Cases", "/"))

    def library(request: Request) -> Response:
        return site.pages.render(
            request, "library/library.jinja", title="Crises inside alliance blocs", cards=all_cards()
        )

    site.app.add_api_route("/", library, methods=["GET"])
