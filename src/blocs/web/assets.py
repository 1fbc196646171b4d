"""Style sheets, scripts and pictures of the app: read once, sent from memory, kept by browsers while they last.

Only names that were added are ever served, so no address can reach another file.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from blocs.web.refusals import Refusal

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_YEAR = 365 * 24 * 3600


class Assets:
    """The files that pages load, under ``/static/VERSION/NAME``.

    The version is a digest of them all, so that scripts that import each other (``import "./other.js"``) are always of
    one version, and a browser may keep them for ever.
    """

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._version = ""

    def add(self, package: str, *names: str) -> None:
        """Add files that lie in a package; a name belongs to one part only."""
        for name in names:
            if name in self._files:
                raise ValueError(f"two parts of the app have a file called {name}")
            if name.rpartition(".")[2] not in _TYPES:
                raise ValueError(f"{name} is of no kind that pages load")
            self._files[name] = files(package).joinpath(name).read_bytes()
        self._version = ""

    @property
    def version(self) -> str:
        """The digest of all files, as it stands in their addresses."""
        if not self._version:
            digest = hashlib.sha256()
            for name in sorted(self._files):
                digest.update(name.encode() + b"\0" + hashlib.sha256(self._files[name]).digest())
            self._version = digest.hexdigest()[:16]
        return self._version

    def path(self, name: str) -> str:
        """Return the address of a file below the app's root."""
        if name not in self._files:
            raise KeyError(f"no part of the app has added {name}")
        return f"/static/{self.version}/{name}"

    async def serve(self, request: Request) -> Response:
        """Answer a request for a file."""
        name, version = request.path_params["name"], request.path_params["version"]
        if name not in self._files:
            raise Refusal(404, "There is no such file.")
        # a page from before an upgrade gets today's file, but must not keep it under the old address
        keep = f"public, max-age={_YEAR}, immutable" if version == self.version else "no-store"
        media = _TYPES[name.rpartition(".")[2]]
        return Response(self._files[name], media_type=media, headers={"cache-control": keep})
