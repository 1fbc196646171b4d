"""Ways to learn from histories: the mode, a corrected normal approximation, sampling; frozen, with their citations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from blocs.errors import UsageError


@dataclass(frozen=True)
class Map:
    """Mode of the posterior on the whitened scale, by a quasi-Newton search from several starts (Liu & Nocedal 1989).

    Parameters
    ----------
    starts : int
        The prior medians, and this many less one random points half a prior standard deviation around them.
    iterations : int
        Most iterations of one search.
    """

    starts: int = 3
    iterations: int = 200
    cites: ClassVar[tuple[str, ...]] = ("liu1989",)

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.starts < 1 or self.iterations < 1:
            raise UsageError("a search needs at least one start and one iteration")


@dataclass(frozen=True)
class Laplace:
    """Normal approximation at the mode, resampled by Pareto-smoothed importance weights (Vehtari et al. 2024).

    Parameters
    ----------
    draws : int
        Draws from the normal, and of the result.
    starts, iterations : int
        As for `Map`.
    """

    draws: int = 512
    starts: int = 3
    iterations: int = 200
    cites: ClassVar[tuple[str, ...]] = ("liu1989", "vehtari2024")

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.draws < 25:
            raise UsageError("Pareto smoothing needs at least 25 draws")


@dataclass(frozen=True)
class Nuts:
    """No-U-turn sampling of the posterior (Hoffman & Gelman 2014).

    Parameters
    ----------
    draws, tune : int
        Kept and discarded draws of each chain.
    chains : int
    """

    draws: int = 500
    tune: int = 300
    chains: int = 4
    cites: ClassVar[tuple[str, ...]] = ("hoffman2014",)

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if min(self.draws, self.tune, self.chains) < 1:
            raise UsageError("sampling needs at least one draw, one tuning step and one chain")


Method = Map | Laplace | Nuts
