"""``blocs sources``: the texts that cases cite, kept on this computer and held against the citations."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output

KEY = Option(("key",), "key of the source in the bibliography", {"metavar": "KEY"})


def run_attach(arguments: Namespace, output: Output) -> int:
    """Read a document, number its sentences and keep it."""
    return 0


def run_check(arguments: Namespace, output: Output) -> int:
    """Hold the sentences that a case cites against the attached texts."""
    return 0


def run_list(arguments: Namespace, output: Output) -> int:
    """List what is attached."""
    return 0


def run_detach(arguments: Namespace, output: Output) -> int:
    """Forget a text."""
    return 0


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
