"""``blocs validate [CASE...]``: how well the theory foretells what was done and how it ended, case by case."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.progress import Report, progress
from blocs.cli.values import LARGEST_SEED, weight, whole

if TYPE_CHECKING:
    import pandas as pd

    from blocs.fit.posterior import Posterior
    from blocs.fit.validate import Scores
    from blocs.language.case import Case

# draws of a posterior or prior that scores and checks are averaged over
DRAWS = 64

DETAILS = """\
Each case is solved at the mode of the fit that ships (for a shipped case the fit to the other cases; the prior
medians where there is none), or over the draws of --posterior, and scored: mean log-probability of its decisions
beside the option frequencies of its own history and beside chance, and the probability given to what really happened.
Then the calibration of all decisions: of the options forecast with some probability, how many were taken. With
--leave-one-out the cases are fitted anew and each is forecast with parameters fitted to the others, with --leave-last
K its last K steps with parameters fitted to its earlier ones; the frequencies are then those of what was seen, and
that takes long. --check plays each crisis out again and compares how often options are taken with the real history,
over the draws of --posterior, or of what the case is forecast with otherwise."""


def run(arguments: Namespace, output: Output) -> int:
    """Score the cases and print a table."""
    import blocs
    from blocs.fit.validate import calibration_of
    from blocs.library import list_cases
    from blocs.solve.draws import origin

    asked = [arguments.leave_one_out, arguments.leave_last is not None, arguments.posterior is not None]
    if sum(asked) > 1:
        raise blocs.UsageError(
            "--leave-one-out, --leave-last and --posterior each say where parameters come from: use one"
        )
    if arguments.figure is not None:
        from blocs.report.figures.saving import format_of

        format_of(arguments.figure)  # before the work, not after it
    cases = [blocs.load(name) for name in arguments.cases or list_cases()]
    posterior = _posterior(arguments.posterior, cases)
    with progress(output, "scoring") as report:
        scores = _scores(cases, posterior, arguments, report)
    checks = {}
    if arguments.check:
        with progress(output, "playing") as report:
            checks = _checks(cases, posterior, arguments.seed, report)
    curve = calibration_of(scores)
    source = " or ".join(sorted({origin(blocs.compile(case)) for case in cases}))
    where = "at the prior medians" if source == "prior" else f"at the mode of the {source}"
    if arguments.leave_one_out:
        where = "fitted to the other cases"
    elif arguments.leave_last is not None:
        where = f"fitted to all but the last {arguments.leave_last} steps"
    elif posterior is not None:
        where = f"from the posterior of {', '.join(posterior.cases)}"
    if arguments.figure is not None:
        from blocs.report.figures.calibration import calibration_curve
        from blocs.report.figures.saving import save_figure

        output.note(f"wrote {save_figure(calibration_curve(curve), arguments.figure)}")
    code = 3 if any(one.trouble for one in scores) else 0
    if output.as_json:
        output.json(
            {
                "version": blocs.__version__,
                "parameters": where,
                "cases": [one.to_json() for one in scores],
                "calibration": [vars(one) for one in curve],
                **({"checks": {name: frame.to_dict("index") for name, frame in checks.items()}} if checks else {}),
            }
        )
        return code
    from blocs.report.validating import print_checks, print_scores

    print_scores(output.console(), scores, curve, where, own=not any(asked[:2]))
    print_checks(output.console(), checks, "posterior" if posterior is not None else source)
    for one in scores:
        for sentence in one.trouble:
            output.note(f"{one.case}: {sentence}")
    return code


def _posterior(path: Path | None, cases: Sequence[Case]) -> Posterior | None:
    from blocs.fit.netcdf import load_posterior

    if path is None:
        return None
    posterior = load_posterior(path)
    for case in cases:
        posterior.check(case)
    return posterior


def _scores(
    cases: Sequence[Case], posterior: Posterior | None, arguments: Namespace, report: Report | None
) -> list[Scores]:
    import blocs
    from blocs.fit.methods import Map
    from blocs.fit.trial import leave_one_case_out
    from blocs.fit.validate import decision_frequencies, leave_last_out, score

    method = Map(starts=arguments.starts, iterations=arguments.iterations)
    if arguments.leave_one_out:

        def tell(_: str, done: int, total: int) -> None:
            if report is not None:
                report(done, total)

        return leave_one_case_out(cases, outcome_weight=arguments.outcome_weight, seed=arguments.seed, progress=tell)
    scores = []
    for number, case in enumerate(cases):
        if arguments.leave_last is not None:
            scores.append(leave_last_out(case, arguments.leave_last, method, seed=arguments.seed))
        else:
            draws = None if posterior is None else posterior.draws(DRAWS, case)
            solution = blocs.solve(blocs.compile(case), draws)
            scores.append(score(solution, decision_frequencies(solution)))
        if report is not None:
            report(number + 1, len(cases))
    return scores


def _checks(
    cases: Sequence[Case], posterior: Posterior | None, seed: int, report: Report | None
) -> dict[str, pd.DataFrame]:
    import blocs
    from blocs.fit.predictive import predictive_check
    from blocs.solve.draws import draw

    found = {}
    for number, case in enumerate(cases):
        game = blocs.compile(case)
        draws = draw(game, DRAWS, seed) if posterior is None else posterior.draws(DRAWS, case)
        found[case.case] = predictive_check(game, draws, paths=4 * DRAWS, seed=seed)
        if report is not None:
            report(number + 1, len(cases))
    return found


VALIDATE = Command(
    name="validate",
    summary="how well the theory foretells what was done and how it ended, case by case",
    details=DETAILS,
    examples=(
        ("blocs validate", "every shipped case, each with the fit to the others"),
        ("blocs validate hungarian-1956 czechoslovak-1968 --json", "two cases, as JSON"),
        ("blocs validate sino-albanian-1961 --leave-last 6", "the last six months, from a fit to those before"),
        ("blocs validate sino-albanian-1961 --posterior posterior.nc --check", "are such crises like the real one?"),
    ),
    run=run,
    options=(
        Option(("cases",), "names or files of cases; all shipped ones by default", {"metavar": "CASE", "nargs": "*"}),
        Option(
            ("--posterior",),
            "take the parameters from this file (from `blocs fit --out`)",
            {"metavar": "FILE", "type": Path},
        ),
        Option(("--leave-one-out",), "forecast each case with a fit to the others", {"action": "store_true"}),
        Option(
            ("--leave-last",),
            "forecast the last K steps of each case with a fit to its earlier ones",
            {"metavar": "K", "type": whole(1, 10_000)},
        ),
        Option(("--check",), "play each crisis out again and compare the counts of options", {"action": "store_true"}),
        Option(
            ("--figure",),
            "draw the calibration of decisions into this file: .svg, .pdf or .png",
            {"metavar": "FILE", "type": Path},
        ),
        Option(
            ("--outcome-weight",),
            "with --leave-one-out: how much the outcome of a crisis counts beside one choice",
            {"metavar": "W", "type": weight, "default": 4.0},
        ),
        Option(("--starts",), "starts of each search", {"metavar": "N", "type": whole(1, 100), "default": 1}),
        Option(
            ("--iterations",),
            "most iterations of each search",
            {"metavar": "N", "type": whole(1, 100_000), "default": 200},
        ),
        Option(
            ("--seed",),
            "seed of the starts and of simulated courses",
            {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0},
        ),
    ),
)
