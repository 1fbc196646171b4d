"""``blocs cite CASE``: what a paper that uses a case must cite."""

from __future__ import annotations

from argparse import Namespace

from blocs.cli.command import Command, Option
from blocs.cli.output import Output

STYLES = ("bibtex", "apa")


def run(arguments: Namespace, output: Output) -> int:
    """Print the sources of the case and of the methods."""
    import blocs
    from blocs.report.citing import to_cite

    found = to_cite(blocs.load(arguments.case))
    if output.as_json:
        output.json({"case": arguments.case} | found.to_json())
    else:
        output.text(found.text(arguments.style).rstrip("\n"))
    return 0


CITE = Command(
    name="cite",
    summary="print what a paper must cite: blocs, the methods, and the sources of a case and its theory",
    examples=(
        ("blocs cite sino-albanian-1961", "BibTeX entries for a bibliography"),
        ("blocs cite sino-albanian-1961 --style apa", "the same in words"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--style",), "how to print them; --json gives CSL-JSON", {"choices": STYLES, "default": "bibtex"}),
    ),
)
