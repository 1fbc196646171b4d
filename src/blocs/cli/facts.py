"""``blocs facts CASE --from DIR``: the facts of a case beside the standard data files of the field."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.cli.values import whole
from blocs.errors import InputError, Problem

if TYPE_CHECKING:
    from blocs.interop.field.checking import FieldReport
    from blocs.language.case import Case


def run(arguments: Namespace, output: Output) -> int:
    """Show what data say, and with --write fill in what the case leaves out or assumes."""
    from blocs.interop.field.checking import check_facts
    from blocs.language.load import load_case
    from blocs.report.field import field_json, print_field

    case = load_case(arguments.case)
    with progress(output, "reading the data files") as told:
        report = check_facts(case, arguments.folder, arguments.year, told)
    written = _write(case, report) if arguments.write else []
    if output.as_json:
        output.json({"case": case.case, **field_json(report), "written": written})
        return 0
    print_field(output.console(), report, case.title or case.case)
    fills = [check.name for check in report.facts if check.fills]
    if written:
        output.text("", f"filled in: {', '.join(fills)}", *(f"wrote {file}" for file in written))
    elif fills:
        output.text("", f"--write would fill in: {', '.join(fills)}")
    elif arguments.write:
        output.text("", "nothing to fill in: no fact is missing or assumed of which the data speak plainly")
    return 0


def _write(case: Case, report: FieldReport) -> list[str]:
    """Fill in the case's file and its bibliography; return the files that were written."""
    from blocs.interop.field.checking import cited_items, filled
    from blocs.language.reading import read_document
    from blocs.language.writing import edit
    from blocs.library import ROOT

    changes = filled(case, report.facts)
    if not changes:
        return []
    found = case.origins.find(())
    file = found[0].file if found is not None else ""
    if Path(file).resolve().is_relative_to(ROOT):
        hint = "copy its folder and give the path of the copy"
        raise InputError(Problem("the cases that ship with blocs are not written to", file, hint=hint))
    if case.sources is None:
        hint = "add `sources: bibliography.yaml` and that file with `[]` in it"
        raise InputError(case.origins.problem((), "the case names no bibliography for the data sets", hint))
    book = os.path.join(os.path.dirname(file), case.sources)
    items = read_document(book, "list").data
    known = {item.get("id") for item in items if isinstance(item, dict)}
    fresh = [item for item in cited_items(report.facts) if item["id"] not in known]
    if fresh:
        edit(book, {(len(items) + number,): item for number, item in enumerate(fresh)})
    edit(file, changes)
    return [*([book] if fresh else []), file]


FACTS = Command(
    name="facts",
    summary="hold the facts of a case against the standard data files of the field, or fill them in",
    details=(
        "The files lie in a folder of yours: capabilities, alliances, contiguity, distance, ruggedness, trade,\n"
        "democracy, memberships and disputes, under the names by which the projects publish them or those of the\n"
        "R package peacesciencer, compressed or not. States are looked up by the case's `cow:`, the year is that of\n"
        "its start.\n"
        "A fact of which the theory names a `measure` is compared; what else the data say of the states follows.\n"
        "Where data and case differ, both are shown and the case stays as it is. docs/data.md lists files and traps."
    ),
    examples=(
        ("blocs facts my-crisis --from ~/data/peace", "what the data say, and where the case differs"),
        ("blocs facts my-crisis --from ~/data/peace --write", "fill in what is missing or assumed, with its source"),
        ("blocs facts sino-albanian-1961 --from ~/data/peace --year 1959", "the year before the start"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or the path of one", {"metavar": "CASE"}),
        Option(
            ("--from",),
            "folder with the data files",
            {"metavar": "DIR", "type": Path, "dest": "folder", "required": True},
        ),
        Option(
            ("--year",),
            "year of the data; that in which the case begins when left out",
            {"metavar": "YEAR", "type": whole(1816, 2100)},
        ),
        Option(
            ("--write",),
            "fill in what the case leaves out or assumes; comments and order stay",
            {"action": "store_true"},
        ),
    ),
)  # fmt: skip
