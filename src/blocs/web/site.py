"""The app while it is put together: what its parts add to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from blocs.version import __version__
from blocs.web.assets import Assets
from blocs.web.pages import Pages
from blocs.web.problems import tell_as_json, tell_as_page
from blocs.web.security import Guard
from blocs.web.settings import Settings
from blocs.web.solver import Solver

T = TypeVar("T")
Lifespan = Callable[[], AbstractAsyncContextManager[None]]

_ABOUT = """\
Everything that the pages show, for programs. Answers are JSON; a problem is a document of the kind
`application/problem+json` (RFC 9457) with a status from 400 on. Nothing needs an account.
"""


class Site:
    """What a part of the app adds to in its ``register(site)``.

    Attributes
    ----------
    app : FastAPI
        The pages.
    api : FastAPI
        The HTTP API, mounted under ``/api``; what is added to it is documented there.
    settings : Settings
        How the app is served.
    assets, pages : Assets, Pages
        Files that pages load, and the templates that they are made from.
    navigation : list of (str, str)
        The words and the path of each link at the top of every page.
    solver : Solver
        Cases kept ready, and the threads that solve.
    lifespans : list of callables
        Each gives an asynchronous context manager that is entered when the server starts and left when it ends.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.assets = Assets()
        self.navigation: list[tuple[str, str]] = []
        self.solver = Solver()
        self._shared: dict[str, Any] = {}
        self.lifespans: list[Lifespan] = []
        self.pages = Pages(self.assets, self.navigation)
        self.app = FastAPI(title="blocs", openapi_url=None, docs_url=None, redoc_url=None, lifespan=self._living)
        self.api = FastAPI(
            title="blocs",
            version=__version__,
            description=_ABOUT,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        self.app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
        self.app.add_middleware(Guard, settings=settings)
        self.pages.add("frame", "blocs.web.frame")
        self.assets.add("blocs.report.html", "colours.css")
        self.assets.add("blocs.web.frame", "frame.css", "blocs.svg")
        self.app.add_api_route("/static/{version}/{name}", self.assets.serve, methods=["GET"])
        tell_as_json(self.api)
        tell_as_page(self.app, self.pages)

    def shared(self, name: str, make: Callable[[], T]) -> T:
        """Return what several parts use: made when the first asks for it."""
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    def mount_api(self) -> None:
        """Mount the API, once all parts have added to it."""
        self.app.mount("/api", self.api)

    @asynccontextmanager
    async def _living(self, app: FastAPI) -> AsyncIterator[None]:
        del app
        async with AsyncExitStack() as stack:
            stack.callback(self.solver.close)
            for lifespan in self.lifespans:
                await stack.enter_async_context(lifespan())
            yield
