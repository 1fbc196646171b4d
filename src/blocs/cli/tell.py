"""``blocs tell CASE``: courses that the crisis could have taken, told step by step."""

from __future__ import annotations

from argparse import Namespace

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.parameters import POSTERIOR, PRIOR, chosen
from blocs.cli.values import LARGEST_SEED, whole

# more courses than this nobody reads
MOST = 1000


def run(arguments: Namespace, output: Output) -> int:
    """Sample a course of play (or find the likeliest ones) and tell it."""
    import blocs
    from blocs.forecast.paths import likeliest_paths, sample_courses
    from blocs.solve.draws import medians

    chose = chosen(arguments)
    case, game = chose.case, blocs.compile(chose.case)
    draws = chose.centre or medians(game)
    if arguments.likeliest:
        courses = likeliest_paths(game, draws)
    else:
        courses = sample_courses(game, draws, arguments.count, arguments.seed)
    if output.as_json:
        output.json(
            {
                "case": case.case,
                "version": blocs.__version__,
                "parameters": draws.origin,
                "seed": None if arguments.likeliest else arguments.seed,
                "courses": [one.to_json() for one in courses],
            }
        )
        return 0
    for number, course in enumerate(courses):
        if number:
            output.text("")
        if arguments.likeliest:
            output.text(f"The likeliest course to `{course.outcome}` (probability {course.probability:.2g}):")
        output.text(course.tell())
    return 0


TELL = Command(
    name="tell",
    summary="one course that the crisis could have taken, told step by step",
    details=(
        "Choices are sampled from the solved game, at the mode of the fit that ships or at the prior medians; the\n"
        "same seed tells the same story. --likeliest finds, for each outcome, the single likeliest course to it."
    ),
    examples=(
        ("blocs tell sino-albanian-1961 --seed 7", "one course"),
        ("blocs tell sino-albanian-1961 --likeliest", "the likeliest course to each outcome"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--seed",), "seed of the sampling", {"metavar": "S", "type": whole(0, LARGEST_SEED), "default": 0}),
        PRIOR,
        POSTERIOR,
        Option(("--count",), "how many courses", {"metavar": "N", "type": whole(1, MOST), "default": 1}),
        Option(("--likeliest",), "the likeliest course to each outcome instead", {"action": "store_true"}),
    ),
)
