"""The page: what each section says, put into the template and written at once or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError
from blocs.forecast.outcomes import Spread
from blocs.forecast.paths import first_departure
from blocs.game.history import find_option
from blocs.language.coverage import coverage
from blocs.language.identity import content_hash
from blocs.language.writing import write_atomically
from blocs.report import gallery
from blocs.report.figures.palette import NARROW, WIDE
from blocs.report.figures.saving import inline_svg, make_folder_of
from blocs.report.findings import HOLD, Findings
from blocs.report.html.references import References, short_name
from blocs.report.numbers import percent
from blocs.report.provenance import cited_sentences
from blocs.report.tables import KINDS as TABLES
from blocs.report.tables import Table, reasons_table
from blocs.report.terminal import ROUNDING, forced_sentence, score_sentences, words
from blocs.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment, Template
    from markupsafe import Markup

    from blocs.forecast.explanation import Difference


@dataclass(frozen=True)
class Picture:
    """A figure for the page, drawn for a desk and for a phone, with what it shows in words and in numbers."""

    name: str
    title: str
    alt: str
    wide: Markup
    narrow: Markup
    table: Table


def write_report(findings: Findings, path: str | os.PathLike[str]) -> Path:
    """Write the page of a run, in a folder that is made where needed; the file appears whole or not at all.

    Raises
    ------
    InputError
        The run has no case, or the file cannot be written.
    """
    page = render(findings)
    make_folder_of(path)
    write_atomically(path, page)
    return Path(path)


def render(findings: Findings) -> str:
    """Return the page of a run; the same run gives the same text."""
    return finish(templates().get_template("report.jinja"), read("report.js"), **content(findings))


def templates(*packages: str) -> Environment:
    """Return the templates of reports, and those in the folders of other packages that are made from them.

    Whatever a case says is escaped wherever it is put in; a template itself is our own file.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loader = ChoiceLoader([PackageLoader(package, "") for package in ("blocs.report.html", *packages)])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=percent, words=words)
    return environment


def read(name: str, package: str = "blocs.report.html") -> str:
    """Return a style sheet or a script as text."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def finish(template: Template, script: str, style: str = "", **content: Any) -> str:
    """Return a whole page, with its style and its script inside and nothing else allowed to run.

    Parameters
    ----------
    template : Template
        One that extends ``frame.jinja``.
    script : str
        The program, which stands at the end of the page.
    style : str
        Rules that come after those of reports.
    content
        What the template says.
    """
    from markupsafe import Markup

    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    whole = read("colours.css") + read("report.css") + style
    frame = {"style": Markup(whole), "script": Markup(script), "script_hash": digest, "version": __version__}
    page = template.render(**frame, **{name: value for name, value in content.items() if name != "version"})
    return page.strip() + "\n"


def content(findings: Findings, story: Markup | str = "") -> dict[str, Any]:
    """Return what ``told.jinja`` says of a run; `story` is HTML to begin with, such as a case's own account."""
    case, run = findings.case, findings.run
    references = References(case)
    solution, certificate = run.forecast.solution, run.forecast.solution.certificate
    labels = case.calendar.labels()
    origin = run.default.solution.draws.origin
    return {
        "case": case,
        "story": story,
        "title": case.title or case.case,
        "span": f"{labels[0]} to {labels[-1]}, by the {case.calendar.step}",
        "headline": headline(findings),
        "cite": references.cite,
        "pictures": {name: _picture(findings, name) for name in gallery.KINDS},
        "roads": list(_roads(findings)),
        "whatifs": list(_what_ifs(findings)),
        "events": list(_events(findings)),
        "forced": forced_sentence(run.carried_out),
        "unfollowed": _unfollowed(findings),
        "departure": _departure(findings),
        "scores": score_sentences(findings.history, origin=origin) if findings.history else [],
        "origin": origin,
        "expected": TABLES["expected"](findings),
        "question": findings.outcome_in_question,
        "on_grid": findings.on_grid,
        "coverage": str(coverage(case)),
        "sources": references.listed(references.sources),
        "methods": references.listed(references.methods),
        "software": references.listed(references.software),
        "passages": [{"name": short_name(item), "sentences": sentences} for item, sentences in cited_sentences(case)],
        "draws": len(solution.draws),
        "seed": solution.draws.seed,
        "draws_from": solution.draws.origin,
        "certificate": certificate,
        "trusted": certificate.residual <= ROUNDING,
        "version": __version__,
        "hash": content_hash(case),
        "command": findings.command,
        "game": run.game,
        "explained_draws": findings.draws_explained,
        "typed": findings.typed,
        "compared_draws": 1 if findings.typed else min(findings.compared_draws, len(solution.draws)),
    }


def headline(findings: Findings) -> str:
    """Say in a sentence what the model expects, beside what happened."""
    outcomes = findings.run.forecast.outcomes
    first = findings.run.forecast.likeliest
    moves = [f"“{move.text}”" for move in findings.run.forced]
    given = f"With {_listed(moves)} forced, the" if moves else "The"
    said = f"{given} likeliest end is “{first}”, with a probability of {_with_interval(outcomes[first])}"
    real = findings.case.outcome
    if real == first and not moves:
        return said + "; so it really ended."
    if real in outcomes:
        return said + f"; what happened, “{real}”, has {_with_interval(outcomes[real])}."
    return said + "."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _with_interval(spread: Spread) -> str:
    return f"{percent(spread.mean)} (90 % interval {percent(spread.low)} to {percent(spread.high)})"


_TITLES = {
    "outcomes": "Probability of each outcome",
    "history": "What was done, over how likely it was",
    "options": "Probability of each option by date",
    "survival": "How long each end stays away",
    "reasons": "Parts of the difference",
    "alternatives": "What other circumstances would change",
    "drivers": "How far each input alone moves the outcome",
    "relations": "Ties between the actors by date",
    "beliefs": "What the others believed, along the real course",
}


def _picture(findings: Findings, kind: str, number: int = 0) -> Picture | None:
    """Return a figure, or None where the case has nothing to show of its kind."""
    from markupsafe import Markup

    name = f"{kind}-{number}" if kind == "reasons" else kind

    def draw(width: float, suffix: str) -> Markup:
        figure = (
            gallery.reasons(findings, number, width)
            if kind == "reasons"
            else gallery.draw_figure(findings, kind, width)
        )
        return Markup(inline_svg(figure, f"{name}-{suffix}"))

    try:
        table = reasons_table(findings, number) if kind == "reasons" else TABLES[kind](findings)
        wide, narrow = draw(WIDE, "w"), draw(NARROW, "n")
    except InputError:
        return None  # the section says in words that there is nothing to show
    return Picture(name, _TITLES[kind], f"{table.title}. The numbers follow in a table.", wide, narrow, table)


def _roads(findings: Findings) -> Iterator[dict[str, Any]]:
    game = findings.run.game
    for number, group in enumerate(findings.roads_not_taken):
        told = group[0].explanation
        role, option = told.role, group[0].option
        place = find_option(game, role, option, told.stage)
        spec = game.option_spec(place) if place is not None else None
        at = told.options.index(option)
        yield {
            "option": words(option),
            "against": words(group[0].against),
            "actor": findings.case.roles[role].actor if role in findings.case.roles else role,
            "date": told.date,
            "help": getattr(spec, "help", None) or "",
            "better": all(float(one.total.mean()) > 0 for one in group),
            "public": percent(float(told.public[at].mean())) if told.public is not None else "",
            "types": [_reasons(one, at) for one in group],
            "picture": _picture(findings, "reasons", number),
        }


def _reasons(one: Difference, at: int) -> dict[str, Any]:
    """Return what spoke for and against an option, for a role or for one private type of it."""
    total, ranked, told = Spread.of(one.total), one.ranked(), one.explanation
    return {
        "type": words(told.type),
        "belief": percent(float(told.belief.mean())) if told.belief is not None else "",
        "better": total.mean > 0,
        "size": f"{abs(total.mean):.2f}",
        "interval": f"{total.low:+.2f} to {total.high:+.2f}" if one.total.size > 1 else "",
        "probability": percent(float(told.probability[at].mean())),
        "con": [(words(part.name), f"{spread.mean:+.2f}") for part, spread in ranked if spread.mean < 0][:4],
        "pro": [(words(part.name), f"{spread.mean:+.2f}") for part, spread in ranked if spread.mean > 0][:4],
    }


def _what_ifs(findings: Findings) -> Iterator[dict[str, Any]]:
    if findings.comparison is None:
        return
    before = findings.comparison.baseline.forecast()
    for one in findings.comparison.alternatives:
        forecast = one.solution.forecast()
        first = forecast.likeliest
        written = findings.case.alternatives.get(one.what_if.name)
        yield {
            "title": one.what_if.label,
            "help": (written.help if written else "") or "",
            "note": (written.note if written else "") or "",
            "likeliest": first,
            "before": percent(before.outcomes[first].mean),
            "after": percent(forecast.outcomes[first].mean),
            "carried": forced_sentence(one.carried_out),
        }


def _events(findings: Findings) -> Iterator[dict[str, Any]]:
    """Yield moves and remarks in the order of their dates; a move with the probability that the solution gave it."""
    case = findings.case
    scored = {
        (one.date, one.role, one.event): one
        for one in (findings.history.decisions if findings.history else ())
        if one.event
    }
    rows: list[tuple[str, int, dict[str, Any]]] = []
    for event in case.history:
        date = case.calendar.label(case.calendar.index(event.date))
        one = scored.get((date, event.role, event.event))
        actor = case.roles[event.role].actor if event.role in case.roles else event.role
        told: dict[str, Any] = {
            "move": True,
            "date": event.date,
            "actor": actor,
            "option": words(event.option),
            "of": event,
        }
        told["probability"] = percent(one.probability.mean) if one else ""
        told["chance"] = percent(one.uniform) if one else ""
        told["likeliest"] = words(one.likeliest) if one and one.likeliest != one.option else ""
        told["likeliest_probability"] = percent(one.likeliest_probability) if one else ""
        rows.append((event.date, 1, told))
    for remark in case.context:
        rows.append((remark.date or "", 0, {"move": False, "date": remark.date or "undated", "of": remark}))
    for _, _, told in sorted(rows, key=lambda row: row[:2]):
        yield told


def _unfollowed(findings: Findings) -> str:
    """Say why the solution is not followed along the real course; empty where it is."""
    if findings.history is not None:
        return ""
    if findings.run.forced:
        return "Moves were forced, so that the real course is not followed: it was another one."
    return "No history is coded for this case."


def _departure(findings: Findings) -> str:
    if findings.history is None:
        return ""
    one = first_departure(findings.run.default)
    if one is None:
        return "At every decision the likeliest option was the one really taken."
    done = "held still" if one.option == HOLD else f"chose to {words(one.option)}"
    return (
        f"The real course first left the likeliest one in {one.date}, when the {one.role} {done} "
        f"({percent(one.probability.mean)}) where “{words(one.likeliest)}” was likelier "
        f"({percent(one.likeliest_probability)})."
    )
