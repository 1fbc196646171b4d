"""The order in which a game tree is swept: moves only, children before parents, information sets side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.extensive import ExtensiveGame

Array = NDArray[Any]
# Sets that lie above and below each other in a chain of this length are swept as if in a circle; real games need two
_PASSES = 50


class SweepPlan(NamedTuple):
    """Arrays for `blocs.solve.extensive_kernels`. Ends of the game are folded into the actions that lead to them.

    Attributes
    ----------
    infoset : int32 array (move,)
    parent, arc : int32 array (move,)
        The move above and the action that leads here; -1 at the root.
    possible : bool array (move,)
        False where only chance moves of probability zero lead.
    downward : int32 array (move,)
        All moves, parents before children.
    slot, size : int32 arrays (move,)
        Place of the first action of a move, and the number of moves of its set: the actions of the moves of a set
        are stored action by action, so the next action of the same move stands `size` places further.
    below : int32 array (slot,)
        The move that an action leads to; one past the last move for an end.
    payoff : float64 array (player, slot)
        What is received on the way there.
    sets : int32 array (set,)
        Information sets in the order of an upward sweep.
    member_ptr, base : int32 arrays (set + 1,), (set,)
        First move and first slot of the sets, in the order of `sets`.
    wanted : bool array (set, player)
        Whether the player moves above the set, so that its value there matters; in the order of `sets`.
    owner, action_ptr : int32 arrays
        As `infoset_player` and `action_ptr` of the game.
    ordered : bool
        Whether the sets can be ordered so that everything below a set comes before it.
    """

    infoset: Array
    parent: Array
    arc: Array
    possible: Array
    downward: Array
    slot: Array
    size: Array
    below: Array
    payoff: Array
    sets: Array
    member_ptr: Array
    base: Array
    wanted: Array
    owner: Array
    action_ptr: Array
    ordered: bool


def sweep_plan(game: ExtensiveGame) -> SweepPlan:
    """Order the moves of a game for sweeps.

    Raises
    ------
    InputError
        With imperfect recall, or when an information set can never be reached.
    """
    from blocs.solve.extensive_kernels import fill_slots, heights, movers_above

    _check_recall(game)
    height, ordered = heights(game.infoset, game.parent, game.infosets, _PASSES)
    moves = np.flatnonzero(game.infoset >= 0).astype(np.int32)
    moved = game.infoset[moves]
    set_order = np.lexsort((np.arange(game.infosets), height)).astype(np.int32)
    rank = np.empty(game.infosets, np.int32)
    rank[set_order] = np.arange(game.infosets, dtype=np.int32)
    order = np.argsort(rank[moved], kind="stable")
    old = moves[order]
    number = np.full(game.nodes, -1, np.int32)
    number[old] = np.arange(len(old), dtype=np.int32)
    infoset = game.infoset[old]
    members = np.append(0, np.cumsum(game.members[set_order])).astype(np.int32)
    choices = np.diff(game.action_ptr)
    base = np.append(0, np.cumsum(game.members[set_order] * choices[set_order])).astype(np.int32)
    size = game.members[infoset]
    slot = (base[rank[infoset]] + np.arange(len(old)) - members[rank[infoset]]).astype(np.int32)
    below = np.empty(base[-1], np.int32)
    payoff = np.empty((len(game.players), base[-1]))
    fill_slots(old, game.child_ptr, game.outcome, number, slot, size, game.payoffs, below, payoff)
    possible = _possible(game)
    _check_reached(game, possible)
    above = game.parent[old]
    parent = np.where(above >= 0, number[above], -1).astype(np.int32)
    wanted = np.zeros((game.infosets, len(game.players)), np.bool_)
    movers_above(parent, infoset, number[moves], game.infoset_player, wanted)
    return SweepPlan(
        infoset=infoset,
        parent=parent,
        arc=game.arc[old],
        possible=possible[old],
        downward=number[moves],
        slot=slot,
        size=size,
        below=below,
        payoff=payoff,
        sets=set_order,
        member_ptr=members,
        base=base[:-1],
        wanted=wanted[set_order],
        owner=game.infoset_player,
        action_ptr=game.action_ptr,
        ordered=bool(ordered),
    )


def _possible(game: ExtensiveGame) -> NDArray[np.bool_]:
    """Whether chance lets play come to each node."""
    possible = np.ones(game.nodes, np.bool_)
    barred = game.chance == 0
    if barred.any():
        for level in range(1, game.depth + 1):
            part = slice(game.level_ptr[level], game.level_ptr[level + 1])
            possible[part] = possible[game.parent[part]] & ~barred[game.arc[part]]
    return possible


def _check_reached(game: ExtensiveGame, possible: NDArray[np.bool_]) -> None:
    if possible.all():
        return
    lost = np.ones(game.infosets, np.bool_)
    lost[game.infoset[possible & (game.infoset >= 0)]] = False
    for h in np.flatnonzero(lost & (game.infoset_player >= 0) & (game.members > 1)):
        node = int(np.flatnonzero(game.infoset == h)[0])
        raise InputError(
            Problem(
                f"{game.infoset_name(int(h))} comes only after chance moves of probability zero, so there are no "
                "beliefs to act on",
                file=game.file,
                line=game.line(node),
                column=1 if game.line(node) else 0,
                hint="leave those branches out, or give them a small probability",
            )
        )


def _check_recall(game: ExtensiveGame) -> None:
    """Refuse a game in which a player would have forgotten one of its own moves."""
    from blocs.solve.extensive_kernels import forgotten

    found = forgotten(game.infoset, game.parent, game.arc, game.infoset_player, len(game.players))
    first, second, before, now = (int(number) for number in found)
    if first < 0:
        return
    infoset = int(game.infoset[second])

    def told(action: int) -> str:
        if action < 0:
            return "as the first move of its player"
        where = int(np.searchsorted(game.action_ptr, action, side="right")) - 1
        label = game.action_labels[action] or str(action - int(game.action_ptr[where]) + 1)
        name = "the same set" if where == infoset else game.infoset_name(where)
        return f"after `{label}` at {name}"

    lines = f" (lines {game.line(first)} and {game.line(second)})" if game.line(first) else ""
    raise InputError(
        Problem(
            f"imperfect recall: {game.infoset_name(infoset)} is met {told(before)} and {told(now)}{lines}, so "
            "that its player would have to forget; only games with perfect recall are solved",
            file=game.file,
            line=game.line(second),
            column=1 if game.line(second) else 0,
        )
    )
