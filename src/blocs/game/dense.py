"""Small dense equations, solved inside other compiled loops."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def eliminate(matrix, right):
    """Eliminate with partial pivoting, in place; the sign of the determinant, zero when the matrix is singular."""
    n, columns = right.shape
    sign = 1
    for k in range(n):
        pivot = k
        for r in range(k + 1, n):
            if abs(matrix[r, k]) > abs(matrix[pivot, k]):
                pivot = r
        if not abs(matrix[pivot, k]) > 0.0:
            return 0
        if pivot != k:
            sign = -sign
            for c in range(n):
                matrix[k, c], matrix[pivot, c] = matrix[pivot, c], matrix[k, c]
            for c in range(columns):
                right[k, c], right[pivot, c] = right[pivot, c], right[k, c]
        if matrix[k, k] < 0.0:
            sign = -sign
        for r in range(k + 1, n):
            factor = matrix[r, k] / matrix[k, k]
            if factor != 0.0:
                for c in range(k + 1, n):
                    matrix[r, c] -= factor * matrix[k, c]
                for c in range(columns):
                    right[r, c] -= factor * right[k, c]
    for k in range(n - 1, -1, -1):
        for c in range(columns):
            total = right[k, c]
            for m in range(k + 1, n):
                total -= matrix[k, m] * right[m, c]
            right[k, c] = total / matrix[k, k]
    return sign
