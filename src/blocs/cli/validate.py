"""``blocs validate [CASE...]``: how well the theory foretells what was done and how it ended, case by case."""

from __future__ import annotations

from argparse import Namespace

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, whole

DETAILS = """\
Each case is solved at the prior medians of its theory and scored: mean log-probability of its decisions beside the
option frequencies of its own history and beside chance, and the probability given to what really happened. With
--leave-one-out every case is forecast with parameters fitted to the others, and the frequencies are those of the
others; that takes long."""


def run(arguments: Namespace, output: Output) -> int:
    """Score the cases and print a table."""
    import blocs
    from blocs.fit.methods import Map
    from blocs.fit.validate import calibration, decision_frequencies, leave_one_case_out, option_forecasts, score
    from blocs.library import list_cases

    cases = [blocs.load(name) for name in arguments.cases or list_cases()]
    forecast: list[float] = []
    happened: list[bool] = []
    with progress(output, "scoring") as report:
        if arguments.leave_one_out:
            method = Map(starts=arguments.starts, iterations=arguments.iterations)
            scores = leave_one_case_out(cases, method, seed=arguments.seed, progress=report)
        else:
            scores = []
            for number, case in enumerate(cases):
                solution = blocs.solve(blocs.compile(case), None)
                scores.append(score(solution, decision_frequencies(solution)))
                chances, taken = option_forecasts(solution)
                forecast += chances
                happened += taken
                if report is not None:
                    report(number + 1, len(cases))
    curve = calibration(forecast, happened) if forecast else []
    if output.as_json:
        output.json(
            {
                "version": blocs.__version__,
                "parameters": "fitted to the other cases" if arguments.leave_one_out else "prior medians",
                "cases": [one.to_json() for one in scores],
                "calibration": [vars(one) for one in curve],
            }
        )
        return 0
    from blocs.report.validating import print_scores

    print_scores(output.console(), scores, curve, out_of_sample=arguments.leave_one_out)
    return 0


VALIDATE = Command(
    name="validate",
    summary="how well the theory foretells what was done and how it ended, case by case",
    details=DETAILS,
    examples=(
        ("blocs validate", "every shipped case at the prior medians"),
        ("blocs validate hungarian-1956 czechoslovak-1968 --json", "two cases, as JSON"),
    ),
    run=run,
    options=(
        Option(("cases",), "names or files of cases; all shipped ones by default", {"metavar": "CASE", "nargs": "*"}),
        Option(("--leave-one-out",), "forecast each case with a fit to the others", {"action": "store_true"}),
        Option(("--starts",), "starts of each search", {"metavar": "N", "type": whole(1, 100), "default": 1}),
        Option(
            ("--iterations",),
            "most iterations of each search",
            {"metavar": "N", "type": whole(1, 100_000), "default": 200},
        ),
        Option(("--seed",), "seed of the starts", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
    ),
)
