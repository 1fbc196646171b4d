"""Static checks of a theory, or of a case with its theory: everything that needs no search of states."""

from __future__ import annotations

from blocs.errors import InputError, Problem
from blocs.language.case import Case
from blocs.language.check_case import check_case
from blocs.language.check_sources import case_citations, check_citations, check_provenance, theory_citations
from blocs.language.check_theory import check_theory
from blocs.language.findings import Enough, Findings
from blocs.language.theory import Theory


def check(subject: Case | Theory) -> list[Problem]:
    """Check a case, or a theory on its own.

    Parameters
    ----------
    subject : Case or Theory
        As `load_case`, `load_theory` or `examine` return it.

    Returns
    -------
    list of Problem
        Errors and warnings, in the order of the files. A case's list includes its theory's problems.
    """
    problems: list[Problem] = []
    whole = subject.whole_theory if isinstance(subject, Case) else subject
    findings = Findings(whole.origins)
    structural: frozenset[str] = frozenset()
    try:
        structural = frozenset(check_theory(whole, findings).used_in_structure)
        problems += check_citations(theory_citations(whole), findings, "theory")
    except Enough:
        pass
    problems = [*findings.problems, *problems]
    if isinstance(subject, Case):
        problems = [*_of_case(subject, structural), *problems]
    return in_order(problems)


def _of_case(case: Case, structural: frozenset[str]) -> list[Problem]:
    findings, more = Findings(case.origins), []
    try:
        check_case(case, case.whole_theory, structural, findings)
        check_provenance(case, findings)
        more = check_citations(case_citations(case), findings, "case")
    except Enough:
        pass
    return [*findings.problems, *more]


def in_order(problems: list[Problem]) -> list[Problem]:
    """Return problems file by file, in the order in which files first appear, each from top to bottom, once."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    return sorted(dict.fromkeys(problems), key=lambda one: (files.index(one.file), one.line, one.column))


def require(problems: list[Problem]) -> None:
    """Raise `InputError` when there are errors among the problems; warnings pass."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InputError(errors)
