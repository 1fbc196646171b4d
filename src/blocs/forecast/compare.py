"""What if: the case under other circumstances beside the case as it was, on the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.outcomes import Spread
from blocs.forecast.solving import Progress, Solution, solve
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.game.history import find_option
from blocs.solve.draws import Draws, check_settings, draw
from blocs.solve.sequential import Restriction

if TYPE_CHECKING:
    import pandas as pd

    from blocs.language.case import Case

BASELINE = "as it was"


@dataclass(frozen=True)
class WhatIf:
    """Other circumstances, named.

    Parameters
    ----------
    name : str
    title : str
        For people; the name where it is empty.
    set : mapping from fact or parameter to value
    start : mapping from state variable to value
    without : tuple of str
        Options that do not exist.
    force : tuple of str
        ``DATE ROLE OPTION``: the role takes the option in that step wherever it is legal.
    note : str
    """

    name: str
    title: str = ""
    set: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    note: str = ""

    @property
    def label(self) -> str:
        """The title, or else the name."""
        return self.title or self.name


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
        Mean probability that play came to where the move was legal.
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


def named_alternatives(case: Case, names: Sequence[str] | None = None) -> list[WhatIf]:
    """Return the alternatives that the case file offers: all of them, or those named.

    Raises
    ------
    InputError
        A name that the case does not offer.
    """
    offered = {
        name: WhatIf(
            name, one.title or "", dict(one.set), dict(one.start), tuple(one.without), tuple(one.force), one.note or ""
        )
        for name, one in case.alternatives.items()
    }
    if names is None:
        return list(offered.values())
    problems = [
        Problem(f"the case has no alternative `{name}`", hint=nearest(name, offered))
        for name in names
        if name not in offered
    ]
    if problems:
        raise InputError(problems)
    return [offered[name] for name in names]


def compare(
    case: Case,
    alternatives: Sequence[WhatIf],
    *,
    draws: int | Draws = 256,
    seed: int = 0,
    progress: Progress | None = None,
    threads: int = 0,
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

    baseline = solve(game, common, progress=report, threads=threads)
    reference = baseline.outcome_draws()
    solved = []
    for what_if, other, settings, restrictions in prepared:
        done += len(common)
        own = with_settings(other, common, settings)
        solution = solve(other, own, restrictions=restrictions, with_history=False, progress=report, threads=threads)
        carried = {
            text: float(solution.taken[one.first, one.option].mean())
            for text, one in zip(what_if.force, [r for r in restrictions if r.forced], strict=True)
        }
        solved.append(Alternative(what_if, solution, solution.outcome_draws() - reference, carried))
    return Comparison(baseline, tuple(solved))


def prepare(
    case: Case, alternatives: Sequence[WhatIf]
) -> list[tuple[WhatIf, Game, dict[str, float], list[Restriction]]]:
    """Compile every alternative; return it with the settings of its draws and its restrictions."""
    problems: list[Problem] = []
    prepared = []
    for what_if in alternatives:
        try:
            prepared.append((what_if, *_prepare_one(case, what_if)))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return prepared


def _prepare_one(case: Case, what_if: WhatIf) -> tuple[Game, dict[str, float], list[Restriction]]:
    theory = case.theory_spec
    facts = {name: value for name, value in what_if.set.items() if name in theory.facts}
    others = {name: value for name, value in what_if.set.items() if name not in theory.facts}
    unknown = [
        Problem(f"there is no fact or parameter `{name}`", hint=nearest(name, [*theory.facts, *theory.parameters]))
        for name in others
        if name not in theory.parameters
    ]
    if unknown:
        raise InputError(unknown)
    game = compile_game(changed(case, facts=facts, start=what_if.start, without=what_if.without))
    return game, check_settings(game, others), read_forces(game, what_if.force)


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


def read_forces(game: Game, forces: Sequence[str]) -> list[Restriction]:
    """Read ``DATE ROLE OPTION`` lines, in their order.

    Raises
    ------
    InputError
        A line that cannot be read, names the case does not know, dates outside the calendar, two moves forced on one
        stage at once, or a move that is legal nowhere then.
    """
    problems: list[Problem] = []
    found: list[Restriction] = []
    taken: dict[tuple[int, int], str] = {}
    for text in forces:
        one = _read_force(game, text, problems)
        if one is None:
            continue
        key = (one.first, game.option_stages[one.option])
        if key in taken:
            problems.append(Problem(f"`{text}` contradicts `{taken[key]}`: a stage has one option a step"))
            continue
        taken[key] = text
        found.append(one)
    if problems:
        raise InputError(problems)
    return found


def _read_force(game: Game, text: str, problems: list[Problem]) -> Restriction | None:
    words = text.split(maxsplit=2)
    if len(words) != 3 or game.case is None:
        problems.append(Problem(f"`{text}` is no forced move; write DATE ROLE OPTION, such as 1960-07 patron hold"))
        return None
    date, role, name = words
    stage, _, option = name.rpartition(":")
    try:
        step = game.case.calendar.index(date)
    except ValueError as error:
        problems.append(Problem(f"in `{text}`: {error}"))
        return None
    if role not in game.roles:
        problems.append(Problem(f"in `{text}`: there is no role `{role}`", hint=nearest(role, game.roles)))
        return None
    number = find_option(game, role, option.strip(), stage.strip() or None)
    if number is None:
        mine = {plan.name for k, plan in game.layout.options if game.roles[game.plan.stages[k].role] == role}
        problems.append(Problem(f"in `{text}`: the {role} has no option `{name}`", hint=nearest(option.strip(), mine)))
        return None
    graph, k = game.graph, game.option_stages[number]
    low, high = int(graph.node_ptr[k]), int(graph.node_ptr[k]) + int(graph.active[step, k])
    arcs = slice(int(graph.arc_ptr[low]), int(graph.arc_ptr[high]))
    if not (graph.arc_option[arcs] == number).any():
        when = game.theory.stages[k].options[option.strip()].when  # type: ignore[union-attr]
        problems.append(
            Problem(
                f"in `{text}`: no course of play makes `{option.strip()}` legal by then", hint=f"it asks for `{when}`"
            )
        )
        return None
    return Restriction(number, step, step, forced=True)
