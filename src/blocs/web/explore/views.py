"""The page of a case, and the parts of it that are fetched while it is open."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from markupsafe import Markup
from pydantic import Field
from starlette.responses import JSONResponse, Response

from blocs.errors import InputError
from blocs.forecast.explanation import Explanation
from blocs.forecast.live import LiveCase
from blocs.forecast.paths import with_article
from blocs.forecast.solving import Progress
from blocs.language.coverage import coverage
from blocs.library import variant_of, variants_of
from blocs.report.figures.ties import ties_at_every_date
from blocs.report.html.references import References
from blocs.report.numbers import percent, points
from blocs.report.terminal import words
from blocs.web.explore import controls
from blocs.web.explore.asking import USUAL_DRAWS, Desk
from blocs.web.explore.pictures import BROAD, DRAWINGS, NARROW, WIDE, Pictures, draw
from blocs.web.explore.state import State, at_distance, read_state
from blocs.web.explore.story import story
from blocs.web.explore.typed import typed_page
from blocs.web.figures.bars import Signed, outcome_bars, signed_bars
from blocs.web.figures.network import network
from blocs.web.figures.svg import both
from blocs.web.site import Site

Page = Annotated[str, Field(max_length=64, pattern="^[A-Za-z0-9-]*$")]
Turn = Annotated[int, Query(ge=0, le=2**53)]
Parts = Annotated[list[Literal["endings", "survival", "field"]] | None, Query(max_length=len(DRAWINGS))]

_FRESH = {"cache-control": "no-store"}
_BOTH = (BROAD, NARROW)
_SIZES = {"wide": (BROAD,), "narrow": (NARROW,)}

# more bars than this are a list, not a picture
MOST_BARS = 10


def add_views(site: Site, desk: Desk) -> None:
    """Add the page of a case and its parts."""

    def state_of(request: Request, live: LiveCase) -> State:
        return read_state(live, request.query_params.multi_items())

    ready = site.solver.ready

    async def case_page(request: Request, name: str) -> Response:
        case = await site.solver.case(name)
        if case.theory_spec.types:
            return typed_page(site, request, name, case)
        live = await ready(name)
        state = state_of(request, live)
        content = await site.solver.short(lambda: _content(desk, live, state))
        return site.pages.render(request, "explore/case.jinja", **content)

    async def live_part(
        request: Request,
        name: str,
        page: Page = "",
        turn: Turn = 0,
        size: Literal["wide", "narrow", ""] = "",
        part: Parts = None,
    ) -> Response:
        came = time.perf_counter()
        live = await ready(name)
        state = state_of(request, live)

        def work() -> tuple[bytes, float, float]:
            began = time.perf_counter()
            now, before = desk.glance(live, state.what_if(live)), desk.before(live)
            solved = time.perf_counter()
            pictures = draw(live, now, before, state, _SIZES.get(size, _BOTH), DRAWINGS if part is None else part)
            told = {"turn": turn, "values": _values(live, state), **pictures.to_json()}
            return json.dumps(told, ensure_ascii=False).encode(), began, solved

        answer, began, solved = await site.solver.short(work, page, turn)
        parts = {"wait": began - came, "solve": solved - began, "draw": time.perf_counter() - solved}
        # shown by the tools that browsers have for developers, and by bench/web.py
        timing = ", ".join(f"{name};dur={1000 * seconds:.1f}" for name, seconds in parts.items())
        return Response(answer, media_type="application/json", headers=_FRESH | {"server-timing": timing})

    async def why_part(request: Request, name: str) -> Response:
        live = await ready(name)
        state = state_of(request, live)
        told = await site.solver.short(lambda: _why(desk, live, state))
        return _fresh({"html": site.pages.fragment(request, "explore/why.jinja", state=state, **told)})

    async def beside_part(request: Request, name: str) -> Response:
        live = await ready(name)
        state = state_of(request, live)
        rows = await site.solver.short(lambda: _beside(desk, live, state))
        return _fresh({"html": site.pages.fragment(request, "explore/beside.jinja", **rows)})

    async def drivers_part(
        request: Request, name: str, outcome: Annotated[str, Query(max_length=100)] = ""
    ) -> Response:
        live = await ready(name)
        state = state_of(request, live)
        told = await site.solver.short(lambda: _drivers(desk, live, state, outcome))
        return _fresh({"html": site.pages.fragment(request, "explore/drivers.jinja", **told)})

    async def draws_part(request: Request, name: str, page: Page = "") -> Response:
        live = await ready(name)
        state = state_of(request, live)

        def report(done: int, total: int) -> None:
            site.solver.tell(page, done, total)

        try:
            told = await site.solver.long(lambda: _over_draws(desk, live, state, report))
        finally:
            site.solver.forget(page)
        return _fresh({"html": site.pages.fragment(request, "explore/draws.jinja", **told)})

    async def progress_part(page: Page) -> Response:
        done, total, seconds = site.solver.progress(page)
        return _fresh({"done": done, "total": total, "seconds": seconds})

    site.app.add_api_route("/progress/{page}", progress_part, methods=["GET"])
    site.app.add_api_route("/cases/{name}", case_page, methods=["GET"])
    for path, part in (
        ("live", live_part),
        ("why", why_part),
        ("beside", beside_part),
        ("drivers", drivers_part),
        ("draws", draws_part),
    ):
        site.app.add_api_route(f"/cases/{{name}}/{path}", part, methods=["GET"])


def _fresh(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=_FRESH)


def _values(live: LiveCase, state: State) -> dict[str, tuple[str, str]]:
    """Return where the slider of each parameter stands, and what the parameter is worth there."""
    away = {name: float(state.away.get(name, 0.0)) for name, one in live.inputs.items() if one.kind == "parameter"}
    return {name: (f"{sd:g}", f"{at_distance(live, name, sd):.3g}") for name, sd in away.items()}


def _pictures(desk: Desk, live: LiveCase, state: State) -> Pictures:
    return draw(live, desk.glance(live, state.what_if(live)), desk.before(live), state)


def _content(desk: Desk, live: LiveCase, state: State) -> dict[str, Any]:
    case, references = live.case, References(live.case)
    labels = case.calendar.labels()
    before = desk.before(live)
    actors = {role: actor.actor for role, actor in case.roles.items()}
    moments = ties_at_every_date(live.game, before.history)
    variables = frozenset(case.theory_spec.state)
    graph = live.game.graph
    return {
        "title": case.title or case.case,
        "name": live.name,
        "case": case,
        "state": state,
        "span": f"{labels[0]} to {labels[-1]}, by the {case.calendar.step}",
        "labels": labels,
        "actors": actors,
        "coverage": str(coverage(case)),
        "entries": story(live, references),
        "moments": [(one.date, Markup(network(one, actors, variables))) for one in moments],
        "step": labels.index(state.date) if state.date in labels else 0,
        "pictures": _pictures(desk, live, state),
        "facts": controls.fact_knobs(live, state, references),
        "parameters": controls.parameter_knobs(live, state),
        "starts": controls.start_knobs(live, state),
        "options": controls.option_knobs(live, state),
        "outcomes": list(live.game.outcomes),
        "likeliest": before.likeliest,
        "alternatives": case.alternatives,
        "references": references.listed(references.sources),
        "origin": live.centre.origin,
        "graph": graph,
        "draws": USUAL_DRAWS,
        "others": [(name, desk.solver.read(name).title) for name in variants_of(live.name)],
        "base": variant_of(live.name),
        **_why(desk, live, state),
    }


def _why(desk: Desk, live: LiveCase, state: State) -> dict[str, Any]:
    """Answer the question of a state: why this option rather than another at a date."""
    if not state.at:
        return {"answers": (), "problem": ""}
    role = state.role or next(iter(live.case.theory_spec.roles))
    try:
        found = desk.explanation(live, state.what_if(live), state.at, role)
    except InputError as error:
        first = error.problems[0]
        return {"answers": (), "problem": f"{first.message}; {first.hint}" if first.hint else first.message}
    return {"answers": [_answer(live, one, state) for one in found if not state.why or state.why in one.options],
            "problem": ""}  # fmt: skip


def _answer(live: LiveCase, told: Explanation, state: State) -> dict[str, Any]:
    value, probability = told.value[:, 0], told.probability[:, 0]
    best = told.options[int(value.argmax())]
    option = state.why if state.why in told.options else told.chosen
    against = state.against if state.against in told.options else _other(told, option, best)
    gap = told.difference(option, against)
    bars = [
        Signed(
            f"{words(part.name)} ({part.when})", spread.mean, f"{spread.mean:+.2f}", part.help
        )
        for part, spread in gap.ranked()[:MOST_BARS]
    ]  # fmt: skip
    actor = with_article(live.case.roles[told.role].actor) if told.role in live.case.roles else f"the {told.role}"
    return {
        "date": told.date,
        "stage": told.stage,
        "role": told.role,
        "actor": actor,
        "option": option,
        "against": against,
        "chosen": told.chosen,
        "better": float(gap.total[0]) > 0,
        "size": f"{abs(float(gap.total[0])):.2f}",
        "picture": both(*(signed_bars(bars, width) for width in (WIDE, NARROW))),
        "left_out": max(len(gap.ranked()) - MOST_BARS, 0),
        "error": f"{told.error:.0e}",
        "options": [
            {
                "name": name,
                "words": words(name),
                "value": f"{value[i]:+.2f}",
                "probability": percent(float(probability[i])),
            }
            for i, name in enumerate(told.options)
        ],
    }


def _other(told: Explanation, option: str, best: str) -> str:
    """Return what an option is compared with where nothing was said: `hold`, or else the best of the others."""
    if option != "hold" and "hold" in told.options:
        return "hold"
    return best if best != option else next(name for name in told.options if name != option)


def _beside(desk: Desk, live: LiveCase, state: State) -> dict[str, Any]:
    """Solve every alternative of the case file, for a table beside the case as it was and as it stands now."""
    before = desk.before(live)
    columns = [("as it was", "", before.outcomes)]
    if state.changed:
        columns.append(("now", "the circumstances set above", desk.glance(live, state.what_if(live)).outcomes))
    for one, glance in desk.alternatives(live):
        columns.append((one.label, live.case.alternatives[one.name].help or "", glance.outcomes))
    first = sorted(before.outcomes, key=lambda name: -max(outcomes[name] for _, _, outcomes in columns))
    rows = [
        {
            "label": label,
            "help": help,
            "likeliest": max(outcomes, key=lambda name: outcomes[name]),
            "cells": [
                {
                    "shown": percent(outcomes[name]),
                    "points": points(outcomes[name] - before.outcomes[name]) if label != "as it was" else "",
                    "level": min(int(outcomes[name] * 10), 9),
                }
                for name in first
            ],
        }
        for label, help, outcomes in columns
    ]
    return {"rows": rows, "heads": first}


def _drivers(desk: Desk, live: LiveCase, state: State, outcome: str) -> dict[str, Any]:
    """Work out what moves an outcome: the change of its probability per standard deviation of each input."""
    what_if = state.what_if(live)
    chosen = outcome or desk.glance(live, what_if).likeliest
    found = desk.drivers(live, what_if, chosen)
    ranked = found.ranked(chosen, MOST_BARS)
    helps = {**live.case.theory_spec.facts, **live.case.theory_spec.parameters}
    bars = [
        Signed(words(one.input.name), one.per_sd.mean, f"{100 * one.per_sd.mean:+.2f}", helps[one.input.name].help)
        for one in ranked
    ]
    return {
        "outcome": chosen,
        "picture": both(*(signed_bars(bars, width) for width in (BROAD, NARROW))),
        "certificate": found.certificate.message,
        "probability": percent(float(found.probability[0].mean())),
    }


def _over_draws(desk: Desk, live: LiveCase, state: State, progress: Progress) -> dict[str, Any]:
    found = desk.over_draws(live, state.circumstances().what_if(live), USUAL_DRAWS, 0, progress)
    before, now = found.baseline.forecast().outcomes, found.alternatives[0].solution
    spreads = now.forecast().outcomes
    means = {name: one.mean for name, one in spreads.items()}
    old = {name: one.mean for name, one in before.items()} if state.changed else None
    intervals = {name: (one.low, one.high) for name, one in spreads.items()}
    happened = live.case.outcome
    return {
        "picture": both(*(outcome_bars(means, old, happened, width, intervals) for width in (BROAD, NARROW))),
        "draws": len(now.draws),
        "origin": now.draws.origin,
        "certificate": str(now.certificate),
        "spreads": {name: f"{percent(one.low)} to {percent(one.high)}" for name, one in spreads.items()},
    }
