"""One move after another through a game: where a branch leads, and what a change from outside does to the state."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from blocs.errors import InputError, Problem, nearest
from blocs.game.game import Game


def step_on(game: Game, place: int, branch: int) -> tuple[int, int, str | None]:
    """Return where a branch leads from a place (step times stages plus stage).

    Returns
    -------
    row : int
        The next node, or where play is over: an ended class or a carry.
    code : int
        The state there; of an ended class, one of the states that were merged in it.
    outcome : str or None
        How it ended; None while play goes on.
    """
    graph = game.graph
    row = int(graph.branch_next[branch])
    ended = row - graph.nodes
    if ended < 0:
        return row, int(graph.codes[row]), None
    if ended < graph.ends:
        # states that were merged agree in payoffs and outcome; any of them stands for all
        code = int(graph.end_codes[np.flatnonzero(graph.end_class == ended)[0]])
        return row, code, game.outcomes[int(graph.outcome[graph.first_stage + ended])]
    carry = ended - graph.ends
    code = int(graph.codes[carry])
    if place + 1 == graph.steps * graph.stages:
        return row, code, game.outcomes[int(graph.outcome[carry])]
    return carry, code, None


def change_state(game: Game, place: int, row: int, changes: Mapping[str, str]) -> tuple[int, int]:
    """Return node and state after something outside the game gave state variables new values.

    Raises
    ------
    InputError
        A name or a value is unknown, or play cannot be in that state at this point.
    """
    graph, space = game.graph, game.plan.space
    code, problems = int(graph.codes[row]), []
    for name, value in changes.items():
        if name not in space.index:
            problems.append(Problem(f"there is no state variable `{name}`", hint=nearest(name, space.index)))
            continue
        at = space.index[name]
        variable = space.variables[at]
        try:
            rank = variable.rank(value)
        except KeyError:
            hint = f"expected one of {', '.join(variable.labels[:12])}"
            problems.append(Problem(f"`{value}` is not a value of `{name}`", hint=hint))
            continue
        now = int(space.decode(np.array([code], dtype=np.int64))[at, 0])
        code += (rank - now) * int(space.strides[at])
    if problems:
        raise InputError(problems)
    if code == int(graph.codes[row]):
        return row, code
    step, stage = divmod(place, graph.stages)
    if game.plan.stages[stage].turn > 0:
        raise InputError("while roles choose at the same time nothing can change; wait for the next turn")
    found = graph.node_of(stage, code)
    if found < 0 or found - int(graph.node_ptr[stage]) >= int(graph.active[step, stage]):
        wanted = ", ".join(f"{name} {value}" for name, value in changes.items())
        raise InputError(Problem(f"play cannot have led to {wanted} together with the rest of the state at this point"))
    return found, code
