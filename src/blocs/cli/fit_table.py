"""``blocs fit THEORY --table FILE --map FILE``: maximum likelihood, and what follows from the estimates."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Option
from blocs.cli.output import Output
from blocs.cli.progress import progress
from blocs.cli.values import whole

if TYPE_CHECKING:
    import pandas as pd

    from blocs.fit.estimation.curves import Curves
    from blocs.fit.estimation.results import Estimates
    from blocs.fit.maximum_likelihood import Fit

WRITERS = {".tex": "to_latex", ".html": "to_html", ".md": "to_markdown", ".txt": "summary"}

OPTIONS: Sequence[Option] = (
    Option(
        ("--table",),
        "a table of comma-separated values to fit a static theory to, one row a case",
        {"metavar": "FILE", "type": Path},
    ),
    Option(("--map",), "what each column of the table is for", {"metavar": "FILE", "type": Path}),
    Option(
        ("--write",),
        "with --table: write the coefficients into this file, by its ending .tex, .html, .md or .txt; may be repeated",
        {"metavar": "FILE", "type": Path, "action": "append", "default": []},
    ),
    Option(
        ("--bootstrap",),
        "with --table: standard errors from so many refits to resampled rows (or clusters of the map)",
        {"metavar": "N", "type": whole(2, 1_000_000)},
    ),
    Option(("--workers",), "processes for the bootstrap", {"metavar": "N", "type": whole(1, 1024), "default": 1}),
    Option(
        ("--effects",),
        "with --table: average marginal effects of this column on every outcome; may be repeated",
        {"metavar": "COLUMN", "action": "append", "default": []},
    ),
    Option(
        ("--profile",),
        "with --table: interval of this coefficient by profile likelihood; may be repeated",
        {"metavar": "COEFFICIENT", "action": "append", "default": []},
    ),
    Option(
        ("--against",),
        "with --table: compare with the model of another map, by likelihood ratio where nested, else by Vuong's test",
        {"metavar": "MAP", "type": Path},
    ),
    Option(
        ("--statics",),
        "with --table: how outcomes change with this column, the others at their medians",
        {"metavar": "COLUMN"},
    ),
    Option(
        ("--figure",),
        "draw what --statics gives into this file: .svg, .pdf or .png",
        {"metavar": "FILE", "type": Path},
    ),
)


def run_table(arguments: Namespace, output: Output) -> int:
    """Fit a theory to a table, print the coefficients, and what else was asked for."""
    import blocs
    from blocs.fit.signalling.estimate import SignallingFit
    from blocs.fit.strategic.mapping import fit_table

    _check(arguments)
    theory, seed = arguments.cases[0], arguments.seed
    model, fit = fit_table(theory, arguments.table, arguments.map, starts=arguments.starts, seed=seed)
    estimates = fit.estimates
    good = estimates.certificate.good
    if arguments.bootstrap is not None:
        estimates = _bootstrap(model, fit, arguments, output)
    told: dict[str, Any] = {}
    frames: list[tuple[str, pd.DataFrame]] = []
    sentences: list[str] = []
    if arguments.effects:
        from blocs.fit.estimation.effects import marginal_effects

        effects = marginal_effects(_outcomes(model, "--effects"), estimates, tuple(arguments.effects))
        frame = effects.to_pandas().reset_index()
        frames.append(("Average marginal effects, with 95 % intervals (delta method)", frame))
        told["effects"] = frame.to_dict("records")
    for name in arguments.profile:
        from blocs.fit.estimation.profile import profile

        found = profile(_plain(fit, "--profile"), name)
        sentences.append(f"Profile likelihood: {name} between {found.low:.4g} and {found.high:.4g} (95 %).")
        told.setdefault("profiles", {})[name] = {"low": found.low, "high": found.high}
    if arguments.against is not None:
        sentence, values = _compare(fit, arguments)
        sentences.append(sentence)
        told["comparison"] = values
    if arguments.statics is not None:
        curves = _statics(model, fit, estimates, arguments.statics)
        told["statics"] = curves.to_pandas().to_dict("records")
        title = f"Outcomes as `{arguments.statics}` varies, the other columns at their medians, with 95 % intervals"
        frames.append((title, _some(curves)))
        if arguments.figure is not None:
            from blocs.report.figures.saving import save_figure
            from blocs.report.figures.statics import statics_curves

            output.note(f"wrote {save_figure(statics_curves(curves), arguments.figure)}")
    _write(estimates, arguments.write, output)
    equilibria = fit.equilibria_told() if isinstance(fit, SignallingFit) else ""
    if output.as_json:
        frame = estimates.to_pandas()
        output.json(
            {
                "theory": theory,
                "version": blocs.__version__,
                "seed": seed,
                "log_likelihood": estimates.log_likelihood,
                "observations": estimates.observations,
                "aic": estimates.aic,
                "bic": estimates.bic,
                "errors": estimates.errors,
                "sound": good,
                "certificate": str(estimates.certificate),
                "coefficients": {str(name): dict(row) for name, row in frame.iterrows()},
                "notes": [*estimates.notes, *([equilibria] if equilibria else [])],
                **told,
            }
        )
    else:
        output.text(estimates.summary(), *([equilibria] if equilibria else []), *sentences)
        for title, frame in frames:
            output.text("", title, frame.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    return 0 if good else 3


def _check(arguments: Namespace) -> None:
    """Refuse combinations that mean nothing, before the work."""
    from blocs.errors import InputError, Problem, UsageError
    from blocs.report.figures.saving import format_of

    if arguments.table is None or arguments.map is None or len(arguments.cases) != 1:
        raise UsageError("a fit to a table takes one theory, --table FILE and --map FILE")
    if arguments.figure is not None:
        if arguments.statics is None:
            raise UsageError("--figure draws comparative statics: say by --statics which column varies")
        format_of(arguments.figure)
    for path in arguments.write:
        if path.suffix not in WRITERS:
            hint = f"tables are written as {', '.join(WRITERS)}"
            raise InputError(Problem(f"`{path.suffix}` is no format of tables", file=str(path), hint=hint))


def _outcomes(model: Any, option: str) -> Any:
    """Return a model whose outcomes have probabilities row by row, or say that this one's have not."""
    from blocs.errors import UsageError

    if not hasattr(model, "log_chances"):
        raise UsageError(f"{option} needs a theory with outcomes that are chosen in turn, such as egame12")
    return model


def _plain(fit: Any, option: str) -> Fit:
    from blocs.errors import UsageError
    from blocs.fit.maximum_likelihood import Fit

    if not isinstance(fit, Fit):
        raise UsageError(f"{option} is for likelihoods of rows, and the signalling model has beliefs besides")
    return fit


def _bootstrap(model: Any, fit: Any, arguments: Namespace, output: Output) -> Estimates:
    from blocs.fit.estimation.bootstrap import Bootstrap, bootstrap
    from blocs.fit.strategic.mapping import read_map

    fit = _plain(fit, "--bootstrap")
    fit.estimates.require_maximum()
    column = read_map(arguments.map).clusters
    clusters = model.table.cells(column) if column else None
    # several reports of progress, and enough pieces for all workers
    chunk = max(min(100, -(-arguments.bootstrap // (4 * arguments.workers))), 1)
    method = Bootstrap(
        arguments.bootstrap, clusters, arguments.seed, arguments.workers, chunk, checkpoint=arguments.resume
    )
    try:
        with progress(output, "refitting") as report:
            draws = bootstrap(fit.likelihood, fit.theta, method, report)
    except KeyboardInterrupt:
        kept = f"finished refits are kept in {arguments.resume}; the same command goes on there"
        output.note(f"interrupted; {kept}" if arguments.resume else "interrupted; with --resume refits are kept")
        raise
    return draws.apply_to(fit.estimates)


def _compare(fit: Any, arguments: Namespace) -> tuple[str, dict[str, Any]]:
    """Test the model against that of another map: by likelihood ratio where nested, else by Vuong's statistic."""
    from blocs.fit.estimation.comparison import likelihood_ratio, vuong
    from blocs.fit.strategic.mapping import fit_table, read_map

    mine = _plain(fit, "--against")
    found = fit_table(
        arguments.cases[0], arguments.table, arguments.against, starts=arguments.starts, seed=arguments.seed
    )
    other = _plain(found[1], "--against")
    one, two = (read_map(path) for path in (arguments.map, arguments.against))
    alike = all(getattr(one, name) == getattr(two, name) for name in ("fixed", "noise", "private", "offers", "weights"))
    names, others = set(mine.estimates.names), set(other.estimates.names)
    if alike and names != others and (names < others or others < names):
        larger, smaller = (mine, other) if names > others else (other, mine)
        test = likelihood_ratio(larger, smaller)
        which = "this map" if larger is mine else str(arguments.against)
        values = {"test": "likelihood ratio", "statistic": test.statistic, "freedom": test.freedom, "p": test.p}
        return f"The model of {which} against the one nested in it: {test}.", values
    test = vuong(mine, other)
    values = {"test": "Vuong", "statistic": test.statistic, "correction": test.correction, "p": test.p}
    return f"This map against {arguments.against}, not nested: {test}.", values


def _statics(model: Any, fit: Any, estimates: Estimates, column: str) -> Curves:
    from blocs.fit.estimation.curves import curves, span
    from blocs.fit.signalling.estimate import SignallingFit
    from blocs.fit.signalling.predict import statics

    if isinstance(fit, SignallingFit):
        fit.estimates.require_maximum()
        return statics(fit, column, span(fit.games.table, column).tolist()).curves()
    return curves(_outcomes(model, "--statics"), estimates, column)


def _some(curves: Curves) -> pd.DataFrame:
    """Return a table for reading: some values of the column, and each outcome with its interval in one cell."""
    import numpy as np
    import pandas as pd

    values = np.unique(curves.values)
    chosen = np.isin(curves.values, values[:: max(len(values) // 8, 1)])
    low, high = curves.bounds()
    found: dict[str, list[str]] = {curves.column: [f"{value:.4g}" for value in curves.values[chosen]]}
    if len(values) < len(curves.values):
        found["equilibrium"] = [str(number + 1) for number in curves.branch[chosen]]
    for k, name in enumerate(curves.outcomes):
        cells = zip(curves.chances[chosen, k], low[chosen, k], high[chosen, k], strict=True)
        found[name] = [f"{p:.3f} ({a:.3f} to {b:.3f})" for p, a, b in cells]
    return pd.DataFrame(found)


def _write(estimates: Estimates, paths: Sequence[Path], output: Output) -> None:
    from blocs.language.writing import write_atomically

    for path in paths:
        write_atomically(path, getattr(estimates, WRITERS[path.suffix])() + "\n")
        output.note(f"wrote {path}")
