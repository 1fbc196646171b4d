"""Load theories and cases, shipped ones by name and others by path, with every problem at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from blocs.errors import InputError, Problem, nearest
from blocs.language.case import Case
from blocs.language.check import check, in_order, require
from blocs.language.document import Document, Origins, shorten
from blocs.language.merging import merge, merge_cases
from blocs.language.reading import read_document
from blocs.language.resolving import resolve_theory
from blocs.language.theory import Theory
from blocs.language.validating import Validated, validate
from blocs.library import case_path, list_cases, list_theories, list_variants, theory_path

Kind = Literal["case", "theory"]

# a theory over a theory over a theory is hard to read already
MAX_EXTENDS = 8


@dataclass(frozen=True)
class Examined:
    """What came of reading and checking a file.

    Parameters
    ----------
    subject : Case, Theory or None
        None where the file was too wrong to make anything of it.
    problems : tuple of Problem
        Errors and warnings, in order.
    """

    subject: Case | Theory | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the file unusable."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def load_theory(name: str | os.PathLike[str]) -> Theory:
    """Load a theory.

    Parameters
    ----------
    name : str or path
        Name of a shipped theory, or the path of a file.

    Returns
    -------
    Theory

    Raises
    ------
    InputError
        With every error in the file and in what it extends; warnings are told by `check`.
    """
    subject = _usable(examine(name, "theory"))
    assert isinstance(subject, Theory)
    return subject


def load_case(name: str | os.PathLike[str]) -> Case:
    """Load a case together with its theory.

    Parameters
    ----------
    name : str or path
        Name of a shipped case, the path of a file, or of a folder with a ``case.yaml``.

    Returns
    -------
    Case
        `Case.theory_spec` is the theory with the case's priors in place and forbidden options taken away.

    Raises
    ------
    InputError
        With every error in the case, its theory and its bibliography; warnings are told by `check`.
    """
    subject = _usable(examine(name, "case"))
    assert isinstance(subject, Case)
    return subject


def glance(names: Iterable[str]) -> list[Case]:
    """Read shipped cases for a list of them: each against the form of a case, its theory once, nothing else.

    A shipped case was checked as a whole before it shipped; holding its formulas, moves and citations together again
    for a list would take several times as long as reading it. `load_case` does that before a case is used.

    Parameters
    ----------
    names : iterable of str
        Names of shipped cases.

    Raises
    ------
    InputError
        A file cannot be read, or has not the form of a case or a theory.
    """
    theories: dict[str, Theory] = {}
    return [_glanced(name, theories) for name in names]


def _glanced(name: str, theories: dict[str, Theory]) -> Case:
    document = read_document(_find(name, "case"))
    validated = validate(Case, document.data, Origins.of(document))
    require(list(validated.problems))
    case = validated.model
    assert isinstance(case, Case)  # where there is no problem, there is a model
    if case.theory not in theories:
        path = _find(case.theory, "theory", os.path.dirname(document.file))
        of_theory, theory = _read_theory(read_document(path))
        require(list(of_theory.problems))
        assert theory is not None
        theories[case.theory] = theory
    case._origins = validated.origins
    case._whole_theory = theories[case.theory]
    case._theory_spec = resolve_theory(theories[case.theory], case)
    return case


def under_theory(case: Case, theory: Theory) -> Case:
    """Return a loaded case under another theory that knows its moves, facts and state.

    What the case overrides and forbids stands; nothing is checked anew, and the fits that ship are not of this theory.
    """
    new = case.model_copy(update={"theory": theory.theory})
    new._theory_spec = resolve_theory(theory, case)
    new._whole_theory = theory
    return new


def _usable(examined: Examined) -> Case | Theory:
    require(list(examined.problems))
    if examined.subject is None:
        raise InputError("nothing was read")
    return examined.subject


def examine(name: str | os.PathLike[str], kind: Kind | None = None) -> Examined:
    """Read and check a theory or a case, and tell everything instead of raising.

    Parameters
    ----------
    name : str or path
        Name of a shipped case or theory, the path of a file, or of a folder with a ``case.yaml``.
    kind : {"case", "theory"}, optional
        What is expected; else a file with the key `case` or `calendar` is a case.
    """
    try:
        document = read_document(_find(os.fspath(name), kind))
    except InputError as error:
        return Examined(None, error.problems)
    found: Kind = "case" if {"case", "calendar"} & document.data.keys() else "theory"
    if kind is not None and kind != found and {"case", "calendar", "stages", "extends"} & document.data.keys():
        problem = Origins.of(document).problem((), f"this file is a {found}; expected a {kind}")
        return Examined(None, (problem,))
    kind = kind or found
    return _examine_case(document) if kind == "case" else _examine_theory(document)


def _examine_theory(document: Document) -> Examined:
    validated, theory = _read_theory(document)
    return _checked(theory, [*validated.problems], validated.lost)


def _examine_case(document: Document) -> Examined:
    data, origins, broken = _extended(document, [os.path.realpath(document.file)], "case")
    if broken:
        # without what it extends, most of the case would be missing
        return Examined(None, tuple(broken))
    validated = validate(Case, data, origins)
    problems, lost, case = [*validated.problems], validated.lost, validated.model
    theory: Theory | None = None
    reference = data.get("theory")
    if isinstance(reference, str):
        try:
            found = origins.find(("theory",))
            path = _find(reference, "theory", os.path.dirname((found[0] if found else document).file))
            of_theory, theory = _read_theory(read_document(path))
            problems += of_theory.problems
            lost |= of_theory.lost
        except InputError as error:
            # a name that leads nowhere is a mistake of this file; a file that cannot be read is one of its own
            missing = len(error.problems) == 1 and not error.problems[0].line
            only = error.problems[0]
            problems += [origins.problem(("theory",), only.message, only.hint)] if missing else error.problems
    if case is None or theory is None:
        return Examined(None, _checked(theory, problems, lost).problems)
    case._origins = validated.origins
    case._whole_theory = theory
    case._theory_spec = resolve_theory(theory, case)
    return _checked(case, problems, lost)


def _checked(subject: Case | Theory | None, problems: list[Problem], lost: frozenset[str]) -> Examined:
    if subject is None:
        return Examined(None, tuple(in_order(problems)))
    found = check(subject)
    if problems:
        # what was wrong was left out; what follows from its absence is not told
        found = [one for one in found if one.severity == "error" and not _follows(one, lost)]
    return Examined(subject, tuple(in_order([*problems, *found])))


def _follows(problem: Problem, lost: frozenset[str]) -> bool:
    quoted = problem.message.split("`")[1::2]
    return any(word in lost for part in quoted for word in (part, *part.split()))


def _read_theory(document: Document) -> tuple[Validated, Theory | None]:
    data, origins, problems = _extended(document, [os.path.realpath(document.file)], "theory")
    if problems:
        # without what it extends, most of the theory would be missing
        return Validated(None, origins, tuple(problems)), None
    validated = validate(Theory, data, origins)
    if validated.model is not None:
        validated.model._origins = validated.origins
    return validated, validated.model


def _extended(document: Document, above: list[str], kind: Kind) -> tuple[dict[str, Any], Origins, list[Problem]]:
    """Return the data of a theory or a case laid over what it extends."""
    origins = Origins.of(document)
    reference = document.data.get("extends")
    if not isinstance(reference, str):
        return document.data, origins, []
    try:
        path = _find(reference, kind, os.path.dirname(document.file))
    except InputError as error:
        only = error.problems[0]
        return document.data, origins, [origins.problem(("extends",), only.message, only.hint)]
    if os.path.realpath(path) in above or len(above) > MAX_EXTENDS:
        circle = "it extends itself in the end" if os.path.realpath(path) in above else f"more than {MAX_EXTENDS} deep"
        return (
            document.data,
            origins,
            [origins.problem(("extends",), f"`{shorten(reference)}` cannot be extended: {circle}")],
        )
    try:
        data, below, problems = _extended(read_document(path), [*above, os.path.realpath(path)], kind)
    except InputError as error:
        return document.data, origins, list(error.problems)
    merged, origins = (merge if kind == "theory" else merge_cases)(data, below, document)
    return merged, origins, problems


def _find(name: str, kind: Kind | None, beside: str = "") -> str:
    """Return the path of a theory or a case, given by name or path."""
    path = os.path.join(beside, name)
    shipped: list[tuple[Callable[[], list[str]], Callable[[str], Path]]] = []
    if kind != "theory":
        shipped.append((lambda: [*list_cases(), *list_variants()], case_path))
    if kind != "case":
        shipped.append((list_theories, theory_path))
    if "\0" in name:
        raise InputError(Problem("this cannot be the name of a file", shorten(name)))
    if os.path.isdir(path) and kind != "theory" and os.path.exists(os.path.join(path, "case.yaml")):
        return os.path.join(path, "case.yaml")
    named = not (os.path.dirname(name) or name.endswith((".yaml", ".yml")))
    if named and not os.path.isfile(path):
        for names, place in shipped:
            if name in names():
                return str(place(name))
        known = [one for names, _ in shipped for one in names()]
        what = f"{kind}" if kind else "case or theory"
        hint = nearest(name[:100], known) or f"shipped are {', '.join(known)}"
        raise InputError(Problem(f"there is no {what} `{shorten(name)}`", hint=hint))
    return path
