"""The HTTP API of replies."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from blocs.web.discuss.forum import MOST_TEXT, Forum
from blocs.web.refusals import Refusal
from blocs.web.rooms.keys import digest, same
from blocs.web.rooms.limits import Limit
from blocs.web.store.replies import HELD

Name = Annotated[str, Path(max_length=120)]


class ReplyBody(BaseModel):
    """A reply."""

    model_config = ConfigDict(extra="forbid")
    anchor: str = Field(max_length=40, description="What it stands under: `move-3`", examples=["move-3"])
    parent: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The reply that it answers")
    name: str = Field(min_length=1, max_length=60, description="What others see; nothing else is kept of you")
    text: str = Field(min_length=1, max_length=MOST_TEXT, description="Plain text")


def router_of(forum: Forum, moderator: str) -> APIRouter:
    """Return the routes of replies; `moderator` is the digest of the moderator's key."""
    api = APIRouter(tags=["replies"])
    writing = Limit("replies", 6, 600)
    everybody = Limit("replies", 120, 3600)
    guesses = Limit("wrong keys", 20, 60)

    def moderating(
        request: Request,
        authorization: Annotated[str, Header(alias="Authorization", max_length=300, description="`Bearer KEY`")],
    ) -> None:
        """Let the moderator through."""
        guesses.check(_address(request))
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not same(key.strip(), moderator):
            guesses.take(_address(request))
            raise Refusal(403, "This is not the moderator's key.")

    @api.get("/cases/{name}/replies")
    def read(name: Name) -> list[dict[str, Any]]:
        """Return the replies to a case, the oldest first."""
        forum.known(name)
        return [one.to_json() for one in forum.replies.of_case(name)]

    @api.post("/cases/{name}/replies", status_code=201)
    def write(request: Request, name: Name, body: ReplyBody) -> dict[str, Any]:
        """Reply under an event. What holds an address of the web is held until the moderator has looked."""
        writing.take(_address(request))
        everybody.take("")
        made = forum.reply(name, body.anchor, body.name, body.text, body.parent)
        return {**made.to_json(), "held": made.standing == HELD}

    @api.get("/replies", dependencies=[Depends(moderating)])
    def everything() -> list[dict[str, Any]]:
        """Return all replies with their standing, to the moderator: an export."""
        return forum.told()

    @api.post("/replies/{reply}/{standing}", dependencies=[Depends(moderating)])
    def judge(
        reply: Annotated[int, Path(ge=1, le=2**31 - 1)], standing: Literal["shown", "held", "hidden"]
    ) -> dict[str, Any]:
        """Show, hold or hide a reply."""
        if not forum.replies.judge(reply, standing):
            raise Refusal(404, "There is no such reply.")
        return {"reply": reply, "standing": standing}

    return api


def _address(request: Request) -> str:
    # kept in memory for some minutes and never stored
    return digest(request.client.host if request.client else "")
