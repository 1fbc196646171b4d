"""A case to explore: its story, what is expected, what if, why; every state of the page is an address."""

from __future__ import annotations

from blocs.web.explore.asking import Answers, Desk
from blocs.web.explore.downloads import add_downloads
from blocs.web.explore.typed import add_typed
from blocs.web.explore.views import add_views
from blocs.web.rooms.shelf import shelf_of
from blocs.web.site import Site


def desk_of(site: Site) -> Desk:
    """Return the desk that answers questions about cases, which pages and the API share."""
    return site.shared("desk", lambda: Desk(site.solver, Answers()))


def register(site: Site) -> None:
    """Add the pages."""
    desk = desk_of(site)
    site.solver.own.update(shelf_of(site).own)
    site.pages.add("explore", "blocs.web.explore")
    site.assets.add("blocs.web.explore", "explore.css", "explore.js", "live.js", "typed.js")
    add_views(site, desk)
    add_typed(site, desk)
    add_downloads(site, desk)
