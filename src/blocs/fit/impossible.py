"""Where a history has probability zero, with its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.fit.courses import Courses, Link
from blocs.game.game import Game
from blocs.game.history import find_option

if TYPE_CHECKING:
    from blocs.language.case import Event

Floats = NDArray[np.float64]


def impossible(game: Game, courses: Courses, log_link: Callable[[Link], Floats], total: Floats) -> str:
    """Say in a sentence where a history has probability zero.

    Parameters
    ----------
    game : Game
        Of a case.
    courses : Courses
    log_link : callable
        Log-probability of a link at each draw.
    total : float64 array (draw,)
        Log-probability of the history; the first draw at which it is not finite is looked at.
    """
    draw = int(np.argmin(np.isfinite(total)))
    reached = {0}
    last: list[Link] = []
    for link in courses.links:
        if link.source not in reached:
            continue
        if not last or (last[0].step, last[0].stage) != (link.step, link.stage):
            last = []
        last.append(link)
        if np.isfinite(log_link(link)[draw]):
            reached.add(link.target)
    # what comes last with a way to it has no way on
    link, case = last[-1], game.case
    assert case is not None
    stage = game.plan.stages[link.stage].name
    for number, event in enumerate(case.history):
        if case.calendar.index(event.date) == link.step and _stage(game, event) == link.stage:
            what = f"`{event.option}`" + (f" with the result `{event.result}`" if event.result else "")
            problem = case.origins.problem(
                ("history", number), f"{what} has probability zero there under the theory's parameters"
            )
            break
    else:
        date = case.calendar.label(link.step)
        problem = case.origins.problem(
            ("history",), f"nothing is coded for `{stage}` in {date}, and to hold has probability zero there"
        )
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else case.case
    return f"{place}: {problem.path}: {problem.message}"


def _stage(game: Game, event: Event) -> int:
    option = find_option(game, event.role, event.option, event.stage)
    return -1 if option is None else int(game.option_stages[option])
