"""Files to take along: the report, the forecast, the outcomes, the citation, the case itself."""

from __future__ import annotations

import shlex

from fastapi import Request
from starlette.responses import Response

from blocs.forecast.live import LiveCase
from blocs.game.change import changed
from blocs.language.identity import content_hash
from blocs.report.citing import to_cite
from blocs.report.findings import Findings
from blocs.report.html.page import render
from blocs.report.numbers import json_text
from blocs.version import __version__
from blocs.web.explore.asking import USUAL_DRAWS, Desk
from blocs.web.explore.state import State, read_state
from blocs.web.site import Site

# a report has its styles inside; its script only helps printing, and may run once the file is somebody's own
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; frame-ancestors 'none'"


def add_downloads(site: Site, desk: Desk) -> None:
    """Add the downloads of a case; each under one fixed name, none reads a path that a request gives."""

    async def asked(request: Request, name: str) -> tuple[LiveCase, State]:
        live = await site.solver.ready(name)
        return live, read_state(live, request.query_params.multi_items())

    async def report(request: Request, name: str) -> Response:
        live, state = await asked(request, name)
        text = await site.solver.long(lambda: _report(desk, live, state))
        headers = {"content-security-policy": _REPORT_POLICY}
        return _file(text, f"{name}.html", "text/html; charset=utf-8", headers)

    async def forecast(request: Request, name: str) -> Response:
        live, state = await asked(request, name)
        found = await site.solver.long(lambda: desk.over_draws(live, state.what_if(live), USUAL_DRAWS, 0))
        document = {
            "case": name,
            "version": __version__,
            "inputs": content_hash(live.case),
            "circumstances": state.circumstances().query(),
            **found.to_json(),
        }
        return _file(json_text(document), f"{name}.json", "application/json")

    async def outcomes(request: Request, name: str) -> Response:
        live, state = await asked(request, name)
        found = await site.solver.long(lambda: desk.over_draws(live, state.what_if(live), USUAL_DRAWS, 0))
        text = found.to_pandas().to_csv(lineterminator="\n")
        return _file(text, f"{name}-outcomes.csv", "text/csv; charset=utf-8")

    async def citation(name: str) -> Response:
        case = await site.solver.case(name)
        text = await site.solver.short(lambda: to_cite(case).text("bibtex"))
        return _file(text, f"{name}.bib", "application/x-bibtex; charset=utf-8")

    async def case_file(name: str) -> Response:
        await site.solver.case(name)  # which knows the names of the cases that are served, and never paths
        return _file(
            site.solver.file(name).read_text(encoding="utf-8"), f"{name}.yaml", "application/yaml; charset=utf-8"
        )

    for path, answer in (
        ("report.html", report),
        ("forecast.json", forecast),
        ("outcomes.csv", outcomes),
        ("citation.bib", citation),
        ("case.yaml", case_file),
    ):
        site.app.add_api_route(f"/cases/{{name}}/{path}", answer, methods=["GET"])


def _file(text: str, name: str, media: str, headers: dict[str, str] | None = None) -> Response:
    given = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store", **(headers or {})}
    return Response(text, media_type=media, headers=given)


def _report(desk: Desk, live: LiveCase, state: State) -> str:
    what_if = state.what_if(live)
    facts = {name: value for name, value in what_if.set.items() if name in live.case.theory_spec.facts}
    settings = {name: value for name, value in what_if.set.items() if name not in facts}
    case = changed(live.case, facts, what_if.start, what_if.without) if state.changed else live.case
    run = desk.run(case, settings, USUAL_DRAWS, 0, state.force)
    return render(Findings(run, _command(live, state), settings, explained_draws=8, compared_draws=8))


def _command(live: LiveCase, state: State) -> str:
    words = ["blocs", "run", live.name, "--draws", str(USUAL_DRAWS)]
    for name, value in state.what_if(live).set.items():
        words += ["--set", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
    for move in state.force:
        words += ["--force", move]
    return shlex.join(words)
