"""What is drawn anew when something changes: how it may end, what is expected when, and the odds of what was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from blocs.forecast.live import Glance, LiveCase
from blocs.report.numbers import percent
from blocs.report.terminal import words
from blocs.web.explore.state import State
from blocs.web.figures.bars import outcome_bars
from blocs.web.figures.dates import Lane, option_field, survival_curves
from blocs.web.figures.svg import SERIES, both

BROAD, WIDE, NARROW = 840, 600, 340
DRAWINGS = ("endings", "survival", "field")
# an option that is never this likely in any step, and was not taken, is left out of the field
RARE = 0.02


@dataclass(frozen=True)
class Pictures:
    """The parts of a page that depend on the circumstances.

    Attributes
    ----------
    headline : str
        How it is likeliest to end, in a sentence; read out to those who do not see the pictures.
    drawings : mapping from name to Markup
        Those of `DRAWINGS` that were asked for.
    odds : mapping from number of a move to str
        Probability of each move of the history under these circumstances; empty where it would not be legal.
    notice : str
        What a reader must know of these circumstances; mostly nothing.
    """

    headline: str
    drawings: Mapping[str, Markup]
    odds: Mapping[int, str]
    notice: str

    def to_json(self) -> dict[str, object]:
        """Return plain values for the page's script."""
        return {
            "headline": self.headline,
            "parts": {name: str(drawing) for name, drawing in self.drawings.items()},
            "odds": {str(number): shown for number, shown in self.odds.items()},
            "notice": self.notice,
        }


def draw(
    live: LiveCase,
    glance: Glance,
    before: Glance,
    state: State,
    widths: Sequence[int] = (BROAD, NARROW),
    drawings: Collection[str] = DRAWINGS,
) -> Pictures:
    """Draw the pictures of a solution beside the case as it was, in each of the widths; those asked for only."""
    case, labels = live.case, live.case.calendar.labels()
    reference = before.outcomes if state.changed else None

    def endings(width: int) -> str:
        return outcome_bars(glance.outcomes, reference, case.outcome, width)

    def survival(width: int) -> str:
        return survival_curves(labels, glance.game.outcomes, glance.ended, width, _legend_rows(before))

    def field(width: int) -> str:
        return option_field(labels, _lanes(live, glance, before), width)

    drawn = {
        name: _one_or_both(*map(one, widths))
        for name, one in zip(DRAWINGS, (endings, survival, field), strict=True)
        if name in drawings
    }
    return Pictures(
        _headline(glance, before, state),
        drawn,
        _odds(glance),
        "" if glance.history is not None or not case.history else _NOT_LEGAL,
    )


_NOT_LEGAL = "Under these circumstances some of what was really done would not have been possible."


def _one_or_both(*drawings: str) -> Markup:
    return both(*drawings) if len(drawings) == 2 else Markup(drawings[0])


def _headline(glance: Glance, before: Glance, state: State) -> str:
    first = glance.likeliest
    said = f"Likeliest end: {first}, {percent(glance.outcomes[first])}"
    if state.changed:
        said += f"; as it was, {percent(before.outcomes[first])}"
    # a number and its sign stay on one line
    return said.replace(" %", "\N{NO-BREAK SPACE}%") + "."


def _legend_rows(before: Glance) -> int:
    """Return how many lines a legend may need: one for each outcome that can come before the last step, and `open`."""
    ending = int((before.ended.sum(axis=0) > 0).sum())
    return 1 + max(ending, 1)


def _lanes(live: LiveCase, glance: Glance, before: Glance) -> list[Lane]:
    game = glance.game
    taken: dict[tuple[str, str], set[int]] = {}
    for event in live.case.history:
        taken.setdefault((event.role, event.option), set()).add(live.case.calendar.index(event.date))
    colours = {role: SERIES[i % 6] for i, role in enumerate(game.roles)}
    # the lanes are those of the case as it was, so that the picture keeps its height
    known = {(k, plan.name): o for o, (k, plan) in enumerate(game.layout.options)}
    lanes = []
    for o, (k, plan) in enumerate(before.game.layout.options):
        role = before.game.roles[before.game.plan.stages[k].role]
        really = frozenset(taken.get((role, plan.name), ()))
        if plan.name == "hold" or (before.taken[:, o].max() < RARE and not really):
            continue
        here = known.get((k, plan.name))
        p = glance.taken[:, here] if here is not None else np.zeros(len(before.taken))
        lanes.append(Lane(words(plan.name), colours[role], p, really))
    return lanes


def _odds(glance: Glance) -> dict[int, str]:
    if glance.history is None:
        return {}
    return {
        one.event: percent(float(choice[one.arc - one.arcs.start]))
        for one, choice in zip(glance.history.decisions, glance.choices, strict=True)
        if one.event >= 0
    }
