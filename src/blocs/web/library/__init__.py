"""The first page: all cases that ship with blocs, as cards that can be searched."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from blocs.web.library.cards import cards_of
from blocs.web.site import Site

# longer than any search that a card could answer
LONGEST = 200


def register(site: Site) -> None:
    """Add the page."""
    site.pages.add("library", "blocs.web.library")
    site.assets.add("blocs.web.library", "library.css", "library.js")
    site.navigation.append(("Cases", "/"))

    def library(request: Request, q: Annotated[str, Query(max_length=LONGEST)] = "") -> Response:
        return site.pages.render(
            request,
            "library/library.jinja",
            title="Crises inside alliance blocs",
            q=q,
            cards=[(card, card.answers(q)) for card in cards_of(site.solver.own)],
        )

    site.app.add_api_route("/", library, methods=["GET"])
