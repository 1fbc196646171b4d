"""A game unfolded into a tree, so that programs for games in extensive form can solve it and check us.

A state that can be reached in several ways becomes as many nodes, so only small games have a tree that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.extensive import ExtensiveGame
from blocs.game.game import Game
from blocs.game.graph import Graph
from blocs.interop.typed_unfolding import unfold_types
from blocs.solve.draws import medians

# Gambit reads a tree of this size in seconds and solves it in minutes; much larger ones it does not finish
MOST_NODES = 200_000

Floats = NDArray[np.float64]


def tree_size(game: Game) -> float:
    """Return how many nodes the tree of a game has; exact up to 2^53, and close beyond.

    Occasions that are certain or impossible make it smaller.
    """
    graph = game.graph
    # every path that reaches an ended class, or the end of the last step, is one end of the tree
    count = np.ones(graph.slots)
    arcs, results = np.diff(graph.arc_ptr), np.diff(graph.branch_ptr)
    carry = graph.nodes + graph.ends
    for t in range(graph.steps - 1, -1, -1):
        for k in range(graph.stages - 1, -1, -1):
            low = int(graph.node_ptr[k])
            high = low + int(graph.active[t, k])
            if high == low:
                continue
            first, last = int(graph.arc_ptr[low]), int(graph.arc_ptr[high])
            branches = slice(int(graph.branch_ptr[first]), int(graph.branch_ptr[last]))
            starts = graph.branch_ptr[first:last] - branches.start
            counts = count[graph.branch_next[branches]]
            if k + 1 < graph.stages and graph.stage_width[k + 1] == 0:
                # those who choose at the same time do so even where the crisis has ended
                over = (graph.branch_next[branches] >= graph.nodes) & (graph.branch_next[branches] < carry)
                owner = np.repeat(np.repeat(np.arange(low, high), arcs[low:high]), results[first:last])
                counts = np.where(over, _blind_sizes(graph, k)[owner - low], counts)
            below = np.add.reduceat(counts, starts) + (results[first:last] > 1)
            choice = arcs[low:high] > 1
            if graph.stage_otherwise[k] >= 0:
                # chance says whether there is an occasion; without one, one option leads on as well
                idle = graph.arc_option[first:last] == graph.stage_otherwise[k]
                below = np.where(idle & np.repeat(choice, arcs[low:high]), 2 * below, below)
                choice = 2 * choice
            total = np.add.reduceat(below, graph.arc_ptr[low:high] - first)
            count[low:high] = total + choice
        count[carry : carry + graph.first_stage] = count[: graph.first_stage]
    return float(count[graph.start])


def _blind_sizes(graph: Graph, stage: int) -> Floats:
    """Return how many nodes follow where a turn ends the crisis and others have yet to choose; (node of the stage,)."""
    head = graph.head_stage(stage)
    heads = int(graph.node_ptr[head + 1] - graph.node_ptr[head])
    size, turn = np.ones(heads), stage + 1
    while turn < graph.stages and graph.stage_width[turn] == 0:
        turn += 1
    for k in range(turn - 1, stage, -1):
        at = int(graph.group_at[k])
        groups = graph.group_ptr[at : at + heads + 1]
        first = np.minimum(groups[:-1], graph.nodes - 1)
        options = np.where(np.diff(groups) > 0, graph.arc_ptr[first + 1] - graph.arc_ptr[first], 1)
        nodes = 2 if graph.stage_otherwise[k] >= 0 else 1
        size = np.where(options > 1, size * (options + nodes - 1) + nodes, size)
    if stage == head:
        return size
    at = int(graph.group_at[stage])
    return np.repeat(size, np.diff(graph.group_ptr[at : at + heads + 1]))


def unfold(game: Game, values: Mapping[str, Any] | None = None) -> ExtensiveGame:
    """Unfold a game into a tree.

    Every decision node is an information set of its own, but where several roles choose at once: those who come later
    in the tree do not see what those before them did, and choose even where that has ended the crisis already (then it
    makes no difference). Where a role chooses on occasion only, chance says first whether there is one. A node where
    only one option is legal is passed over. Payoffs stand at the ends: what each role receives on the way there and
    after, worth at the start of play. A logit equilibrium of the tree at precision 1 is ours where nothing is
    discounted and every role has precision 1; otherwise a tree has no means of saying that choices late in play are
    made as sharply as early ones.

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
    if game.plan.types:
        return unfold_types(game, values if values is not None else medians(game).values, MOST_NODES)
    if game.plan.forever:
        raise InputError(
            Problem("a tree has ends, but this game has no last step", path="horizon", hint="export it as a graph")
        )
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

    def move(self, player: int, label: str, actions: list[str], chance: list[float], known: int = -1) -> int:
        """Add a node at which a player or chance (-1) moves; return its information set, a new one or one known."""
        self.infoset.append(len(self.player) if known < 0 else known)
        self.outcome.append(-1)
        if known >= 0:
            return known
        self.player.append(player)
        self.set_labels.append(label)
        self.action_labels += actions
        self.chance += chance
        self.action_ptr.append(len(self.chance))
        return self.infoset[-1]

    def end(self, label: str, payoffs: Floats) -> None:
        """Add an end of the game with an outcome of its own."""
        self.infoset.append(-1)
        self.outcome.append(len(self.payoffs))
        self.payoffs.append(payoffs.tolist())
        self.outcome_labels.append(label)


@dataclass(frozen=True)
class _Place:
    """What is still to be visited: a row of the graph, or one of its arcs whose result is open.

    `entry` is the number of the stage of several roles that the place lies in, and `stage` that of a role that still
    has to choose though the crisis has ended. `ready` says that chance has given an occasion to choose.
    """

    node: int
    step: int
    earned: Floats
    arc: int = -1
    entry: int = -1
    stage: int = -1
    ready: bool = False


class _Unfolding:
    def __init__(self, game: Game, values: Mapping[str, Any]) -> None:
        self.game, self.graph = game, game.graph
        tables = game.tables(values, game.columns(), 1)
        self.cost, self.probability = tables.cost[:, :, 0], tables.probability[:, 0]
        self.pay, self.discount = tables.pay[:, :, 0], tables.discount[:, 0]
        self.weight, self.occasion = tables.weight[:, 0], tables.occasion[:, 0]
        case = game.case
        self.dates = case.calendar.labels() if case is not None else [str(t + 1) for t in range(self.graph.steps)]
        self.options = [option for _, option in game.layout.options]
        self.lists = _Lists()
        # where a stage of several roles was entered: the head, and the information sets of the later ones
        self.entered: list[tuple[int, dict[int, int]]] = []

    def run(self) -> ExtensiveGame:
        game, lists = self.game, self.lists
        # what is still to be visited; the last put is the next taken, so brothers are put in reverse
        waiting = [_Place(self.graph.start, 0, self.paid(self.graph.start, 0))]
        while waiting:
            place = waiting.pop()
            if place.arc >= 0:
                below = self.results(place)
            elif place.stage >= 0:
                below = self.blind(place)
            else:
                below = self.choose(place) if place.ready else self.visit(place)
            waiting += reversed(below)
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

    def visit(self, place: _Place) -> list[_Place]:
        """Add a node of the graph to the tree and return what follows it."""
        graph, node, step, earned = self.graph, place.node, place.step, place.earned
        if node >= graph.nodes + graph.ends:
            node, step = node - graph.nodes - graph.ends, step + 1
            if step == graph.steps:
                return self.finish(graph.outcome[node], earned + self.later(node, step))
            earned = earned + self.paid(node, step)
        elif node >= graph.nodes:
            row = node - graph.nodes + graph.first_stage
            return self.finish(graph.outcome[row], earned + self.after(row, step))
        arcs = graph.arcs_of(node)
        stage, entry = graph.stage_of(node), place.entry
        if graph.stage_width[stage] > 1:
            entry = len(self.entered)
            self.entered.append((node, {}))
        elif graph.stage_width[stage] == 1:
            entry = -1
        there = _Place(node, step, earned, entry=entry)
        return self.on_occasion(stage, len(arcs), replace(there, ready=True), lambda: self.idle(there, stage))

    def choose(self, place: _Place) -> list[_Place]:
        """Add the decision at a node to the tree and return what its options lead to."""
        graph = self.graph
        arcs = graph.arcs_of(place.node)
        if len(arcs) > 1:
            options = [int(graph.arc_option[arc]) for arc in arcs]
            self.decision(graph.stage_of(place.node), options, place.step, place.entry)
        return [self.taken(place, arc) for arc in arcs]

    def taken(self, place: _Place, arc: int) -> _Place:
        """Return where an option leads, before its results."""
        cost = self.discount**place.step * self.cost[self.graph.arc_bundle[arc]]
        return replace(place, earned=place.earned + cost, arc=arc, ready=False)

    def idle(self, place: _Place, stage: int) -> _Place:
        """Return where it leads that there is no occasion."""
        graph = self.graph
        arcs = graph.arcs_of(place.node)
        return self.taken(place, next(a for a in arcs if graph.arc_option[a] == graph.stage_otherwise[stage]))

    def on_occasion(self, stage: int, options: int, ready: _Place, idle: Callable[[], _Place]) -> list[_Place]:
        """Let chance say whether the role of a stage has an occasion to choose, where that is open."""
        chance = float(self.occasion[stage]) if self.graph.stage_otherwise[stage] >= 0 else 1.0
        if options == 1 or chance == 1.0:
            return [ready]
        if chance == 0.0:
            return [idle()]
        role = self.game.roles[int(self.graph.stage_role[stage])]
        self.lists.move(-1, f"occasion for {role}", ["occasion", "none"], [chance, 1.0 - chance])
        return [ready, idle()]

    def decision(self, stage: int, options: list[int], step: int, entry: int) -> None:
        """Add a decision to the tree; one made at the same time as others before it joins its information set."""
        names = [self.options[option].name for option in options]
        label = f"{self.dates[step]} {self.game.plan.stages[stage].name}"
        role, nothing = int(self.graph.stage_role[stage]), [float("nan")] * len(names)
        if self.graph.stage_width[stage] > 0:
            self.lists.move(role, label, names, nothing)
            return
        known = self.entered[entry][1]
        known[stage] = self.lists.move(role, label, names, nothing, known.get(stage, -1))

    def blind(self, place: _Place) -> list[_Place]:
        """Add the decision of a role that does not know that what was done at the same time has ended the crisis."""
        graph, stage = self.graph, place.stage
        head, _ = self.entered[place.entry]
        onward = stage + 1 if stage + 1 < graph.stages and graph.stage_width[stage + 1] == 0 else -1
        below = replace(place, stage=onward)
        group = graph.group_of(stage, head)
        if not len(group):
            # it never has anything to choose
            return [below]
        options = [int(graph.arc_option[arc]) for arc in graph.arcs_of(group[0])]
        if len(options) == 1:
            return [below]
        if not place.ready:
            # as likely as where the crisis goes on, for the role cannot tell where it is
            return self.on_occasion(stage, len(options), replace(place, ready=True), lambda: below)
        below = replace(below, ready=False)
        self.decision(stage, options, place.step, place.entry)
        return [below] * len(options)

    def results(self, place: _Place) -> list[_Place]:
        """Add the chance move of an option, where there is one, and return what follows it."""
        graph, arc = self.graph, place.arc
        branches = graph.branches_of(arc)
        if len(branches) > 1:
            option = self.options[int(graph.arc_option[arc])]
            labels = [option.results[i] or str(i + 1) for i in range(len(branches))]
            odds = self.probability[graph.branch_row[branches.start : branches.stop]].tolist()
            self.lists.move(-1, option.name, labels, odds)
        following = graph.stage_of(place.node) + 1
        blind = following if following < graph.stages and graph.stage_width[following] == 0 else -1
        found = []
        for branch in branches:
            target = int(graph.branch_next[branch])
            over = graph.nodes <= target < graph.nodes + graph.ends
            found.append(_Place(target, place.step, place.earned, -1, place.entry, blind if over else -1))
        return found

    def finish(self, outcome: int, payoffs: Floats) -> list[_Place]:
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
