"""What in a case and its theory rests on which sentence of the texts they cite, verified where a text is attached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from blocs.errors import Problem
from blocs.language.case import Case
from blocs.language.check_sources import theory_citations
from blocs.language.coverage import statements
from blocs.language.document import show_path
from blocs.report.citing import bibliographies
from blocs.sources.citations import parse_citation
from blocs.sources.items import Item
from blocs.sources.provenance import Provenance, SentenceReport, Use, UseKind, provenance
from blocs.sources.store import attached

if TYPE_CHECKING:
    from rich.console import Console

# what a line of a terminal holds besides the number of the sentence
_SHOWN = 90
_KINDS: dict[str, UseKind] = {
    "fact": "fact",
    "event": "event",
    "start": "start",
    "prior": "parameter",
    "context": "context",
}


def uses_of(case: Case) -> Iterator[Use]:
    """Yield everything in a case and its theory that cites something."""
    for one in statements(case):
        if one.kind == "fact" and one.label not in case.facts:
            continue  # the theory's default, which comes below
        for text in one.sources:
            yield Use(text, _KINDS[one.kind], show_path((*one.path, "source")), one.label)
    for path, texts in theory_citations(case.theory_spec):
        named = [str(part) for part in path[1:-1] if isinstance(part, str) and part != "options"]
        for text in texts:
            yield Use(text, "theory", show_path(path), " ".join(named))


def check_sources(case: Case) -> list[Provenance]:
    """Report on each source of which sentences are recorded, cited or attached, in the order of the bibliographies.

    Raises
    ------
    InputError
        A bibliography or a stored text cannot be read.
    """
    uses = list(uses_of(case))
    in_sentences = {citation.key for citation in (parse_citation(use.citation) for use in uses) if citation.sentences}
    found = []
    for item in bibliographies(case):
        text = attached(item.key)
        if item.passage is not None or text is not None or item.key in in_sentences:
            found.append(provenance(item.key, uses, text.passage if text else None, item.passage, _file_of(case)))
    return found


def cited_sentences(case: Case) -> list[tuple[Item, list[tuple[str, list[str]]]]]:
    """Return each source of which sentences are recorded or cited, with what rests on which sentence.

    Nothing is compared with attached texts, so that the same case gives the same on every computer.

    Returns
    -------
    list of (Item, list of (number, list of what rests on it))
        In the order of the bibliographies.

    Raises
    ------
    InputError
        A bibliography cannot be read.
    """
    uses = list(uses_of(case))
    in_sentences = {citation.key for citation in (parse_citation(use.citation) for use in uses) if citation.sentences}
    found = []
    for item in bibliographies(case):
        if item.passage is not None or item.key in in_sentences:
            report = provenance(item.key, uses, None, item.passage, "")
            rows = [(f"s{sentence.number}", list(_merged(sentence))) for sentence in report.sentences]
            found.append((item, rows))
    return found


def _file_of(case: Case) -> str:
    place = case.origins.find(())
    return place[0].file if place else ""


def problems_of(reports: list[Provenance]) -> list[Problem]:
    """Return the problems of all reports."""
    return [problem for report in reports for problem in report.problems]


def print_provenance(console: Console, report: Provenance) -> None:
    """Print a report sentence by sentence: the text where it is attached, and what rests on it."""
    console.print(report.key, style="bold")
    for sentence in report.sentences:
        console.print(_line(sentence), soft_wrap=True, style="dim" if not sentence.uses else "")
        for line in _merged(sentence):
            console.print(f"      {line}", soft_wrap=True)
        if not sentence.uses:
            console.print("      nothing rests on this sentence")
    for use in report.elsewhere:
        console.print(f"  whole source\n      {use.kind}: {use.label}", soft_wrap=True)
    console.print(_summary(report), soft_wrap=True)


def _line(sentence: SentenceReport) -> str:
    text = sentence.text if len(sentence.text) <= _SHOWN else sentence.text[: _SHOWN - 1] + "…"
    return f"  s{sentence.number:<3} {text or '(text not attached)'}"


def _merged(sentence: SentenceReport) -> Iterator[str]:
    """Yield each thing that rests on a sentence once, with the clauses that it rests on."""
    clauses: dict[str, set[str]] = {}
    for use in sentence.uses:
        letters = parse_citation(use.citation).clauses_of(sentence.number)
        clauses.setdefault(f"{use.kind}: {use.label}", set()).update(letters)
    for what, letters in clauses.items():
        listed = ", ".join(sorted(letters))
        yield f"{what} (clause{'s' if len(letters) > 1 else ''} {listed})" if letters else what


def _summary(report: Provenance) -> str:
    if report.verified:
        state = "every recorded sentence agrees with the attached text"
    elif any(sentence.text for sentence in report.sentences):
        state = "the attached text does not agree with every recorded sentence"
    else:
        state = "no text is attached, so nothing was verified"
    clauses = report.unused_clauses
    rests = f"clauses that nothing rests on: {', '.join(clauses)}" if clauses else "something rests on every clause"
    if not any(sentence.clauses for sentence in report.sentences):
        unused = ", ".join(f"s{number}" for number in report.unused)
        rests = f"sentences that nothing rests on: {unused}" if unused else "something rests on every sentence"
    return f"  {len(report.sentences)} sentences; {state}; {rests}\n"


def report_to_json(case: Case, reports: list[Provenance]) -> dict[str, Any]:
    """Return the reports as plain data."""
    return {"case": case.case, "sources": [cast("dict[str, Any]", report.to_json()) for report in reports]}
