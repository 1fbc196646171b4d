"""Whether statements name their sources, and whether the sources are in the bibliography."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath

from blocs.errors import Problem
from blocs.language.case import Case
from blocs.language.coverage import statements
from blocs.language.document import Document, Origins, Path, shorten, show_path
from blocs.language.findings import Findings, closest
from blocs.language.reading import read_document
from blocs.language.theory import Theory
from blocs.sources.bibliography import Bibliography, read_bibliography
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
    for role, types in theory.types.items():
        for name, spec in types.items():
            yield ("types", role, name, "source"), spec.source


def case_citations(case: Case) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield where a case cites, and what."""
    for one in statements(case):
        if one.kind != "fact" or one.label in case.facts:
            yield (*one.path, "source"), one.sources


def bibliography_files(origins: Origins) -> list[str]:
    """Return the bibliographies that a document names, and those of the theories that it extends."""
    named = [(document.file, document.data.get("sources")) for document in origins.documents()]
    files = [os.path.join(os.path.dirname(file), name) for file, name in named if isinstance(name, str)]
    return list(dict.fromkeys(files))


def check_citations(cited: Iterator[tuple[Path, tuple[str, ...]]], findings: Findings, what: str) -> list[Problem]:
    """Note citations that cannot be read or are in no bibliography; return the bibliographies' own problems.

    Parameters
    ----------
    cited : iterable of (path, citations)
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
    read = [_read(file) for file in bibliography_files(findings.origins)]
    known = {item.key: None for bibliography, _, _ in read for item in bibliography}
    problems = [problem for _, found, _ in read for problem in found]
    if keys and not read:
        path = next(iter(keys.values()))[0][0]
        findings.error(path, f"the {what} cites sources but names no bibliography", "add `sources: bibliography.yaml`")
    elif not any(problem.severity == "error" for problem in problems):
        # an item that is wrong may be the one that is missed
        names = " or ".join(os.path.basename(bibliography.file) for bibliography, _, _ in read)
        for key in (key for key in keys if key not in known):
            guess = closest(key, known)
            for path, text in keys[key]:
                findings.error(path, f"`{shorten(text)}` is not in {names}", guess if "did you mean" in guess else "")
    for bibliography, _, document in read:
        problems += _uncited([item.key for item in bibliography if item.key not in keys], bibliography.file, document)
    return problems


def _read(file: str) -> tuple[Bibliography, list[Problem], Document | None]:
    documents: list[Document] = []

    def reader(path: FilePath) -> Document:
        documents.append(read_document(path, "list"))
        return documents[-1]

    bibliography, problems = read_bibliography(file, reader)
    return bibliography, problems, documents[0] if documents else None


def _uncited(keys: list[str], file: str, document: Document | None) -> Iterator[Problem]:
    data = document.data if document is not None else []
    numbers = {item["id"]: number for number, item in enumerate(data) if isinstance(item, dict) and "id" in item}
    for key in keys:
        path: Path = (numbers[key],) if key in numbers else ()
        line, column = document.locate(path) if document is not None and path else (0, 0)
        yield Problem(f"`{key}` is never cited", file, line, column, show_path(path), "", "warning")
