"""Playing a game in extensive form with given choice probabilities: who comes where, what it is worth, how near logit.

Plain NumPy, one level of the tree at a time, and none of the solvers' own code: certificates rest on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.game.extensive import END, ExtensiveGame

Floats = NDArray[np.float64]


def realisation(game: ExtensiveGame, probabilities: Floats) -> Floats:
    """Return the probability that play comes to each node, (node, ...) for choice probabilities (action, ...)."""
    reach = np.ones((game.nodes, *probabilities.shape[1:]))
    for level in range(1, game.depth + 1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        reach[part] = reach[game.parent[part]] * probabilities[game.arc[part]]
    return reach


def summarise(game: ExtensiveGame, reach: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Return probabilities of sets and of outcomes, expected payoffs and the sum over ends, from those of nodes."""
    moves = game.infoset >= 0
    ended = game.outcome >= 0
    reached = _totals(game.infoset[moves], reach[moves], game.infosets)
    outcomes = _totals(game.outcome[ended], reach[ended], len(game.outcome_labels))
    return reached, outcomes, outcomes @ game.payoffs, float(reach[game.kind == END].sum())


def with_chance(game: ExtensiveGame, probabilities: Floats) -> Floats:
    """Fill in the chance probabilities among those of all actions; shape (action, ...)."""
    chance = ~np.isnan(game.chance)
    probabilities[chance] = game.chance[chance].reshape(-1, *(1,) * (probabilities.ndim - 1))
    return probabilities


def values(game: ExtensiveGame, probabilities: Floats) -> Floats:
    """Return the expected payoffs from each node on, float64 array (node, player)."""
    worth = np.zeros((game.nodes, len(game.players)))
    ended = game.outcome >= 0
    worth[ended] = game.payoffs[game.outcome[ended]]
    for level in range(game.depth, 0, -1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        parents, starts = _families(game, level - 1)
        worth[parents] += np.add.reduceat(probabilities[game.arc[part], None] * worth[part], starts, axis=0)
    return worth


def logit(game: ExtensiveGame, arguments: Floats) -> Floats:
    """Return logit choice probabilities within each information set, for arguments precision x value (action, ...)."""
    starts = game.action_ptr[:-1]
    sizes = np.diff(game.action_ptr)
    shifted = np.exp(arguments - np.repeat(np.maximum.reduceat(arguments, starts, axis=0), sizes, axis=0))
    return shifted / np.repeat(np.add.reduceat(shifted, starts, axis=0), sizes, axis=0)


def action_values(game: ExtensiveGame, probabilities: Floats) -> Floats:
    """Return the value of each action to its player given the beliefs that play implies, float64 array (action,).

    NaN for actions of chance and of information sets that cannot be reached at all. Beliefs are formed with the
    logarithms of the probabilities, so they are right even where play hardly ever comes.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(probabilities)
    depth_sum = np.zeros(game.nodes)
    for level in range(1, game.depth + 1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        depth_sum[part] = depth_sum[game.parent[part]] + logs[game.arc[part]]
    decided = np.flatnonzero(game.kind == 2)
    sets = game.infoset[decided]
    largest = np.full(game.infosets, -np.inf)
    np.maximum.at(largest, sets, depth_sum[decided])
    with np.errstate(invalid="ignore"):
        weight = np.zeros(game.nodes)
        weight[decided] = np.exp(depth_sum[decided] - largest[sets])
        belief = weight[decided] / _totals(sets, weight[decided], game.infosets)[sets]
    weight[decided] = belief
    worth = values(game, probabilities)
    children = np.flatnonzero(game.kind[game.parent[1:]] == 2) + 1
    above = game.parent[children]
    gain = weight[above] * worth[children, game.infoset_player[game.infoset[above]]]
    result = _totals(game.arc[children], gain, game.actions)
    result[~np.isnan(game.chance)] = np.nan
    return result


def logit_residual(game: ExtensiveGame, probabilities: Floats, lam: float) -> float:
    """Return the largest difference between a choice probability and the logit response to the implied values."""
    own = np.isnan(game.chance)
    if not own.any():
        return 0.0
    arguments = np.where(own, lam * action_values(game, probabilities), 0.0)
    return float(np.max(np.abs(logit(game, arguments) - probabilities)[own]))


def _families(game: ExtensiveGame, level: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Nodes of a level that have children, and where the children of each begin in the slice of the next level."""
    first, last = game.level_ptr[level], game.level_ptr[level + 1]
    parents = first + np.flatnonzero(game.infoset[first:last] >= 0)
    return parents, game.child_ptr[parents] - last


def _totals(group: NDArray[np.int32], amount: Floats, groups: int) -> Floats:
    """Return the sums of `amount` by group; NumPy gives whole numbers for an empty input."""
    return np.bincount(group, amount, minlength=groups).astype(np.float64, copy=False)
