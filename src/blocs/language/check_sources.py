"""Whether statements name their sources, and whether the sources are in the bibliography."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath

from blocs.errors import Problem
from blocs.language.case import Case
from blocs.language.coverage import statements
from blocs.language.document import Document, Path, shorten, show_path
from blocs.language.findings import Findings, closest
from blocs.language.reading import read_document
from blocs.language.theory import Theory
from blocs.sources.bibliography import read_bibliography
from blocs.sources.citations import parse_citation

# What enters the forecast or the likelihood as evidence must say where it comes from. A start value mostly follows from
# the first events, a prior is a judgement anyway, and context enters no computation: a warning is enough there.
_MUST_HAVE = ("fact", "event")
_WORDS = {
    "fact": "this fact",
    "event": "this event",
    "start": "this start value",
    "prior": "this prior",
    "context": "this remark",
}


def check_provenance(case: Case, findings: Findings) -> None:
    """Note statements without a source, and without a reason to assume them."""
    hint = "write `source: [key]`, or `assumed:` and why"
    for one in statements(case):
        if one.sources or one.assumed:
            continue
        message = f"{_WORDS[one.kind]} has no source"
        if one.kind in _MUST_HAVE and not one.sketch:
            findings.error(one.path, message, hint)
        else:
            findings.warn(one.path, message + ("; a bare value is a sketch" if one.sketch else ""), hint)


def theory_citations(theory: Theory) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield where a theory cites, and what."""
    for section in ("facts", "parameters", "state"):
        for name, spec in getattr(theory, section).items():
            yield (section, name, "source"), spec.source
    for number, role, name, option in theory.moves():
        joint = hasattr(theory.stages[number], "roles")
        yield ("stages", number, "options", *((role,) if joint else ()), name, "source"), option.source
    for role, terms in theory.payoffs.items():
        for name, term in terms.items():
            yield ("payoffs", role, name, "source"), term.source


def case_citations(case: Case) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield where a case cites, and what."""
    for one in statements(case):
        if one.kind != "fact" or one.label in case.facts:
            yield (*one.path, "source"), one.sources


def check_citations(
    cited: Iterator[tuple[Path, tuple[str, ...]]], sources: str | None, findings: Findings, what: str
) -> list[Problem]:
    """Note citations that cannot be read or are not in the bibliography; return the bibliography's own problems.

    Parameters
    ----------
    cited : iterable of (path, citations)
    sources : str or None
        The bibliography file, relative to the document.
    findings : Findings
        Of the document that cites.
    what : str
        ``case`` or ``theory``.
    """
    keys: dict[str, list[tuple[Path, str]]] = {}
    for path, citations in cited:
        for number, text in enumerate(citations):
            here = (*path, number) if findings.origins.has((*path, number)) else path
            try:
                keys.setdefault(parse_citation(text).key, []).append((here, text))
            except ValueError as error:
                findings.error(here, str(error))
    if sources is None:
        if keys:
            path = next(iter(keys.values()))[0][0]
            findings.error(path, f"the {what} cites sources but names no bibliography", "add `sources: bibliography.yaml`")
        return []
    file = _beside(findings, sources)
    documents: list[Document] = []

    def read(path: FilePath) -> Document:
        documents.append(read_document(path, "list"))
        return documents[-1]

    bibliography, problems = read_bibliography(file, read)
    known = bibliography.keys()
    broken = not known and any(problem.severity == "error" for problem in problems)
    for key, places in keys.items():
        if key not in bibliography and not broken:
            for path, text in places:
                hint = closest(key, known)
                findings.error(path, f"`{shorten(text)}` is not in {os.path.basename(file)}", hint if "did" in hint else "")
    return [*problems, *_uncited([key for key in known if key not in keys], file, documents)]


def _uncited(keys: list[str], file: str, documents: list[Document]) -> Iterator[Problem]:
    data = documents[0].data if documents else []
    numbers = {item["id"]: number for number, item in enumerate(data) if isinstance(item, dict) and "id" in item}
    for key in keys:
        path: Path = (numbers[key],) if key in numbers else ()
        line, column = documents[0].locate(path) if path else (0, 0)
        yield Problem(f"`{key}` is never cited", file, line, column, show_path(path), "", "warning")


def _beside(findings: Findings, name: str) -> str:
    found = findings.origins.find(())
    return os.path.join(os.path.dirname(found[0].file), name) if found and found[0].file else name
