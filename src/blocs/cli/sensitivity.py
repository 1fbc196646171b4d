"""``blocs sensitivity CASE``: what drives the outcomes, and what it would take to tip them."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from blocs.cli.beliefs import GRID, on_grid
from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, whole

DETAILS = """\
Derivatives are exact (a reverse pass through the game) and taken at the prior medians, or averaged over --draws.
--sobol divides the variance of each outcome among the inputs, with intervals. --tipping finds the least change, in
standard deviations of the priors, that makes another outcome the likeliest: of everything together and of one input at
a time; each is verified by solving there. In a theory with private types their probabilities are inputs too."""


def run(arguments: Namespace, output: Output) -> int:
    """Compute what was asked for and print it."""
    import blocs
    from blocs.forecast.sensitivity import sensitivity

    chose = chosen(arguments)
    case = chose.case
    game = blocs.compile(case)
    beliefs = on_grid(case, arguments.grid)
    outcomes = [arguments.outcome] if arguments.outcome else None
    given = chose.centre if arguments.draws is None else chose.draws(arguments.draws)
    with progress(output, "differentiating") as report:
        drivers = sensitivity(game, given, outcomes=outcomes, seed=arguments.seed, progress=report, beliefs=beliefs)
    indices: Any = None
    tips: Any = None
    if arguments.sobol:
        from blocs.forecast.sobol import sobol_indices

        with progress(output, "sampling") as report:
            indices = sobol_indices(
                game, arguments.points, outcomes=outcomes, seed=arguments.seed, progress=report, beliefs=beliefs
            )
    if arguments.tipping:
        from blocs.forecast.tipping.run import tipping

        with progress(output, "searching") as report:
            tips = tipping(game, outcomes=outcomes, seed=arguments.seed, progress=report, beliefs=beliefs)
    if output.as_json:
        output.json(
            {
                "case": case.case,
                "version": blocs.__version__,
                "seed": arguments.seed,
                "drivers": drivers.to_json(),
                "sobol": indices.to_json() if indices is not None else None,
                "tipping": tips.to_json() if tips is not None else None,
            }
        )
        return 0
    from blocs.report.sensing import print_drivers, print_sobol, print_tipping

    console = output.console()
    outcome = arguments.outcome or blocs.solve(game, None, with_history=False, beliefs=beliefs).forecast().likeliest
    print_drivers(console, drivers, outcome, arguments.most)
    if indices is not None:
        print_sobol(console, indices, outcome, arguments.most)
    if tips is not None:
        print_tipping(console, tips, arguments.most)
    return 0


SENSITIVITY = Command(
    name="sensitivity",
    summary="what drives an outcome, and the least change that would make another one the likeliest",
    details=DETAILS,
    examples=(
        ("blocs sensitivity sino-albanian-1961", "what moves the likeliest outcome, ranked"),
        ("blocs sensitivity sino-albanian-1961 --tipping", "and what it would take to tip it"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--outcome",), "the outcome to look at; the likeliest by default", {"metavar": "OUTCOME"}),
        Option(
            ("--draws",),
            "average the derivatives over so many draws; at the prior medians by default",
            {"metavar": "N", "type": whole(1, 4096), "default": None},
        ),
        Option(("--seed",), "seed of draws and starts", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        GRID,
        PRIOR,
        POSTERIOR,
        Option(("--most",), "how many inputs to show", {"metavar": "N", "type": whole(1, 1000), "default": 12}),
        Option(("--sobol",), "Sobol indices over priors and ranges of facts too", {"action": "store_true"}),
        Option(
            ("--points",),
            "base sample of the Sobol indices, a power of two",
            {"metavar": "N", "type": whole(2, 1 << 16), "default": 64},
        ),
        Option(("--tipping",), "tipping points too", {"action": "store_true"}),
    ),
)
