"""The door of a room: who knows its code or a key is let in, and whoever guesses is soon refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from blocs.web.refusals import Refusal
from blocs.web.rooms.hosting import hosted
from blocs.web.rooms.keys import digest, read_code
from blocs.web.rooms.limits import Limit
from blocs.web.rooms.seats import Player, player
from blocs.web.rooms.service import Rooms
from blocs.web.store.log import RoomRow

T = TypeVar("T")


@dataclass(frozen=True)
class Caller:
    """Who asks for which room, as a request tells it.

    It is looked up in the thread that answers, so that a request needs but one.
    """

    address: str
    code: str
    key: str = ""

    @classmethod
    def of(cls, request: Request, code: str, key: str = "") -> Caller:
        """Return who sent a request; `key` is the header ``Authorization``."""
        return cls(address_of(request), code, key)


class Door:
    """Lets in who knows a code or a key; whoever guesses is soon refused."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.guesses = Limit("wrong codes or keys", 20, 60)

    def room(self, caller: Caller) -> RoomRow:
        """Find a room by its code."""
        return self._known(caller, self.rooms.room)

    def player(self, caller: Caller) -> Player:
        """Find the seat that a key belongs to."""
        return self._known(caller, lambda code: player(self.rooms, code, _key(caller.key)))

    def host(self, caller: Caller) -> RoomRow:
        """Find the room that a key is the host's of."""
        return self._known(caller, lambda code: hosted(self.rooms, code, _key(caller.key)))

    def _known(self, caller: Caller, find: Callable[[str], T]) -> T:
        self.guesses.check(caller.address)
        try:
            code = read_code(caller.code)
            if code is None:
                raise Refusal(404, "This is not the code of a room.", "it has nine letters and digits")
            return find(code)
        except Refusal as refusal:
            if refusal.status_code in (403, 404):
                self.guesses.take(caller.address)
            raise


def _key(authorization: str) -> str:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refusal(401, "A key is needed.", "send the header `Authorization: Bearer KEY`",
                      headers={"WWW-Authenticate": "Bearer"})  # fmt: skip
    return key.strip()


def address_of(request: Request) -> str:
    """Return who asks, as limits count it."""
    # kept in memory for a minute and never stored; the digest is all that the limits need
    return digest(request.client.host if request.client else "")
