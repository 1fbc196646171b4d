"""Which way a branch of equilibria runs: the sign of det(I - DG), without forming the matrix when it is large.

Along one branch this sign times the sign of the change of precision never changes (Allgower & Georg 1990, chapter 2).
A point where it does is on another branch, or behind a bifurcation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blocs.solve.fixed_point import FixedPoint

Floats = NDArray[np.float64]

# a sweep that shrinks changes to this share has no eigenvalue near one
_CONTRACTS = 0.85
# eigenvalues above one stand out and are found by this many products
_PRODUCTS = 60


class Orientation:
    """Tells the sign of det(I - DG) at points of a branch; keeps a direction from point to point to save work."""

    def __init__(self, problem: FixedPoint) -> None:
        self.problem = problem
        # any fixed direction will do to begin with; this one has no symmetry
        self.direction = np.cos(1.0 + np.arange(problem.size) ** 1.5)
        self.products = 0

    def sign(self, x: Floats, lam: float) -> int:
        """Return 1 or -1, the sign of all equations met at x; 0 when x is too near a bifurcation or a turn to say."""
        if self.problem.size == 0 or lam == 0:
            return 1
        self.problem.sweep(x, lam)
        return self.problem.inner_sign * (1 if self.contracts() else self.counted())

    def tangent(self, d: Floats) -> Floats:
        """Return DG d, and count it."""
        self.products += 1
        return self.problem.tangent(d, 0.0)

    def contracts(self) -> bool:
        """Whether three sweeps in a row shrink the direction that shrank least so far."""
        v = self.direction
        for _ in range(3):
            length = float(np.sqrt(np.sum(v * v)))
            if length == 0 or not np.isfinite(length):
                self.direction = np.cos(1.0 + np.arange(self.problem.size) ** 1.5)
                return length == 0
            v = self.tangent(v / length)
        self.direction = v
        return float(np.sqrt(np.sum(v * v))) < _CONTRACTS

    def counted(self) -> int:
        """Count the real eigenvalues of DG above one by Arnoldi's method (Saad 2011, chapter 6)."""
        from blocs.solve.vector_kernels import orthogonalise

        limit = min(_PRODUCTS, self.problem.size)
        basis = np.empty((limit + 1, self.problem.size))
        basis[0] = self.direction / np.sqrt(np.sum(self.direction**2))
        small = np.zeros((limit + 1, limit))
        before = None
        for k in range(limit):
            w = np.ascontiguousarray(self.tangent(basis[k]))
            parts = np.zeros(k + 1)
            small[k + 1, k] = orthogonalise(basis, k + 1, w, parts)
            small[: k + 1, k] = parts
            if not np.isfinite(parts).all():
                return 0
            last = k + 1 == limit or small[k + 1, k] <= 1e-12 * np.abs(small[: k + 1, : k + 1]).max()
            if last or k % 4 == 3:
                above, sure = self.above_one(basis, small, k + 1)
                # the same count twice, and nothing near one that is still moving
                if sure and (last or above == before):
                    return -1 if above % 2 else 1
                before = above
            if last:
                return 0
            basis[k + 1] = w / small[k + 1, k]
        return 0

    def above_one(self, basis: Floats, small: Floats, used: int) -> tuple[int, bool]:
        """Return how many real Ritz values are above one, and whether that is beyond doubt; keep the topmost vector."""
        values, vectors = (np.asarray(part, np.complex128) for part in np.linalg.eig(small[:used, :used]))
        errors = small[used, used - 1] * np.abs(vectors[-1])
        real = np.abs(values.imag) <= 1e-9 * np.maximum(1.0, np.abs(values.real))
        if not real.any():
            return 0, used == len(basis) - 1 or float(errors[np.argmax(values.real)]) < 0.3
        top = int(np.argmax(np.where(real, values.real, -np.inf)))
        self.direction = vectors[:, top].real @ basis[:used]
        near = real & (values.real > 0.5)
        return int(np.sum(real & (values.real > 1))), bool(np.all(errors[near] < 0.3 * np.abs(values.real[near] - 1)))
