"""What if: the case under other circumstances beside the case as it was, on the same draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.outcomes import Spread
from blocs.forecast.solving import Progress, Solution, solve
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.game.history import HOLD, find_options
from blocs.solve.draws import Draws, check_settings, draw
from blocs.solve.private import Beliefs
from blocs.solve.sequential import Restriction

if TYPE_CHECKING:
    import pandas as pd

    from blocs.language.case import Case
    from blocs.language.theory import Theory

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
        )
        carried = {
            move.text: min(float(solution.taken[one.first, one.option].mean()) for one in move.restrictions)
            for move in forced
        }
        solved.append(Alternative(what_if, solution, solution.outcome_draws() - reference, carried))
    return Comparison(baseline, tuple(solved))


def prepare(case: Case, alternatives: Sequence[WhatIf]) -> list[tuple[WhatIf, Game, dict[str, float], list[Forced]]]:
    """Compile every alternative; return it with the settings of its draws and its forced moves."""
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


def _prepare_one(case: Case, what_if: WhatIf) -> tuple[Game, dict[str, float], list[Forced]]:
    theory = case.theory_spec
    facts = {name: value for name, value in what_if.set.items() if name in theory.facts}
    others = {name: value for name, value in what_if.set.items() if name not in theory.facts}
    problems = unknown_names(theory, what_if.set)
    game, settings = compile_game(case), {}
    try:
        game = compile_game(changed(case, facts=facts, start=what_if.start, without=what_if.without))
    except InputError as error:
        problems.extend(error.problems)
    try:
        settings = check_settings(game, {name: value for name, value in others.items() if name in theory.parameters})
    except InputError as error:
        problems.extend(error.problems)
    try:
        # whether a move can be legal is only known in the game that is meant
        forced = read_forces(game, what_if.force, legality=not problems)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return game, settings, forced


def unknown_names(theory: Theory, names: Iterable[str]) -> list[Problem]:
    """Return a problem for every name that is neither a fact nor a parameter of the theory."""
    return [
        Problem(f"there is no fact or parameter `{name}`", hint=nearest(name, [*theory.facts, *theory.parameters]))
        for name in names
        if name not in theory.facts and name not in theory.parameters
    ]


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


@dataclass(frozen=True)
class Forced:
    """A forced move as written, and what it forces: one option, or `hold` in every stage of a role."""

    text: str
    restrictions: tuple[Restriction, ...]


def read_forces(game: Game, forces: Sequence[str], legality: bool = True) -> list[Forced]:
    """Read ``DATE ROLE OPTION`` lines, in their order.

    `hold` without a stage holds the role back in all of its stages; of other options that two stages have, the stage
    has to be named: ``DATE ROLE STAGE: OPTION``.

    Raises
    ------
    InputError
        A line that cannot be read, names the case does not know, dates outside the calendar, two moves forced on one
        stage at once, or (where `legality` is asked about) a move that is legal nowhere then.
    """
    problems: list[Problem] = []
    found: list[Forced] = []
    taken: dict[tuple[int, int], str] = {}
    for text in forces:
        restrictions = _read_force(game, text, problems)
        clash = {taken[key] for key in _keys(game, restrictions) if key in taken}
        if clash:
            other = " and ".join(f"`{one}`" for one in sorted(clash))
            problems.append(Problem(f"`{text}` contradicts {other}: a stage has one option a step"))
            continue
        taken.update({key: text for key in _keys(game, restrictions)})
        if legality:
            problems.extend(_illegal(game, text, restrictions))
        found.append(Forced(text, restrictions))
    if problems:
        raise InputError(problems)
    return found


def _keys(game: Game, restrictions: Sequence[Restriction]) -> list[tuple[int, int]]:
    return [(one.first, game.option_stages[one.option]) for one in restrictions]


def _read_force(game: Game, text: str, problems: list[Problem]) -> tuple[Restriction, ...]:
    """Return what a line forces; none, and a problem more, where it cannot be read."""
    words = text.split(maxsplit=2)
    if len(words) != 3 or game.case is None:
        problems.append(Problem(f"`{text}` is no forced move; write DATE ROLE OPTION, such as 1960-07 patron hold"))
        return ()
    date, role, name = words
    stage, _, option = (part.strip() for part in name.rpartition(":"))
    try:
        step = game.case.calendar.index(date)
    except ValueError as error:
        problems.append(Problem(f"in `{text}`: {error}"))
        return ()
    if role not in game.roles:
        problems.append(Problem(f"in `{text}`: there is no role `{role}`", hint=nearest(role, game.roles)))
        return ()
    numbers = find_options(game, role, option, stage or None)
    if not numbers:
        mine = {plan.name for k, plan in game.layout.options if game.roles[game.plan.stages[k].role] == role}
        problems.append(Problem(f"in `{text}`: the {role} has no option `{name}`", hint=nearest(option, mine)))
    elif len(numbers) > 1 and option != HOLD:
        stages = [f"`{game.plan.stages[game.option_stages[one]].name}: {option}`" for one in numbers]
        problems.append(
            Problem(f"in `{text}`: `{option}` is an option of several stages", hint=f"write one of {', '.join(stages)}")
        )
        return ()
    return tuple(Restriction(number, step, step, forced=True) for number in numbers)


def _illegal(game: Game, text: str, restrictions: Sequence[Restriction]) -> list[Problem]:
    """Return a problem for each forced option that is legal in no reachable state of its step."""
    graph, problems = game.graph, []
    for one in restrictions:
        k = game.option_stages[one.option]
        low, high = int(graph.node_ptr[k]), int(graph.node_ptr[k]) + int(graph.active[one.first, k])
        arcs = slice(int(graph.arc_ptr[low]), int(graph.arc_ptr[high]))
        if not (graph.arc_option[arcs] == one.option).any():
            name = game.option_names[one.option]
            when = game.option_spec(one.option).when
            problems.append(
                Problem(f"in `{text}`: no course of play makes `{name}` legal by then", hint=f"it asks for `{when}`")
            )
    return problems
