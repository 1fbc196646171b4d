"""``blocs explain CASE``: why an option was worth what it was, in numbers that add up."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from blocs.cli.beliefs import GRID, USUAL_TYPED, on_grid, usual_draws
from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, setting, whole

# explanations carry a column per payoff term; more draws than this take minutes and say nothing new
MOST_DRAWS = 4096
USUAL_EXPLAINED = 32

DETAILS = """\
The value of an option is taken apart: what it costs now, part by part, and what follows from it, payoff term by payoff
term, expected over everybody's later choices. The parts add up to the value; times the role's precision they are
differences of log-odds. Without --at, every decision of the role (the patron, if none is named) is explained. Where the
role has private types, each is told apart, with what the others believed of it at that time."""


def run(arguments: Namespace, output: Output) -> int:
    """Explain the decisions that were asked for."""
    import blocs
    from blocs.forecast.explain import choose_decisions, explain
    from blocs.game.history import lay_out
    from blocs.solve.draws import draw

    chose = chosen(arguments)
    case = chose.case
    settings = dict(arguments.set)
    facts = {name: settings.pop(name) for name in list(settings) if name in case.theory_spec.facts}
    game = blocs.compile(blocs.changed(case, facts=facts) if facts else case)
    history = lay_out(game)
    decisions = choose_decisions(game, history, at=arguments.at, role=arguments.role, option=arguments.option)
    if arguments.figure is not None:
        _check_figure(arguments, len(decisions))
    given = chose.draws(usual_draws(case, arguments.draws, USUAL_EXPLAINED))
    draws = draw(game, given, arguments.seed, settings) if isinstance(given, int) else given
    with progress(output, "explaining") as report:
        explanations = explain(game, draws, decisions, progress=report, beliefs=on_grid(case, arguments.grid))
    differences = []
    if arguments.option is not None:
        against = arguments.against
        differences = [one.difference(arguments.option, against or one.chosen) for one in explanations]
    if arguments.figure is not None:
        from blocs.report.figures.reasons import explanation_bars
        from blocs.report.figures.saving import save_figure

        output.note(f"wrote {save_figure(explanation_bars(differences), arguments.figure)}")
    if output.as_json:
        output.json(
            {
                "case": case.case,
                "draws": len(draws),
                "seed": arguments.seed,
                "version": blocs.__version__,
                "explanations": [one.to_json() for one in explanations],
                "differences": [{"date": one.explanation.date, **one.to_json()} for one in differences],
            }
        )
        return 0
    from blocs.report.explaining import print_differences, print_explanations

    if differences:
        print_differences(output.console(), differences)
    else:
        print_explanations(output.console(), explanations)
    return 0


def _check_figure(arguments: Namespace, decisions: int) -> None:
    """Refuse a figure that cannot be drawn before anything is computed."""
    import blocs
    from blocs.report.figures.saving import format_of

    format_of(arguments.figure)
    if arguments.option is None or decisions > 1:
        raise blocs.UsageError("--figure draws one difference: name an --option, and --at, a date, where it was legal")


EXPLAIN = Command(
    name="explain",
    summary="why an option was or was not worth choosing: its value by payoff term, now and later",
    details=DETAILS,
    examples=(
        (
            "blocs explain sino-albanian-1961 --option invade --against hold --at 1961-05",
            "why there was no invasion: what each consideration weighed",
        ),
        ("blocs explain sino-albanian-1961 --at 1960-08 --role client", "all options of the client in one month"),
        (
            "blocs explain sino-albanian-1961-resolve --option invade --against hold --at 1961-05 --draws 2 --grid 3",
            "the same question to a patron that would use force, and to one that would not",
        ),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--at",), "the step to look at, as a date; every step by default", {"metavar": "DATE"}),
        Option(
            ("--role",), "whose decisions; the role that has the option, else the theory's first", {"metavar": "ROLE"}
        ),
        Option(("--option",), "the option to explain", {"metavar": "OPTION"}),
        Option(
            ("--against",), "the option to compare it with; what was really chosen by default", {"metavar": "OPTION"}
        ),
        Option(
            ("--draws",),
            f"how many draws of the parameters; {USUAL_EXPLAINED}, or {USUAL_TYPED} where roles have private types",
            {"metavar": "N", "type": whole(1, MOST_DRAWS)},
        ),
        GRID,
        Option(
            ("--figure",),
            "draw the difference between the two options into this file too: .svg, .pdf or .png",
            {"metavar": "FILE", "type": Path},
        ),
        Option(("--seed",), "seed of the draws", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        PRIOR,
        POSTERIOR,
        Option(
            ("--set",),
            "give a fact or a parameter this value; may be repeated",
            {"metavar": "NAME=VALUE", "type": setting, "action": "append", "default": []},
        ),
    ),
)
