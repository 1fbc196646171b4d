"""``blocs publish DIR``: the library as a static site, which needs neither a server nor a network."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.beliefs import USUAL, USUAL_TYPED
from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, MOST_DRAWS, whole

if TYPE_CHECKING:
    from blocs.web.publish.build import Published
    from blocs.web.publish.selection import Chosen

DETAILS = """\
The folder holds an index with the network of blocs and a search, and for each case a page with its story, time line,
forecast, reasons, alternatives and sources, and its files to take along: YAML, CSV and BibTeX, described as an RO-Crate
and as a Frictionless data package. Open index.html, or put the folder on any web server.

A case that has not changed since it was published into the folder is not solved again. The new site is put in the
place of the old one in one step: until then the old one stands whole. Files in the folder that are not of the site are
kept."""

# longer than any title or byline that somebody would read
LONGEST = 300


def run(arguments: Namespace, output: Output) -> int:
    """Choose, solve, write, and tell what was done."""
    from blocs.errors import UsageError
    from blocs.web.publish.build import publish
    from blocs.web.publish.selection import choose
    from blocs.web.publish.settings import Licence, Publication

    for said in (arguments.title, arguments.licence or "", *arguments.author):
        if len(said) > LONGEST or not said.isprintable():
            raise UsageError(f"titles, authors and licences are at most {LONGEST} letters on one line")
    chosen = choose(arguments.cases, arguments.theory or "")
    publication = Publication(
        title=" ".join(arguments.title.split()) or chosen[0].title,
        authors=tuple(author.strip() for author in arguments.author if author.strip()),
        licence=Licence.of(arguments.licence.strip()) if (arguments.licence or "").strip() else None,
        draws=arguments.draws,
        seed=arguments.seed,
        command=_command(arguments, chosen),
    )
    with progress(output, "publishing, per cent of each case") as report:
        done = publish(arguments.folder, chosen, publication, progress=report)
    if output.as_json:
        output.json(done.to_json())
    else:
        output.text(_told(done))
    return 0


def _told(done: Published) -> str:
    kept = len(done.entries) - len(done.solved)
    lines = [
        f"{done.folder / 'index.html'}",
        f"  {len(done.entries)} cases ({len(done.solved)} solved, {kept} unchanged since the last time), "
        f"{done.files} files, {done.size / 1e6:.1f} MB, {done.seconds:.0f} s",
    ]
    if done.removed:
        lines.append(f"  {len(done.removed)} files of the earlier site are gone, such as {done.removed[0]}")
    return "\n".join(lines)


def _command(arguments: Namespace, chosen: list[Chosen]) -> str:
    """Return the command line as others can give it: without places on this computer."""
    words = ["blocs", "publish", "site"]
    if arguments.cases:
        shipped = all(one.shipped for one in chosen)
        words += ["--cases", *([one.case.case for one in chosen] if shipped else ["cases"])]
    if arguments.draws is not None:
        words += ["--draws", str(arguments.draws)]
    words += ["--seed", str(arguments.seed)]
    for name in ("theory", "title", "licence"):
        value = getattr(arguments, name)
        if value and value != _OPTIONS[name].settings.get("default"):
            words += [f"--{name}", value]
    for author in arguments.author:
        words += ["--author", author]
    return shlex.join(words)


_OPTIONS = {
    "theory": Option(("--theory",), "only the cases that are written under this theory", {"metavar": "NAME"}),
    "title": Option(("--title",), "title of the site", {"metavar": "TEXT", "default": "Crises inside alliance blocs"}),
    "licence": Option(
        ("--licence",),
        "licence of text and data: an SPDX identifier such as CC-BY-4.0, an address, or words; cases that ship with "
        "blocs are under Apache-2.0 where nothing is said",
        {"metavar": "TEXT"},
    ),
}

PUBLISH = Command(
    name="publish",
    summary="write the library of cases as a static site: pages, search, and files to take along",
    details=DETAILS,
    examples=(
        ("blocs publish site", "all cases that ship with blocs; open site/index.html"),
        (
            'blocs publish site --cases my-cases --title "My crises" --author "A. Scholar" --licence CC-BY-4.0',
            "every case in the folders of my-cases, with a byline and a licence",
        ),
        ("blocs publish site --cases hungarian-1956 polish-1980 --draws 64 --json", "two cases, over fewer draws"),
    ),
    run=run,
    options=(
        Option(
            ("folder",),
            "a new or empty folder, or one that was published into before",
            {"metavar": "DIR", "type": Path},
        ),
        Option(
            ("--cases",),
            "names of shipped cases, case files, folders of a case, or folders of such folders; all shipped ones by "
            "default",
            {"metavar": "CASE", "nargs": "+", "default": []},
        ),
        Option(
            ("--draws",),
            f"over how many draws each case is solved; {USUAL}, or {USUAL_TYPED} where roles have private types",
            {"metavar": "N", "type": whole(1, MOST_DRAWS)},
        ),
        Option(("--seed",), "seed of the draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        _OPTIONS["theory"],
        _OPTIONS["title"],
        Option(
            ("--author",),
            "who is named in the byline; may be repeated",
            {"metavar": "NAME", "action": "append", "default": []},
        ),
        _OPTIONS["licence"],
    ),
)
