"""``blocs check FILE...``: every mistake in theories and cases, at once, with its place."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Command, Option
from blocs.cli.output import Output, count
from blocs.errors import InputError, Problem

if TYPE_CHECKING:
    from blocs.language.load import Examined


def run(arguments: Namespace, output: Output) -> int:
    """Check each file and print what is wrong with it."""
    reports = [_report(name, states=not arguments.quick) for name in arguments.files]
    problems = [problem for report in reports for problem in report["problems"]]
    fatal = [problem for problem in problems if problem.severity == "error" or arguments.strict]
    output.problems(problems, "nothing was solved" if fatal else "")
    if output.as_json:
        shown = [report | {"problems": [problem.to_json() for problem in report["problems"]]} for report in reports]
        output.json({"sound": not fatal, "files": shown})
    else:
        for report in reports:
            output.text(f"{report['file']}: {report['said']}")
    return InputError.exit_code if fatal else 0


def _report(name: str, states: bool) -> dict[str, Any]:
    from blocs.language.load import examine

    examined = examine(name)
    problems = list(examined.problems)
    subject = examined.subject
    kind = "" if subject is None else type(subject).__name__.lower()
    if states and kind == "case" and not examined.errors:
        from blocs.game.inspect import inspect_case

        problems += [problem for problem in inspect_case(subject) if problem not in problems]  # type: ignore[arg-type]
    return {
        "file": name,
        "kind": kind,
        "said": _said(examined, kind, problems),
        "coverage": _coverage(examined, kind),
        "problems": problems,
    }


def _said(examined: Examined, kind: str, problems: list[Problem]) -> str:
    """Say in a line what the file is, how well it is sourced, and how many problems it has."""
    subject, found = examined.subject, count(problems)
    if subject is None:
        return found
    parts = [f"{kind} {getattr(subject, kind)}", found]
    if kind == "case":
        from blocs.language.coverage import coverage

        parts.insert(1, str(coverage(subject)))  # type: ignore[arg-type]
    return "; ".join(parts)


def _coverage(examined: Examined, kind: str) -> dict[str, int] | None:
    if kind != "case":
        return None
    from blocs.language.coverage import coverage

    found = coverage(examined.subject)  # type: ignore[arg-type]
    return {"sourced": found.sourced, "assumed": found.assumed, "missing": found.missing}


CHECK = Command(
    name="check",
    summary="find every mistake in theory and case files, with its line and the likely remedy",
    details=(
        "Errors make a file unusable and the exit code 1. Warnings, such as a bare value without a source, are told\n"
        "only, unless --strict is given. A case is compiled too: options that nobody can ever take, ends without an\n"
        "outcome, probabilities outside 0 to 1 and moves of the history that were not possible show only in its states."
    ),
    examples=(
        ("blocs check my-crisis/case.yaml", "check one case, with its theory and its bibliography"),
        ("blocs check theories/*.yaml --strict", "check several files; warnings fail too"),
    ),
    run=run,
    options=(
        Option(("files",), "theory or case files, or names of shipped ones", {"metavar": "FILE", "nargs": "+"}),
        Option(("--strict",), "let warnings fail as errors do", {"action": "store_true"}),
        Option(("--quick",), "leave out what only the reachable states of a case show", {"action": "store_true"}),
    ),
)
