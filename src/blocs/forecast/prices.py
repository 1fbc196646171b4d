"""What taking an option costs at once, one number for each part of the option's cost formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.game import Game
from blocs.game.history import Decision

Floats = NDArray[np.float64]


def price_parts(game: Game, role: int, decision: Decision) -> list[str]:
    """Return the names of the parts that the prices of a decision's options consist of."""
    names: dict[str, None] = {}
    for option in decision.options:
        for cost in game.layout.options[option][1].costs:
            if cost.role == role:
                names[cost.label] = None
    return list(names)


def prices(
    game: Game,
    decision: Decision,
    nodes: Sequence[int],
    weights: Floats,
    parts: Sequence[str],
    values: Mapping[str, Any],
) -> Floats:
    """Return the price of each option by part, expected over the nodes by their weights; (part, option, draw)."""
    graph = game.graph
    role, draws = int(graph.stage_role[decision.stage]), weights.shape[1]
    result = np.zeros((len(parts), len(decision.arcs), draws))
    everything = {**game.plan.facts, **values}
    for node, weight in zip(nodes, weights, strict=False):
        for a, arc in enumerate(graph.arcs_of(node)):
            bundle = int(graph.arc_bundle[arc])
            option = game.layout.options[decision.options[a]][1]
            for i, cost in enumerate(option.costs):
                if cost.role == role:
                    row = option.bundle_rows[i, game.layout.bundle_class[bundle]]
                    result[parts.index(cost.label), a] += weight * cost.formula.compute(everything, draws)[row]
    return result
