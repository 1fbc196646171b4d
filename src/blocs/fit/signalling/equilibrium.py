"""All equilibria of signalling games, found and counted, and followed as the utilities change.

An equilibrium is a fixed point z = R(z) of B's margin: A replies to the probability of resistance Phi(z), and R is B's
reply to that. R is monotone in z. The cut-off c moves one way with Phi(z); the probability that A stands firm moves one
way with c (it is a tail average of a ratio of hazards that is itself monotone); B's margin moves one way with that
probability. The product of the three signs tells which way. Where R does not increase there is exactly one equilibrium;
where it increases, `blocs.fit.signalling.enclosure` encloses every one.

References: Lewis & Schultz (2003) for the game, Tarski (1955) for the argument.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.fit.estimation.jets import Jet
from blocs.fit.signalling.enclosure import enclose, reply, single
from blocs.fit.signalling.outcomes import challenger_reply, target_margin

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Equilibria:
    """Every equilibrium of every game.

    Parameters
    ----------
    game : int array (equilibrium,)
        Which game; ascending, and within a game by margin.
    margin : float64 array (equilibrium,)
        z; B resists with probability Phi(z).
    count : int array (game,)
        How many equilibria each game has.
    touching : int array (game,)
        How many places of width 1e-7 were left where the reply may meet the margin without crossing it: equilibria
        about to appear or to vanish. They are not counted.
    residual : float
        Largest |p_R - Phi(R(z))| over all equilibria.
    """

    game: NDArray[np.intp]
    margin: Array
    count: NDArray[np.intp]
    touching: NDArray[np.intp]
    residual: float

    @property
    def resist(self) -> Array:
        """p_R at each equilibrium."""
        return ndtr(self.margin)


def reply_jet(margin: Jet, utilities: list[Jet]) -> Jet:
    """Return R(z) as a jet of the utilities and of the margin, without clipping."""
    density = np.exp(-0.5 * margin.value**2) / np.sqrt(2.0 * np.pi)
    resist = margin.compose(ndtr(margin.value), density, -margin.value * density)
    return target_margin(utilities, challenger_reply(utilities, resist).firm)


def equilibria(utilities: Array) -> Equilibria:
    """Find all equilibria of games.

    Parameters
    ----------
    utilities : float64 array (utility, game)

    Returns
    -------
    Equilibria

    Cost: about 12 replies a game where the reply falls, 20 to 60 where it rises.
    """
    utilities = np.asarray(utilities, dtype=np.float64)
    s, v, c, w, _, a, vb = utilities
    rising = np.sign(v - s) * np.sign(w - a) * np.sign(c - vb) > 0.0
    games = np.arange(utilities.shape[1])
    falling_margin = single(utilities[:, ~rising])
    owner, margin, touching = enclose(utilities[:, rising])
    game = np.concatenate([games[~rising], games[rising][owner]])
    margin = np.concatenate([falling_margin, margin])
    order = np.lexsort((margin, game))
    game, margin = game[order], margin[order]
    near = np.zeros(len(games), dtype=np.intp)
    near[rising] = touching
    residual = np.abs(ndtr(margin) - ndtr(reply(margin, utilities[:, game]))).max(initial=0.0)
    return Equilibria(game, margin, np.bincount(game, minlength=len(games)), near, float(residual))


def implicit(gap: Jet, unknown: int, value: Array) -> Jet:
    """Return the unknown solved from gap = 0, as a jet of the other predictors."""
    slope = gap.first[unknown]
    others = [i for i in gap.first if i != unknown]
    first = {i: -gap.first[i] / slope for i in others}
    second = {}
    if gap.order == 2:
        twice = gap.second[unknown, unknown]
        for i in others:
            for j in others:
                if i > j:
                    continue
                bend = gap.second.get((i, j), 0.0) + twice * first[i] * first[j]
                bend = bend + gap.second.get((i, unknown), 0.0) * first[j]
                bend = bend + gap.second.get((j, unknown), 0.0) * first[i]
                second[i, j] = -bend / slope
    return Jet(value, first, second, gap.order)
