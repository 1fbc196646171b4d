"""``blocs compare CASE``: the case as it was beside the case under other circumstances."""

from __future__ import annotations

import shlex
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.cli.beliefs import GRID, USUAL_COMPARED, USUAL_TYPED, on_grid, usual_draws
from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, Chosen, chosen, words
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, MOST_DRAWS, setting, whole

if TYPE_CHECKING:
    from blocs.forecast.compare import Comparison
    from blocs.forecast.whatif import WhatIf

DETAILS = """\
All alternatives are solved on the same draws as the case as it was, so that differences are paired, draw by draw.
With no change given, the alternatives written in the case file are compared. --name begins a new alternative: what
follows it, up to the next --name, belongs to it. --force makes a role take an option in one step wherever it is legal
then."""


class _Change(Action):
    """Keep the order of changes, so that each belongs to the --name before it."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option: str | None = None,
    ) -> None:
        """Append the change."""
        del parser
        namespace.changes = [*(getattr(namespace, "changes", None) or []), ((option or "").lstrip("-"), values)]


def run(arguments: Namespace, output: Output) -> int:
    """Solve the alternatives and print them side by side."""
    import blocs
    from blocs.forecast.compare import compare
    from blocs.forecast.whatif import named_alternatives

    chose = chosen(arguments)
    case = chose.case
    asked = what_ifs(arguments.changes or [])
    if arguments.alternative or not asked:
        asked = [*named_alternatives(case, arguments.alternative or None), *asked]
    if not asked:
        raise blocs.InputError(f"the case {case.case} offers no alternatives; give a change, such as --without OPTION")
    with progress(output, "solving") as report:
        comparison = compare(
            case,
            asked,
            draws=chose.draws(usual_draws(case, arguments.draws, USUAL_COMPARED)),
            seed=arguments.seed,
            progress=report,
            beliefs=on_grid(case, arguments.grid),
        )
    if output.as_json:
        output.json({"case": case.case, "version": blocs.__version__, **comparison.to_json()})
    else:
        from blocs.report.comparing import print_comparison

        print_comparison(output.console(), comparison)
    if arguments.report is not None:
        _report(arguments, output, chose, asked, comparison)
    return 0


def _report(
    arguments: Namespace, output: Output, chose: Chosen, asked: Sequence[WhatIf], comparison: Comparison
) -> None:
    """Write the page of the case as it was, with these alternatives."""
    import blocs
    from blocs.report.findings import Findings
    from blocs.report.html.page import write_report

    with progress(output, "solving the case for the report") as report:
        done = blocs.run(
            chose.case,
            draws=comparison.baseline.draws,
            centre=chose.centre,
            progress=report,
            beliefs=on_grid(chose.case, arguments.grid),
        )
    path = write_report(Findings(done, _command(arguments), asked=asked), arguments.report)
    output.note(f"wrote {path}")


def _command(arguments: Namespace) -> str:
    line = ["blocs", "compare", str(arguments.case)]
    for name in arguments.alternative:
        line += ["--alternative", name]
    for kind, value in arguments.changes or []:
        line += [f"--{kind}", _show(value)]
    for flag in ("draws", "grid"):
        if getattr(arguments, flag) is not None:
            line += [f"--{flag}", str(getattr(arguments, flag))]
    return shlex.join([*line, "--seed", str(arguments.seed), *words(arguments)])


def what_ifs(changes: Sequence[tuple[str, Any]]) -> list[WhatIf]:
    """Group changes into alternatives: each --name begins one."""
    from blocs.forecast.whatif import WhatIf

    groups: list[tuple[str, list[tuple[str, Any]]]] = []
    for kind, value in changes:
        if kind == "name":
            groups.append((value, []))
        else:
            if not groups:
                groups.append(("", []))
            groups[-1][1].append((kind, value))
    found = []
    for name, mine in groups:
        told = "; ".join(f"{kind} {_show(value)}" for kind, value in mine)
        found.append(
            WhatIf(
                name=name or told,
                set=dict(value for kind, value in mine if kind == "set"),
                start=dict(value for kind, value in mine if kind == "start"),
                without=tuple(value for kind, value in mine if kind == "without"),
                force=tuple(value for kind, value in mine if kind == "force"),
            )
        )
    return found


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        name, what = value
        return f"{name}={str(what).lower() if isinstance(what, bool) else what}"
    return str(value)


def _change(flag: str, help: str, metavar: str, **settings: Any) -> Option:
    return Option((flag,), help, {"metavar": metavar, "action": _Change, "dest": "changes", **settings})


COMPARE = Command(
    name="compare",
    summary="what if: the case as it was beside alternatives, on the same draws",
    details=DETAILS,
    examples=(
        ("blocs compare sino-albanian-1961", "every alternative that the case file offers"),
        (
            "blocs compare sino-albanian-1961 --name border --set land_route=true --name peaceful --without invade",
            "two alternatives of one's own",
        ),
        (
            'blocs compare sino-albanian-1961 --force "1960-07 patron hold" --draws 64',
            "what if the patron had done nothing inside the country in July 1960",
        ),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(
            ("--alternative",),
            "an alternative of the case file, by name; may be repeated",
            {"metavar": "NAME", "action": "append", "default": []},
        ),
        _change("--name", "begin an alternative of this name", "NAME"),
        _change("--set", "give a fact or a parameter this value", "NAME=VALUE", type=setting),
        _change("--start", "begin with a state variable at this value", "NAME=VALUE", type=setting),
        _change("--without", "take an option away (`stage: option` where the name is used twice)", "OPTION"),
        _change("--force", "DATE ROLE OPTION: make a role take an option in one step", "MOVE"),
        Option(
            ("--draws",),
            f"how many draws of the parameters; {USUAL_COMPARED}, or {USUAL_TYPED} where roles have private types",
            {"metavar": "N", "type": whole(1, MOST_DRAWS)},
        ),
        GRID,
        Option(("--seed",), "seed of the draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        PRIOR,
        POSTERIOR,
        Option(
            ("--report",),
            "write a report of the case with these alternatives into this file: one page of HTML that needs no network",
            {"metavar": "FILE", "type": Path},
        ),
    ),
)
