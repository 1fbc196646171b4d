"""Games of perfect information: one backward pass over the levels of the tree gives the only logit equilibrium.

With perfect information the agent quantal response equilibrium (McKelvey & Palfrey 1998) needs no iteration: at the
ends values are payoffs, and each level above follows from the one below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError
from blocs.game.extensive import CHANCE, ExtensiveGame
from blocs.solve.extensive_play import with_chance

Floats = NDArray[np.float64]


def backward(game: ExtensiveGame, precisions: Floats) -> Floats:
    """Return the logarithms of the choice probabilities of a game of perfect information, for many precisions at once.

    Parameters
    ----------
    game : ExtensiveGame
    precisions : float64 array (precision,)

    Returns
    -------
    float64 array (action, precision)

    Cost: O(nodes x players x precisions), one round of array operations for each level of the tree.
    """
    if not game.perfect_information:
        raise UsageError("a backward pass needs perfect information, and this game has larger information sets")
    lam = np.asarray(precisions, np.float64)
    with np.errstate(divide="ignore"):
        logs = np.log(with_chance(game, np.ones((game.actions, len(lam)))))
    owner = np.append(game.infoset_player, np.int32(-1))[game.infoset]
    worth = np.zeros((game.nodes, len(game.players), len(lam)))
    ended = game.outcome >= 0
    worth[ended] = game.payoffs[game.outcome[ended], :, None]
    for level in range(game.depth, 0, -1):
        first, last = game.level_ptr[level], game.level_ptr[level + 1]
        parents = game.level_ptr[level - 1] + np.flatnonzero(game.infoset[game.level_ptr[level - 1] : first] >= 0)
        starts = game.child_ptr[parents] - first
        below, arcs = worth[first:last], game.arc[first:last]
        above = game.parent[first:last]
        moved = np.flatnonzero(game.kind[above] != CHANCE)
        arguments = np.zeros((last - first, len(lam)))
        arguments[moved] = lam * below[moved, owner[above[moved]]]
        family = np.repeat(np.arange(len(parents)), np.diff(starts, append=last - first))
        arguments -= np.maximum.reduceat(arguments, starts)[family]
        arguments -= np.log(np.add.reduceat(np.exp(arguments), starts))[family]
        logs[arcs[moved]] = arguments[moved]
        worth[parents] += np.add.reduceat(np.exp(logs[arcs])[:, None, :] * below, starts)
    return logs
