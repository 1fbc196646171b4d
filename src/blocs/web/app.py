"""The app as a whole: one factory, one call for each part."""

from __future__ import annotations

from fastapi import FastAPI

from blocs.web import api, check, discuss, explore, library, rooms
from blocs.web.settings import Settings
from blocs.web.site import Site

PARTS = (library, explore, rooms, check, discuss, api)
"""The parts of the app, in the order in which the navigation shows them."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the app, an ASGI application that may be served by itself or mounted below a path of another.

    Parameters
    ----------
    settings : Settings, optional
        How it is served; on this machine only, with a database among the user's data, where nothing is said.
    """
    site = Site(settings or Settings())
    for part in PARTS:
        part.register(site)
    site.mount_api()
    return site.app


def warm() -> None:
    """Load what the first visitor would wait for: the list of the cases, and the compiled loops of the solver."""
    from blocs.forecast.live import LiveCase
    from blocs.forecast.whatif import WhatIf
    from blocs.language.load import load_case
    from blocs.web.library.cards import all_cards

    cards = all_cards()
    # the shortest case: the loops are the same for all
    LiveCase(load_case(min(cards, key=lambda card: card.steps).case)).glance(WhatIf(""))
