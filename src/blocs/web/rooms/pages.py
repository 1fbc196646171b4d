"""The pages of rooms: start, table, host, debrief, and what is printed for a class."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from fastapi import Path, Query, Request
from starlette.responses import Response

from blocs.errors import InputError
from blocs.language.case import Case
from blocs.report.html.references import References
from blocs.report.numbers import json_text
from blocs.web.play.debrief import debrief
from blocs.web.play.odds import odds_chart
from blocs.web.play.quiz import questions
from blocs.web.play.record import record_of
from blocs.web.play.sheets import guide, role_sheet
from blocs.web.refusals import Refusal
from blocs.web.rooms.debriefs import class_debriefing, played
from blocs.web.rooms.door import Caller, Door
from blocs.web.rooms.exporting import page_of
from blocs.web.rooms.keys import shown_code
from blocs.web.rooms.opening import MOST_TABLES
from blocs.web.rooms.service import Rooms
from blocs.web.site import Site
from blocs.web.store.log import RoomRow

Code = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=1, le=MOST_TABLES)]
Name = Annotated[str, Path(max_length=120)]
MOST_SEED = 2**31 - 1


def add_pages(site: Site, rooms: Rooms, door: Door) -> None:
    """Add the pages and the files that they load."""
    site.pages.add("rooms", "blocs.web.rooms")
    site.assets.add("blocs.web.rooms", "rooms.css", "talk.js", "start.js", "table.js", "host.js", "quiz.js")
    shelf = rooms.cases.shelf
    site.navigation.append(("Play", "/play"))
    site.navigation.append(("Teach", "/teach"))

    def found(request: Request, code: str) -> RoomRow:
        return door.room(Caller.of(request, code))

    def offered(case: str) -> dict[str, Any]:
        names = {one.case for one in shelf.playable}
        return {
            "entries": shelf.playable,
            "chosen": case if case in names else shelf.first,
            "roles": {one.case: one.roles for one in shelf.playable},
            "refused": [one for one in shelf.entries if one.why_not],
        }

    def case_of(name: str) -> Case:
        try:
            return shelf.load(name)
        except InputError:
            raise Refusal(404, "There is no such case.") from None

    def play(request: Request, case: Annotated[str, Query(max_length=120)] = "") -> Response:
        return site.pages.render(request, "rooms/play.jinja", title="Play a crisis", **offered(case))

    def teach(request: Request, case: Annotated[str, Query(max_length=120)] = "") -> Response:
        return site.pages.render(request, "rooms/teach.jinja", title="Teach with a crisis", **offered(case))

    def table(request: Request, code: Code) -> Response:
        room = found(request, code)
        return site.pages.render(request, "rooms/table.jinja", title=room.title, code=shown_code(room.code))

    def host(request: Request, code: Code) -> Response:
        room = found(request, code)
        return site.pages.render(
            request, "rooms/host.jinja", title=room.title, code=shown_code(room.code), case=room.case_name
        )

    def qr(request: Request, code: Code) -> Response:
        room = found(request, code)
        address = str(request.base_url).rstrip("/") + f"/rooms/{shown_code(room.code)}"
        drawn = segno.make(address, error="m", micro=False)
        text = drawn.svg_inline(scale=6, dark="#000", light="#fff", border=3)
        return Response(text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1), media_type="image/svg+xml")

    def table_debrief(request: Request, code: Code, number: Number) -> Response:
        room = found(request, code)
        return site.pages.render(
            request, "rooms/debrief.jinja", **_debrief(rooms, room, number), code=shown_code(room.code)
        )

    def class_debrief(request: Request, code: Code) -> Response:
        room = found(request, code)
        told = class_debriefing(rooms, room)
        return site.pages.render(
            request, "rooms/class.jinja", title=f"Debrief: {room.title}", told=told, code=shown_code(room.code),
            most=max([*told["endings"].values(), 1]),
        )  # fmt: skip

    def play_json(request: Request, code: Code, number: Number) -> Response:
        room = found(request, code)
        record = record_of(*played(rooms, room, number))
        return _download(json_text(record.to_json()), "application/json", f"{room.case_name}-table-{number}.play.json")

    def play_html(request: Request, code: Code, number: Number) -> Response:
        room = found(request, code)
        page, policy = page_of(site.pages.environment, _debrief(rooms, room, number))
        answer = _download(page, "text/html; charset=utf-8", f"{room.case_name}-table-{number}.html")
        answer.headers["content-security-policy"] = policy
        return answer

    def sheet(request: Request, name: Name, role: Annotated[str, Path(max_length=60)]) -> Response:
        case = case_of(name)
        if role not in case.theory_spec.roles:
            raise Refusal(404, f"{case.title} has no role `{role}`.")
        return site.pages.render(
            request, "rooms/sheet.jinja", title=f"{case.title}: {role}", case=case, sheet=role_sheet(case, role),
            cite=References(case).cite,
        )  # fmt: skip

    def guided(request: Request, name: Name) -> Response:
        case = case_of(name)
        return site.pages.render(
            request, "rooms/guide.jinja", title=f"Guide: {case.title}", case=case, guide=guide(case),
            cite=References(case).cite,
        )  # fmt: skip

    def quiz(request: Request, name: Name, seed: Annotated[int, Query(ge=0, le=MOST_SEED)] = 0) -> Response:
        case = case_of(name)
        asked = questions(case, seed)
        return site.pages.render(
            request, "rooms/quiz.jinja", title=f"Quiz: {case.title}", case=case, asked=asked, seed=seed,
            cite=References(case).cite,
        )  # fmt: skip

    for path, page in (
        ("/play", play),
        ("/teach", teach),
        ("/rooms/{code}", table),
        ("/rooms/{code}/host", host),
        ("/rooms/{code}/qr.svg", qr),
        ("/rooms/{code}/debrief", class_debrief),
        ("/rooms/{code}/tables/{number}", table_debrief),
        ("/rooms/{code}/tables/{number}/play.json", play_json),
        ("/rooms/{code}/tables/{number}/play.html", play_html),
        ("/cases/{name}/roles/{role}", sheet),
        ("/cases/{name}/guide", guided),
        ("/cases/{name}/quiz", quiz),
    ):
        site.app.add_api_route(path, page, methods=["GET"])

    @site.api.get("/cases/{name}/quiz", tags=["rooms"])
    def quiz_api(name: Name, seed: Annotated[int, Query(ge=0, le=MOST_SEED)] = 0) -> list[dict[str, Any]]:
        """Return questions on a case with their answers; the same seed gives the same ones."""
        return [one.to_json() for one in questions(case_of(name), seed)]

    @site.api.get("/cases/{name}/roles/{role}", tags=["rooms"])
    def sheet_api(name: Name, role: Annotated[str, Path(max_length=60)]) -> dict[str, Any]:
        """Return what a player of a role must know."""
        case = case_of(name)
        if role not in case.theory_spec.roles:
            raise Refusal(404, f"{case.title} has no role `{role}`.")
        return role_sheet(case, role)


def _debrief(rooms: Rooms, room: RoomRow, number: int) -> dict[str, Any]:
    """Return what the page of a played game shows."""
    table, state, players = played(rooms, room, number)
    game = table.solved.game
    assert game.case is not None
    told = debrief(table, state)
    references = References(game.case)
    return {
        "title": f"Debrief: {room.title}",
        "case": game.case,
        "number": number,
        "told": told,
        "players": players,
        "chart": {"wide": odds_chart(told["odds"]), "narrow": odds_chart(told["odds"], narrow=True)},
        "cite": references.cite,
        "references": references.listed(references.sources),
        "most": MOST_SHOWN,
    }


# decisions in the table of a debrief, the weightiest first: a long game has a hundred
MOST_SHOWN = 12


def _download(text: str, media: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(text, media_type=media, headers=headers)
