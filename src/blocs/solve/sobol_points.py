"""Scrambled Sobol points, without importing SciPy's statistics, which takes longer than to solve a hundred draws.

The sequence is that of Joe & Kuo (2008), scrambled by random lower-triangular matrices and a digital shift (Matousek
1998). Points equal those of ``scipy.stats.qmc.Sobol(scramble=True)`` with the same generator, bit for bit.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from blocs.errors import UsageError

# binary digits of a coordinate
BITS = 30
# more points would not be looked at, and are then no better than fewer
MAX_DRAWS = 1 << 20
# a quantile of exactly 0 or 1 may be infinite
SMALLEST_SHARE = 2.0**-53


def sobol_points(dimensions: int, seed: int, low: int, high: int) -> NDArray[np.float64]:
    """Return the points from `low` to `high` of a scrambled Sobol sequence; float64 array (point, dimension) in (0, 1).

    Any division of the sequence gives the same points: a whole sequence and its parts agree bit for bit.

    Raises
    ------
    UsageError
        More points or dimensions than there are.

    References
    ----------
    Joe & Kuo (2008), Constructing Sobol sequences with better two-dimensional projections, SIAM J. Sci. Comput. 30(5).
    Matousek (1998), On the L2-discrepancy for anchored boxes, J. Complexity 14(4).
    """
    if not 0 <= low < high <= MAX_DRAWS:
        raise UsageError(f"the number of draws lies between 1 and {MAX_DRAWS:,}, not {high}")
    most = len(_table()[0])
    if dimensions > most:
        raise UsageError(f"at most {most:,} parameters and facts can be drawn at once, not {dimensions:,}")
    # SciPy draws from a child of the generator that it is given, in this order
    rng = np.random.default_rng(seed).spawn(1)[0]
    digits = rng.integers(0, 2, size=(dimensions, BITS), dtype=np.uint32)
    matrices = np.tril(rng.integers(0, 2, size=(dimensions, BITS, BITS), dtype=np.uint32))
    directions = _scramble(_directions(dimensions), matrices)
    index = np.arange(low, high, dtype=np.uint32)
    # neighbours in Gray code differ in one binary digit
    gray = index ^ (index >> 1)
    found = np.broadcast_to(digits @ (1 << np.arange(BITS, dtype=np.uint32)), (high - low, dimensions)).copy()
    for bit in range(int(high).bit_length()):
        found ^= np.where((gray >> bit) & 1, np.uint32(0xFFFFFFFF), np.uint32(0))[:, None] & directions[:, bit]
    shares: NDArray[np.float64] = np.ldexp(found.astype(np.float64), -BITS)
    return np.clip(shares, SMALLEST_SHARE, 1 - SMALLEST_SHARE)


@cache
def _table() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the primitive polynomials, (dimension,), and the first direction numbers of each, (dimension, degree)."""
    with as_file(files("blocs.solve") / "sobol_directions.npz") as path, np.load(path, allow_pickle=False) as data:
        return data["polynomial"].astype(np.uint32), data["first"].astype(np.uint32)


def _directions(dimensions: int) -> NDArray[np.uint32]:
    """Return direction numbers, the first binary digit leftmost; (dimension, bit)."""
    polynomials, first = _table()
    found = np.ones((dimensions, BITS), dtype=np.uint32)
    for d in range(1, dimensions):
        polynomial = int(polynomials[d])
        degree = polynomial.bit_length() - 1
        numbers = [int(number) for number in first[d, :degree]]
        for j in range(degree, BITS):
            new = numbers[j - degree]
            for k in range(degree):
                if (polynomial >> (degree - 1 - k)) & 1:
                    new ^= numbers[j - k - 1] << (k + 1)
            numbers.append(new)
        found[d] = numbers
    return found << np.arange(BITS - 1, -1, -1, dtype=np.uint32)


def _scramble(directions: NDArray[np.uint32], matrices: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Multiply the digits of each direction number by the dimension's matrix, with ones on its diagonal, modulo two."""
    matrices[:, np.arange(BITS), np.arange(BITS)] = 1
    places = np.arange(BITS - 1, -1, -1, dtype=np.uint32)
    digits = (directions[:, None, :] >> places[:, None]) & 1
    return (((matrices @ digits) & 1) << places[:, None]).sum(axis=1, dtype=np.uint32)
