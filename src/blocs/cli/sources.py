"""``blocs sources``: the texts that cases cite, kept on this computer and held against the citations."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.errors import InputError

# enough of a sentence to recognise it on a line
SHOWN = 90

KEY = Option(("key",), "key of the source in the bibliography", {"metavar": "KEY"})


def run_attach(arguments: Namespace, output: Output) -> int:
    """Read a document, number its sentences and keep it."""
    from blocs.sources.store import attach

    passage = attach(arguments.key, arguments.file).passage
    if output.as_json:
        output.json({"key": arguments.key, "record": passage.record(), "passage": passage.to_json()})
        return 0
    output.text(f"{arguments.key}: {passage.title or 'no title'}")
    output.text(*(f"  s{one.number:<3} {_short(one.text)}" for one in passage.sentences))
    if passage.byline:
        output.text(f"published by {passage.byline}")
    output.text(*(f"cites {line.text}" for line in passage.citations))
    reasons = Counter(line.reason for line in passage.dropped)
    if reasons:
        listed = ", ".join(f"{number} of {reason}" for reason, number in reasons.items())
        output.text(f"left out {len(passage.dropped)} lines: {listed}")
    output.text(f"{len(passage.sentences)} sentences are kept on this computer; cite them as {arguments.key}@s1")
    return 0


def run_check(arguments: Namespace, output: Output) -> int:
    """Hold the sentences that a case cites against the attached texts."""
    import blocs
    from blocs.report.provenance import check_sources, print_provenance, problems_of, report_to_json

    case = blocs.load(arguments.case)
    reports = check_sources(case)
    if output.as_json:
        output.json(report_to_json(case, reports))
    elif reports:
        for report in reports:
            print_provenance(output.console(), report)
    else:
        output.text("no source of this case is cited by sentence")
    problems = problems_of(reports)
    output.problems(problems)
    return InputError.exit_code if any(problem.severity == "error" for problem in problems) else 0


def run_list(arguments: Namespace, output: Output) -> int:
    """List what is attached."""
    del arguments  # there are none but --json
    from blocs.sources.store import all_attached, data_folder

    found = all_attached()
    if output.as_json:
        rows = [
            {"key": one.key, "file": one.file, "sentences": len(one.passage.sentences), "title": one.passage.title}
            for one in found
        ]
        output.json({"folder": str(data_folder()), "sources": rows})
        return 0
    for one in found:
        output.text(f"{one.key}  {len(one.passage.sentences)} sentences, from {one.file}: {_short(one.passage.title)}")
    if not found:
        output.text("no text is attached; see `blocs sources attach --help`")
    return 0


def run_detach(arguments: Namespace, output: Output) -> int:
    """Forget a text."""
    from blocs.sources.store import detach, require

    require(arguments.key)  # says what is attached when this key is not
    detach(arguments.key)
    if output.as_json:
        output.json({"detached": arguments.key})
    else:
        output.text(f"forgot the text of {arguments.key}")
    return 0


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


SOURCES = Command(
    name="sources",
    summary="keep the texts that cases cite, and check what rests on each of their sentences",
    examples=(
        ("blocs sources attach passage passage.txt", "number the sentences of a document and keep it"),
        ("blocs sources check sino-albanian-1961", "verify the cited sentences and see what rests on each"),
    ),
    commands=(
        Command(
            name="attach",
            summary="read a document of plain text or HTML, number its sentences and keep it on this computer",
            details=(
                "Navigation, share buttons and reply forms are left out; quotations, citations and bylines are told\n"
                "apart. The text is kept in your data folder and never in a project."
            ),
            examples=(("blocs sources attach passage passage.txt", "attach a text to the key `passage`"),),
            run=run_attach,
            options=(
                KEY,
                Option(("file",), "document to read: plain text or HTML", {"metavar": "FILE", "type": Path}),
            ),
        ),
        Command(
            name="check",
            summary="verify the sentences that a case cites and show what rests on each of them",
            examples=(("blocs sources check sino-albanian-1961", "sentence by sentence"),),
            run=run_check,
            options=(Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),),
        ),
        Command(
            name="list",
            summary="list the texts that are kept on this computer",
            examples=(("blocs sources list", "keys, numbers of sentences and titles"),),
            run=run_list,
        ),
        Command(
            name="detach",
            summary="forget the text of a source",
            examples=(("blocs sources detach passage", "remove the text from your data folder"),),
            run=run_detach,
            options=(KEY,),
        ),
    ),
)
