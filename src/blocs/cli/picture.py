"""``blocs figure CASE KIND`` and ``blocs table CASE KIND``: one figure or one table of a case, for a paper."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, MOST_DRAWS, setting, whole

if TYPE_CHECKING:
    from blocs.report.findings import Findings

# the kinds stand here too, so that help and mistakes cost no import; a test holds them in step with what is made
FIGURES = ("outcomes", "history", "options", "survival", "reasons", "alternatives", "drivers", "relations", "beliefs")
TABLES = (
    "outcomes", "history", "expected", "options", "survival", "reasons", "alternatives", "drivers", "relations",
    "beliefs", "facts",
)  # fmt: skip
FORMATS = ("latex", "csv", "markdown")

_CASE = Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"})
_SHARED = (
    Option(
        ("--draws",), "how many draws of the parameters", {"metavar": "N", "type": whole(1, MOST_DRAWS), "default": 256}
    ),
    Option(("--seed",), "seed of the draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
    PRIOR,
    POSTERIOR,
    Option(
        ("--set",),
        "give a fact or a parameter this value; may be repeated",
        {"metavar": "NAME=VALUE", "type": setting, "action": "append", "default": []},
    ),
)


def _findings(arguments: Namespace, output: Output) -> Findings:
    import blocs
    from blocs.report.findings import Findings

    chose, settings = chosen(arguments), dict(arguments.set)
    case = chose.case
    with progress(output, "solving") as report:
        done = blocs.run(
            case,
            draws=chose.draws(arguments.draws),
            centre=chose.centre,
            seed=arguments.seed,
            settings=settings,
            progress=report,
        )
    held = {name: value for name, value in settings.items() if name not in case.theory_spec.facts}
    return Findings(done, settings=held)


def figure(arguments: Namespace, output: Output) -> int:
    """Draw the figure and write it."""
    from blocs.report.figures.palette import NARROW, WIDE
    from blocs.report.figures.saving import format_of, save_figure
    from blocs.report.gallery import draw_figure

    form = format_of(arguments.out)  # before the work, not after it
    drawn = draw_figure(_findings(arguments, output), arguments.kind, NARROW if arguments.narrow else WIDE)
    path = save_figure(drawn, arguments.out)
    if output.as_json:
        output.json({"kind": arguments.kind, "format": form, "file": str(path)})
    else:
        output.note(f"wrote {path}")
    return 0


def table(arguments: Namespace, output: Output) -> int:
    """Print the table, or write it."""
    from blocs.language.writing import write_atomically
    from blocs.report.tables import KINDS

    made = KINDS[arguments.kind](_findings(arguments, output))
    if output.as_json:
        output.json({"title": made.title, "head": list(made.head), "rows": [list(row) for row in made.rows]})
        return 0
    text = made.text(arguments.format)
    if arguments.out is None:
        output.text(text.rstrip("\n"))
    else:
        write_atomically(arguments.out, text)
        output.note(f"wrote {arguments.out}")
    return 0


FIGURE = Command(
    name="figure",
    summary="draw one figure of a case as SVG, PDF or PNG",
    examples=(
        ("blocs figure sino-albanian-1961 outcomes --out outcomes.pdf", "how it may end, for a paper"),
        ("blocs figure sino-albanian-1961 history --draws 64 --out history.svg", "the real course over the solved one"),
    ),
    run=figure,
    options=(
        _CASE,
        Option(("kind",), "what to draw", {"choices": FIGURES}),
        Option(
            ("--out",),
            "file to write; its ending says the format: .svg, .pdf or .png",
            {"metavar": "FILE", "type": Path, "required": True},
        ),
        Option(("--narrow",), "as narrow as a column or a phone", {"action": "store_true"}),
        *_SHARED,
    ),
)

TABLE = Command(
    name="table",
    summary="print one table of a case as LaTeX, CSV or Markdown",
    examples=(
        ("blocs table sino-albanian-1961 outcomes --format latex", "how it may end, for a paper"),
        ("blocs table sino-albanian-1961 facts --format csv --out facts.csv", "the facts with their sources"),
    ),
    run=table,
    options=(
        _CASE,
        Option(("kind",), "what to tabulate", {"choices": TABLES}),
        Option(("--format",), "how to write it", {"choices": FORMATS, "default": "markdown"}),
        Option(("--out",), "write into this file instead of printing", {"metavar": "FILE", "type": Path}),
        *_SHARED,
    ),
)
