"""How far coders agree beyond chance: Cohen's kappa and Krippendorff's alpha.

References: Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20;
Krippendorff (2011), Computing Krippendorff's alpha-reliability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

V = TypeVar("V", bound=Hashable)
Distance = Callable[[V, V], float]


def nominal(a: object, b: object) -> float:
    """Return 0 for the same category and 1 for another."""
    return float(a != b)


def interval(a: float, b: float) -> float:
    """Return the squared difference."""
    return (a - b) ** 2


def share_of_agreement(pairs: Sequence[tuple[V, V]]) -> float | None:
    """Return the share of units that both coders put into the same category; None where there is no unit."""
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else None


def cohens_kappa(pairs: Sequence[tuple[V, V]]) -> float | None:
    """Return Cohen's kappa of two coders.

    Parameters
    ----------
    pairs : sequence of (first, second)
        The category that each gave to a unit.

    Returns
    -------
    float or None
        1 for agreement throughout, 0 for what chance would give; None where both used one and the same category only,
        so that chance alone would give agreement throughout.
    """
    observed = share_of_agreement(pairs)
    if observed is None:
        return None
    n = len(pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    # in whole numbers, so that agreement by one category is seen exactly
    expected = sum(first[category] * second[category] for category in first)
    return None if expected == n * n else (observed - expected / n**2) / (1 - expected / n**2)


def krippendorffs_alpha(units: Sequence[Sequence[V]], distance: Distance[V] = nominal) -> float | None:
    """Return Krippendorff's alpha of any number of coders.

    Parameters
    ----------
    units : sequence of sequence
        The values that coders gave to each unit; who gave none is left out, and a unit with fewer than two values does
        not count.
    distance : callable
        How far two values are apart: `nominal` or `interval`.

    Returns
    -------
    float or None
        1 for agreement throughout, 0 for what chance would give; None where no two values differ anywhere.
    """
    paired = [unit for unit in units if len(unit) > 1]
    values = Counter(value for unit in paired for value in unit)
    n = sum(values.values())
    within = sum(_apart(Counter(unit), distance) / (len(unit) - 1) for unit in paired)
    overall = _apart(values, distance)
    return 1 - (n - 1) * within / overall if overall else None


def _apart(values: Counter[V], distance: Distance[V]) -> float:
    """Return the sum of the distances of all ordered pairs of values."""
    return sum(m * k * distance(a, b) for a, m in values.items() for b, k in values.items())
