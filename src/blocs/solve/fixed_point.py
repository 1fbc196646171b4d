"""Solving x = G(x, lambda): accelerated sweeps where they settle, Newton's method with Krylov steps where they do not.

A problem gives its sweep G and the directional derivative of G; no Jacobian is ever formed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Gaps below this are rounding; none is asked to be smaller
ROUNDING = 1e-14


class FixedPoint(Protocol):
    """A family of equations x = G(x, lambda), with a sweep, its linearisation and a distance between points.

    Attributes
    ----------
    inner_sign : int
        Sign of the determinants of the equations that the last sweep solved within itself; one when there are none.
    """

    inner_sign: int

    @property
    def size(self) -> int:
        """Length of x."""
        ...

    def sweep(self, x: Floats, lam: float) -> Floats:
        """Return G(x, lam) and keep what `tangent` needs."""
        ...

    def tangent(self, dx: Floats, dlam: float) -> Floats:
        """Return the change of the last sweep for a change of its arguments."""
        ...

    def distance(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between the choice probabilities that x and y stand for."""
        ...

    def gap(self, x: Floats, y: Floats) -> float:
        """Return the largest difference between logarithms of choices, over the size of x if that is large.

        What hardly ever happens may still decide beliefs, so that this, not `distance`, tells when x is found.
        """
        ...


@dataclass(frozen=True)
class Settled:
    """Where an iteration ended.

    Attributes
    ----------
    x : float64 array
    residual : float
        Gap between x and G(x).
    sweeps : int
        Sweeps and tangents that were made.
    ok : bool
        Whether the residual is as small as was asked.
    """

    x: Floats
    residual: float
    sweeps: int
    ok: bool


def accelerated(
    problem: FixedPoint,
    x: Floats,
    lam: float,
    *,
    tolerance: float,
    sweeps: int = 40,
    window: int = 8,
    reach: float = 0.5,
) -> Settled:
    """Sweep with Anderson's acceleration (Anderson 1965; Walker & Ni 2011) from x.

    It gives up early when the residual does not fall, or when the iterates move further than `reach` (in choice
    probabilities) from where they began: then another branch may be the one that is found.
    """
    start = x
    history = History(len(x), window)
    best, best_x, stalled = np.inf, x, 0
    for done in range(1, sweeps + 1):
        y = problem.sweep(x, lam)
        residual = problem.gap(x, y)
        if not np.isfinite(residual) or (reach < np.inf and problem.distance(start, y) > reach):
            return Settled(best_x, best, done, False)
        stalled = 0 if residual < 0.7 * best else stalled + 1
        if residual < best:
            best, best_x = residual, x
        if residual <= tolerance:
            return Settled(x, residual, done, True)
        if stalled >= 6:
            return Settled(best_x, best, done, False)
        x = history.next(y, y - x)
    return Settled(best_x, best, sweeps, False)


class History:
    """The last sweeps and steps of Anderson's acceleration, as differences, with their products."""

    def __init__(self, size: int, window: int) -> None:
        self.points, self.steps = np.empty((window, size)), np.empty((window, size))
        self.products = np.zeros((window, window))
        self.filled, self.place = 0, 0
        self.y: Floats | None = None
        self.step: Floats | None = None

    def next(self, y: Floats, step: Floats) -> Floats:
        """Take in a sweep and its step, and return the next point to sweep from."""
        from blocs.solve.vector_kernels import dots, subtract

        if self.y is not None and self.step is not None:
            k, window = self.place, len(self.points)
            np.subtract(y, self.y, out=self.points[k])
            np.subtract(step, self.step, out=self.steps[k])
            self.filled = min(self.filled + 1, window)
            self.place = (k + 1) % window
            used = slice(0, self.filled)
            row = np.empty(self.filled)
            dots(self.steps, self.filled, self.steps[k], row)
            self.products[k, used] = self.products[used, k] = row
        self.y, self.step = y, step
        if not self.filled:
            return y
        used = slice(0, self.filled)
        scale = np.sqrt(np.diag(self.products)[used])
        scale[scale == 0] = 1.0
        gram = self.products[used, used] / np.outer(scale, scale)
        # few differences, which may depend on each other: least squares with the smallest weights
        wanted = np.empty(self.filled)
        dots(self.steps, self.filled, step, wanted)
        weights = np.linalg.lstsq(gram, wanted / scale, rcond=1e-13)[0] / scale
        x = y.copy()
        subtract(x, self.points, self.filled, weights)
        return x


def newton(
    problem: FixedPoint,
    x: Floats,
    lam: float,
    *,
    tolerance: float,
    steps: int = 12,
    reach: float = 0.5,
    search: bool = False,
) -> Settled:
    """Newton's method at a fixed precision, its linear equations solved by GMRES (Saad & Schultz 1986).

    Where players are very precise a residual is many times the error, and rounding keeps it above any tolerance; so
    a point also counts as found when the next step no longer moves it.

    Parameters
    ----------
    search : bool
        Shorten steps until the equations are nearer to being met; for starting points that are far away.
    """
    start, made, before = x, 0, np.inf
    best, best_x = np.inf, x
    for _ in range(steps):
        y = problem.sweep(x, lam)
        residual = problem.gap(x, y)
        made += 1
        if residual < best:
            best, best_x = residual, x
        if residual <= tolerance:
            return Settled(x, residual, made, True)
        if not np.isfinite(residual) or (reach < np.inf and problem.distance(start, x) > reach):
            break
        step, used = linear(lambda d: d - problem.tangent(d, 0.0), y - x, accuracy=min(1e-3, residual))
        made += used
        if step is None:
            break
        if search:
            share, used = _shorten(problem, x, step, lam, float(np.sum((y - x) ** 2)))
            made += used
            step = share * step
        moved = problem.gap(x, x + step)
        if not search and not moved <= 2 * before:
            break
        if moved <= 10 * tolerance and before <= 1e-6:
            last = problem.gap(x + step, problem.sweep(x + step, lam))
            better = last < best
            return Settled(x + step if better else best_x, last if better else best, made + 1, True)
        before = moved
        x = x + step
    return Settled(best_x, best, made, False)


def _shorten(problem: FixedPoint, x: Floats, step: Floats, lam: float, size: float) -> tuple[float, int]:
    """Return the first of 1, 1/2, 1/4, ... of a step at which the sum of squares of x - G(x) is less than `size`."""
    share = 1.0
    for tries in range(1, 9):
        there = x + share * step
        if float(np.sum((problem.sweep(there, lam) - there) ** 2)) < size:
            return share, tries
        share *= 0.5
    return share, 8


def linear(
    product: Callable[[Floats], Floats], right: Floats, *, accuracy: float, dense: int = 1500
) -> tuple[Floats | None, int]:
    """Solve ``product(z) = right`` by `krylov`; where that fails, directly if there are at most `dense` unknowns."""
    found, used = krylov(product, right, accuracy=accuracy)
    if found is not None or len(right) > dense:
        return found, used
    matrix = np.stack([product(column) for column in np.eye(len(right))], 1)
    if not np.isfinite(matrix).all():
        return None, used
    try:
        return np.asarray(np.linalg.solve(matrix, right), np.float64), used + len(right)
    except np.linalg.LinAlgError:
        return None, used + len(right)


def krylov(
    product: Callable[[Floats], Floats], right: Floats, *, accuracy: float, limit: int = 200
) -> tuple[Floats | None, int]:
    """Solve ``product(z) = right`` by GMRES without restarts; (None, products) when it does not come to `accuracy`.

    Parameters
    ----------
    accuracy : float
        Of the residual, relative to the length of `right`.
    limit : int
        Largest number of products, which is also the number of vectors that are kept.
    """
    from blocs.solve.vector_kernels import orthogonalise, subtract

    length = float(np.sqrt(np.sum(right * right)))
    if length == 0:
        return np.zeros_like(right), 0
    limit = min(limit, len(right))
    basis = np.empty((min(limit, 16) + 1, len(right)))
    basis[0] = right / length
    # Givens rotations keep the small least-squares problem triangular
    upper = np.zeros((limit + 1, limit))
    cosines, sines = np.zeros(limit), np.zeros(limit)
    target = np.zeros(limit + 1)
    target[0] = length
    used = 0
    for k in range(limit):
        w = np.ascontiguousarray(product(basis[k]))
        used = k + 1
        parts = np.zeros(used)
        height = float(orthogonalise(basis, used, w, parts))
        upper[:used, k] = parts
        for j in range(k):
            upper[j, k], upper[j + 1, k] = (
                cosines[j] * upper[j, k] + sines[j] * upper[j + 1, k],
                -sines[j] * upper[j, k] + cosines[j] * upper[j + 1, k],
            )
        radius = float(np.hypot(upper[k, k], height))
        if not np.isfinite(radius) or radius == 0:
            return None, used
        cosines[k], sines[k] = upper[k, k] / radius, height / radius
        upper[k, k] = radius
        target[k + 1] = -sines[k] * target[k]
        target[k] *= cosines[k]
        if abs(target[k + 1]) <= accuracy * length or height <= 1e-15 * radius:
            break
        if used == len(basis):
            basis = np.append(basis, np.empty_like(basis), axis=0)
        basis[used] = w / height
    if abs(target[used]) > 10 * accuracy * length and used < len(right):
        return None, used
    found = np.zeros_like(right)
    subtract(found, basis, used, -np.linalg.solve(upper[:used, :used], target[:used]))
    return found, used
