"""Everything that a report tells about a run, each worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from blocs.errors import InputError
from blocs.forecast.compare import Comparison, compare
from blocs.forecast.explain import explain
from blocs.forecast.explanation import Difference
from blocs.forecast.outcomes import HistoryScore
from blocs.forecast.run import Run
from blocs.forecast.tornado import Tornado, tornado
from blocs.forecast.whatif import WhatIf, named_alternatives
from blocs.game.history import Decision
from blocs.language.case import Case
from blocs.report.figures.ties import Moment, ties_by_date
from blocs.solve.private import Grid, usual_method

HOLD = "hold"
# the question that the report begins with where a case leaves it open: why was there no invasion?
FIRST_ASKED = "invade"
# explanations carry a column for each payoff term, and alternatives solve the game anew: fewer draws do
EXPLAINED_DRAWS = 32
COMPARED_DRAWS = 64
# a draw of a game with private types takes seconds
TYPED_DRAWS = 4
# more options never taken than this would be a list, not an answer
MOST_ROADS = 6


@dataclass(frozen=True)
class Findings:
    """A run and what follows from it.

    Parameters
    ----------
    run : Run
    command : str
        The command line that made it, to be shown.
    settings : mapping
        Parameters that the run held at a value.
    explained_draws, compared_draws : int
        How many of the run's draws explanations and alternatives take at most.
    threads : int
    asked : sequence of WhatIf, optional
        The alternatives that are told of; those of the case file where none are given.
    """

    run: Run
    command: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    explained_draws: int = EXPLAINED_DRAWS
    compared_draws: int = COMPARED_DRAWS
    threads: int = 0
    asked: Sequence[WhatIf] | None = None

    @property
    def case(self) -> Case:
        """The case.

        Raises
        ------
        InputError
            The run is of a theory alone.
        """
        if self.run.game.case is None:
            raise InputError("a report needs a case; a theory on its own has neither facts nor a history")
        return self.run.game.case

    @property
    def typed(self) -> bool:
        """Whether roles have private types."""
        return bool(self.run.game.plan.types)

    @cached_property
    def on_grid(self) -> bool:
        """Whether roles have private types and beliefs lie on a grid; then inputs are not moved one by one."""
        return self.typed and isinstance(self.run.beliefs or usual_method(self.run.game), Grid)

    @property
    def history(self) -> HistoryScore | None:
        """The real history, scored at the run's central draw; None where the case has none."""
        return self.run.default.history

    @property
    def draws_explained(self) -> int:
        """Over how many draws options are taken apart."""
        most = min(self.explained_draws, TYPED_DRAWS) if self.typed else self.explained_draws
        return min(most, len(self.run.forecast.solution.draws))

    @cached_property
    def roads_not_taken(self) -> tuple[tuple[Difference, ...], ...]:
        """Why the patron never took an option that it could have taken: each against holding still.

        One decision is explained for each such option: the one at which it was likeliest, so the question is asked
        where the answer was closest. `invade` comes first, then what was most against the role's interest. Each is one
        difference, or one for each private type of the role.
        """
        moments = self._closest()
        if not moments:
            return ()
        draws = self.run.forecast.solution.draws
        part = draws.part(0, self.draws_explained)
        explained = explain(self.run.game, part, list(moments.values()), threads=self.threads, beliefs=self.run.beliefs)
        types = len(explained) // len(moments)
        groups = [explained[i * types : (i + 1) * types] for i in range(len(moments))]
        found = [
            tuple(one.difference(name, HOLD) for one in group) for name, group in zip(moments, groups, strict=True)
        ]
        found.sort(key=lambda group: (group[0].option != FIRST_ASKED, max(float(one.total.mean()) for one in group)))
        return tuple(found[:MOST_ROADS])

    def _closest(self) -> dict[str, Decision]:
        """Return, by option never taken by the first role though legal, the decision at which it was likeliest."""
        solution, game = self.run.forecast.solution, self.run.game
        if solution.history is None:
            return {}
        names = game.option_names
        best: dict[str, tuple[float, Decision]] = {}
        taken = set()
        for decision, choice in zip(solution.history.decisions, solution.choices, strict=True):
            if int(game.graph.stage_role[decision.stage]) != 0:
                continue
            taken.add(names[int(game.graph.arc_option[decision.arc])])
            offered = [names[o] for o in decision.options]
            for name, probability in zip(offered, choice.mean(axis=1), strict=True):
                if HOLD in offered and (name not in best or probability > best[name][0]):
                    best[name] = (float(probability), decision)
        return {name: decision for name, (_, decision) in best.items() if name not in taken and name != HOLD}

    @cached_property
    def comparison(self) -> Comparison | None:
        """The alternatives beside the case as it was, on the run's own draws; None where there are none.

        Forced moves of the run are the first of them.
        """
        asked = list(self.asked if self.asked is not None else named_alternatives(self.case))
        if self.run.forced:
            asked = [WhatIf("forced", "With the forced moves", force=tuple(self.run.carried_out)), *asked]
        if not asked:
            return None
        draws = self.run.forecast.solution.draws
        # a draw of a game with types takes seconds, and there are several alternatives
        part = draws.part(0, 1 if self.typed else min(self.compared_draws, len(draws)))
        return compare(self.case, asked, draws=part, threads=self.threads, beliefs=self.run.beliefs)

    @cached_property
    def tornado(self) -> Tornado:
        """How far each input alone moves each outcome, from the prior medians.

        Raises
        ------
        InputError
            Roles have private types, and beliefs lie on a grid: two solutions for each input would take hours.
        """
        if self.on_grid:
            raise InputError("inputs are not moved one by one in a report where beliefs lie on a grid")
        held, how = dict(self.settings), self.run.beliefs
        forced = self.run.restrictions
        return tornado(self.run.game, settings=held, threads=self.threads, beliefs=how, restrictions=forced)

    @property
    def outcome_in_question(self) -> str:
        """The outcome whose drivers are shown: the one that inputs move most among the two likeliest."""
        spreads = self.run.forecast.outcomes
        if self.on_grid:
            return self.run.forecast.likeliest
        first = sorted(spreads, key=lambda name: -spreads[name].mean)[:2]
        reach = [float(np.sum([bar.width for bar in self.tornado.ranked(name, 5)])) for name in first]
        return first[int(np.argmax(reach))]

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """Ties between the actors at several dates of the real course."""
        return tuple(ties_by_date(self.run.game, self.run.default.solution.history))
