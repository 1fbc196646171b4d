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
    """Return the expected payoffs from each node on, float64 array (player, node)."""
    weight = np.append(1.0, probabilities[game.arc[1:]])
    worth = np.append(game.payoffs, np.zeros((1, len(game.players))), axis=0).T[:, game.outcome]
    for level in range(game.depth, 0, -1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        parents, starts = _families(game, level - 1)
        for own in worth:
            own[parents] += np.add.reduceat(weight[part] * own[part], starts)
    return worth


def logit(game: ExtensiveGame, arguments: Floats) -> Floats:
    """Return logit choice probabilities within each information set, for arguments precision x value (action, ...)."""
    starts = game.action_ptr[:-1]
    sizes = np.diff(game.action_ptr)
    shifted = np.exp(arguments - np.repeat(np.maximum.reduceat(arguments, starts, axis=0), sizes, axis=0))
    return shifted / np.repeat(np.add.reduceat(shifted, starts, axis=0), sizes, axis=0)


def beliefs(game: ExtensiveGame, logs: Floats) -> Floats:
    """Return the probability of each node given that its information set is reached, float64 array (node,).

    Formed from the logarithms of the choice probabilities, so they are right even where play hardly ever comes. Zero
    at ends; NaN at the nodes of a set that chance keeps from being reached.
    """
    total = np.zeros(game.nodes)
    steps = np.append(0.0, logs[game.arc[1:]])
    for level in range(1, game.depth + 1):
        part = slice(game.level_ptr[level], game.level_ptr[level + 1])
        total[part] = total[game.parent[part]] + steps[part]
    belief = np.zeros(game.nodes)
    moves = np.flatnonzero(game.infoset >= 0)
    alone = game.members[game.infoset[moves]] == 1
    belief[moves[alone]] = 1.0
    shared = moves[~alone]
    sets = game.infoset[shared]
    largest = np.full(game.infosets, -np.inf)
    np.maximum.at(largest, sets, total[shared])
    with np.errstate(invalid="ignore"):
        weight = np.exp(total[shared] - largest[sets])
        belief[shared] = weight / _totals(sets, weight, game.infosets)[sets]
    return belief


def action_values(game: ExtensiveGame, logs: Floats) -> Floats:
    """Return the value of each action to its player given the beliefs that play implies, float64 array (action,).

    Parameters
    ----------
    logs : float64 array (action,)
        Logarithms of the choice probabilities, those of chance included.

    Returns
    -------
    float64 array (action,)
        NaN for the actions of chance.
    """
    worth = values(game, np.exp(logs))
    children, above, player, arc = game.decided
    result = _totals(arc, beliefs(game, logs)[above] * worth[player, children], game.actions)
    result[~np.isnan(game.chance)] = np.nan
    return result


def logit_residual(game: ExtensiveGame, logs: Floats, lam: float) -> float:
    """Return the largest difference between a choice probability and the logit response to the implied values."""
    own = np.isnan(game.chance)
    if not own.any():
        return 0.0
    arguments = np.where(own, lam * action_values(game, logs), 0.0)
    return float(np.max(np.abs(logit(game, arguments) - np.exp(logs))[own]))


def regret(game: ExtensiveGame, logs: Floats) -> float:
    """Return the most that a player could gain by another action at one information set, given its beliefs."""
    own = np.isnan(game.chance)
    if not own.any():
        return 0.0
    q = np.where(own, action_values(game, logs), 0.0)
    starts = game.action_ptr[:-1]
    return float(np.max(np.maximum.reduceat(q, starts) - np.add.reduceat(np.exp(logs) * q, starts)))


def _families(game: ExtensiveGame, level: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Nodes of a level that have children, and where the children of each begin in the slice of the next level."""
    first, last = game.level_ptr[level], game.level_ptr[level + 1]
    parents = first + np.flatnonzero(game.infoset[first:last] >= 0)
    return parents, game.child_ptr[parents] - last


def _totals(group: NDArray[np.int32], amount: Floats, groups: int) -> Floats:
    """Return the sums of `amount` by group; NumPy gives whole numbers for an empty input."""
    return np.bincount(group, amount, minlength=groups).astype(np.float64, copy=False)
