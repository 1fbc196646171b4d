"""What a paper must cite that rests on a run of a case: its sources and its theory's, the methods, and blocs."""

from __future__ import annotations

import functools
from pathlib import Path

from blocs.errors import InputError
from blocs.language.case import Case
from blocs.language.check_sources import case_citations, theory_citations
from blocs.language.document import Origins
from blocs.language.reading import read_document
from blocs.sources.bibliography import Bibliography, read_bibliography
from blocs.sources.cite import ToCite, what_to_cite
from blocs.version import __version__

# what every run of a case uses: draws from the priors, arrays, compiled kernels and the score of the history
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
    """Return the sources of a case and, behind them, those of its theory.

    Raises
    ------
    InputError
        A bibliography cannot be read.
    """
    theory = case.theory_spec
    return _read(case.origins, case.sources).joined(_read(theory.origins, theory.sources))


def _read(origins: Origins, name: str | None) -> Bibliography:
    if name is None:
        return Bibliography()
    found = origins.find(())
    path = Path(found[0].file).parent / name if found else Path(name)
    bibliography, problems = read_bibliography(path, functools.partial(read_document, top="list"))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InputError(errors)
    return bibliography
