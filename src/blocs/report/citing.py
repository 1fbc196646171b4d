"""What a paper must cite that rests on a run of a case: its sources and its theory's, the methods, and blocs."""

from __future__ import annotations

from pathlib import Path

from blocs.errors import InputError
from blocs.language.case import Case
from blocs.language.check_sources import bibliography_files, case_citations, theory_citations
from blocs.language.document import Document
from blocs.language.reading import read_document
from blocs.sources.bibliography import Bibliography, read_bibliography
from blocs.sources.cite import ToCite, what_to_cite
from blocs.version import __version__

# what every run of a case uses: draws, arrays, compiled kernels and the score of the history
ALWAYS = ("sobol-draws", "log-score", "arrays", "kernels")
RESPONSES = ("logit", "probit")


def to_cite(case: Case) -> ToCite:
    """Return the references behind a run of a case.

    Raises
    ------
    InputError
        A bibliography cannot be read, or a citation is not in it.
    """
    theory = case.theory_spec
    sources = bibliographies(case)
    citations = [
        text for found in (case_citations(case), theory_citations(theory)) for _, texts in found for text in texts
    ]
    response = [theory.play.response] if theory.play.response in RESPONSES else []
    return what_to_cite(sources, __version__, citations, [*response, *ALWAYS])


def bibliographies(case: Case) -> Bibliography:
    """Return the sources of a case and, behind them, those of its theory and of what that extends.

    Raises
    ------
    InputError
        A bibliography cannot be read.
    """
    found, problems = Bibliography(), []
    for origins in (case.origins, case.theory_spec.origins):
        for file in bibliography_files(origins):
            one, wrong = read_bibliography(file, _read_list)
            found, problems = found.joined(one), [*problems, *wrong]
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InputError(errors)
    return found


def _read_list(path: Path) -> Document:
    return read_document(path, "list")
