"""``blocs run CASE``: solve a case over draws of its parameters and tell how it may end."""

from __future__ import annotations

import shlex
from argparse import Namespace
from pathlib import Path

from blocs.cli.beliefs import GRID, USUAL, USUAL_TYPED, on_grid, usual_draws
from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen, words
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, MOST_DRAWS, setting, whole

DETAILS = """\
Each draw is one value for every parameter (from a scrambled Sobol sequence, so that few draws cover them evenly). A
shipped theory was fitted to the histories of the shipped cases; its parameters are drawn from that fit. A case that was
among them is forecast with the fit to the others, so that no forecast comes from parameters that saw what happened; the
output says which. --prior draws from the priors of theory and case instead, --posterior from a fit of your own. The
game is solved exactly for each draw: the spread between draws is what we do not know about the parameters, the
probabilities within one are what the actors leave open."""


def run(arguments: Namespace, output: Output) -> int:
    """Solve, forecast, print, and write the files that were asked for."""
    import blocs

    chose = chosen(arguments)
    case = chose.case
    _announce_compilation(output)
    arguments.draws = usual_draws(case, arguments.draws)
    with progress(output, "solving") as report:
        done = blocs.run(
            case,
            draws=chose.draws(arguments.draws),
            centre=chose.centre,
            seed=arguments.seed,
            settings=dict(arguments.set),
            progress=report,
            beliefs=on_grid(case, arguments.grid),
            force=arguments.force,
        )
    if output.as_json:
        from blocs.report.reproducing import run_to_json

        output.json(run_to_json(done))
    else:
        from blocs.report.terminal import print_run

        print_run(output.console(), done, _command(arguments), holds=arguments.holds)
    if arguments.report is not None:
        from blocs.report.findings import Findings
        from blocs.report.html.page import write_report

        held = {name: value for name, value in arguments.set if name not in case.theory_spec.facts}
        path = write_report(Findings(done, _command(arguments), held), arguments.report)
        output.note(f"wrote {path}")
    if arguments.out is not None:
        from blocs.report.files import write_run

        for path in write_run(done, arguments.out):
            output.note(f"wrote {path}")
    return 0


def _announce_compilation(output: Output) -> None:
    """Say that the first run takes longer, where the compiled kernels are not on disk yet."""
    from blocs.game import kernels

    folder = Path(str(kernels.backward.stats.cache_path))
    source = Path(kernels.__file__ or "").stat().st_mtime
    if not any(path.stat().st_mtime > source for path in folder.glob("kernels.backward-*.nbi")):
        output.note("Compiling the numerical kernels for this computer; this is done once and takes a moment.")


def _command(arguments: Namespace) -> str:
    line = ["blocs", "run", str(arguments.case), "--draws", str(arguments.draws), "--seed", str(arguments.seed)]
    if arguments.grid is not None:
        line += ["--grid", str(arguments.grid)]
    line += words(arguments)
    for name, value in arguments.set:
        shown = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
        line += ["--set", f"{name}={shown}"]
    for move in arguments.force:
        line += ["--force", move]
    return shlex.join(line)


RUN = Command(
    name="run",
    summary="solve a case and tell how it may end, with the real history beside the solved path",
    details=DETAILS,
    examples=(
        ("blocs run sino-albanian-1961", "solve the shipped case over 256 draws"),
        ("blocs run sino-albanian-1961 --draws 64 --seed 7 --json", "fewer draws, another seed, as JSON"),
        ("blocs run sino-albanian-1961 --set land_route=true", "change a fact: what if there had been a land route?"),
        ('blocs run sino-albanian-1961 --force "1960-07 patron hold" --report held.html', "force a move"),
        ("blocs run my-crisis/case.yaml --out results", "write forecast.json, outcomes.csv and decisions.csv too"),
        ("blocs run sino-albanian-1961 --report albania.html", "write a page with figures, reasons and sources too"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(
            ("--draws",),
            f"how many draws of the parameters; a power of two covers them best; {USUAL}, or {USUAL_TYPED} where roles "
            "have private types",
            {"metavar": "N", "type": whole(1, MOST_DRAWS)},
        ),
        GRID,
        Option(
            ("--seed",),
            "seed of the draws; the same seed gives the same numbers",
            {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0},
        ),
        Option(
            ("--set",),
            "give a fact or a parameter this value; may be repeated",
            {"metavar": "NAME=VALUE", "type": setting, "action": "append", "default": []},
        ),
        Option(
            ("--force",),
            "DATE ROLE OPTION: make a role take an option in one step wherever it is legal; may be repeated",
            {"metavar": "MOVE", "action": "append", "default": []},
        ),
        Option(("--holds",), "show the decisions to hold in the table of the history too", {"action": "store_true"}),
        PRIOR,
        POSTERIOR,
        Option(
            ("--report",),
            "write a report into this file: one page of HTML with figures, reasons and sources, that needs no network",
            {"metavar": "FILE", "type": Path},
        ),
        Option(
            ("--out",),
            "write forecast.json, outcomes.csv and decisions.csv into this folder",
            {"metavar": "DIR", "type": Path},
        ),
    ),
)
