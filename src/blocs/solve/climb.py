"""One draw of a game without a last step where stepping back does not come to rest: the way up in the precisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.continuation import Follow, follow
from blocs.solve.fixed_point import krylov
from blocs.solve.steps_back import ENOUGH, SOUGHT, Step, changes, iterate, patient

Floats = NDArray[np.float64]

# steps of Newton's method, how near each comes to the solution of its linear equations, and the length of the
# difference quotients in them, over the largest value
NEWTON, INEXACT, TINY = 20, 1e-4, 1e-7
# the least part of such a step that is taken
SHORTEST = 1.0 / 16
# values up to which the branch from choice at random is followed around its turns: beyond, it takes many minutes
MOST = 20_000
# of the precisions the first stretch that is tried is one over this
FIRST = 8.0
# length of the difference quotients along the way, to both sides
CENTRAL = 1e-5
# larger games are raised in stretches from the first of these shares of the precisions to the last, which is too short
# to go on with; and how many steps back each may take where Newton's method does not arrive
STRETCHES, PATIENT = (0.2, 0.3, 0.02), 600
# steps back after which the way up is given up: half a minute for a game of fifty thousand nodes
LONGEST = 10_000


def newton(step: Step, x: Floats) -> tuple[Floats, float]:
    """Find the values of one draw by Newton's method, whose steps are sought among Krylov's vectors.

    Derivatives in a direction are difference quotients: what they miss makes a step less good, not the answer.
    """
    y = step.back(x)
    change = float(changes(x, y)[0])
    for _ in range(NEWTON):
        if change <= SOUGHT:
            break
        size = TINY * max(1.0, float(np.abs(x).max()))

        def product(direction: Floats, x: Floats = x, y: Floats = y, size: float = size) -> Floats:
            h = size / max(float(np.abs(direction).max()), 1e-300)
            return direction - (step.back(x + h * direction.reshape(x.shape)) - y).ravel() / h

        found, _ = krylov(product, (y - x).ravel(), accuracy=INEXACT)
        if found is None:
            break
        share, length = 1.0, float(np.linalg.norm(y - x))
        while share >= SHORTEST:
            there = x + share * found.reshape(x.shape)
            after = step.back(there)
            if float(np.linalg.norm(after - there)) < (1.0 - 0.1 * share) * length:
                break
            share /= 2
        else:
            # rounding, or a place where the equations cannot be brought nearer
            break
        x, y, change = there, after, float(changes(there, after)[0])
    return x, change


class Raised:
    """The values of one draw as the precisions are raised from zero, for `blocs.solve.continuation.follow`.

    x is what the values differ from those of choice at random, in a row; lambda is the part of the precisions.
    """

    inner_sign = 1

    def __init__(self, step: Step, blind: Floats) -> None:
        self.step, self.blind, self.precision = step, blind, step.tables.precision
        self.at: tuple[Floats, float] = (np.zeros(blind.size), 0.0)

    @property
    def size(self) -> int:
        """Number of values."""
        return self.blind.size

    def values(self, x: Floats) -> Floats:
        """Return the values that x stands for; (node, column, draw)."""
        return self.blind + x.reshape(self.blind.shape)

    def later(self, x: Floats, lam: float) -> Floats:
        """Return x one step earlier, at a part of the precisions."""
        self.step.tables = replace(self.step.tables, precision=lam * self.precision)
        return (self.step.back(self.values(x)) - self.blind).ravel()

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Step back."""
        self.at = (x.copy(), lam)
        return self.later(x, lam)

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last step back, by a difference quotient."""
        x, lam = self.at
        h = CENTRAL * max(1.0, float(np.abs(x).max(initial=0.0))) / max(float(np.abs(dx).max()), abs(dlam), 1e-300)
        return (self.later(x + h * dx, lam + h * dlam) - self.later(x - h * dx, lam - h * dlam)) / (2 * h)

    def choices(self, x: Floats) -> Floats:
        """Return the choice probabilities that values lead to."""
        self.later(x, self.at[1])
        return self.step.sigma.copy()

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between choice probabilities."""
        return float(np.abs(self.choices(x) - self.choices(y)).max(initial=0.0))

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference, over the largest value."""
        return float(np.abs(x - y).max() / max(1.0, float(np.abs(self.values(y)).max())))


def one_draw(
    game: Game, tables: Tables, x: Floats, near: Floats, threads: int, *, climb: bool = True
) -> tuple[Floats, int, float, float]:
    """Find the values of one draw where accelerated stepping back does not come to rest.

    Plain steps and accelerated ones by turns are tried from what is `near` first, then Newton's method, and then the
    equilibria are followed from choice at random on: in small games also where the precisions must fall for a while.

    Returns
    -------
    values : float64 array (node, column)
    made : int
        Steps back.
    change : float
        The largest change of the values by one more step, over the largest.
    share : float
        The part of the precisions that the way up from choice at random came to; one where it was not needed.
    """
    step, share = Step(game, tables, threads), 1.0
    found, change = patient(step, near)
    if change > ENOUGH:
        found, change = newton(step, found)
    if change > ENOUGH and climb:
        step.tables = replace(tables, precision=0.0 * tables.precision)
        blind, _ = iterate(step, x)
        if x.size > MOST:
            found, change, share = _climb(step, tables, blind)
        else:
            reached = [0.0]
            try:
                (point,) = follow(
                    Raised(step, blind), [1.0], scale=FIRST, method=Follow(tolerance=SOUGHT), progress=reached.append
                )
            except NumericalError:
                return found[..., 0], step.made, np.inf, reached[-1]
            step.tables = tables
            found, change = newton(step, blind + point.x.reshape(blind.shape))
    return found[..., 0], step.made, change, share


def _climb(step: Step, tables: Tables, blind: Floats) -> tuple[Floats, float, float]:
    """Raise the precisions from zero in stretches; return the values, the last change and the share that was reached.

    Each stretch begins where the line through the last two values leads, with Newton's method, else with steps back.
    """
    began, reached, x, before = step.made, 0.0, blind, (0.0, blind)
    stretch, longest, shortest = STRETCHES
    change = 0.0
    while reached < 1.0:
        share = min(1.0, reached + stretch)
        step.tables = replace(tables, precision=share * tables.precision)
        guess = x
        if before[0] < reached:
            guess = x + (x - before[1]) * ((share - reached) / (reached - before[0]))
        found, change = newton(step, guess)
        if change > ENOUGH:
            found, change = patient(step, guess, PATIENT)
        if change > ENOUGH:
            stretch /= 2
            if stretch < shortest or step.made - began > LONGEST:
                return x, np.inf, reached
            continue
        before, x, reached = (reached, x), found, share
        stretch = min(1.5 * stretch, longest)
    return x, change, reached
