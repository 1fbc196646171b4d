"""What a solved stationary game says: choices and values by state and player, certificate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.stationary import StationaryGame
from blocs.solve.certificate import Certificate

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class StationarySolution:
    """One Markov logit equilibrium of a stationary game.

    Parameters
    ----------
    game : StationaryGame
    lam : float
        Precision.
    log_probabilities : float64 array (action,)
        Logarithm of the probability of every action in its state, in the order of `StationaryGame.action_ptr`.
    values : float64 array (state, player)
        Expected discounted payoffs from the state on.
    certificate : Certificate
        Its residual is the largest difference between a choice and the logit response to these values; its sum is
        that of the choices of one player in one state, where it is furthest from one.
    """

    game: StationaryGame
    lam: float
    log_probabilities: Floats
    values: Floats
    certificate: Certificate

    @cached_property
    def probabilities(self) -> Floats:
        """float64 array (action,): probability of every action in its state."""
        return np.exp(self.log_probabilities)

    @cached_property
    def sigma(self) -> Floats:
        """float64 array (state, player, action): the same, NaN where a player has fewer actions than another."""
        counts = self.game.counts
        most = int(counts.max())
        table = np.full((*counts.shape, most), np.nan)
        table[np.arange(most) < counts[:, :, None]] = self.probabilities
        return table

    def to_json(self) -> dict[str, Any]:
        """Return plain values: lam, states (each with the players' actions and values), residual."""
        game = self.game
        names = game.states or tuple(str(s) for s in range(len(game.counts)))
        sigma = self.sigma
        states = [
            {
                "state": names[s],
                "players": [
                    {
                        "player": player,
                        "actions": sigma[s, i, : game.counts[s, i]].tolist(),
                        "value": float(self.values[s, i]),
                    }
                    for i, player in enumerate(game.players)
                ],
            }
            for s in range(len(names))
        ]
        return {"lam": float(self.lam), "states": states, "residual": self.certificate.residual}

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per action: state, player, action, probability, value (of the state to the player)."""
        import pandas as pd

        game = self.game
        counts = game.counts.ravel()
        place = np.repeat(np.arange(len(counts)), counts)
        state, player = np.divmod(place, game.counts.shape[1])
        names = np.array(game.states, object) if game.states else np.arange(len(game.counts))
        table = pd.DataFrame(
            {
                "state": names[state],
                "player": np.array(game.players, object)[player],
                "action": np.arange(len(place)) - game.action_ptr[place],
                "probability": self.probabilities,
                "value": self.values.ravel()[place],
            }
        )
        table.attrs = {"lam": self.lam, "residual": self.certificate.residual}
        return table

    def __repr__(self) -> str:
        """Summarise in one line."""
        states, players = self.game.counts.shape
        return f"StationarySolution({states} states, {players} players, precision {self.lam:g}: {self.certificate})"
