"""Questions about a case under given circumstances, answered once and kept: pages and the API ask the same way."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from blocs.errors import InputError
from blocs.forecast.compare import Comparison, compare
from blocs.forecast.explain import choose_decisions, explain
from blocs.forecast.explanation import Explanation
from blocs.forecast.live import Glance, LiveCase
from blocs.forecast.run import Run, run_case
from blocs.forecast.sensitivity import Sensitivity, sensitivity
from blocs.forecast.solving import Progress
from blocs.forecast.whatif import WhatIf, named_alternatives
from blocs.game.history import lay_out
from blocs.language.case import Case
from blocs.language.identity import content_hash
from blocs.web.solver import Solver

T = TypeVar("T")

MOST_KEPT = 400
# over more draws a page would wait for too long; the command line takes as many as one likes
MOST_DRAWS = 128
USUAL_DRAWS = 32


class Answers:
    """The answers that were given last, by question; safe to use from several threads."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, question: Any, answer: Callable[[], T]) -> T:
        """Return the answer to a question, worked out where it is not at hand."""
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
                return self._kept[question]
        found = answer()
        with self._lock:
            self._kept[question] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found


def key_of(what_if: WhatIf) -> Any:
    """Return the same for the same circumstances, whatever they are called."""
    held = tuple(sorted((name, str(value)) for name, value in what_if.set.items()))
    return held, tuple(sorted(what_if.start.items())), tuple(sorted(what_if.without)), what_if.force


@dataclass(frozen=True)
class Desk:
    """Answers questions with a solver."""

    solver: Solver
    answers: Answers

    def glance(self, live: LiveCase, what_if: WhatIf) -> Glance:
        """Solve at the central draw."""
        question = ("glance", live.name, key_of(what_if))
        return self.answers.get(question, lambda: live.glance(what_if, room=self.solver.rooms.mine))

    def before(self, live: LiveCase) -> Glance:
        """Solve the case as it was."""
        return self.glance(live, WhatIf("as it was"))

    def explanation(self, live: LiveCase, what_if: WhatIf, at: str, role: str) -> list[Explanation]:
        """Take the options of a role at a date of the real course apart, stage by stage.

        Raises
        ------
        InputError
            Unknown names, nothing to decide, or a real course that is not legal under these circumstances.
        """
        ready = live.prepare(what_if)

        def answer() -> list[Explanation]:
            decisions = choose_decisions(ready.game, lay_out(ready.game), at=at, role=role)
            return explain(ready.game, ready.draws, decisions, restrictions=ready.restrictions, threads=1)

        return self.answers.get(("explain", live.name, key_of(what_if), at, role), answer)

    def drivers(self, live: LiveCase, what_if: WhatIf, outcome: str) -> Sensitivity:
        """Differentiate the probability of an outcome at the central draw.

        Raises
        ------
        InputError
            Moves are forced: what drives then is not what is differentiated.
        """
        ready = live.prepare(what_if)
        if ready.restrictions:
            raise InputError("drivers are worked out without forced moves; take these away first")
        question = ("drivers", live.name, key_of(what_if), outcome)
        return self.answers.get(question, lambda: sensitivity(ready.game, ready.draws, outcomes=[outcome], threads=1))

    def over_draws(
        self, live: LiveCase, what_if: WhatIf, draws: int, seed: int, progress: Progress | None = None
    ) -> Comparison:
        """Solve under other circumstances beside the case as it was, over the same draws."""
        question = ("draws", live.name, key_of(what_if), draws, seed)
        return self.answers.get(
            question, lambda: compare(live.case, [what_if], draws=draws, seed=seed, progress=progress)
        )

    def run(self, case: Case, settings: dict[str, Any], draws: int, seed: int, force: tuple[str, ...] = ()) -> Run:
        """Run a case as the command line does."""
        held = tuple(sorted((name, str(value)) for name, value in settings.items()))
        question = ("run", content_hash(case), held, draws, seed, force)

        def answer() -> Run:
            return run_case(case, draws=draws, seed=seed, settings=settings, force=force)

        return self.answers.get(question, answer)

    def alternatives(self, live: LiveCase) -> list[tuple[WhatIf, Glance]]:
        """Solve every alternative that the case file offers, at the central draw."""
        return [(one, self.glance(live, one)) for one in named_alternatives(live.case)]
