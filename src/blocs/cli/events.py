"""``blocs events CASE --from FILE``: what data on sanctions code for the states of a case, beside its history."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import whole
from blocs.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from blocs.language.case import Case


def run(arguments: Namespace, output: Output) -> int:
    """List the coded episodes and how they line up with the history."""
    from blocs.interop.lining_up import line_up
    from blocs.interop.sanctions import read_episodes
    from blocs.language.load import load_case
    from blocs.report.sanctions import lines_json, print_lines

    case = load_case(arguments.case)
    dyad = _dyad(arguments.between, case)
    found = read_episodes(arguments.file, {role: case.roles[role] for role in dyad})
    lines, moves = line_up(case, found.episodes, dyad, arguments.window)
    if output.as_json:
        output.json(lines_json(case, found, lines, moves, arguments.window))
    else:
        names = " and ".join(case.roles[role].actor for role in dyad)
        print_lines(output.console(), case, found, lines, moves, arguments.window, names)
    return 0


def _dyad(roles: list[str] | None, case: Case) -> tuple[str, str]:
    """Return the two roles that are asked about: those given, or the first two of the theory that the case has."""
    first, second = roles or [role for role in case.whole_theory.roles if role in case.roles][:2]
    unknown = [role for role in (first, second) if role not in case.roles]
    if unknown or first == second:
        hint = f"it has {', '.join(case.roles)}"
        raise InputError(
            [Problem(f"the case has no role `{role}`", hint=nearest(role[:60], case.roles) or hint) for role in unknown]
            or Problem("a state does not sanction itself; give two roles", hint=hint)
        )
    return first, second


EVENTS = Command(
    name="events",
    summary="line up what data on sanctions code for the states of a case with its history",
    details=(
        "The file is a table in the layout of TIES (states by `cow:`) or of GSDB (states by name), as CSV or CSV.gz.\n"
        "Sanctions of the history are the moves whose option is a SANCTION by its PLOVER type; what each of the two\n"
        "roles does counts as done to the other. An episode belongs to the nearest sanction of its sender within the\n"
        "window; what is missing on either side is shown in bold."
    ),
    examples=(
        ("blocs events sino-albanian-1961 --from ties.csv", "what TIES codes between the three states"),
        ("blocs events my-crisis --from gsdb.csv --window 12", "dates up to a year apart count as the same"),
        ("blocs events my-crisis --from gsdb.csv --between rival client", "what passed between these two"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or the path of one", {"metavar": "CASE"}),
        Option(("--from",), "table of episodes", {"metavar": "FILE", "type": Path, "dest": "file", "required": True}),
        Option(
            ("--between",),
            "two roles; the first two of the theory when left out",
            {"metavar": "ROLE", "nargs": 2},
        ),
        Option(
            ("--window",),
            "how many months apart an episode and an event may begin (default: 6)",
            {"metavar": "MONTHS", "type": whole(0, 120), "default": 6},
        ),
    ),
)
