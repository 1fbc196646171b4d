"""A case in which roles have private types: too slow for sliders, so it is solved when somebody asks.

What each role might be, how it may end, and what the others could believe of it month by month.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import Response

from blocs.forecast.solution import BeliefPath, Solution
from blocs.forecast.solving import solve
from blocs.game.game import compile_game
from blocs.language.case import Case
from blocs.library import variant_of
from blocs.report.html.references import References
from blocs.report.numbers import percent
from blocs.report.terminal import words
from blocs.solve.private import Grid
from blocs.web.explore.asking import Desk
from blocs.web.explore.pictures import BROAD, NARROW
from blocs.web.figures.bars import outcome_bars
from blocs.web.figures.dates import Curve, curves
from blocs.web.figures.svg import both
from blocs.web.site import Site

# beliefs at so many points for each role: the coarsest grid with a point between certainties
POINTS = 3


def add_typed(site: Site, desk: Desk) -> None:
    """Add the part of the page that is solved when somebody asks for it."""

    async def beliefs(request: Request, name: str) -> Response:
        case = await site.solver.case(name)
        told = await site.solver.long(lambda: _solved(desk, name, case))
        html = site.pages.fragment(request, "explore/beliefs.jinja", **told)
        return Response(html, media_type="text/html", headers={"cache-control": "no-store"})

    site.app.add_api_route("/cases/{name}/beliefs", beliefs, methods=["GET"])


def typed_page(site: Site, request: Request, name: str, case: Case) -> Response:
    """Return the page of a case in which roles have private types."""
    references, labels = References(case), case.calendar.labels()
    theory = case.theory_spec
    types = [
        {
            "actor": case.roles[role].actor if role in case.roles else role,
            "role": role,
            "types": [
                {"words": words(name), "help": one.help, **_prior(case, role, name, references)}
                for name, one in held.items()
            ],
        }
        for role, held in theory.types.items()
    ]
    return site.pages.render(
        request,
        "explore/typed.jinja",
        title=case.title or case.case,
        name=name,
        case=case,
        span=f"{labels[0]} to {labels[-1]}, by the {case.calendar.step}",
        actors={role: actor.actor for role, actor in case.roles.items()},
        types=types,
        base=variant_of(name),
        points=POINTS,
    )


def _prior(case: Case, role: str, name: str, references: References) -> dict[str, Any]:
    """Return how likely a type is at the start, and what that rests on."""
    stated = case.types.get(role, {}).get(name)
    prior = str(stated.prior if stated is not None else case.theory_spec.types[role][name].prior)
    try:
        shown = percent(float(prior))
    except ValueError:
        # a formula, or `rest`: what the other types leave
        shown = "the rest" if prior == "rest" else prior
    if stated is None:
        return {"prior": shown, "assumed": "", "cites": []}
    return {
        "prior": shown,
        "assumed": stated.assumed or "",
        "cites": [cite.words for cite in references.cite(stated.source)],
    }


def _solved(desk: Desk, name: str, case: Case) -> dict[str, Any]:
    def answer() -> Solution:
        return solve(compile_game(case), None, beliefs=Grid(POINTS), threads=1)

    solution = desk.answers.get(("typed", name), answer)
    outcomes = {name: spread.mean for name, spread in solution.forecast().outcomes.items()}
    return {
        "endings": both(*(outcome_bars(outcomes, None, case.outcome, width) for width in (BROAD, NARROW))),
        "beliefs": [
            {"role": path.role, "picture": both(*(_curves(path, width) for width in (BROAD, NARROW)))}
            for path in solution.beliefs
            if len(path.dates)
        ],
        "step": case.calendar.step,
        "certificate": str(solution.certificate),
        "origin": solution.draws.origin,
    }


def _curves(path: BeliefPath, width: int) -> str:
    lines = [
        Curve(words(name), float(path.prior[i, 0]), path.by_step[:, i, 0], i % 6) for i, name in enumerate(path.types)
    ]
    return curves(path.dates, lines, width, len(lines))
