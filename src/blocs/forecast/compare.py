"""What if: the case under other circumstances beside the case as it was, on the same draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.forecast.outcomes import Spread
from blocs.forecast.solution import Solution
from blocs.forecast.solving import Progress, solve
from blocs.forecast.whatif import Forced, WhatIf, carried_out, read_what_if
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.solve.draws import Draws, draw
from blocs.solve.private import Beliefs

if TYPE_CHECKING:
    import pandas as pd

    from blocs.language.case import Case

BASELINE = "as it was"


@dataclass(frozen=True)
class Alternative:
    """One alternative solved.

    Attributes
    ----------
    what_if : WhatIf
    solution : Solution
    differences : float64 array (outcome, draw)
        Its outcome probabilities minus those of the case as it was, draw by draw.
    carried_out : dict from forced move to float
        Mean probability that play came to where the move was legal; the least of its stages for a `hold` in several.
    """

    what_if: WhatIf
    solution: Solution
    differences: NDArray[np.float64]
    carried_out: Mapping[str, float]


@dataclass(frozen=True)
class Comparison:
    """The case as it was, and its alternatives, on the same draws."""

    baseline: Solution
    alternatives: tuple[Alternative, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        outcomes = self.baseline.game.outcomes
        return {
            "baseline": {name: spread.to_json() for name, spread in self.baseline.forecast().outcomes.items()},
            "alternatives": {
                one.what_if.name: {
                    "title": one.what_if.label,
                    "outcomes": {name: spread.to_json() for name, spread in one.solution.forecast().outcomes.items()},
                    "differences": {
                        name: Spread.of(row).to_json() for name, row in zip(outcomes, one.differences, strict=True)
                    },
                    "likeliest": one.solution.forecast().likeliest,
                    "carried_out": dict(one.carried_out),
                    "certificate": one.solution.certificate.to_json(),
                }
                for one in self.alternatives
            },
            "draws": len(self.baseline.draws),
            "seed": self.baseline.draws.seed,
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per alternative and outcome: mean, interval, and the paired difference with its interval."""
        import pandas as pd

        rows = [
            {
                "alternative": BASELINE,
                "outcome": name,
                **spread.to_json(),
                "difference": 0.0,
                "difference_low": 0.0,
                "difference_high": 0.0,
            }
            for name, spread in self.baseline.forecast().outcomes.items()
        ]
        for one in self.alternatives:
            spreads = one.solution.forecast().outcomes
            for (name, spread), row in zip(spreads.items(), one.differences, strict=True):
                gap = Spread.of(row)
                rows.append(
                    {
                        "alternative": one.what_if.name,
                        "outcome": name,
                        **spread.to_json(),
                        "difference": gap.mean,
                        "difference_low": gap.low,
                        "difference_high": gap.high,
                    }
                )
        return pd.DataFrame(rows).set_index(["alternative", "outcome"])


def compare(
    case: Case,
    alternatives: Sequence[WhatIf],
    *,
    draws: int | Draws = 256,
    seed: int = 0,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
) -> Comparison:
    """Solve a case as it was and under other circumstances, on the same draws.

    Parameters
    ----------
    case : Case
    alternatives : sequence of WhatIf
    draws : int or Draws
        Draws of parameters that all share; a fact that an alternative sets is set in every draw of that alternative.
    seed : int
    progress : callable (done, total), optional
    threads : int
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        Unknown names, contradictory or illegal forced moves, dates outside the calendar: all at once.
    """
    prepared = prepare(case, alternatives)
    game = compile_game(case)
    common = draw(game, draws, seed) if isinstance(draws, int) else draws
    total, done = len(common) * (1 + len(prepared)), 0

    def report(finished: int, _: int) -> None:
        if progress is not None:
            progress(done + finished, total)

    baseline = solve(game, common, progress=report, threads=threads, beliefs=beliefs)
    reference = baseline.outcome_draws()
    solved = []
    for what_if, other, settings, forced in prepared:
        done += len(common)
        own = with_settings(other, common, settings)
        restrictions = [one for move in forced for one in move.restrictions]
        solution = solve(
            other,
            own,
            restrictions=restrictions,
            with_history=False,
            progress=report,
            threads=threads,
            beliefs=beliefs,
            certify=False,
        )
        carried = carried_out(forced, solution.taken)
        solved.append(Alternative(what_if, solution, solution.outcome_draws() - reference, carried))
    return Comparison(baseline, tuple(solved))


def prepare(case: Case, alternatives: Sequence[WhatIf]) -> list[tuple[WhatIf, Game, dict[str, float], list[Forced]]]:
    """Compile every alternative; return it with the settings of its draws and its forced moves."""
    theory, prepared = case.theory_spec, []
    problems: list[Problem] = []
    unchanged = cache(lambda: compile_game(case))
    for what_if in alternatives:
        facts = {name: value for name, value in what_if.set.items() if name in theory.facts}

        def compiled(what_if: WhatIf = what_if, facts: Mapping[str, Any] = facts) -> tuple[Game, Collection[str]]:
            return compile_game(changed(case, facts=facts, start=what_if.start, without=what_if.without)), facts

        try:
            prepared.append((what_if, *read_what_if(theory, what_if, compiled, unchanged)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return prepared


def with_settings(game: Game, draws: Draws, settings: Mapping[str, float]) -> Draws:
    """Return draws for an alternative: parameters shared, settings put in, facts that it fixes taken out."""
    assert game.case is not None
    values = {
        name: value
        for name, value in draws.values.items()
        if name in game.theory.parameters
        or (name in game.case.facts and game.case.facts[name].range is not None and name not in game.plan.fixed_facts)
    }
    values.update({name: np.full(len(draws), value) for name, value in settings.items()})
    return Draws(values, draws.seed, draws.origin, len(draws))
