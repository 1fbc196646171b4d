"""What holds for every request and every answer: sizes, origins, and what a page may run."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders

from blocs.web.refusals import Refusal, refusal_of, refuse
from blocs.web.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# reading changes nothing; every other method is a write
READING = frozenset({"GET", "HEAD", "OPTIONS"})

# where the path is kept below which the whole app is mounted; its API, mounted in turn, has another `root_path`
ROOT = "blocs.root"

# A page runs and shows nothing but the app's own files: no script and no style stands in a page itself, so whatever a
# case or a person wrote into one could not run even if it were not escaped.
_POLICY: Mapping[str, str] = MappingProxyType(
    {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
)
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "x-content-type-options": "nosniff",
        # the address of a page holds the code of a room, which is no matter of the sites that it links to
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)


def content_policy(embed_in: tuple[str, ...] = ()) -> str:
    """Return the content security policy of a page, which pages of the origins `embed_in` may show in a frame."""
    ancestors = " ".join(("'self'", *embed_in)) if embed_in else "'none'"
    return "; ".join(f"{name} {value}" for name, value in {**_POLICY, "frame-ancestors": ancestors}.items())


class Guard:
    """ASGI middleware: refuse foreign names, foreign writes and bodies that are too large; add the headers.

    An answer may carry a policy of its own (a report has its styles inside), which then stands.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._headers = {**_HEADERS, "content-security-policy": content_policy(settings.embed_in)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, then let it through."""
        if scope["type"] != "http":  # the start and the end of the server
            await self.app(scope, receive, send)
            return

        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        scope[ROOT] = scope.get("root_path", "")
        refusal = self._refusal(scope)
        if refusal is not None:
            await refuse(scope, refusal)(scope, receive, sending)
            return
        counted = _Counted(receive, self.settings.most_body)
        try:
            await self.app(scope, counted, sending)
        except Exception as error:  # what nobody foresaw is told too, under the same headers
            if begun:
                raise
            await refuse(scope, refusal_of(error))(scope, receive, sending)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.settings.answers_to(host):
            return Refusal(421, "This server does not answer to the name in the request.", "start it with --name NAME")
        if scope["method"] not in READING and not _same_origin(headers, host):
            return Refusal(403, "A page of another site may not change anything here.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self.settings.most_body:
            return _too_large(self.settings.most_body)
        return None


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a write comes from a page of ours, or from a program, which browsers' rules do not bind anyway."""
    fetched = headers.get("sec-fetch-site")
    if fetched is not None and fetched not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The request is larger than the {most:,} bytes that are read.")


class _Counted:
    """A body that may be read up to a size: a sender need not say beforehand how long it is."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._read = receive, most, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self._read > self._most:
            raise _too_large(self._most)
        return message
