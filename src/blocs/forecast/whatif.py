"""Other circumstances as they are written: values, start, options taken away, moves forced; read with every mistake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.game.game import Game
from blocs.game.history import HOLD, find_options
from blocs.solve.draws import check_settings
from blocs.solve.sequential import Restriction

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.language.theory import Theory


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


def read_what_if(
    theory: Theory,
    what_if: WhatIf,
    compiled: Callable[[], tuple[Game, Collection[str]]],
    unchanged: Callable[[], Game],
) -> tuple[Game, dict[str, float], list[Forced]]:
    """Return the game under other circumstances, what its draws are held at, and its forced moves.

    Parameters
    ----------
    theory : Theory
    what_if : WhatIf
    compiled : callable
        Gives the game under these circumstances, and the names of the facts that are in it already; what else is set is
        held in the draws.
    unchanged : callable
        Gives the case as it was, in whose words mistakes are told where the other game cannot be compiled.

    Raises
    ------
    InputError
        Unknown names, values that do not fit, forced moves that contradict or are never legal: all at once.
    """
    problems = unknown_names(theory, what_if.set)
    known, inside = set(theory.parameters), frozenset[str]()
    settings: dict[str, float] = {}
    try:
        game, names = compiled()
        known, inside = known | set(theory.facts), frozenset(names)
    except InputError as error:
        problems.extend(error.problems)
        game = unchanged()
    try:
        held = {name: value for name, value in what_if.set.items() if name in known - inside}
        settings = check_settings(game, held)
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


def carried_out(forced: Sequence[Forced], taken: NDArray[np.float64]) -> dict[str, float]:
    """Return by forced move the mean probability that play came to where it was legal; the least of its stages.

    Parameters
    ----------
    forced : sequence of Forced
    taken : float64 array (step, option, draw)
        As solutions give it.
    """
    return {move.text: min(float(taken[one.first, one.option].mean()) for one in move.restrictions) for move in forced}


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
