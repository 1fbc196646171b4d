"""The list of all commands, in the order in which one meets them."""

from __future__ import annotations

from blocs.cli.cases import CASES
from blocs.cli.check import CHECK
from blocs.cli.cite import CITE
from blocs.cli.command import Command
from blocs.cli.compare import COMPARE
from blocs.cli.compare_codings import COMPARE_CODINGS
from blocs.cli.ensemble import ENSEMBLE
from blocs.cli.events import EVENTS
from blocs.cli.explain import EXPLAIN
from blocs.cli.export import EXPORT
from blocs.cli.facts import FACTS
from blocs.cli.fit import FIT
from blocs.cli.new import NEW
from blocs.cli.picture import FIGURE, TABLE
from blocs.cli.play import PLAY
from blocs.cli.publish import PUBLISH
from blocs.cli.run import RUN
from blocs.cli.sensitivity import SENSITIVITY
from blocs.cli.serve import SERVE
from blocs.cli.solve import SOLVE
from blocs.cli.sources import SOURCES
from blocs.cli.tell import TELL
from blocs.cli.validate import VALIDATE

SUMMARY = "Model crises inside alliance blocs: describe them with sources, solve them exactly, forecast, explain."

EXAMPLES = (
    ("blocs cases", "list the crises that ship with blocs"),
    ("blocs run sino-albanian-1961", "solve one over draws of its parameters and tell how it may end"),
    ("blocs check my-crisis/case.yaml", "find every mistake in a file of your own"),
)

COMMANDS: tuple[Command, ...] = (
    CASES, RUN, EXPLAIN, COMPARE, TELL, SENSITIVITY, ENSEMBLE, FIGURE, TABLE, FIT, VALIDATE, CHECK, NEW, FACTS, EVENTS,
    COMPARE_CODINGS, SOURCES, CITE, EXPORT, SOLVE, PLAY, SERVE, PUBLISH,
)  # fmt: skip
