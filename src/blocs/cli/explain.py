"""``blocs explain CASE``: why an option was worth what it was, in numbers that add up."""

from __future__ import annotations

from argparse import Namespace

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.progress import progress
from blocs.cli.values import LARGEST_SEED, setting, whole

# explanations carry a column per payoff term; more draws than this take minutes and say nothing new
MOST_DRAWS = 4096

DETAILS = """\
The value of an option is taken apart: what it costs now, part by part, and what follows from it, payoff term by payoff
term, expected over everybody's later choices. The parts add up to the value; times the role's precision they are
differences of log-odds. Without --at, every decision of the role (the patron, if none is named) is explained."""


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
    given = chose.draws(arguments.draws)
    draws = draw(game, given, arguments.seed, settings) if isinstance(given, int) else given
    with progress(output, "explaining") as report:
        explanations = explain(game, draws, decisions, progress=report)
    differences = []
    if arguments.option is not None:
        against = arguments.against
        differences = [one.difference(arguments.option, against or one.chosen) for one in explanations]
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
            "how many draws of the parameters",
            {"metavar": "N", "type": whole(1, MOST_DRAWS), "default": 32},
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
