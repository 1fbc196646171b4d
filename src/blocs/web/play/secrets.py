"""Who sees what: a secret move looks like holding still until it comes out."""

from __future__ import annotations

from blocs.game.history import HOLD
from blocs.web.play.course import State, Table, Taken

EVERYTHING = "*"
"""The viewer to whom nothing is hidden: the host, and everybody once the game is over."""


def is_hidden(table: Table, state: State, taken: Taken, viewer: str) -> bool:
    """Return whether a move is hidden from a role (an empty name is somebody who plays none).

    A secret comes out when chance decides what becomes of it (a plot that fails is a plot that is known), and at the
    end of the game.
    """
    if viewer in (EVERYTHING, taken.role) or state.outcome is not None:
        return False
    game = table.solved.game
    if not table.solved.secret[int(game.graph.arc_option[taken.arc])]:
        return is_pending(table, state, taken, viewer)
    return len(game.graph.branches_of(taken.arc)) == 1 or is_pending(table, state, taken, viewer)


def is_pending(table: Table, state: State, taken: Taken, viewer: str) -> bool:
    """Return whether a move was made in a stage in which others still choose at the same time, without seeing it."""
    if viewer in (EVERYTHING, taken.role) or state.outcome is not None:
        return False
    game = table.solved.game
    step, stage = divmod(state.place, game.graph.stages)
    turns = game.plan.stages
    return step == taken.step and turns[stage].number == turns[taken.stage].number


def seen_option(table: Table, state: State, taken: Taken, viewer: str) -> str:
    """Return the option that a viewer takes a move for."""
    return HOLD if is_hidden(table, state, taken, viewer) else taken.entry.option


def seen_sentence(table: Table, state: State, taken: Taken, viewer: str) -> str:
    """Return a move as a viewer would tell it."""
    game = table.solved.game
    number = int(game.graph.arc_option[taken.arc])
    if not is_hidden(table, state, taken, viewer):
        return table.solved.sentence(number, taken.entry.result)
    held = [i for i, (k, plan) in enumerate(game.layout.options) if k == taken.stage and plan.name == HOLD]
    return table.solved.sentence(held[0]) if held else ""


def known_state(table: Table, state: State, viewer: str) -> dict[str, str]:
    """Return the state of affairs as a viewer knows it: variable -> value."""
    labels = table.solved.labels
    if viewer == EVERYTHING or state.outcome is not None:
        return dict(labels(state.code))
    known = dict(labels(table.start().code))
    for one in state.course:
        if isinstance(one, Taken) and is_hidden(table, state, one, viewer):
            continue
        if one.before == one.after:
            continue
        before, after = labels(one.before), labels(one.after)
        known.update({name: value for name, value in after.items() if value != before[name]})
    return known


def believed_row(table: Table, state: State, viewer: str) -> int:
    """Return the node at which a viewer believes to be, or -1 where play cannot be in what the viewer knows."""
    game = table.solved.game
    known = known_state(table, state, viewer)
    ranks = [variable.rank(known[variable.name]) for variable in game.plan.space.variables]
    code = game.plan.space.encode(ranks)
    if code == state.code:
        return state.row
    step, stage = divmod(state.place, game.graph.stages)
    row = game.graph.node_of(stage, code)
    reached = row - int(game.graph.node_ptr[stage]) < int(game.graph.active[step, stage])
    return row if row >= 0 and reached else -1
