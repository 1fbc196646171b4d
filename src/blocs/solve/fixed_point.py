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

# Differences of choice probabilities below this are rounding; no residual is asked to be smaller
ROUNDING = 1e-14


class FixedPoint(Protocol):
    """A family of equations x = G(x, lambda), with a sweep, its linearisation and a distance between points."""

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


@dataclass(frozen=True)
class Settled:
    """Where an iteration ended.

    Attributes
    ----------
    x : float64 array
    residual : float
        Distance between x and G(x) in choice probabilities.
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
    problem: FixedPoint, x: Floats, lam: float, *, tolerance: float, sweeps: int = 40, window: int = 8, reach: float = 0.5
) -> Settled:
    """Sweep with Anderson's acceleration (Anderson 1965; Walker & Ni 2011) from x.

    It gives up early when the residual does not fall, or when the iterates move further than `reach` (in choice
    probabilities) from where they began: then another branch may be the one that is found.
    """
    start = x
    points: list[Floats] = []
    steps: list[Floats] = []
    best = np.inf
    best_x, stalled = x, 0
    residual = np.inf
    for done in range(1, sweeps + 1):
        y = problem.sweep(x, lam)
        residual = problem.distance(x, y)
        if not np.isfinite(residual) or problem.distance(start, y) > reach:
            return Settled(best_x, best, done, False)
        if residual < best:
            stalled = 0 if residual < 0.7 * best else stalled + 1
            best, best_x = residual, y
        else:
            stalled += 1
        if residual <= tolerance:
            return Settled(y, residual, done, True)
        if stalled >= 6:
            break
        points.append(y)
        steps.append(y - x)
        if len(points) > window + 1:
            points.pop(0)
            steps.pop(0)
        if len(points) == 1:
            x = y
            continue
        changes = np.diff(np.array(steps), axis=0)
        weights = _least_squares(changes, steps[-1])
        x = y - weights @ np.diff(np.array(points), axis=0)
    return Settled(best_x, best, done, False)


def _least_squares(rows: Floats, right: Floats) -> Floats:
    """Weights whose combination of `rows` comes nearest to `right`; there are few rows, and they may be dependent."""
    scale = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    scale[scale == 0] = 1.0
    gram = (rows @ rows.T) / np.outer(scale, scale)
    # half of the digits: the equations of a sum of squares have no more
    return np.linalg.lstsq(gram, (rows @ right) / scale, rcond=1e-13)[0] / scale


def newton(
    problem: FixedPoint, x: Floats, lam: float, *, tolerance: float, steps: int = 12, reach: float = 0.5
) -> Settled:
    """Newton's method at a fixed precision, its linear equations solved by GMRES (Saad & Schultz 1986)."""
    start, made, before = x, 0, np.inf
    y = x
    residual = np.inf
    for _ in range(steps):
        y = problem.sweep(x, lam)
        residual = problem.distance(x, y)
        made += 1
        if residual <= tolerance:
            return Settled(y, residual, made, True)
        if not np.isfinite(residual) or residual > 4 * before or problem.distance(start, x) > reach:
            break
        before = residual
        step, used = krylov(lambda d: d - problem.tangent(d, 0.0), y - x, accuracy=min(1e-3, residual))
        made += used
        if step is None:
            break
        x = x + step
    return Settled(y, residual, made, False)


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
    length = float(np.linalg.norm(right))
    if length == 0:
        return np.zeros_like(right), 0
    limit = min(limit, len(right))
    basis = [right / length]
    # Givens rotations keep the small least-squares problem triangular
    upper = np.zeros((limit + 1, limit))
    cosines, sines = np.zeros(limit), np.zeros(limit)
    target = np.zeros(limit + 1)
    target[0] = length
    used = 0
    for k in range(limit):
        w = product(basis[k])
        used = k + 1
        for _ in range(2):  # orthogonalised twice, so that long runs do not lose directions
            for j, q in enumerate(basis):
                part = float(q @ w)
                upper[j, k] += part
                w = w - part * q
        height = float(np.linalg.norm(w))
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
        basis.append(w / height)
    if abs(target[used]) > max(accuracy, 1e-2) * length:
        return None, used
    weights = np.linalg.solve(upper[:used, :used], target[:used])
    return np.sum([weight * q for weight, q in zip(weights, basis, strict=False)], axis=0), used
