"""Solve a game with private types for many draws, and keep what was believed along the real history."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.forecast.solution import BeliefPath, Solution
from blocs.game.game import Game
from blocs.game.history import History
from blocs.game.types import typed_columns, typed_tables
from blocs.solve.certificate import Certificate
from blocs.solve.draws import Draws
from blocs.solve.private import Beliefs, Play, private_solver
from blocs.solve.sequential import Restriction
from blocs.solve.threads import available, each

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]


def solve_private(
    game: Game,
    drawn: Draws,
    history: History | None,
    *,
    method: Beliefs | None = None,
    restrictions: Sequence[Restriction] = (),
    progress: Callable[[int, int], None] | None = None,
    threads: int = 0,
    certify: bool = True,
) -> Solution:
    """Solve a game with private types for given draws; see `blocs.forecast.solving.solve`.

    Without `certify` the first draw is not checked anew, and no other equilibria are sought.
    """
    began = time.perf_counter()
    solver = private_solver(game, method, restrictions)
    course = history.decisions if history is not None else ()
    total, finished = len(drawn), 0
    plays: list[Play | None] = [None] * total
    told = threading.Lock()

    def fill(part: tuple[int, int]) -> None:
        one = part[0]
        tables = typed_tables(game, drawn.part(one, one + 1).values, typed_columns(game), 1)
        # the first draw carries the certificate
        plays[one] = solver.play(tables, 0, course, check=certify and one == 0)

    def report(part: tuple[int, int]) -> None:
        nonlocal finished
        with told:
            finished = part[1]
        if progress is not None:
            progress(finished, total)

    each([(i, i + 1) for i in range(total)], fill, min(available(threads), total), report)
    done = [one for one in plays if one is not None]
    taken = np.stack([one.taken for one in done], axis=-1)
    ended = np.stack([one.ended for one in done], axis=-1)
    left = np.stack([one.left for one in done], axis=-1)
    sums = ended.sum(axis=(0, 1)) + left.sum(axis=0)
    worst = float(sums[np.argmax(np.abs(sums - 1.0))])
    if len(game.outcomes) and abs(worst - 1.0) > 1e-9:
        raise NumericalError(
            f"the probabilities of the outcomes sum to {worst:.12g}: some end of the game has no outcome; "
            "end the theory's outcomes with `otherwise`"
        )
    paths = _paths(game, history, done)
    starts = np.stack([one.start for one in done], axis=-1)
    values = np.empty((len(game.roles), total))
    for role in range(len(game.roles)):
        mine = [c for c, one in enumerate(typed_columns(game).players) if one.role == role]
        path = next((one for one in paths if one.role == game.roles[role]), None)
        values[role] = starts[mine[0]] if path is None else (path.prior * starts[mine]).sum(axis=0)
    first = done[0]
    certificate = Certificate(
        residual=first.residual,
        probability_sum=worst,
        iterations=sum(one.iterations for one in done),
        starts_agree=first.agree,
        message=f"{first.message}; {'checked' if certify else 'as the search left it'} at the first draw",
    )
    choices = tuple(np.stack([one.seen[d].mixed for one in done], axis=-1) for d in range(len(course)))
    return Solution(
        game, drawn, values, taken, ended, left, history, choices, certificate, time.perf_counter() - began, paths
    )


def _paths(game: Game, history: History | None, plays: Sequence[Play]) -> tuple[BeliefPath, ...]:
    columns = typed_columns(game).players
    found = []
    course = history.decisions if history is not None else ()
    ends = [d for d, one in enumerate(course) if d + 1 == len(course) or course[d + 1].step > one.step]
    labels = game.case.calendar.labels() if game.case is not None else []
    for q, types in enumerate(game.plan.types):
        name = game.roles[types.role]
        prior = np.stack([one.seen[0].beliefs[q] if one.seen else one.after[q] for one in plays], axis=-1)
        mine = [c for c, one in enumerate(columns) if one.role == types.role]
        before = np.stack([np.stack([*(seen.beliefs[q] for seen in one.seen), one.after[q]]) for one in plays], axis=-1)
        found.append(
            BeliefPath(
                role=name,
                types=tuple(one.name for one in types.types),
                prior=prior,
                values=np.stack([one.start[mine] for one in plays], axis=-1),
                before=before,
                dates=tuple(labels[course[d].step] for d in ends),
                by_step=before[[d + 1 for d in ends]],
            )
        )
    return tuple(found)
