"""Cases over HTTP: what they say, what is expected, what if, why, and what drives it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from starlette.responses import PlainTextResponse, Response

from blocs.forecast.live import Glance, LiveCase
from blocs.language.identity import content_hash
from blocs.report.citing import to_cite
from blocs.report.numbers import finite
from blocs.report.reproducing import run_to_json
from blocs.version import __version__
from blocs.web.api.bodies import Asked, Circumstances, Driving
from blocs.web.explore.asking import MOST_DRAWS, USUAL_DRAWS, Desk
from blocs.web.library.cards import cards_of
from blocs.web.site import Site

CaseName = Annotated[str, Path(description="Name of a case, as `/cases` lists it", max_length=100)]
Seed = Annotated[int, Query(description="Seed of the draws", ge=0, lt=2**32)]
DrawsOf = Annotated[int, Query(description="How many draws of the parameters", ge=1, le=MOST_DRAWS)]
# none: the central draw alone, in a tenth of a second
DrawsOrNone = Annotated[
    int, Query(description="How many draws of the parameters; 0 solves at the central one alone", ge=0, le=MOST_DRAWS)
]
Answer = dict[str, Any]


def add_cases(site: Site, desk: Desk) -> None:
    """Add the operations on cases."""
    api, solver, ready = site.api, site.solver, site.solver.ready

    @api.get("/cases", tags=["cases"], summary="List the cases")
    async def cases() -> Answer:
        """Titles, dates, roles, outcomes, and how much of each case rests on sources."""
        return {
            "version": __version__,
            "cases": [card.to_json() for card in await solver.short(lambda: cards_of(solver.own))],
        }

    @api.get("/cases/{name}", tags=["cases"], summary="Describe a case")
    async def case(name: CaseName) -> Answer:
        """Facts and history with sources, parameters with priors, options, outcomes, and the alternatives it offers."""
        live = await ready(name)
        return _described(live)

    @api.get("/cases/{name}/forecast", tags=["cases"], summary="Forecast a case")
    async def forecast(name: CaseName, draws: DrawsOf = USUAL_DRAWS, seed: Seed = 0) -> Answer:
        """Answer what `blocs run CASE --json` prints: outcomes with intervals, the history scored, a certificate."""
        live = await ready(name)
        run = await solver.long(lambda: desk.run(live.case, {}, draws, seed))
        return finite(run_to_json(run))

    @api.post("/cases/{name}/what-if", tags=["cases"], summary="Solve under other circumstances")
    async def what_if(name: CaseName, asked: Circumstances, draws: DrawsOrNone = 0, seed: Seed = 0) -> Answer:
        """Outcomes beside the case as it was; over draws, with intervals and paired differences."""
        live, circumstances = await ready(name), asked.what_if()
        if draws:
            found = await solver.long(lambda: desk.over_draws(live, circumstances, draws, seed))
            return finite(_head(live) | found.to_json())
        now, before = await solver.short(lambda: (desk.glance(live, circumstances), desk.before(live)))
        return _head(live) | {"parameters": live.centre.origin, "now": _glance(now), "baseline": _glance(before)}

    @api.post("/cases/{name}/explain", tags=["cases"], summary="Say why an option was or was not worth choosing")
    async def explain(name: CaseName, asked: Asked) -> Answer:
        """Take the value of every option of a role at a date of the real course apart; the parts add up."""
        live, circumstances = await ready(name), asked.circumstances.what_if()
        told = await solver.short(lambda: desk.explanation(live, circumstances, asked.at, asked.role))
        answer = _head(live) | {"parameters": live.centre.origin, "explanations": [one.to_json() for one in told]}
        if asked.option is not None:
            meant = [one for one in told if asked.option in one.options] or told
            differences = [one.difference(asked.option, asked.against or one.chosen) for one in meant]
            answer["differences"] = [one.to_json() for one in differences]
        return finite(answer)

    @api.post("/cases/{name}/drivers", tags=["cases"], summary="Say what moves an outcome")
    async def drivers(name: CaseName, asked: Driving) -> Answer:
        """Exact derivatives of an outcome's probability by every parameter and fact, at the central draw."""
        live, circumstances = await ready(name), asked.circumstances.what_if()
        found = await solver.short(lambda: desk.drivers(live, circumstances, asked.outcome))
        return finite(_head(live) | found.to_json())

    @api.get("/cases/{name}/alternatives", tags=["cases"], summary="Solve the alternatives that a case offers")
    async def alternatives(name: CaseName) -> Answer:
        """Each at the central draw, beside the case as it was."""
        live = await ready(name)
        found = await solver.short(lambda: desk.alternatives(live))
        return _head(live) | {
            "parameters": live.centre.origin,
            "baseline": _glance(await solver.short(lambda: desk.before(live))),
            "alternatives": {one.name: {"title": one.label, **_glance(glance)} for one, glance in found},
        }

    @api.get("/cases/{name}/citation", tags=["cases"], summary="Say what to cite", response_class=PlainTextResponse)
    async def citation(name: CaseName, style: Literal["bibtex", "apa"] = "bibtex") -> Response:
        """Return the sources of the case and of its theory, the methods, and blocs."""
        live = await ready(name)
        return PlainTextResponse(await solver.short(lambda: to_cite(live.case).text(style)))


def _head(live: LiveCase) -> Answer:
    return {"case": live.name, "version": __version__, "inputs": content_hash(live.case)}


def _glance(glance: Glance) -> Answer:
    labels = glance.game.case.calendar.labels() if glance.game.case else []
    options = [f"{glance.game.plan.stages[k].name}: {plan.name}" for k, plan in glance.game.layout.options]
    return {
        "outcomes": glance.outcomes,
        "likeliest": glance.likeliest,
        "probability_sum": glance.probability_sum,
        "dates": labels,
        "ended": {name: glance.ended[:, o].tolist() for o, name in enumerate(glance.game.outcomes)},
        "taken": {name: glance.taken[:, o].tolist() for o, name in enumerate(options)},
    }


def _described(live: LiveCase) -> Answer:
    case, theory = live.case, live.case.theory_spec
    parameters = {}
    for name, spec in theory.parameters.items():
        one = live.inputs.get(name)
        low, high = (float(end) for end in one.quantile([0.05, 0.95])) if one else (None, None)
        parameters[name] = {
            "help": spec.help, "unit": spec.unit, "prior": str(spec.prior), "low": low, "high": high,
            "centre": float(live.centre.values[name][0]),
        }  # fmt: skip
    written = case.model_dump(mode="json", exclude_none=True)
    return _head(live) | {
        "title": case.title,
        "summary": case.summary.strip(),
        "theory": {"theory": theory.theory, "version": theory.version, "title": theory.title, "help": theory.help},
        "calendar": {"step": case.calendar.step, "dates": case.calendar.labels()},
        "roles": {role: actor.actor for role, actor in case.roles.items()},
        "facts": {
            name: {"help": spec.help, "type": spec.type, **written["facts"].get(name, {"value": spec.default})}
            for name, spec in theory.facts.items()
        },
        "parameters": parameters,
        "start": written["start"],
        "options": [
            {"stage": theory.stages[stage].stage, "role": role, "option": name, "help": option.help}
            for stage, role, name, option in theory.moves()
        ],
        "outcomes": list(live.game.outcomes),
        "outcome": case.outcome,
        "history": written["history"],
        "context": written["context"],
        "alternatives": written["alternatives"],
    }
