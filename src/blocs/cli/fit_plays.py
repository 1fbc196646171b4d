"""``blocs fit CASE --plays FILE...``: people's precisions from games that they played."""

from __future__ import annotations

from argparse import Namespace

from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.errors import UsageError


def run_plays(arguments: Namespace, output: Output) -> int:
    """Fit the precisions of those who played, and tell them beside the prior."""
    import blocs
    from blocs.fit.learn import fit_problem
    from blocs.fit.methods import Laplace
    from blocs.fit.plays import at, lay_plays
    from blocs.language.plays import read_play

    if len(arguments.cases) != 1:
        raise UsageError("a fit to plays takes one case: blocs fit CASE --plays FILE...")
    case = blocs.load(arguments.cases[0])
    plays = lay_plays(case, [read_play(path) for path in arguments.plays])
    with progress(output, "learning") as report:
        posterior = fit_problem(
            plays.problem,
            Laplace(draws=arguments.draws, starts=arguments.starts, iterations=arguments.iterations),
            seed=arguments.seed,
            progress=None if report is None else lambda _, done, total: report(done, total),
        )
    low, high = (posterior.to_pandas()[end].to_dict() for end in ("low", "high"))
    told = {
        name: {
            "roles": list(roles),
            "solved": plays.solved[name],
            "mode": posterior.mode[name],
            "low": float(low[name]),
            "high": float(high[name]),
        }
        for name, roles in plays.precisions.items()
    }
    scores = {
        "uniform": plays.uniform,
        "solved": plays.score(at(plays.problem, plays.solved)),
        "fitted": plays.score(at(plays.problem, {name: posterior.mode[name] for name in plays.solved})),
    }
    if output.as_json:
        output.json(
            {
                "case": case.case,
                "version": blocs.__version__,
                "seed": arguments.seed,
                "games": plays.games,
                "choices": plays.choices,
                "precisions": told,
                "log_scores": scores,
                "diagnostics": list(posterior.diagnostics),
                "sound": posterior.sound,
            }
        )
    else:
        from blocs.report.playing import print_precisions

        print_precisions(output.console(), case, plays.games, plays.choices, told, scores, posterior.diagnostics)
    return 0 if posterior.sound else 3
