"""The dynamic game of audience costs between pairs of states (Crisman-Cox & Gibilisco 2018).

Two states of a dyad choose every month, at the same time, among three levels of hostility; next month's level is the
higher of the two. Every option carries extreme-value noise, so that a stationary equilibrium is a fixed point of logit
replies. The likelihood is that of a panel of dyads that share their coefficients; equilibria are followed from a known
one by Newton's method, and derivatives come from the implicit function theorem.

Axes: dyad, side (0 first, 1 second state), level s now, own choice a, other's choice b; levels and choices 0, 1, 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from blocs.errors import InputError, NumericalError
from blocs.fit.tables import Table

Array = NDArray[np.float64]

LEVELS = 3
# own hostility a against other's b gives this level next month
_NEXT = np.maximum.outer(np.arange(LEVELS), np.arange(LEVELS))
# both are hostile at all
_BOTH = (np.arange(LEVELS)[:, None] > 0) & (np.arange(LEVELS)[None, :] > 0)
# own choice lies below the level and the other's does not: backing down, which costs an audience (level, a, b)
_BACKS_DOWN = (np.arange(LEVELS)[None, :, None] < np.arange(LEVELS)[:, None, None]) & (
    np.arange(LEVELS)[None, None, :] >= np.arange(LEVELS)[:, None, None]
)


@dataclass(frozen=True)
class Panel:
    """Dyads and what they did.

    Parameters
    ----------
    states : int array (dyad, side)
        Position of each state in the list of states.
    labels : tuple of str
        Names of the states.
    pair : float64 array (dyad, side, column)
        What crisis and war are worth depends on these (from the side's point of view).
    own : float64 array (state, column)
        What hostile acts cost depends on these.
    counts : float64 array (dyad, side, level, choice)
        How often each side made each choice at each level.
    pair_names, own_names : tuple of str
    """

    states: NDArray[np.intp]
    labels: tuple[str, ...]
    pair: Array
    own: Array
    counts: Array
    pair_names: tuple[str, ...]
    own_names: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Coefficients: worth of crisis and of war, costs of acts, gain from mutual hostility, audience costs."""
        pair = [f"beta{level}:{name}" for level in (2, 3) for name in self.pair_names]
        own = [f"kappa{choice}:{name}" for choice in (2, 3) for name in self.own_names]
        return (*pair, *own, "gamma1", "gamma2", "gamma3", *(f"alpha:{label}" for label in self.labels))

    @cached_property
    def slices(self) -> tuple[slice, slice, slice, slice, slice, slice]:
        """Where the blocks of coefficients stand: beta2, beta3, kappa2, kappa3, gamma, alpha."""
        p, q = self.pair.shape[2], self.own.shape[1]
        edges = np.cumsum([0, p, p, q, q, LEVELS, len(self.labels)])
        a, b, c, d, e, f = (slice(int(x), int(y)) for x, y in pairwise(edges))
        return a, b, c, d, e, f

    @property
    def dyads(self) -> int:
        """How many dyads there are."""
        return len(self.states)


@dataclass(frozen=True)
class Stationary:
    """A stationary equilibrium of every dyad.

    Parameters
    ----------
    values : float64 array (dyad, side, level, choice)
        Expected discounted payoffs of each choice, before its noise.
    residual : float
        Largest distance from the fixed point.
    steps : int
        Newton steps that were made.
    """

    values: Array
    residual: float
    steps: int


@dataclass(frozen=True)
class Evaluation:
    """The log-likelihood at some coefficients.

    Parameters
    ----------
    log_likelihood : float
    gradient : float64 array (coefficient,)
    scores : float64 array (dyad, coefficient)
        Derivative of each dyad's log-likelihood.
    equilibrium : Stationary
    """

    log_likelihood: float
    gradient: Array
    scores: Array
    equilibrium: Stationary


@dataclass(frozen=True)
class AudienceCosts:
    """The model of a panel.

    Parameters
    ----------
    panel : Panel
    discount : float
        Weight of the next month.
    """

    panel: Panel
    discount: float = 0.9

    def utilities(self, theta: Array) -> Array:
        """Return payoffs of one month (dyad, side, level, a, b)."""
        beta2, beta3, kappa2, kappa3, gamma, alpha = (theta[place] for place in self.panel.slices)
        result = np.zeros((self.panel.dyads, 2, LEVELS, LEVELS, LEVELS))
        result[:, :, 1] += (self.panel.pair @ beta2)[:, :, None, None]
        result[:, :, 2] += (self.panel.pair @ beta3)[:, :, None, None]
        own = self.panel.own[self.panel.states]
        result[:, :, :, 1, :] += (own @ kappa2)[:, :, None, None]
        result[:, :, :, 2, :] += (own @ kappa3)[:, :, None, None]
        result += gamma[None, None, :, None, None] * _BOTH
        result += alpha[self.panel.states][:, :, None, None, None] * _BACKS_DOWN
        return result

    def best_replies(self, values: Array, utilities: Array) -> Array:
        """Return the values that follow from logit play by `values` (dyad, side, level, choice)."""
        chances = _softmax(values)
        future = _log_total(values)
        later = utilities + self.discount * future[:, :, _NEXT][:, :, None]
        return np.einsum("kpsab,kpsb->kpsa", later, chances[:, ::-1])

    def jacobian(self, values: Array, utilities: Array) -> Array:
        """Return the derivative of the replies by the values (dyad, 18, 18)."""
        chances = _softmax(values)
        future = _log_total(values)
        later = utilities + self.discount * future[:, :, _NEXT][:, :, None]
        other = chances[:, ::-1]
        result = np.zeros((self.panel.dyads, 2, LEVELS, LEVELS, 2, LEVELS, LEVELS))
        # through the other's choice at the same level: dP(b)/dv(c) = P(b) (1[b = c] - P(c))
        mean = np.einsum("kpsab,kpsb->kpsa", later, other)
        through = other[:, :, :, None, :] * (later - mean[..., None])
        # through one's own future: weight of each next level, spread over its choices
        reach = np.zeros((self.panel.dyads, 2, LEVELS, LEVELS, LEVELS))
        for a in range(LEVELS):
            for b in range(LEVELS):
                reach[:, :, :, a, _NEXT[a, b]] += other[:, :, :, b]
        ahead = self.discount * reach[..., None] * chances[:, :, None, None]
        for side in (0, 1):
            result[:, side, :, :, side] += ahead[:, side]
            for level in range(LEVELS):
                result[:, side, level, :, 1 - side, level] += through[:, side, level]
        size = 2 * LEVELS * LEVELS
        return result.reshape(self.panel.dyads, size, size)

    def solve(self, theta: Array, start: Array, tolerance: float = 1e-12, most: int = 100) -> Stationary:
        """Follow a stationary equilibrium from nearby values by Newton's method.

        Parameters
        ----------
        theta : float64 array (coefficient,)
        start : float64 array (dyad, side, level, choice)
        tolerance : float
            Largest distance from the fixed point, relative to the largest value.
        most : int
            Most Newton steps.

        Raises
        ------
        NumericalError
            No fixed point was reached: there may be none near the start.
        """
        utilities = self.utilities(theta)
        values = np.array(start, dtype=np.float64)
        size = 2 * LEVELS * LEVELS
        gap = self.best_replies(values, utilities) - values
        for step in range(most):
            distance = float(np.abs(gap).max())
            if distance <= tolerance * (1.0 + float(np.abs(values).max())):
                return Stationary(values, distance, step)
            matrix = np.eye(size) - self.jacobian(values, utilities)
            move: Array = np.linalg.solve(matrix, gap.reshape(-1, size, 1)).reshape(values.shape).astype(np.float64)
            values, gap = self._damped(values, move, gap, utilities)
        raise NumericalError(f"no stationary equilibrium was reached in {most} steps; distance {np.abs(gap).max():.1e}")

    def _damped(self, values: Array, move: Array, gap: Array, utilities: Array) -> tuple[Array, Array]:
        """Take each dyad's Newton step, halved until its own distance falls."""
        size = np.ones(self.panel.dyads)
        before = np.abs(gap).max(axis=(1, 2, 3))
        for _ in range(30):
            trial = values + size[:, None, None, None] * move
            fresh = self.best_replies(trial, utilities) - trial
            worse = np.abs(fresh).max(axis=(1, 2, 3)) > np.maximum(before * (1.0 - 1e-4 * size), 1e-13)
            if not worse.any():
                break
            size[worse] *= 0.5
        else:
            # no part of the Newton step helps: take one of plain best replies instead
            trial[worse] = values[worse] + 0.5 * gap[worse]
            fresh = self.best_replies(trial, utilities) - trial
        return trial, fresh

    def nearness(self, theta: Array, values: Array) -> Array:
        """Say how near each dyad's equilibrium is to vanishing: the least singular value of I minus its Jacobian.

        At zero two equilibria merge, and beyond it there is none nearby: estimates next to such a place cannot be
        improved, nor their standard errors trusted, by methods that need the equilibrium to move smoothly.
        """
        matrix = np.eye(2 * LEVELS * LEVELS) - self.jacobian(values, self.utilities(theta))
        return np.linalg.svd(matrix, compute_uv=False)[:, -1].astype(np.float64)

    def reach(self, theta: Array) -> Stationary:
        """Find a stationary equilibrium from nothing: follow it as the coefficients grow from zero to `theta`.

        Raises
        ------
        NumericalError
            The path ends on the way, where two equilibria merge.
        """
        values = np.zeros((self.panel.dyads, 2, LEVELS, LEVELS))
        done, step, steps = 0.0, 0.25, 0
        at = self.solve(0.0 * theta, values)
        while done < 1.0:
            try:
                at = self.solve(min(done + step, 1.0) * theta, at.values, most=12)
            except NumericalError:
                step *= 0.5
                if step < 1e-6:
                    raise NumericalError(f"the path of equilibria ends at {done:.6f} of the way") from None
                continue
            done, step, steps = min(done + step, 1.0), 1.5 * step, steps + at.steps
        return Stationary(at.values, at.residual, steps)

    def evaluate(self, theta: Array, start: Array) -> Evaluation:
        """Return the log-likelihood and its exact gradient, following the equilibrium from `start`.

        Cost: a few batches of 18 x 18 linear systems, one a dyad.
        """
        theta = np.asarray(theta, dtype=np.float64)
        if theta.shape != (len(self.panel.names),):
            raise InputError(f"the model has {len(self.panel.names)} coefficients, not {theta.shape}")
        equilibrium = self.solve(theta, start)
        values = equilibrium.values
        chances = _softmax(values)
        counts = self.panel.counts
        logs = values - _log_total(values)[..., None]
        slope = counts - counts.sum(axis=-1, keepdims=True) * chances
        size = 2 * LEVELS * LEVELS
        matrix = np.eye(size) - self.jacobian(values, self.utilities(theta))
        weights = np.linalg.solve(np.swapaxes(matrix, 1, 2), slope.reshape(-1, size, 1)).reshape(values.shape)
        scores = self._scores(weights, chances)
        return Evaluation(float(np.sum(counts * logs)), scores.sum(axis=0), scores, equilibrium)

    def _scores(self, weights: Array, chances: Array) -> Array:
        """Carry the derivative by the replies on to the coefficients (dyad, coefficient)."""
        panel = self.panel
        beta2, beta3, kappa2, kappa3, gamma, alpha = panel.slices
        other = chances[:, ::-1]
        own = panel.own[panel.states]
        result = np.zeros((panel.dyads, len(panel.names)))
        result[:, beta2] = np.einsum("kp,kpc->kc", weights[:, :, 1].sum(axis=-1), panel.pair)
        result[:, beta3] = np.einsum("kp,kpc->kc", weights[:, :, 2].sum(axis=-1), panel.pair)
        result[:, kappa2] = np.einsum("kp,kpc->kc", weights[..., 1].sum(axis=-1), own)
        result[:, kappa3] = np.einsum("kp,kpc->kc", weights[..., 2].sum(axis=-1), own)
        result[:, gamma] = np.einsum("kpsa,kpsb,ab->ks", weights, other, _BOTH.astype(np.float64))
        audience = np.einsum("kpsa,kpsb,sab->kp", weights, other, _BACKS_DOWN.astype(np.float64))
        for side in (0, 1):
            result[np.arange(panel.dyads), alpha.start + panel.states[:, side]] += audience[:, side]
        return result


def _log_total(values: Array) -> Array:
    """Return the logarithm of the sum of exponentials over choices."""
    return np.asarray(logsumexp(values, axis=-1), dtype=np.float64)


def _softmax(values: Array) -> Array:
    return np.exp(values - _log_total(values)[..., None])


def panel_from(
    moves: Table,
    pairs: Table,
    states: Table,
    *,
    sides: Sequence[str] = ("ccode1", "ccode2"),
    actions: Sequence[str] = ("action1", "action2"),
    level: str = "state",
    pair_columns: Sequence[str],
    own_columns: Sequence[str],
    state: str = "ccode",
) -> Panel:
    """Make a panel from three tables.

    Parameters
    ----------
    moves : Table
        One row a dyad and month: two states, two actions and the level, both counted from 1. A dyad that is listed in
        both directions is read in the direction that comes first in `pairs`.
    pairs : Table
        One row a directed dyad: both states (named by `sides`) and `pair_columns`.
    states : Table
        One row a state: its code in column `state`, and `own_columns`.
    """
    labels = tuple(cell.strip() for cell in states.cells(state))
    position = {label: rank for rank, label in enumerate(labels)}
    directed: dict[tuple[str, str], int] = {}
    for row, pair in enumerate(zip(*(pairs.cells(side) for side in sides), strict=True)):
        one, two = (cell.strip() for cell in pair)
        for label in (one, two):
            if label not in position:
                raise InputError(pairs.problem(f"the state `{label}` is not in the table of states", row))
        directed[one, two] = row
    dyads = [pair for pair, row in directed.items() if row < directed.get((pair[1], pair[0]), -1)]
    if not dyads:
        raise InputError(pairs.problem("no dyad is listed in both directions"))
    columns = np.column_stack([pairs.numbers(name) for name in pair_columns])
    worth = np.array([[columns[directed[one, two]], columns[directed[two, one]]] for one, two in dyads])
    own = np.column_stack([states.numbers(name) for name in own_columns])
    members = np.array([[position[one], position[two]] for one, two in dyads], dtype=np.intp)
    counts = _count(moves, dyads, sides, actions, level)
    return Panel(members, labels, worth, own, counts, tuple(pair_columns), tuple(own_columns))


def _count(
    moves: Table, dyads: Sequence[tuple[str, str]], sides: Sequence[str], actions: Sequence[str], level: str
) -> Array:
    rank = {pair: k for k, pair in enumerate(dyads)}
    counts = np.zeros((len(dyads), 2, LEVELS, LEVELS))
    read = [moves.numbers(name) for name in (level, *actions)]
    for name, values in zip((level, *actions), read, strict=True):
        wrong = ~np.isin(values, (1.0, 2.0, 3.0))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(moves.problem(f"{values[row]:g} is not one of 1, 2, 3", row, name))
    where = np.array(
        [rank.get((one.strip(), two.strip()), -1) for one, two in zip(*(moves.cells(s) for s in sides), strict=True)]
    )
    kept = where >= 0
    at, first, second = ((values[kept] - 1.0).astype(np.intp) for values in read)
    for side, choice in ((0, first), (1, second)):
        np.add.at(counts[:, side], (where[kept], at, choice), 1.0)
    empty = counts.sum(axis=(1, 2, 3)) == 0
    if empty.any():
        raise InputError(f"the dyad {' - '.join(dyads[int(np.argmax(empty))])} has no moves")
    return counts
