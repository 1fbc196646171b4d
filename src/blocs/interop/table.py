"""A game as plain rows: every state of every stage, and every result of every option there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blocs.game.game import Game
from blocs.solve.draws import medians


@dataclass(frozen=True)
class Node:
    """A state at a stage, or an end of the game.

    Attributes
    ----------
    number : int
        As in `Graph`: open nodes first, then ended classes.
    stage, role : str
        Empty at an end.
    state : dict from variable to value
        Empty at an end, where states with the same payoffs and outcome are one.
    outcome : str
        At an end; empty otherwise.
    """

    number: int
    stage: str
    role: str
    state: dict[str, str]
    outcome: str


@dataclass(frozen=True)
class Edge:
    """One result of one option.

    Attributes
    ----------
    source, target : int
        Nodes; a target at the first stage is reached at the start of the next step.
    option, result : str
    probability : float
        Of the result, given the option.
    costs : tuple of float
        Of taking the option, by role.
    """

    source: int
    target: int
    option: str
    result: str
    probability: float
    costs: tuple[float, ...]


@dataclass(frozen=True)
class GameTable:
    """The nodes and edges of a game, with every parameter at its prior median."""

    game: Game

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probability of each branch, and cost of each arc by role: (branch,), (arc, role)."""
        game, graph = self.game, self.game.graph
        tables = game.tables(medians(game).values, game.columns(), 1)
        return tables.probability[graph.branch_row, 0], -tables.cost[graph.arc_bundle, :, 0]

    def nodes(self) -> Iterator[Node]:
        """Yield the open nodes stage by stage, then the ends."""
        game, graph = self.game, self.game.graph
        names = [variable.name for variable in game.plan.space.variables]
        labels = [variable.labels for variable in game.plan.space.variables]
        for k, stage in enumerate(game.plan.stages):
            first, last = int(graph.node_ptr[k]), int(graph.node_ptr[k + 1])
            ranks = game.plan.space.decode(graph.codes[first:last]).T.tolist()
            for number, rank in enumerate(ranks, start=first):
                state = {name: label[value] for name, label, value in zip(names, labels, rank, strict=True)}
                yield Node(number, stage.name, game.roles[stage.role], state, "")
        for end in range(graph.ends):
            outcome = int(graph.outcome[graph.first_stage + end])
            yield Node(graph.nodes + end, "", "", {}, game.outcomes[outcome] if outcome >= 0 else "")

    def edges(self) -> Iterator[Edge]:
        """Yield the edges in the order of their sources."""
        game, graph = self.game, self.game.graph
        probability, cost = self._numbers
        options = [option for _, option in game.layout.options]
        sources = np.repeat(np.arange(graph.nodes), np.diff(graph.arc_ptr))
        carry = graph.nodes + graph.ends
        for arc, source in enumerate(sources.tolist()):
            option = options[int(graph.arc_option[arc])]
            first, last = int(graph.branch_ptr[arc]), int(graph.branch_ptr[arc + 1])
            costs = tuple(cost[arc].tolist())
            for branch in range(first, last):
                target = int(graph.branch_next[branch])
                yield Edge(
                    source,
                    target - carry if target >= carry else target,
                    option.name,
                    option.results[branch - first],
                    float(probability[branch]),
                    costs,
                )


def game_to_csv(game: Game) -> Iterator[str]:
    """Yield the lines of a table with one row for each result of each option of each state.

    Columns: node, stage, role, the state variables, option, result, probability, the costs by role, next (a node),
    and outcome, where the next node is an end.
    """
    table = GameTable(game)
    nodes = {node.number: node for node in table.nodes()}
    variables = [variable.name for variable in game.plan.space.variables]
    costs = [f"cost_{role}" for role in game.roles]
    yield _row(["node", "stage", "role", *variables, "option", "result", "probability", *costs, "next", "outcome"])
    for edge in table.edges():
        node = nodes[edge.source]
        yield _row(
            [
                node.number,
                node.stage,
                node.role,
                *node.state.values(),
                edge.option,
                edge.result,
                repr(edge.probability),
                *map(repr, edge.costs),
                edge.target,
                nodes[edge.target].outcome,
            ]
        )


def _row(cells: list[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
