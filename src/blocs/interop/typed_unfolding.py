"""A game with private types unfolded into a tree: chance draws the types, and only their owners see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.extensive import ExtensiveGame
from blocs.game.game import Game
from blocs.game.public_tree import PublicTree, count_histories, public_tree
from blocs.game.types import TypedTables, typed_columns, typed_tables

Floats = NDArray[np.float64]


def unfold_types(game: Game, values: Mapping[str, Any], most: int) -> ExtensiveGame:
    """Unfold a game with private types into a tree with information sets; see `blocs.interop.unfolding.unfold`.

    Parameters
    ----------
    game : Game
    values : mapping
        Parameters.
    most : int
        Nodes that the tree may have, about.

    Raises
    ------
    InputError
        The tree would be too large.
    """
    if (game.graph.stage_otherwise >= 0).any():
        raise InputError(
            Problem(
                "with private types, stages in which a role chooses on occasion only are not written as a tree",
                path="stages",
                hint="leave `occasion` or `types` out",
            )
        )
    tables = typed_tables(game, values, typed_columns(game), 1)
    profiles = int(np.prod([len(one.types) for one in game.plan.types]))
    size = count_histories(game) * profiles
    if size > most:
        about = f"{size:,.0f}" if size < 1e9 else f"about {size:.0e}"
        raise InputError(
            Problem(
                f"the tree of this game has {about} nodes or more; one for Gambit may have {most:,}",
                hint="take fewer steps (`calendar.steps`) or forbid options (`without`)",
            )
        )
    return _TypedUnfolding(game, tables).run()


@dataclass
class _Move:
    """What is written once for an information set."""

    player: int
    label: str
    actions: list[str]
    chance: list[float]


@dataclass
class _TypedUnfolding:
    game: Game
    tables: TypedTables
    infoset: list[int] = field(default_factory=list)
    outcome: list[int] = field(default_factory=list)
    sets: list[_Move] = field(default_factory=list)
    known: dict[tuple[int, int, int], int] = field(default_factory=dict)
    payoffs: list[list[float]] = field(default_factory=list)
    outcome_labels: list[str] = field(default_factory=list)

    def run(self) -> ExtensiveGame:
        game = self.game
        tree = public_tree(game)
        profiles = [
            (types, float(np.prod([prior[i, 0] for prior, i in zip(self.tables.prior, types, strict=True)])))
            for types in product(*(range(len(one.types)) for one in game.plan.types))
        ]
        profiles = [(types, p) for types, p in profiles if p > 0]
        if len(profiles) > 1:
            names = [", ".join(self.type_names(types)) for types, _ in profiles]
            self.move(_Move(-1, "private types", names, [p for _, p in profiles]))
        for types, _ in profiles:
            self.play(tree, types)
        return ExtensiveGame.from_preorder(
            self.infoset,
            self.outcome,
            title=game.case.case if game.case is not None else game.theory.theory,
            players=game.roles,
            infoset_player=[one.player for one in self.sets],
            action_ptr=np.cumsum([0, *(len(one.actions) for one in self.sets)]),
            chance=[p for one in self.sets for p in one.chance],
            payoffs=self.payoffs,
            infoset_labels=[one.label for one in self.sets],
            action_labels=[action for one in self.sets for action in one.actions],
            outcome_labels=self.outcome_labels,
            comment=f"theory {game.theory.theory}, version {game.theory.version}; payoffs: worth at the start of play",
        )

    def type_names(self, types: tuple[int, ...]) -> list[str]:
        roles = self.game.plan.types
        return [f"{self.game.roles[one.role]} {one.types[i].name}" for one, i in zip(roles, types, strict=True)]

    def move(self, move: _Move, key: tuple[int, int, int] | None = None) -> None:
        """Add a node; those with the same key are one information set."""
        number = self.known.get(key, -1) if key is not None else -1
        if number < 0:
            number = len(self.sets)
            self.sets.append(move)
            if key is not None:
                self.known[key] = number
        self.infoset.append(number)
        self.outcome.append(-1)

    def play(self, tree: PublicTree, types: tuple[int, ...]) -> None:
        """Add the subtree of one combination of types."""
        game, graph, base = self.game, self.game.graph, self.tables.tables
        own = {one.role: i for one, i in zip(game.plan.types, types, strict=True)}
        columns = [
            next(
                c
                for c, one in enumerate(self.tables.columns.players)
                if one.role == role and one.type == own.get(role, -1)
            )
            for role in range(len(game.roles))
        ]
        cost, pay = base.cost[:, columns, 0], base.pay[:, columns, 0]
        discount, weight = base.discount[columns, 0], base.weight[columns, 0]
        dates = game.case.calendar.labels() if game.case is not None else [str(t + 1) for t in range(graph.steps)]

        def end(row: int, step: int, earned: Floats) -> None:
            """Add an end: an ended class reached in a step, or (step = steps) a state after the last one."""
            rest = pay[graph.pay_bundle[row]]
            for t in range(step + 1, graph.steps):
                earned = earned + discount**t * rest
            self.infoset.append(-1)
            self.outcome.append(len(self.payoffs))
            self.payoffs.append((earned + discount**graph.steps * weight * rest).tolist())
            result = int(graph.outcome[row])
            self.outcome_labels.append(game.outcomes[result] if result >= 0 else "")

        # level, history in it, move of it (-1: still to be chosen), what was earned, and the row behind a result
        start = pay[graph.pay_bundle[graph.start]]
        waiting: list[tuple[int, int, int, Floats, int]] = [(0, 0, -1, start, -1)]
        while waiting:
            number, history, chosen, earned, row = waiting.pop()
            if row >= 0:
                step = tree.levels[number].step if row < graph.nodes + graph.ends else graph.steps
                place = row - graph.nodes + graph.first_stage if step < graph.steps else row - graph.nodes - graph.ends
                end(place, step, earned)
                continue
            level = tree.levels[number]
            if chosen < 0:
                last = level.first[history + 1] if history + 1 < len(level.first) else len(level.arc)
                moves = range(int(level.first[history]), int(last))
                worth = discount**level.step
                below = [(number, history, m, earned + worth * cost[graph.arc_bundle[level.arc[m]]], -1) for m in moves]
                if len(moves) > 1:
                    names = [game.option_names[int(graph.arc_option[level.arc[m]])] for m in moves]
                    label = f"{dates[level.step]} {game.plan.stages[level.stage].name}"
                    mine = own.get(level.role, -1)
                    if mine >= 0:
                        label += f", {next(o for o in game.plan.types if o.role == level.role).types[mine].name}"
                    self.move(_Move(level.role, label, names, [float("nan")] * len(names)), (number, history, mine))
                waiting += reversed(below)
                continue
            last = level.result_first[chosen + 1] if chosen + 1 < len(level.result_first) else len(level.branch)
            results = range(int(level.result_first[chosen]), int(last))
            if len(results) > 1:
                option = game.layout.options[int(graph.arc_option[level.arc[chosen]])][1]
                odds = base.probability[graph.branch_row[level.branch[results.start : results.stop]], 0].tolist()
                self.move(_Move(-1, option.name, [one or str(i + 1) for i, one in enumerate(option.results)], odds))
            following: list[tuple[int, int, int, Floats, int]] = []
            for r in results:
                target = int(graph.branch_next[level.branch[r]])
                if level.below[r] < 0:
                    following.append((number, 0, -1, earned, target))
                    continue
                more = earned
                if target >= graph.nodes + graph.ends:
                    first = target - graph.nodes - graph.ends
                    more = earned + discount ** (level.step + 1) * pay[graph.pay_bundle[first]]
                following.append((number + 1, int(level.below[r]), -1, more, -1))
            waiting += reversed(following)
