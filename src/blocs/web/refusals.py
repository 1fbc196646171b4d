"""Requests that are not carried out: why, and what that is to a program (a problem document, RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from blocs.errors import BlocsError, InputError, NumericalError

if TYPE_CHECKING:
    from starlette.types import Scope

_log = logging.getLogger("blocs.web")


class Refusal(HTTPException):
    """A request that is not carried out: its status, why in a sentence, and what to try.

    Parameters
    ----------
    status : int
        The HTTP status, from 400 on.
    message, hint : str
        What is wrong, and what to try.
    problems : sequence of mapping
        Every single thing that is wrong in an input, as `blocs.errors.Problem.to_json` gives it.
    headers : mapping, optional
        Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        hint: str = "",
        problems: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.message, self.hint, self.problems = message, hint, tuple(problems)

    @classmethod
    def of(cls, error: BlocsError) -> Refusal:
        """Return what an error of blocs is to whoever sent the input: theirs to mend, or without a valid answer."""
        if isinstance(error, InputError):
            # where a file lies on the server is nobody's business
            problems = [replace(problem, file=PurePath(problem.file).name).to_json() for problem in error.problems]
            first = error.problems[0]
            return cls(400, first.message, first.hint, problems)
        if isinstance(error, NumericalError):
            return cls(422, str(error), "other values may have an answer")
        return cls(400, str(error))

    def document(self) -> dict[str, Any]:
        """Return the problem document."""
        told: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.message,
        }
        if self.hint:
            told["hint"] = self.hint
        if self.problems:
            told["problems"] = list(self.problems)
        return told

    def as_json(self) -> Response:
        """Return the answer to a program."""
        return JSONResponse(
            self.document(), self.status_code, dict(self.headers or {}), media_type="application/problem+json"
        )


def refuse(scope: Scope, refusal: Refusal) -> Response:
    """Return the answer to a request that is refused before it reaches any part of the app."""
    if scope["path"].startswith(scope.get("root_path", "") + "/api"):
        return refusal.as_json()
    text = f"{refusal.message} {refusal.hint}".strip()
    return PlainTextResponse(text + "\n", refusal.status_code, dict(refusal.headers or {}))


def refusal_of(error: Exception) -> Refusal:
    """Return the refusal that an exception amounts to; one that nobody foresaw is logged and told as our fault."""
    from fastapi.exceptions import RequestValidationError

    if isinstance(error, Refusal):
        return error
    if isinstance(error, BlocsError):
        return Refusal.of(error)
    if isinstance(error, RequestValidationError):
        problems = [_told(one) for one in error.errors()]
        return Refusal(422, problems[0]["message"] if problems else "the request is not valid", problems=problems)
    if isinstance(error, HTTPException):
        told = {404: "There is no such page.", 405: "This address does not take that method."}
        return Refusal(
            error.status_code, told.get(error.status_code, str(error.detail)), headers=dict(error.headers or {})
        )
    _log.exception("an error that nobody foresaw", exc_info=error)
    return Refusal(500, "Something went wrong on the server; the error has been logged.")


def _told(one: Any) -> dict[str, Any]:
    loc = [str(part) for part in one.get("loc", ())]
    # the first part says whether it is about the body or the query
    name = ".".join(loc[1:]) or ".".join(loc)
    told = f"`{name}`: {one.get('msg', 'is not valid')}"
    return {"severity": "error", "path": ".".join(loc), "message": told, "hint": ""}
