"""What is printed for a class: a sheet for each role, and a guide of two pages for whoever teaches the case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blocs.forecast.paths import with_article
from blocs.language.case import Case
from blocs.language.theory import JointStage, Option, Stage
from blocs.report.terminal import words
from blocs.web.play.telling import title
from blocs.web.play.viewing import is_before

# a guide has two pages: more than this of each would not fit
MOST_EVENTS, MOST_BACKGROUND, MOST_QUESTIONS, MOST_DISPUTES = 16, 5, 6, 4
MOST_LETTERS = 170


def role_sheet(case: Case, role: str) -> dict[str, Any]:
    """Return what a player of a role must know, in plain values.

    Returns
    -------
    dict
        `actor`, `named` (as it stands in a sentence), `help`, `wants` (what the role's payoff consists of), `turns`
        (stage, help, options with help, whether secret), `start` (the state of affairs), `facts` (what is known, with
        sources), `others`, `background`.
    """
    theory = case.theory_spec
    return {
        "role": role,
        "actor": _actor(case, role),
        "named": with_article(_actor(case, role)),
        "help": theory.roles[role],
        "wants": [term.help for term in theory.payoffs.get(role, {}).values() if term.help],
        "turns": [
            {
                "stage": stage.stage,
                "help": stage.help,
                "together": not isinstance(stage, Stage),
                "options": [
                    {"title": title(name), "help": option.help, "secret": option.secret}
                    for name, option in options.items()
                    if name != "hold"
                ],
            }
            for stage in theory.stages
            if (options := _options(stage, role))
        ],
        "start": [
            {"title": words(name).capitalize(), "value": words(_start(case, name)), "help": spec.help}
            for name, spec in theory.state.items()
        ],
        "facts": facts_told(case),
        "others": [
            {"role": other, "actor": _actor(case, other), "help": theory.roles[other]}
            for other in theory.roles
            if other != role
        ],
        "background": _background(case),
    }


def facts_told(case: Case) -> list[dict[str, Any]]:
    """Return the facts of a case in words, with their sources or why they are assumed."""
    theory = case.theory_spec
    told = []
    for name, fact in case.facts.items():
        if name not in theory.facts:
            continue
        value = fact.value
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        elif theory.facts[name].type == "share" and isinstance(value, int | float):
            shown = f"{100 * value:.0f} %"
        else:
            shown = words(str(value))
        told.append(
            {
                "title": words(name).capitalize(),
                "value": shown,
                "help": theory.facts[name].help,
                "note": " ".join((fact.note or "").split()),
                "source": list(fact.source),
                "assumed": fact.assumed or "",
            }
        )
    return told


def guide(case: Case) -> dict[str, Any]:
    """Return what a teacher needs for one or two lessons with a case, in plain values."""
    theory = case.theory_spec
    disputes = [(one.date, one.dispute) for one in case.history if one.dispute]
    return {
        "title": case.title or case.case,
        "summary": " ".join(case.summary.split()),
        "years": f"{case.calendar.label(0)} to {case.calendar.label(case.calendar.steps - 1)}",
        "steps": case.calendar.steps,
        "step": case.calendar.step,
        "roles": [
            {
                "role": role,
                "actor": _actor(case, role),
                "help": help_,
                "wants": [_cut(term.help, 60) for term in list(theory.payoffs.get(role, {}).values())[:5] if term.help],
            }
            for role, help_ in theory.roles.items()
        ],
        "outcomes": list(theory.outcomes),
        "outcome": case.outcome,
        "background": _background(case)[-MOST_BACKGROUND:],
        "events": [
            {"date": one.date, "actor": _actor(case, one.role), "event": _cut(one.event), "source": list(one.source)}
            for one in _spread(list(case.history), MOST_EVENTS)
        ],
        "questions": [
            " ".join(f"{one.title or words(name)}: {one.help or 'what would have changed?'}".split())
            for name, one in list(case.alternatives.items())[:MOST_QUESTIONS]
        ],
        "disputes": [{"date": date, "text": _cut(text or "")} for date, text in disputes[:MOST_DISPUTES]],
    }


def _options(stage: Stage | JointStage, role: str) -> Mapping[str, Option]:
    """Return what a role can choose in a stage; nothing where it does not choose there."""
    if isinstance(stage, Stage):
        return stage.options if stage.role == role else {}
    return stage.options.get(role, {})


def _background(case: Case) -> list[dict[str, Any]]:
    return [
        {"date": one.date, "event": _cut(one.event), "source": list(one.source)}
        for one in case.context
        if one.date is not None and is_before(one.date, case.calendar.first)
    ]


def _start(case: Case, name: str) -> str:
    if name in case.start:
        value = case.start[name].value
        return str(value).lower() if isinstance(value, bool) else str(value)
    spec = case.theory_spec.state[name]
    return str(spec.start if spec.start is not None else spec.labels[0])


def _actor(case: Case, role: str) -> str:
    return case.roles[role].actor if role in case.roles else role


def _cut(text: str, most: int = MOST_LETTERS) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _spread(items: list[Any], most: int) -> list[Any]:
    """Return at most so many items, the first and the last among them, evenly spread."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
