"""Stationary (Markov) games as arrays: states, simultaneous or single moves, discounted payoffs without a last step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blocs.errors import InputError, Problem

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]

# what sums of rounded probabilities may be off one
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class StationaryGame:
    """A discounted stochastic game with finitely many states and actions (Shapley 1953; Fink 1964).

    In a state every player with more than one action chooses, all at once. A row is one combination of actions of
    one state; rows of a state run through the actions with those of the last player fastest.

    Parameters
    ----------
    counts : int32 array (state, player)
        Number of actions; one for a player who has nothing to choose there.
    payoff : float64 array (row, player)
        Received in the step in which the row is played.
    next_ptr : int32 array (row + 1,)
        The possible next states of row r are ``next_ptr[r]`` to ``next_ptr[r + 1]`` of the following two.
    next_state : int32 array (entry,)
    prob : float64 array (entry,)
        Probabilities of the next states; they sum to one in every row.
    discount : float64 array (player,)
        Worth today of a unit of payoff one step later, at least 0 and less than 1.
    players, states : tuple of str
        Names, for reports; numbers when they are left out.
    file : str
    """

    counts: Ints
    payoff: Floats
    next_ptr: Ints
    next_state: Ints
    prob: Floats
    discount: Floats
    players: tuple[str, ...] = ()
    states: tuple[str, ...] = field(default=(), repr=False)
    file: str = ""

    def __post_init__(self) -> None:
        """Check shapes, ranges and sums."""
        problems = list(_faults(self))
        if problems:
            raise InputError([Problem(text, file=self.file, path=path) for path, text in problems])
        if not self.players:
            object.__setattr__(self, "players", tuple(str(i + 1) for i in range(self.counts.shape[1])))

    @cached_property
    def row_ptr(self) -> NDArray[np.int64]:
        """int64 array (state + 1,): the rows of state s are ``row_ptr[s]`` to ``row_ptr[s + 1]``."""
        return np.append(0, np.cumsum(self.counts.prod(axis=1, dtype=np.int64)))

    @cached_property
    def action_ptr(self) -> Ints:
        """int32 array (state * player + 1,): actions of player i in state s begin at ``[s * players + i]``."""
        return np.append(0, np.cumsum(self.counts.ravel())).astype(np.int32)

    @cached_property
    def row_action(self) -> Ints:
        """int32 array (row, player): number of each player's action in the row, among all actions of the game."""
        rows = int(self.row_ptr[-1])
        state = np.repeat(np.arange(len(self.counts)), np.diff(self.row_ptr))
        place = np.arange(rows) - self.row_ptr[state]
        first = self.action_ptr[:-1].reshape(self.counts.shape)
        action = np.empty((rows, self.counts.shape[1]), np.int32)
        for i in reversed(range(self.counts.shape[1])):
            count = self.counts[state, i]
            action[:, i] = first[state, i] + place % count
            place //= count
        return action

    @property
    def actions(self) -> int:
        """Number of actions over all states and players, single ones included."""
        return int(self.action_ptr[-1])

    @property
    def turn_based(self) -> bool:
        """Whether at most one player has a choice in every state."""
        return bool(np.all((self.counts > 1).sum(axis=1) <= 1))

    def __repr__(self) -> str:
        """Summarise in one line."""
        states, players = self.counts.shape
        moves = "one player at a time" if self.turn_based else "simultaneous moves"
        return f"StationaryGame({states} states, {players} players, {moves}, {int(self.row_ptr[-1])} rows)"

    @classmethod
    def from_dense(
        cls,
        u: ArrayLike,
        phi: ArrayLike,
        delta: ArrayLike,
        nums_actions: ArrayLike,
        *,
        players: Sequence[str] = (),
        states: Sequence[str] = (),
        file: str = "",
    ) -> StationaryGame:
        """Build a game from arrays over all combinations of actions.

        Parameters
        ----------
        u : (state, player, action of player 1, ..., action of player P)
        phi : (state, action of player 1, ..., action of player P, next state)
        delta : (player,)
        nums_actions : (state, player)
            What lies beyond these numbers in `u` and `phi` is not looked at.
        """
        payoffs, moves = np.asarray(u, np.float64), np.asarray(phi, np.float64)
        counts = np.asarray(nums_actions)
        told: list[tuple[str, str]] = []
        if counts.ndim != 2 or counts.dtype.kind not in "iu":
            told.append(("nums_actions", "must be whole numbers, one for each state and player"))
            raise InputError([Problem(text, file=file, path=path) for path, text in told])
        n, m = counts.shape
        sizes = payoffs.shape[2:]
        if payoffs.shape[:2] != (n, m) or len(sizes) != m:
            told.append(("u", f"has shape {payoffs.shape}; expected {n} states, {m} players, then {m} axes of actions"))
        elif moves.shape != (n, *sizes, n):
            told.append(("phi", f"has shape {moves.shape}; expected {(n, *sizes, n)}"))
        elif (counts < 1).any() or (counts > np.array(sizes)).any():
            told.append(("nums_actions", f"must lie between 1 and the number of actions in `u`, {sizes}"))
        if told:
            raise InputError([Problem(text, file=file, path=path) for path, text in told])
        used = np.ones((n, *sizes), np.bool_)
        for i, size in enumerate(sizes):
            shape = [1] * (m + 1)
            shape[0], shape[i + 1] = n, size
            used &= (np.arange(size) < counts[:, i : i + 1]).reshape(shape)
        payoff = np.moveaxis(payoffs, 1, -1)[used]
        chance = moves[used]
        # NaN is kept, so that the check of probabilities finds it
        filled = chance != 0
        row_ends = np.append(0, np.cumsum(filled.sum(axis=1)))
        return cls(
            counts=counts.astype(np.int32),
            payoff=payoff,
            next_ptr=row_ends.astype(np.int32),
            next_state=np.nonzero(filled)[1].astype(np.int32),
            prob=chance[filled],
            discount=np.atleast_1d(np.asarray(delta, np.float64)),
            players=tuple(players),
            states=tuple(states),
            file=file,
        )


def _faults(game: StationaryGame):
    """Yield (where, what) for everything that is wrong with the arrays."""
    counts = game.counts
    if counts.ndim != 2 or not counts.size or (counts < 1).any():
        yield "nums_actions", "must be at least one for every state and player"
        return
    states, players = counts.shape
    rows = int(counts.prod(axis=1, dtype=np.float64).sum())
    if rows >= 2**31:
        yield "nums_actions", f"gives {rows:,} combinations of actions, more than can be numbered"
        return
    if game.payoff.shape != (rows, players):
        yield "payoff", f"has shape {game.payoff.shape}; expected {(rows, players)}"
    elif not np.isfinite(game.payoff).all():
        yield "payoff", "holds a value that is not a finite number"
    if game.discount.shape != (players,) or not ((game.discount >= 0) & (game.discount < 1)).all():
        yield "delta", f"must be {players} numbers of at least 0 and less than 1"
    if game.players and len(game.players) != players:
        yield "players", f"{len(game.players)} names are given for {players} players"
    if game.states and len(game.states) != states:
        yield "states", f"{len(game.states)} names are given for {states} states"
    ends = game.next_ptr
    if ends.shape != (rows + 1,) or ends[0] != 0 or ends[-1] != len(game.prob) or (np.diff(ends) < 0).any():
        yield "next_ptr", f"must be {rows + 1} places that grow from 0 to the number of entries"
        return
    if game.next_state.shape != game.prob.shape:
        yield "next_state", "must have as many entries as there are probabilities"
    elif len(game.next_state) and (game.next_state.min() < 0 or game.next_state.max() >= states):
        yield "next_state", f"holds a state that is not one of 0 to {states - 1}"
    if not (game.prob >= 0).all():
        yield "phi", "holds a probability that is negative or not a number"
        return
    row = np.repeat(np.arange(rows), np.diff(ends))
    total = np.bincount(row, game.prob, minlength=rows)
    off = np.flatnonzero(np.abs(total - 1) > _ROUNDING)
    if len(off):
        first = np.append(0, np.cumsum(counts.prod(axis=1)))
        state = int(np.searchsorted(first, off[0], side="right")) - 1
        yield (
            f"phi[{state}]",
            f"the probabilities of the next states sum to {float(total[off[0]])!r}, not to 1, in combination "
            f"{int(off[0] - first[state])} of state {state} ({len(off)} such combinations)",
        )
