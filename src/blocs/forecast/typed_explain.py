"""Why an option is worth what it is to each private type of a role, given what the others believe at that time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.forecast.explanation import Explanation, later_parts, taken_apart
from blocs.forecast.prices import price_parts, prices
from blocs.game.columns import Column, Columns
from blocs.game.game import Game
from blocs.game.history import Decision, lay_out
from blocs.game.types import TypedTables, shifted, typed_columns, typed_tables, types_of
from blocs.solve.draws import Draws
from blocs.solve.private import Beliefs, Seen, Solver, private_solver
from blocs.solve.sequential import Progress
from blocs.solve.threads import available, each

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Eyes:
    """Whose values are taken apart: a role, or one type of it, and the columns that hold its values."""

    role: int
    type: int
    name: str
    value: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class _Told:
    """What one draw says of one decision in the eyes of one type."""

    contributions: Floats
    value: Floats
    probability: Floats
    precision: float
    belief: float
    public: Floats
    occasion: float


def explain_types(
    game: Game,
    draws: Draws,
    decisions: Sequence[Decision],
    *,
    method: Beliefs | None = None,
    progress: Progress | None = None,
    threads: int = 0,
) -> list[Explanation]:
    """Take the options at decisions of the real history apart in a game with private types.

    Parameters
    ----------
    game : Game
        With private types, compiled from a case.
    draws : Draws
    decisions : sequence of Decision
    method : Exact or Grid, optional
        As in `blocs.solve.private.private_solver`.
    progress : callable (done, total), optional
        Told after every draw.
    threads : int

    Returns
    -------
    list of Explanation
        Decision by decision; for a role with types one for each, in the order of the theory.

    Notes
    -----
    What follows from an option is what its type expects: its own later choices, and those of the others, who do not
    know it but will have drawn their conclusions from the option (Bayes' rule). On a grid of beliefs the lotteries that
    keep them on the grid leave a distribution over beliefs at a decision; values and probabilities are the means over
    it for the type in question, so that they add up as well.
    """
    roles = list(dict.fromkeys(int(game.graph.stage_role[one.stage]) for one in decisions))
    columns, eyes = _columns(game, roles)
    last = max(one.step for one in decisions)
    course = [one for one in lay_out(game).decisions if one.step <= last]
    solver = private_solver(game, method)
    total, finished = len(draws), 0
    found: list[list[_Told]] = [[] for _ in range(total)]
    counting = threading.Lock()

    def fill(part: tuple[int, int]) -> None:
        found[part[0]] = _one_draw(game, solver, draws.part(*part), columns, eyes, decisions, course)

    def report(part: tuple[int, int]) -> None:
        nonlocal finished
        with counting:
            finished += part[1] - part[0]
        if progress is not None:
            progress(finished, total)

    each([(i, i + 1) for i in range(total)], fill, min(available(threads), total), report)
    result, at = [], 0
    for decision in decisions:
        role = int(game.graph.stage_role[decision.stage])
        parts = later_parts(game, role, price_parts(game, role, decision))
        for one in eyes[role]:
            told = [draw[at] for draw in found]
            at += 1
            result.append(
                taken_apart(
                    game,
                    decision,
                    parts,
                    np.stack([draw.contributions for draw in told], axis=-1),
                    np.stack([draw.value for draw in told], axis=-1),
                    np.stack([draw.probability for draw in told], axis=-1),
                    np.array([draw.precision for draw in told]),
                    type=one.name,
                    belief=np.array([draw.belief for draw in told]) if one.name else None,
                    public=np.stack([draw.public for draw in told], axis=-1) if one.name else None,
                    occasion=np.array([draw.occasion for draw in told]),
                )
            )
    return result


def _columns(game: Game, roles: Sequence[int]) -> tuple[Columns, dict[int, list[_Eyes]]]:
    """Return the columns of a game with those of every payoff term, and of all costs, of some roles type by type."""
    deciding = typed_columns(game).players
    observers: list[Column] = []
    eyes: dict[int, list[_Eyes]] = {}
    for role in roles:
        types = types_of(game, role)
        for number in [-1] if types is None else range(len(types.types)):
            first = len(deciding) + len(observers)
            observers += [
                Column("term", role=role, index=i, label=term.name, type=number)
                for i, term in enumerate(game.plan.terms)
                if term.role == role
            ]
            observers.append(Column("cost", role=role, label="costs", type=number))
            value = next(c for c, one in enumerate(deciding) if one.role == role and one.type == number)
            name = types.types[number].name if types is not None else ""
            parts = tuple(range(first, len(deciding) + len(observers)))
            eyes.setdefault(role, []).append(_Eyes(role, number, name, value, parts))
    return typed_columns(game, *observers), eyes


def _one_draw(
    game: Game,
    solver: Solver,
    one: Draws,
    columns: Columns,
    eyes: dict[int, list[_Eyes]],
    decisions: Sequence[Decision],
    course: Sequence[Decision],
) -> list[_Told]:
    """Return what a draw says, decision by decision and type by type."""
    tables = typed_tables(game, one.values, columns, 1)
    seen = dict(zip(((each.step, each.stage) for each in course), solver.seen(tables, 0, course), strict=True))
    found = []
    for decision in decisions:
        here = seen[decision.step, decision.stage]
        for mine in eyes[int(game.graph.stage_role[decision.stage])]:
            found.append(_told(game, tables, one, decision, here, mine))
    return found


def _told(game: Game, tables: TypedTables, one: Draws, decision: Decision, here: Seen, mine: _Eyes) -> _Told:
    values, types = one.values, types_of(game, mine.role)
    belief, row = 1.0, 0
    if types is not None:
        values = shifted(game, types, mine.type, values, 1)
        belief, row = float(here.beliefs[game.plan.types.index(types)][mine.type]), mine.type
    names = price_parts(game, mine.role, decision)
    now = prices(game, decision, [decision.node], np.ones((1, 1)), names, values)[..., 0]
    return _Told(
        contributions=np.concatenate([0.0 - now, here.later[:, list(mine.parts)].T]),
        value=here.later[:, mine.value] - now.sum(axis=0),
        probability=here.by_type[row],
        precision=float(tables.precision[mine.value, 0]),
        belief=belief,
        public=here.mixed,
        occasion=float(tables.tables.occasion[decision.stage, 0]),
    )
