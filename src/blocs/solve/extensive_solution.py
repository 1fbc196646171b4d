"""What a solved game in extensive form says: choices by information set, outcomes, payoffs, certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.extensive import ExtensiveGame
from blocs.solve.certificate import Certificate
from blocs.solve.extensive_play import beliefs

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class ExtensiveSolution:
    """One agent quantal response equilibrium of a game in extensive form.

    Parameters
    ----------
    game : ExtensiveGame
    lam : float
        Precision: zero is choice at random, infinity is the limit (a sequential equilibrium).
    log_probabilities : float64 array (action,)
        Logarithm of the probability of every action given that its information set is reached; chance too.
    reached : float64 array (infoset,)
        Probability that play comes to the set.
    outcome_probabilities : float64 array (outcome,)
        Probability that play comes to a node with that outcome.
    payoffs : float64 array (player,)
        Expected payoffs.
    certificate : Certificate
    """

    game: ExtensiveGame
    lam: float
    log_probabilities: Floats
    reached: Floats
    outcome_probabilities: Floats
    payoffs: Floats
    certificate: Certificate

    @cached_property
    def probabilities(self) -> Floats:
        """float64 array (action,): probability of every action given that its information set is reached."""
        return np.exp(self.log_probabilities)

    @cached_property
    def beliefs(self) -> Floats:
        """float64 array (node,): probability of each node given that its information set is reached."""
        return beliefs(self.game, self.log_probabilities)

    def choice(self, infoset: int) -> dict[str, float]:
        """Return the probability of each action of an information set, by label."""
        span = slice(self.game.action_ptr[infoset], self.game.action_ptr[infoset + 1])
        return dict(zip(unique_labels(self.game.action_labels[span]), self.probabilities[span].tolist(), strict=True))

    @property
    def outcomes(self) -> dict[str, float]:
        """Probability of each outcome, by label; labels used twice are numbered."""
        labels = unique_labels(self.game.outcome_labels)
        return dict(zip(labels, self.outcome_probabilities.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return plain values: lam, infosets, outcomes, payoffs, outcome_sum, residual.

        ``outcome_sum`` is the probability of all ends of the game together, whether or not they carry an outcome.
        """
        game = self.game
        infosets = [
            {
                "player": game.players[player],
                "number": int(game.infoset_number[h]),
                "label": game.infoset_labels[h],
                "prob_reached": float(self.reached[h]),
                "actions": self.choice(int(h)),
            }
            for player in range(len(game.players))
            for h in np.flatnonzero(game.infoset_player == player)
        ]
        return {
            "lam": float(self.lam),
            "infosets": infosets,
            "outcomes": self.outcomes,
            "payoffs": self.payoffs.tolist(),
            "outcome_sum": self.certificate.probability_sum,
            "residual": self.certificate.residual,
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per action: player, number, label, prob_reached, action, probability."""
        import pandas as pd

        rows = [
            {key: row[key] for key in ("player", "number", "label", "prob_reached")}
            | {"action": name, "probability": p}
            for row in self.to_json()["infosets"]
            for name, p in row["actions"].items()
        ]
        table = pd.DataFrame(rows, columns=["player", "number", "label", "prob_reached", "action", "probability"])
        table.attrs = {"game": self.game.title, "lam": self.lam, "residual": self.certificate.residual}
        return table

    def __repr__(self) -> str:
        """Summarise in one line."""
        return f"ExtensiveSolution({self.game.title!r}, precision {self.lam:g}: {self.certificate})"


def unique_labels(labels: Sequence[str]) -> list[str]:
    """Return labels that are all different: a repeated one is numbered, an empty one is its place in the list."""
    named = [text or str(place) for place, text in enumerate(labels, 1)]
    repeated = {text for text, times in Counter(named).items() if times > 1}
    if not repeated:
        return named
    taken, seen = set(named), Counter[str]()
    for place, text in enumerate(named):
        while text in repeated and named[place] in taken:
            seen[text] += 1
            named[place] = f"{text}_{seen[text]}"
        taken.add(named[place])
    return named
