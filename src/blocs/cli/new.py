"""``blocs new theory NAME`` and ``blocs new case NAME``: files to start from, which pass ``blocs check``."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.errors import InputError, Problem

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
    from blocs.language.load import load_theory
    from blocs.language.scaffold import new_case, slug

    folder = arguments.folder / slug(arguments.name)
    theory = load_theory(arguments.theory)
    case, bibliography = new_case(arguments.name, theory, _reference(arguments.theory, folder), folder)
    return _write({folder / "case.yaml": case, folder / "bibliography.yaml": bibliography}, output)


def _reference(theory: str, folder: Path) -> str:
    """Return how a case in `folder` names the theory: as it was given, or by the way there from the folder."""
    return Path(os.path.relpath(theory, folder)).as_posix() if os.path.isfile(theory) else theory


def _write(files: dict[Path, str], output: Output) -> int:
    """Write new files; one that exists is never written over."""
    from blocs.language.writing import write_atomically

    there = [
        Problem("this file exists already", str(path), hint="choose another name") for path in files if path.exists()
    ]
    if there:
        raise InputError(there)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    paths = [str(path) for path in files]
    if output.as_json:
        output.json({"files": paths})
        return 0
    output.text(*(f"wrote {path}" for path in paths), f"next: blocs check {shlex.quote(paths[0])}")
    return 0


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
            ),
            run=run_case,
            options=(
                Option(("name",), "name of the case: small letters, digits and hyphens", {"metavar": "NAME"}),
                Option(
                    ("--theory",),
                    "theory that the case belongs to: a name or a path",
                    {"metavar": "THEORY", "default": "patron-client"},
                ),
                FOLDER,
            ),
        ),
    ),
)
