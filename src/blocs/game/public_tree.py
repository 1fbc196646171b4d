"""A game unrolled by public histories: one node for each way that play can have gone, level by level.

Where roles have private types, two ways to the same state leave different beliefs, so that states cannot be merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.game import Game

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# public histories (of all lengths) that are unrolled; each takes about a kilobyte while the game is solved
MOST_HISTORIES = 200_000


@dataclass(frozen=True)
class Level:
    """All public histories of one length: those before one stage of one step.

    Attributes
    ----------
    step, stage, role : int
    node : int64 array (history,)
        Node of the graph.
    arc : int64 array (move,)
        Arc of the graph, history after history.
    first : int64 array (history,)
        First move of each history.
    owner : int64 array (move,)
        History that each move belongs to.
    branch : int64 array (result,)
        Branch of the graph, move after move.
    result_first : int64 array (move,)
        First result of each move.
    mover : int64 array (result,)
        Move that each result belongs to.
    below : int64 array (result,)
        History of the next level that it leads to; -1 where the crisis ends, or the calendar.
    """

    step: int
    stage: int
    role: int
    node: Ints
    arc: Ints
    first: Ints
    owner: Ints
    branch: Ints
    result_first: Ints
    mover: Ints
    below: Ints


@dataclass(frozen=True)
class PublicTree:
    """The levels of a game, in order of play."""

    game: Game
    levels: tuple[Level, ...]

    @property
    def histories(self) -> int:
        """Number of public histories that end at a move."""
        return sum(len(level.node) for level in self.levels)


def count_histories(game: Game) -> float:
    """Return how many public histories a game has, without unrolling it."""
    graph = game.graph
    count = np.zeros(graph.slots)
    total = 0.0
    for t in range(graph.steps - 1, -1, -1):
        carry = graph.nodes + graph.ends
        if t < graph.steps - 1:
            count[carry : carry + graph.first_stage] = count[: graph.first_stage]
        for k in range(graph.stages - 1, -1, -1):
            low, number = int(graph.node_ptr[k]), int(graph.active[t, k])
            if not number:
                continue
            arcs = graph.arc_ptr[low : low + number + 1].astype(np.int64)
            starts = graph.branch_ptr[arcs].astype(np.int64)
            below = count[graph.branch_next[starts[0] : starts[-1]]]
            with np.errstate(over="ignore"):
                count[low : low + number] = 1.0 + np.add.reduceat(below, starts[:-1] - starts[0])
        total = float(count[graph.start])
    return total


def public_tree(
    game: Game,
    policy: tuple[NDArray[np.int8], NDArray[np.bool_]] | None = None,
    most: int = MOST_HISTORIES,
) -> PublicTree:
    """Unroll a game by public histories.

    Parameters
    ----------
    game : Game
    policy : (int8 array (step, option), bool array (step, stage)), optional
        What may be done about each option, and where that matters: see `blocs.solve.sequential.policy_of`.
    most : int
        Histories that may be unrolled.

    Raises
    ------
    InputError
        There are more.
    """
    size = count_histories(game)
    if size > most:
        about = f"{size:,.0f}" if size < 1e9 else f"about {size:.0e}"
        message = f"the game has {about} public histories; {most:,} can be unrolled"
        raise InputError(Problem(message, hint="take fewer steps (`calendar.steps`), or solve it on a grid of beliefs"))
    return PublicTree(game, tuple(_levels(game, policy)))


def _levels(game: Game, policy: tuple[NDArray[np.int8], NDArray[np.bool_]] | None) -> Iterator[Level]:
    graph = game.graph
    node = np.array([graph.start], dtype=np.int64)
    carry = graph.nodes + graph.ends
    for t in range(graph.steps):
        for k in range(graph.stages):
            if not len(node):
                return
            arc, counts = _spread(graph.arc_ptr, node)
            if policy is not None and policy[1][t, k]:
                left = allowed(policy[0][t][graph.arc_option[arc]], np.cumsum(counts) - counts)
                counts = np.add.reduceat(left.astype(np.int64), np.cumsum(counts) - counts)
                arc = arc[left]
            branch, results = _spread(graph.branch_ptr, arc)
            following = graph.branch_next[branch].astype(np.int64)
            last = k == graph.stages - 1
            open_ = following >= carry if last else following < graph.nodes
            if last and t == graph.steps - 1:
                open_ = np.zeros(len(following), dtype=bool)
            below = np.where(open_, np.cumsum(open_) - 1, -1)
            yield Level(
                step=t,
                stage=k,
                role=int(graph.stage_role[k]),
                node=node,
                arc=arc,
                first=np.cumsum(counts) - counts,
                owner=np.repeat(np.arange(len(node)), counts),
                branch=branch,
                result_first=np.cumsum(results) - results,
                mover=np.repeat(np.arange(len(arc)), results),
                below=below,
            )
            node = following[open_] - (carry if last else 0)


def _spread(pointer: NDArray[np.int32], at: Ints) -> tuple[Ints, Ints]:
    """Return all entries of the rows `at` of a compressed table, row after row, and how many each row has."""
    low = pointer[at].astype(np.int64)
    counts = pointer[at + 1].astype(np.int64) - low
    entries = np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
    return entries, counts


def allowed(policy: NDArray[np.int8], first: Ints) -> NDArray[np.bool_]:
    """Return which arcs a restriction leaves: the forced one where it is legal, else those not forbidden.

    Parameters
    ----------
    policy : int8 array (arc,)
        What may be done about the option of each arc.
    first : int64 array (node,)
        First arc of each node.
    """
    from blocs.game.kernels import FORBIDDEN, FORCED

    counts = np.diff(np.append(first, len(policy)))
    forced = np.repeat(np.maximum.reduceat(policy == FORCED, first), counts)
    return np.where(forced, policy == FORCED, policy != FORBIDDEN)
