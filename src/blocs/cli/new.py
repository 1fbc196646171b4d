"""``blocs new theory NAME`` and ``blocs new case NAME``: files to start from, which pass ``blocs check``.

A case is begun by questions where there is a terminal to ask at; every answer can be given as an option instead.
"""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.errors import InputError, Problem

if TYPE_CHECKING:
    from blocs.language.answers import Answers
    from blocs.language.theory import Theory

FOLDER = Option(
    ("--in",),
    "folder in which to write; the present one when left out",
    {"metavar": "DIR", "type": Path, "default": Path("."), "dest": "folder"},
)


def run_theory(arguments: Namespace, output: Output) -> int:
    """Write a theory to start from."""
    from blocs.language.scaffold import new_theory

    path = arguments.folder / f"{arguments.name}.yaml"
    return _write({path: new_theory(arguments.name, arguments.folder)}, output)


def run_case(arguments: Namespace, output: Output) -> int:
    """Write a case to start from."""
    from blocs.cli.interview import can_ask, interview
    from blocs.language.load import load_theory
    from blocs.language.scaffold import new_case, slug

    folder = arguments.folder / slug(arguments.name)
    _refuse_what_is_there([folder / "case.yaml", folder / "bibliography.yaml"])
    theory = load_theory(arguments.theory)
    answers, said = _answers(arguments, theory)
    if not arguments.no_questions and can_ask(output):
        answers = interview(theory, answers, said, output)
    case, bibliography = new_case(arguments.name, theory, _reference(arguments.theory, folder), folder, answers)
    return _write({folder / "case.yaml": case, folder / "bibliography.yaml": bibliography}, output)


def _answers(arguments: Namespace, theory: Theory) -> tuple[Answers, frozenset[str]]:
    """Return what the options say of the case, and which fields they say; every one that makes no sense is told."""
    from blocs.language import answers as read

    problems: list[Problem] = []
    found: dict[str, Any] = {}
    single: dict[str, Callable[[str], Any]] = {
        "title": read.read_text,
        "summary": read.read_text,
        "start": read.read_start,
        "step": read.read_step,
        "steps": read.read_steps,
        "outcome": lambda text: read.read_outcome(theory, text),
    }
    for name, reader in single.items():
        text = getattr(arguments, name)
        if text is not None:
            _note(found, name, lambda reader=reader, text=text: reader(text), f"--{name}", problems)
    actors: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for role, text in map(_halves, arguments.actor):
        where = f"--actor {role}"
        if _note({}, role, lambda role=role: read.known_name("role", role, tuple(theory.roles)), where, problems):
            _note(actors, role, lambda text=text: read.read_actor(text), where, problems)
    for name, text in map(_halves, arguments.fact):
        where = f"--fact {name}"
        if _note({}, name, lambda name=name: read.known_name("fact", name, tuple(theory.facts)), where, problems):
            _note(facts, name, lambda name=name, text=text: read.read_fact(theory.facts[name], text), where, problems)
    if problems:
        raise InputError(problems)
    return read.Answers(**found, actors=actors, facts=facts), frozenset(found)


def _note(found: dict[str, Any], name: str, read: Callable[[], Any], where: str, problems: list[Problem]) -> bool:
    """Put what was read under its name, or note why it could not be read; tell which it was."""
    try:
        found[name] = read()
    except ValueError as wrong:
        problems.append(Problem(str(wrong), path=where))
        return False
    return True


def _halves(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value


def _reference(theory: str, folder: Path) -> str:
    """Return how a case in `folder` names the theory: as it was given, or by the way there from the folder."""
    return Path(os.path.relpath(theory, folder)).as_posix() if os.path.isfile(theory) else theory


def _write(files: dict[Path, str], output: Output) -> int:
    """Write new files; one that exists is never written over."""
    from blocs.language.writing import write_atomically

    _refuse_what_is_there(files)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    paths = [str(path) for path in files]
    if output.as_json:
        output.json({"files": paths})
        return 0
    output.text(*(f"wrote {path}" for path in paths), f"next: blocs check {shlex.quote(paths[0])}")
    return 0


def _refuse_what_is_there(paths: Iterable[Path]) -> None:
    there = [
        Problem("this file exists already", str(path), hint="choose another name") for path in paths if path.exists()
    ]
    if there:
        raise InputError(there)


NEW = Command(
    name="new",
    summary="start a theory or a case from a file that already passes `blocs check`",
    examples=(
        ("blocs new case my-crisis", "write my-crisis/case.yaml and its bibliography"),
        ("blocs new theory my-theory", "write my-theory.yaml"),
    ),
    commands=(
        Command(
            name="theory",
            summary="start a theory",
            examples=(("blocs new theory my-theory", "write my-theory.yaml"),),
            run=run_theory,
            options=(
                Option(("name",), "name of the theory: small letters, digits and hyphens", {"metavar": "NAME"}),
                FOLDER,
            ),
        ),
        Command(
            name="case",
            summary="start a case",
            examples=(
                ("blocs new case my-crisis", "a case of the theory patron-client"),
                ("blocs new case my-crisis --theory ./my-theory.yaml", "a case of a theory of your own"),
                (
                    "blocs new case my-crisis --start 1960-06 --actor 'client=Albania 339' --fact trade_dependence=0.5",
                    "some answers given at once; on a terminal the others are asked for",
                ),
            ),
            details=(
                "On a terminal it asks for title, calendar, actors and facts, one at a time; Enter leaves a guess.\n"
                "Without a terminal, with --json or with --no-questions it asks nothing. Either way the case passes\n"
                "`blocs check`."
            ),
            run=run_case,
            options=(
                Option(("name",), "name of the case: small letters, digits and hyphens", {"metavar": "NAME"}),
                Option(
                    ("--theory",),
                    "theory that the case belongs to: a name or a path",
                    {"metavar": "THEORY", "default": "patron-client"},
                ),
                Option(("--title",), "name for people", {"metavar": "TEXT"}),
                Option(("--summary",), "what it was about, in a sentence or two", {"metavar": "TEXT"}),
                Option(("--start",), "first step: 1960, 1960-06, 1960-Q3 or 1960-H2", {"metavar": "DATE"}),
                Option(("--step",), "length of a step: month, quarter, half-year or year", {"metavar": "STEP"}),
                Option(("--steps",), "number of steps", {"metavar": "N"}),
                Option(("--outcome",), "how it ended: an outcome of the theory", {"metavar": "NAME"}),
                Option(
                    ("--actor",),
                    "who plays a role, with the state code: client=Albania 339; may be repeated",
                    {"metavar": "ROLE=NAME", "action": "append", "default": []},
                ),
                Option(
                    ("--fact",),
                    "a fact, with its range: trade_dependence=0.54 0.5..0.58; may be repeated",
                    {"metavar": "NAME=VALUE", "action": "append", "default": []},
                ),
                Option(("--no-questions",), "ask nothing, even on a terminal", {"action": "store_true"}),
                FOLDER,
            ),
        ),
    ),
)
