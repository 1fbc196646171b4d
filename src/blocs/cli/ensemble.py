"""``blocs ensemble CASE``: a case over thousands of draws, on one computer or many, resumed after a kill."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, MOST_DRAWS, setting, whole

DETAILS = """\
Parameters are drawn from the fit that ships or from their priors, facts from their ranges.
The numbers depend on the case, the theory, the
draws and the seed, and on nothing else: any number of workers gives the same bits. With --out, one Parquet file per
chunk is written, whole or not at all; the same command goes on where a killed one stopped."""


def run(arguments: Namespace, output: Output) -> int:
    """Solve the ensemble and print its summary."""
    from blocs.forecast.ensembles.run import ensemble

    chose = chosen(arguments)
    case = chose.case
    with progress(output, "solving") as report:
        done = ensemble(
            case,
            chose.draws(arguments.draws),
            seed=arguments.seed,
            settings=dict(arguments.set),
            folder=arguments.out,
            workers=arguments.workers,
            cluster=arguments.cluster,
            progress=report,
        )
    if output.as_json:
        output.json(done.to_json())
    else:
        from blocs.report.sensing import print_ensemble

        print_ensemble(output.console(), case, done)
    if arguments.out is not None:
        output.note(f"wrote {arguments.out}")
    return 0


ENSEMBLE = Command(
    name="ensemble",
    summary="solve a case over thousands of draws of parameters and facts, in parallel, resumed after a kill",
    details=DETAILS,
    examples=(
        ("blocs ensemble sino-albanian-1961 --draws 4096 --workers 2 --out ensemble", "on two processes, kept on disk"),
        ("blocs ensemble sino-albanian-1961 --draws 64 --json", "a small one, in memory, as JSON"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--draws",), "how many draws", {"metavar": "N", "type": whole(1, MOST_DRAWS), "default": 4096}),
        Option(("--seed",), "seed of the draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        PRIOR,
        POSTERIOR,
        Option(
            ("--workers",), "processes; 0 solves in this one", {"metavar": "N", "type": whole(0, 1024), "default": 0}
        ),
        Option(("--cluster",), "address of a Dask scheduler to solve on instead", {"metavar": "tcp://HOST:PORT"}),
        Option(("--out",), "folder for the Parquet files", {"metavar": "DIR", "type": Path}),
        Option(
            ("--set",),
            "give a fact or a parameter this value; may be repeated",
            {"metavar": "NAME=VALUE", "type": setting, "action": "append", "default": []},
        ),
    ),
)
