"""What goes wrong, told to programs as a problem document and to people as a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from blocs.errors import BlocsError
from blocs.web.refusals import refusal_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from blocs.web.pages import Pages


# what a status is to people
_TITLES = {
    400: "That does not fit",
    404: "There is nothing here",
    405: "That is not done here",
    409: "Somebody was faster",
    413: "That is too large",
    422: "That does not fit",
    429: "One moment, please",
    500: "Something went wrong",
    503: "One moment, please",
}


def tell_as_json(api: FastAPI) -> None:
    """Let an app answer every problem as a problem document."""

    async def answer(request: Request, error: Exception) -> Response:
        del request
        return refusal_of(error).as_json()

    _handle(api, answer)


def tell_as_page(app: FastAPI, pages: Pages) -> None:
    """Let an app answer every problem as a page."""

    async def answer(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error)
        return pages.render(
            request,
            "frame/problem.jinja",
            status=refusal.status_code,
            headers=dict(refusal.headers or {}),
            title=_TITLES.get(refusal.status_code, HTTPStatus(refusal.status_code).phrase),
            refusal=refusal,
        )

    _handle(app, answer)


def _handle(app: FastAPI, answer: Any) -> None:
    from fastapi.exceptions import RequestValidationError

    # anything else goes up to the guard of the whole app
    for kind in (BlocsError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
