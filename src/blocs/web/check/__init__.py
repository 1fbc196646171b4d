"""A page that checks files of one's own, as `blocs check` does: every mistake with its line and the nearest right name.

Files are pasted or chosen, read within the limits of every file, and kept nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from blocs.errors import InputError, Problem
from blocs.language.reading import MAX_BYTES, decode
from blocs.library import list_theories
from blocs.web.api.checking import problems_of
from blocs.web.check.telling import Told, tell
from blocs.web.site import Site


@dataclass(frozen=True)
class Kind:
    """A file that may be sent: the name by which others refer to it, and what it is in words."""

    field: str
    name: str
    title: str
    help: str


KINDS = (
    Kind("case", "case.yaml", "Case", "One crisis: who plays which role, facts, history."),
    Kind("theory", "theory.yaml", "Theory", "Only where it is your own; a case names it as theory.yaml."),
    Kind("bibliography", "bibliography.yaml", "Sources", "What the others cite; they name it as bibliography.yaml."),
)


def register(site: Site) -> None:
    """Add the page."""
    site.pages.add("check", "blocs.web.check")
    site.assets.add("blocs.web.check", "check.css", "check.js")
    site.navigation.append(("Check a file", "/check"))

    def page(request: Request, status: int = 200, **shown: object) -> Response:
        content = {"told": None, "texts": {}, "missing": False, **shown}
        return site.pages.render(
            request,
            "check/check.jinja",
            status=status,
            title="Check a file of your own",
            kinds=KINDS,
            theories=list_theories(),
            **content,
        )

    async def empty(request: Request) -> Response:
        return page(request)

    async def check(request: Request) -> Response:
        async with request.form(max_files=len(KINDS), max_fields=2 * len(KINDS), max_part_size=MAX_BYTES) as form:
            texts, unread = await _sent(form)
        if not unread and not {"case.yaml", "theory.yaml"} & set(texts):
            return page(request, 400, texts=texts, missing=True)
        told = await site.solver.short(lambda: _told(texts, unread))
        return page(request, texts=texts, told=told)

    site.app.add_api_route("/check", empty, methods=["GET"])
    site.app.add_api_route("/check", check, methods=["POST"])


async def _sent(form: FormData) -> tuple[dict[str, str], list[Problem]]:
    """Return the texts that were sent, by name, and what is wrong with files that are no text."""
    texts, unread = {}, []
    for kind in KINDS:
        for one in form.getlist(kind.field):
            try:
                # a file that was chosen goes before what was pasted
                raw = await one.read() if isinstance(one, UploadFile) else one
                text = decode(raw, kind.name) if isinstance(raw, bytes) else raw
            except InputError as error:
                unread += error.problems
                continue
            if text.strip() and (isinstance(one, UploadFile) or kind.name not in texts):
                texts[kind.name] = text
    return texts, unread


def _told(texts: dict[str, str], unread: list[Problem]) -> Told:
    return tell(unread or problems_of(texts), texts)
