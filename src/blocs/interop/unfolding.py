"""A game unfolded into a tree, so that programs for games in extensive form can solve it and check us.

A state that can be reached in several ways becomes as many nodes, so only small games have a tree that fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.extensive import ExtensiveGame
from blocs.game.game import Game
from blocs.solve.draws import medians

# Gambit reads a tree of this size in seconds and solves it in minutes; much larger ones it does not finish
MOST_NODES = 200_000

Floats = NDArray[np.float64]


def tree_size(game: Game) -> float:
    """Return how many nodes the tree of a game has; exact up to 2^53, and close beyond."""
    graph = game.graph
    # every path that reaches an ended class, or the end of the last step, is one end of the tree
    count = np.ones(graph.slots)
    arcs, results = np.diff(graph.arc_ptr), np.diff(graph.branch_ptr)
    for t in range(graph.steps - 1, -1, -1):
        for k in range(graph.stages - 1, -1, -1):
            low = int(graph.node_ptr[k])
            high = low + int(graph.active[t, k])
            if high == low:
                continue
            first, last = int(graph.arc_ptr[low]), int(graph.arc_ptr[high])
            branches = slice(int(graph.branch_ptr[first]), int(graph.branch_ptr[last]))
            starts = graph.branch_ptr[first:last] - branches.start
            below = np.add.reduceat(count[graph.branch_next[branches]], starts) + (results[first:last] > 1)
            total = np.add.reduceat(below, graph.arc_ptr[low:high] - first)
            count[low:high] = total + (arcs[low:high] > 1)
        carry = graph.nodes + graph.ends
        count[carry : carry + graph.first_stage] = count[: graph.first_stage]
    return float(count[graph.start])


def unfold(game: Game, values: Mapping[str, Any] | None = None) -> ExtensiveGame:
    """Unfold a game into a tree.

    Every decision node is its own information set; a node where only one option is legal is passed over. Payoffs stand
    at the ends: what each role receives on the way there and after, worth at the start of play. A logit equilibrium of
    the tree at precision 1 is ours where nothing is discounted and every role has precision 1; otherwise a tree has no
    means of saying that choices late in play are made as sharply as early ones.

    Parameters
    ----------
    game : Game
    values : mapping, optional
        Parameters; the prior medians by default.

    Raises
    ------
    InputError
        The tree would be too large.
    """
    size = tree_size(game)
    if size > MOST_NODES:
        about = f"{size:,.0f}" if size < 1e9 else f"about {size:.0e}"
        raise InputError(
            Problem(
                f"the tree of this game has {about} nodes; one for Gambit may have {MOST_NODES:,}",
                hint="take fewer steps (`calendar.steps`) or forbid options (`without`), or export it as a graph",
            )
        )
    return _Unfolding(game, values if values is not None else medians(game).values).run()


@dataclass
class _Lists:
    """The tree in depth-first order, as `ExtensiveGame.from_preorder` takes it."""

    infoset: list[int] = field(default_factory=list)
    outcome: list[int] = field(default_factory=list)
    player: list[int] = field(default_factory=list)
    action_ptr: list[int] = field(default_factory=lambda: [0])
    chance: list[float] = field(default_factory=list)
    payoffs: list[list[float]] = field(default_factory=list)
    set_labels: list[str] = field(default_factory=list)
    action_labels: list[str] = field(default_factory=list)
    outcome_labels: list[str] = field(default_factory=list)

    def move(self, player: int, label: str, actions: list[str], chance: list[float]) -> None:
        """Add a node at which a player or chance (-1) moves, as an information set of its own."""
        self.infoset.append(len(self.player))
        self.outcome.append(-1)
        self.player.append(player)
        self.set_labels.append(label)
        self.action_labels += actions
        self.chance += chance
        self.action_ptr.append(len(self.chance))

    def end(self, label: str, payoffs: Floats) -> None:
        """Add an end of the game with an outcome of its own."""
        self.infoset.append(-1)
        self.outcome.append(len(self.payoffs))
        self.payoffs.append(payoffs.tolist())
        self.outcome_labels.append(label)


class _Unfolding:
    def __init__(self, game: Game, values: Mapping[str, Any]) -> None:
        self.game, self.graph = game, game.graph
        tables = game.tables(values, game.columns(), 1)
        self.cost, self.probability = tables.cost[:, :, 0], tables.probability[:, 0]
        self.pay, self.discount = tables.pay[:, :, 0], tables.discount[:, 0]
        self.weight = tables.weight[:, 0]
        case = game.case
        self.dates = case.calendar.labels() if case is not None else [str(t + 1) for t in range(self.graph.steps)]
        self.options = [option for _, option in game.layout.options]
        self.lists = _Lists()

    def run(self) -> ExtensiveGame:
        game, lists = self.game, self.lists
        # what is still to be visited: a node of the graph with its step, or an arc whose result is open; the last
        # put is the next taken, so brothers are put in reverse
        waiting: list[tuple[int, int, int, Floats]] = [(self.graph.start, -1, 0, self.paid(self.graph.start, 0))]
        while waiting:
            node, arc, step, earned = waiting.pop()
            waiting += reversed(self.results(arc, step, earned) if arc >= 0 else self.visit(node, step, earned))
        return ExtensiveGame.from_preorder(
            lists.infoset,
            lists.outcome,
            title=game.case.case if game.case is not None else game.theory.theory,
            players=game.roles,
            infoset_player=lists.player,
            action_ptr=lists.action_ptr,
            chance=lists.chance,
            payoffs=lists.payoffs,
            infoset_labels=lists.set_labels,
            action_labels=lists.action_labels,
            outcome_labels=lists.outcome_labels,
            comment=f"theory {game.theory.theory}, version {game.theory.version}; payoffs: worth at the start of play",
        )

    def paid(self, node: int, step: int) -> Floats:
        """Return what the roles receive at the start of a step in a node of the first stage, as worth at the start."""
        return self.discount**step * self.pay[self.graph.pay_bundle[node]]

    def visit(self, node: int, step: int, earned: Floats) -> list[tuple[int, int, int, Floats]]:
        """Add a node of the graph to the tree and return what follows it."""
        graph = self.graph
        if node >= graph.nodes + graph.ends:
            node, step = node - graph.nodes - graph.ends, step + 1
            if step == graph.steps:
                return self.finish(graph.outcome[node], earned + self.later(node, step))
            earned = earned + self.paid(node, step)
        elif node >= graph.nodes:
            place = node - graph.nodes + graph.first_stage
            return self.finish(graph.outcome[place], earned + self.after(place, step))
        arcs = graph.arcs_of(node)
        worth = self.discount**step
        below = [(node, arc, step, earned + worth * self.cost[graph.arc_bundle[arc]]) for arc in arcs]
        if len(arcs) > 1:
            stage = int(np.searchsorted(graph.node_ptr, node, side="right")) - 1
            names = [self.options[int(graph.arc_option[arc])].name for arc in arcs]
            label = f"{self.dates[step]} {self.game.plan.stages[stage].name}"
            self.lists.move(int(graph.stage_role[stage]), label, names, [float("nan")] * len(names))
        return below

    def results(self, arc: int, step: int, earned: Floats) -> list[tuple[int, int, int, Floats]]:
        """Add the chance move of an option, where there is one, and return what follows it."""
        graph = self.graph
        branches = graph.branches_of(arc)
        if len(branches) > 1:
            option = self.options[int(graph.arc_option[arc])]
            labels = [option.results[i] or str(i + 1) for i in range(len(branches))]
            odds = self.probability[graph.branch_row[branches.start : branches.stop]].tolist()
            self.lists.move(-1, option.name, labels, odds)
        return [(int(graph.branch_next[branch]), -1, step, earned) for branch in branches]

    def finish(self, outcome: int, payoffs: Floats) -> list[tuple[int, int, int, Floats]]:
        """Add an end of the tree."""
        self.lists.end(self.game.outcomes[outcome] if outcome >= 0 else "", payoffs)
        return []

    def later(self, place: int, step: int) -> Floats:
        """Return what follows after the last step in a state, as worth at the start."""
        return self.discount**step * self.weight * self.pay[self.graph.pay_bundle[place]]

    def after(self, place: int, step: int) -> Floats:
        """Return what an ended state pays from the next step on, as worth at the start."""
        steps = np.arange(step + 1, self.graph.steps)[:, None]
        total = (self.discount**steps).sum(axis=0) * self.pay[self.graph.pay_bundle[place]]
        return total + self.later(place, self.graph.steps)
