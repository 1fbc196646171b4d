"""``blocs fit CASE...``: learn the theory's parameters from coded histories."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.beliefs import GRID, on_grid
from blocs.cli.command import Command, Option
from blocs.cli.fit_table import OPTIONS, run_table
from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, whole

if TYPE_CHECKING:
    from blocs.fit.journal import Journal
    from blocs.fit.methods import Method
    from blocs.fit.posterior import Posterior
    from blocs.language.case import Case

# options that mean nothing in a fit to histories
_TABLE_ONLY = ("write", "bootstrap", "effects", "profile", "against", "statics", "figure")

DETAILS = """\
map finds the mode of the posterior from several starts and says whether they agree. laplace draws from a normal at the
mode and corrects the draws by Pareto-smoothed importance weights; it says when that cannot be trusted. nuts samples the
posterior itself, which is exact and slow. Events coded with a confidence below one are summed out. Every
evaluation is kept beside --out (or in the file of --resume) until the fit is done: the same command goes on where an
interrupted one stopped, to the same bits."""


def run(arguments: Namespace, output: Output) -> int:
    """Fit, print the diagnostics and the parameters, and write the posterior."""
    import blocs
    from blocs.errors import UsageError

    if arguments.plays:
        from blocs.cli.fit_plays import run_plays

        return run_plays(arguments, output)
    if arguments.table is not None or arguments.map is not None:
        return run_table(arguments, output)
    alone = [name for name in _TABLE_ONLY if getattr(arguments, name)]
    if alone:
        raise UsageError(f"--{alone[0]} is for fits to a table: give --table and --map too")
    from blocs.fit.validate import decision_frequencies, score

    cases = [blocs.load(name) for name in arguments.cases]
    posterior, journal = _learn(cases, arguments, output)
    beliefs = on_grid(cases[0], arguments.grid)
    scores = []
    for case in cases:
        draws = posterior.centre(case) if posterior.mode else posterior.draws(64, case)
        solution = blocs.solve(blocs.compile(case), draws, beliefs=beliefs)
        scores.append(score(solution, decision_frequencies(solution)))
    if arguments.out is not None:
        posterior.save(arguments.out)
        output.note(f"wrote {arguments.out}")
    if journal is not None:
        # what only stood in for a result goes when the result is there; a file that was asked for stays
        journal.close(remove=arguments.resume is None)
    if output.as_json:
        output.json(
            {
                "version": blocs.__version__,
                "seed": arguments.seed,
                **posterior.summary(),
                "sound": posterior.sound,
                "scores": [one.to_json() for one in scores],
            }
        )
    else:
        from blocs.report.fitting import print_posterior

        print_posterior(output.console(), posterior, scores)
    return 0 if posterior.sound else 3


def _learn(cases: Sequence[Case], arguments: Namespace, output: Output) -> tuple[Posterior, Journal | None]:
    """Fit, keeping every evaluation on disk while a file was named for anything."""
    from blocs.errors import BlocsError
    from blocs.fit.journal import Journal
    from blocs.fit.learn import fit

    beliefs = on_grid(cases[0], arguments.grid)
    method, facts = _method(arguments), "integrated" if arguments.integrate_facts else "fixed"
    path = arguments.resume or (arguments.out.with_name(arguments.out.name + ".journal") if arguments.out else None)
    journal = None
    if path is not None:
        journal = Journal(path, lambda kept: output.note(f"going on from {kept} evaluations in {path}"))
    try:
        with progress(output, "learning") as report:
            posterior = fit(
                cases,
                method,
                seed=arguments.seed,
                facts=facts,
                deviations=arguments.vary,
                predict=arguments.out is not None,
                progress=None if report is None else lambda _, done, total: report(done, total),
                resume=journal,
                beliefs=beliefs,
            )
    except KeyboardInterrupt:
        if journal is None:
            output.note("interrupted, and nothing was kept: with --out or --resume what was done is kept")
        else:
            journal.close()
            output.note(f"interrupted; {len(journal)} evaluations are kept in {path}; the same command goes on there")
        raise
    except BlocsError:
        if journal is not None:
            journal.close(remove=arguments.resume is None)
        raise
    return posterior, journal


def _method(arguments: Namespace) -> Method:
    from blocs.fit.methods import Laplace, Map, Nuts

    if arguments.method == "map":
        return Map(starts=arguments.starts, iterations=arguments.iterations)
    if arguments.method == "laplace":
        return Laplace(draws=arguments.draws, starts=arguments.starts, iterations=arguments.iterations)
    return Nuts(draws=arguments.draws, chains=arguments.chains)


def _options() -> Sequence[Option]:
    return (
        Option(
            ("cases",),
            "names or files of cases under one theory; with --table, the theory",
            {"metavar": "CASE", "nargs": "+"},
        ),
        Option(
            ("--plays",),
            "games of the case that people played, as the web app exports them: fit their precisions",
            {"metavar": "FILE", "nargs": "+", "type": Path, "default": []},
        ),
        Option(
            ("--method",),
            "how to learn",
            {"choices": ("map", "laplace", "nuts"), "default": "laplace"},
        ),
        Option(
            ("--out",), "write the posterior to this NetCDF file (ArviZ's groups)", {"metavar": "FILE", "type": Path}
        ),
        Option(("--seed",), "seed of starts and draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        Option(
            ("--starts",), "starts of the search for the mode", {"metavar": "N", "type": whole(1, 100), "default": 2}
        ),
        Option(
            ("--iterations",),
            "most iterations of one search",
            {"metavar": "N", "type": whole(1, 100_000), "default": 300},
        ),
        Option(
            ("--draws",),
            "draws of laplace, or of each chain of nuts",
            {"metavar": "N", "type": whole(25, 1_000_000), "default": 512},
        ),
        Option(("--chains",), "chains of nuts", {"metavar": "N", "type": whole(1, 64), "default": 4}),
        Option(
            ("--integrate-facts",),
            "treat facts with a range as unknowns within it",
            {"action": "store_true"},
        ),
        Option(
            ("--vary",),
            "let this parameter differ from case to case; may be repeated",
            {"metavar": "PARAMETER", "action": "append", "default": []},
        ),
        Option(
            ("--resume",),
            "keep every evaluation (or refit of --bootstrap) in this file and go on from it; by default beside --out",
            {"metavar": "FILE", "type": Path},
        ),
        GRID,
        *OPTIONS,
    )


FIT = Command(
    name="fit",
    summary="learn the theory's parameters from the coded histories of one or more cases",
    details=DETAILS,
    examples=(
        ("blocs fit sino-albanian-1961 --method map", "the mode, and how well it explains each decision"),
        ("blocs fit egame12 --table wars.csv --map facts.yaml", "a static theory fitted to a table of cases"),
        (
            "blocs fit egame12 --table wars.csv --map facts.yaml --bootstrap 500 --write wars.tex",
            "bootstrap standard errors, and the coefficients for a paper",
        ),
        (
            "blocs fit signalling --table sanctions.csv --map signals.yaml --statics lncaprat --figure power.svg",
            "the signalling model, and how outcomes change with the balance of power",
        ),
        ("blocs fit sino-albanian-1961 --plays games/*.play.json", "how sharply people chose who played the roles"),
        ("blocs fit my-case/case.yaml --out posterior.nc", "draws from the posterior, for `blocs run --posterior`"),
    ),
    run=run,
    options=tuple(_options()),
)
