"""Games in extensive form with information sets, as flat arrays.

A game tree of any size is a handful of NumPy arrays, numbered breadth first: the children of a node stand side by
side, every level of the tree is one slice, and a parent always comes before its children. Nothing here is recursive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

END, CHANCE, DECISION = 0, 1, 2


@dataclass(frozen=True, eq=False, repr=False)
class ExtensiveGame:
    """A finite game in extensive form (docs/notation.md: node v, information set h, action a, player i).

    Nodes are numbered breadth first, the root is 0. Information sets (those of chance too) are numbered in the
    order in which a depth-first walk first meets them. Actions are numbered set after set.

    Parameters
    ----------
    title, comment : str
        As in the file; free text.
    players : tuple of str
        Names of the players; chance is none of them.
    infoset : int32 array (node,)
        Information set of the node; -1 at an end of the game.
    outcome : int32 array (node,)
        Outcome that is attached to the node, at an end or before it; -1 for none. Payoffs add up along the path.
    parent : int32 array (node,)
        -1 at the root.
    child_ptr : int32 array (node + 1,)
        The children of node v are ``child_ptr[v]`` to ``child_ptr[v + 1]``, in the order of the actions.
    level_ptr : int32 array (depth + 2,)
        The nodes of depth d are ``level_ptr[d]`` to ``level_ptr[d + 1]``.
    infoset_player : int32 array (infoset,)
        Index of the player who moves there; -1 for chance.
    action_ptr : int32 array (infoset + 1,)
        The actions of set h are ``action_ptr[h]`` to ``action_ptr[h + 1]``.
    chance : float64 array (action,)
        Probability of a chance action; NaN for an action of a player.
    payoffs : float64 array (outcome, player)
    infoset_labels, action_labels, outcome_labels : tuple of str
    node_labels : mapping of int to str
        Only of the nodes that have one.
    node_line : int32 array (node,)
        Line of the file on which the node stands; empty for a game that was not read from a file.
    file : str
        Name of the file, for messages.
    """

    title: str
    players: tuple[str, ...]
    infoset: Ints
    outcome: Ints
    parent: Ints
    child_ptr: Ints
    level_ptr: Ints
    infoset_player: Ints
    action_ptr: Ints
    chance: Floats
    payoffs: Floats
    infoset_labels: tuple[str, ...]
    action_labels: tuple[str, ...]
    outcome_labels: tuple[str, ...]
    comment: str = ""
    node_labels: Mapping[int, str] = field(default_factory=dict)
    node_line: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    file: str = ""

    @property
    def nodes(self) -> int:
        """Number of nodes, ends included."""
        return len(self.infoset)

    @property
    def infosets(self) -> int:
        """Number of information sets, those of chance included."""
        return len(self.infoset_player)

    @property
    def actions(self) -> int:
        """Number of actions over all information sets, those of chance included."""
        return len(self.chance)

    @property
    def depth(self) -> int:
        """Number of moves on the longest path."""
        return len(self.level_ptr) - 2

    @cached_property
    def kind(self) -> NDArray[np.int8]:
        """int8 array (node,): `END`, `CHANCE` or `DECISION`."""
        owner = np.append(self.infoset_player, np.int32(-2))[self.infoset]
        return np.where(owner == -2, END, np.where(owner == -1, CHANCE, DECISION)).astype(np.int8)

    @cached_property
    def arc(self) -> Ints:
        """int32 array (node,): the action that leads to the node; -1 at the root."""
        arc = np.full(self.nodes, -1, np.int32)
        if self.nodes > 1:
            above = self.parent[1:]
            arc[1:] = self.action_ptr[self.infoset[above]] + (np.arange(1, self.nodes) - self.child_ptr[above])
        return arc

    @cached_property
    def members(self) -> Ints:
        """int32 array (infoset,): number of nodes in each information set."""
        return np.bincount(self.infoset[self.infoset >= 0], minlength=self.infosets).astype(np.int32)

    @cached_property
    def infoset_number(self) -> Ints:
        """int32 array (infoset,): number of the set among those of its player, counted from one."""
        number = np.zeros(self.infosets, np.int32)
        for player in range(-1, len(self.players)):
            own = self.infoset_player == player
            number[own] = np.arange(1, own.sum() + 1)
        return number

    @cached_property
    def decided(self) -> tuple[Ints, Ints, Ints, Ints]:
        """The nodes that a player's action leads to, the nodes above them, the players, and the actions."""
        own = np.isnan(self.chance)[self.arc[1:]]
        children = (np.flatnonzero(own) + 1).astype(np.int32)
        above = self.parent[children]
        return children, above, self.infoset_player[self.infoset[above]], self.arc[children]

    @property
    def perfect_information(self) -> bool:
        """Whether every information set of a player holds one node."""
        return bool(np.all(self.members[self.infoset_player >= 0] <= 1))

    def infoset_name(self, infoset: int) -> str:
        """Return a readable name: the player, the number and the label of an information set."""
        player = self.infoset_player[infoset]
        owner = "chance" if player < 0 else f"player {self.players[player] or player + 1}"
        text = self.infoset_labels[infoset]
        return f"information set {self.infoset_number[infoset]}{f' ({text})' if text else ''} of {owner}"

    def line(self, node: int) -> int:
        """Return the line of the file on which `node` stands; zero when there is no file."""
        return int(self.node_line[node]) if len(self.node_line) else 0

    def same_as(self, other: ExtensiveGame) -> bool:
        """Whether two games agree in everything but the file and its lines."""
        for item in fields(self):
            mine, theirs = getattr(self, item.name), getattr(other, item.name)
            if item.name in ("file", "node_line"):
                continue
            if isinstance(mine, np.ndarray):
                if not np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"):
                    return False
            elif mine != theirs:
                return False
        return True

    def __repr__(self) -> str:
        """Summarise in one line."""
        sets = int((self.infoset_player >= 0).sum())
        return (
            f"ExtensiveGame({self.title!r}: {len(self.players)} players, {self.nodes} nodes, depth {self.depth}, "
            f"{sets} information sets, {len(self.outcome_labels)} outcomes)"
        )

    @classmethod
    def from_preorder(
        cls,
        infoset: Sequence[int] | Ints,
        outcome: Sequence[int] | Ints,
        *,
        title: str,
        players: Sequence[str],
        infoset_player: Sequence[int] | Ints,
        action_ptr: Sequence[int] | Ints,
        chance: Sequence[float] | Floats,
        payoffs: Sequence[Sequence[float]] | Floats,
        infoset_labels: Sequence[str],
        action_labels: Sequence[str],
        outcome_labels: Sequence[str],
        depth: Sequence[int] | Ints | None = None,
        comment: str = "",
        node_labels: Mapping[int, str] | None = None,
        node_line: Sequence[int] | Ints = (),
        file: str = "",
    ) -> ExtensiveGame:
        """Build a game from its nodes in depth-first order, as they stand in a file.

        Parameters
        ----------
        infoset, outcome : (node,)
            In depth-first order; -1 for an end of the game, and for no outcome.
        depth : (node,), optional
            Number of moves before each node; found from the number of actions when it is not given.
        node_labels, node_line
            Numbered in depth-first order too.

        Raises
        ------
        InputError
            When the nodes do not make up one complete tree.
        """
        sets = np.asarray(infoset, np.int32)
        pointers = np.asarray(action_ptr, np.int32)
        counts = np.append(np.diff(pointers), 0)[sets]
        levels = _depths(counts) if depth is None else np.asarray(depth, np.int32)
        # A stable sort by depth keeps brothers side by side: what a walk meets between two of them lies deeper
        order = np.argsort(levels, kind="stable").astype(np.int32)
        counts = counts[order]
        child_ptr = np.empty(len(order) + 1, np.int32)
        child_ptr[0] = 1
        np.cumsum(counts, out=child_ptr[1:])
        child_ptr[1:] += 1
        parent = np.full(len(order), -1, np.int32)
        parent[1:] = np.repeat(np.arange(len(order), dtype=np.int32), counts)
        level_ptr = np.append(0, np.cumsum(np.bincount(levels))).astype(np.int32)
        new_number = np.empty(len(order), np.int32)
        new_number[order] = np.arange(len(order))
        lines = np.asarray(node_line, np.int32)
        return cls(
            title=title,
            comment=comment,
            players=tuple(players),
            infoset=sets[order],
            outcome=np.asarray(outcome, np.int32)[order],
            parent=parent,
            child_ptr=child_ptr,
            level_ptr=level_ptr,
            infoset_player=np.asarray(infoset_player, np.int32),
            action_ptr=pointers,
            chance=np.asarray(chance, np.float64),
            payoffs=np.asarray(payoffs, np.float64).reshape(len(outcome_labels), len(players)),
            infoset_labels=tuple(infoset_labels),
            action_labels=tuple(action_labels),
            outcome_labels=tuple(outcome_labels),
            node_labels={int(new_number[node]): text for node, text in (node_labels or {}).items() if text},
            node_line=lines[order] if len(lines) else lines,
            file=file,
        )


def preorder(game: ExtensiveGame) -> Ints:
    """Return the nodes in depth-first order, int32 array (node,); the inverse of `ExtensiveGame.from_preorder`."""
    # sizes of the subtrees from the deepest level up, then every node knows where it stands in the walk
    size = np.ones(game.nodes, np.int64)
    for level in range(game.depth, 0, -1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        np.add.at(size, game.parent[part], size[part])
    place = np.zeros(game.nodes, np.int64)
    before = np.append(0, np.cumsum(size))
    for level in range(1, game.depth + 1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        above = game.parent[part]
        place[part] = place[above] + 1 + before[part] - before[game.child_ptr[above]]
    order = np.empty(game.nodes, np.int32)
    order[place] = np.arange(game.nodes, dtype=np.int32)
    return order


def _depths(counts: Ints) -> Ints:
    """Depths of nodes given in depth-first order with their numbers of actions."""
    depths = np.zeros(len(counts), np.int32)
    waiting = [1]
    for node, count in enumerate(counts.tolist()):
        while waiting and not waiting[-1]:
            waiting.pop()
        if not waiting:
            raise InputError(f"the tree is complete after {node} nodes, but {len(counts)} are given")
        depths[node] = len(waiting) - 1
        waiting[-1] -= 1
        waiting.append(count)
    if any(waiting):
        raise InputError(f"the tree is not complete: {sum(waiting)} branches lead nowhere")
    return depths
