"""First stage: what each side may have believed, learnt from the table without any game.

p_R is the share of resistance among challenges, p_F the share of standing firm among resistances. Each is regressed
on the columns of the design over the games in which it was seen, and predicted for all games.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.signalling.pseudo import Beliefs

Array = NDArray[np.float64]

# a forest may predict 0 or 1 exactly; beliefs must leave room for both actions
LEAST_SHARE = 1e-4


class FirstStage(Protocol):
    """A way to get beliefs and, where it can be had, their covariance."""

    def beliefs(self, games: SignallingGames) -> Beliefs:
        """Return p_R and p_F of each game."""
        ...

    def covariance(self, games: SignallingGames) -> Array | None:
        """Return the covariance of all p_R and then all p_F, or None when they count as known."""
        ...


@dataclass(frozen=True)
class Supplied:
    """Beliefs that were found elsewhere.

    Parameters
    ----------
    resist, firm : float64 array (game,)
        p_R and p_F, strictly between 0 and 1.
    errors : float64 array (2 games, 2 games), optional
        Covariance of p_R of all games and then p_F of all games; without it they count as known.
    """

    resist: Array
    firm: Array
    errors: Array | None = None

    def beliefs(self, games: SignallingGames) -> Beliefs:
        """Return p_R and p_F of each game."""
        for name, values in (("p_R", self.resist), ("p_F", self.firm)):
            if np.shape(values) != (len(games),):
                raise InputError(f"{name} is wanted for {len(games)} games; its shape is {np.shape(values)}")
            wrong = ~((np.asarray(values) > 0.0) & (np.asarray(values) < 1.0))
            if wrong.any():
                row = int(np.argmax(wrong))
                raise InputError(games.table.problem(f"{name} = {values[row]:g} is not between 0 and 1", row))
        return Beliefs(np.asarray(self.resist, dtype=np.float64), np.asarray(self.firm, dtype=np.float64))

    def covariance(self, games: SignallingGames) -> Array | None:
        """Return the covariance that was supplied."""
        size = 2 * len(games)
        if self.errors is not None and np.shape(self.errors) != (size, size):
            raise InputError(f"the covariance of beliefs must be {size} x {size}, not {np.shape(self.errors)}")
        return self.errors


@dataclass(frozen=True)
class RandomForest:
    """Random forests of scikit-learn (Breiman 2001).

    Parameters
    ----------
    trees : int
    leaf : int
        Fewest games in a leaf.
    share : float
        Share of the columns looked at for each split.
    bootstraps : int
        Resamplings of the games for the covariance of the beliefs; with none they count as known.
    seed : int
    """

    trees: int = 500
    leaf: int = 5
    share: float = 1.0 / 3.0
    bootstraps: int = 0
    seed: int = 0
    cites: ClassVar[tuple[str, ...]] = ("breiman2001",)

    def beliefs(self, games: SignallingGames) -> Beliefs:
        """Return p_R and p_F of each game."""
        return self._learn(games, np.arange(len(games)), self.seed)

    def covariance(self, games: SignallingGames) -> Array | None:
        """Return the covariance over bootstrap samples of games."""
        if self.bootstraps < 2:
            return None
        random = np.random.default_rng(self.seed)
        draws = [
            self._learn(games, random.integers(0, len(games), len(games)), self.seed + 1 + k).stack()
            for k in range(self.bootstraps)
        ]
        return np.cov(np.array(draws), rowvar=False)

    def _learn(self, games: SignallingGames, rows: NDArray[np.intp], seed: int) -> Beliefs:
        _, conceded, firm, back = games.counts
        resisted = firm + back
        resist = self._share(games, resisted, conceded + resisted, rows, seed, "a challenge")
        stand = self._share(games, firm, resisted, rows, seed, "a challenge that was resisted")
        return Beliefs(resist, stand)

    def _share(
        self, games: SignallingGames, hits: Array, tries: Array, rows: NDArray[np.intp], seed: int, what: str
    ) -> Array:
        from sklearn.ensemble import RandomForestRegressor

        seen = rows[tries[rows] > 0]
        if len(seen) < 2 * self.leaf:
            raise InputError(f"only {len(seen)} games saw {what}: too few for a first stage; supply the beliefs")
        forest = RandomForestRegressor(
            n_estimators=self.trees, min_samples_leaf=self.leaf, max_features=self.share, random_state=seed, n_jobs=1
        )
        forest.fit(games.columns[seen], hits[seen] / tries[seen])
        return np.clip(forest.predict(games.columns), LEAST_SHARE, 1.0 - LEAST_SHARE)
