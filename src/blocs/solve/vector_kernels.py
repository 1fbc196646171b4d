"""Compiled sums over long vectors, on one thread: a threaded library spends more time waiting than adding here."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def dots(rows, count, w, out):
    """Write the products of the first `count` rows with w."""
    for j in range(count):
        total = 0.0
        row = rows[j]
        for m in range(len(w)):
            total += row[m] * w[m]
        out[j] = total


@njit(cache=True, nogil=True, fastmath={"contract"})
def subtract(w, rows, count, weights):
    """Take ``weights @ rows[:count]`` away from w, in place."""
    for j in range(count):
        weight = weights[j]
        row = rows[j]
        for m in range(len(w)):
            w[m] -= weight * row[m]


@njit(cache=True, nogil=True)
def orthogonalise(rows, count, w, parts):
    """Make w orthogonal to the first `count` rows, in place; twice, so that long runs do not lose directions.

    Returns the length of what is left; `parts` receives what was taken away.
    """
    again = parts.copy()
    for turn in range(2):
        dots(rows, count, w, again)
        subtract(w, rows, count, again)
        for j in range(count):
            parts[j] = again[j] if turn == 0 else parts[j] + again[j]
    total = 0.0
    for m in range(len(w)):
        total += w[m] * w[m]
    return total**0.5
