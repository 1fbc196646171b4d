"""``blocs cases``: the crises that ship with blocs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from blocs.language.case import Case


def run(arguments: Namespace, output: Output) -> int:
    """List the cases that a search and an outcome leave."""
    from blocs.language.load import glance
    from blocs.library import list_cases, list_variants

    cases = glance(list_cases())
    if arguments.outcome is not None:
        wanted = _outcome(arguments.outcome, cases)
        cases = [case for case in cases if case.outcome == wanted]
    words = " ".join(arguments.search or ()).casefold().split()
    shown = [described for described in map(_described, cases) if _answers(described, words)]
    if output.as_json:
        output.json({"cases": shown})
        return 0
    if not shown:
        output.text("no shipped case answers; `blocs cases` lists all")
        return 0
    _print(shown, output)
    variants = [name for name in list_variants() if any(name.startswith(f"{case['case']}-") for case in shown)]
    if variants:
        output.text("", f"The same crises under another theory: {', '.join(variants)}")
    return 0


def _outcome(name: str, cases: list[Case]) -> str:
    """Return the outcome of the cases' theories that is meant."""
    known = list(dict.fromkeys(outcome for case in cases for outcome in case.whole_theory.outcomes))
    found = {outcome.casefold(): outcome for outcome in known}.get(" ".join(name.casefold().split()))
    if found is None:
        hint = nearest(name[:60], known) or f"there are {', '.join(known)}"
        raise InputError(Problem(f"no theory of the shipped cases has an outcome `{name[:60]}`", hint=hint))
    return found


def _answers(case: dict[str, Any], words: Sequence[str]) -> bool:
    """Whether every word stands somewhere in what is said of a case."""
    parts = [case[key] for key in ("case", "title", "summary", "theory", "years", "outcome")]
    said = " ".join([*parts, *case["roles"].values()]).casefold()
    return all(word in said for word in words)


def _described(case: Case) -> dict[str, Any]:
    from blocs.language.coverage import coverage

    first, last, sourced = case.calendar.label(0), case.calendar.label(case.calendar.steps - 1), coverage(case)
    return {
        "case": case.case,
        "title": case.title,
        "summary": case.summary.strip(),
        "theory": case.theory,
        "from": first,
        "to": last,
        "years": first[:4] if first[:4] == last[:4] else f"{first[:4]}-{last[2:4]}",
        "step": case.calendar.step,
        "roles": {role: actor.actor for role, actor in case.roles.items()},
        "moves": len(case.history),
        "statements": sourced.total,
        "sourced": sourced.sourced,
        "assumed": sourced.assumed,
        "outcome": case.outcome or "",
    }


def _print(cases: list[dict[str, Any]], output: Output) -> None:
    from rich import box
    from rich.table import Table

    # narrow gaps, so that a line of a hundred and ten characters holds every name unbroken
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("case", no_wrap=True)
    table.add_column("years", no_wrap=True)
    roles = list(dict.fromkeys(role for case in cases for role in case["roles"]))
    for head in roles:
        table.add_column(head, min_width=_longest_word(case["roles"].get(head, "") for case in cases))
    table.add_column("outcome", min_width=_longest_word(case["outcome"] for case in cases))
    table.add_column("moves", justify="right")
    table.add_column("sourced", justify="right")
    for case in cases:
        share = f"{case['sourced'] / max(case['statements'], 1):.0%}".replace("%", " %")
        actors = (case["roles"].get(role, "") for role in roles)
        table.add_row(case["case"], case["years"], *actors, case["outcome"], str(case["moves"]), share)
    output.console().print(table)


def _longest_word(texts: Iterable[str]) -> int:
    """Return the width that a column needs for no word to be broken."""
    return max((len(word) for text in texts for word in text.split()), default=0)


CASES = Command(
    name="cases",
    summary="list the crises that ship with blocs",
    examples=(
        ("blocs cases", "years, who played which role, how it ended, and how much rests on sources"),
        ("blocs cases --search 'albania 1961'", "those in whose name, title, summary or roles both words stand"),
        ("blocs cases --outcome 'exit to the rival'", "those that ended so"),
    ),
    run=run,
    options=(
        Option(("--search",), "only cases in which every word of TEXT stands", {"metavar": "TEXT", "nargs": "+"}),
        Option(("--outcome",), "only cases that ended so: an outcome of the theory", {"metavar": "NAME"}),
    ),
)
