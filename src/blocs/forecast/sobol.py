"""Which inputs the uncertainty about an outcome comes from: Sobol indices over priors and ranges of facts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, UsageError, nearest
from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import Input, at_quantiles, baseline, inputs_of
from blocs.forecast.sensitivity import known_outcomes, sensitivity
from blocs.forecast.structures import Structures, ranged, shaping
from blocs.game.game import Game
from blocs.solve.draws import check_settings
from blocs.solve.private import Beliefs
from blocs.solve.sobol_points import SMALLEST_SHARE

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
Evaluate = Callable[[Floats], Floats]

# name of the group of inputs that get no index of their own
OTHERS = "all others"
# confidence of the intervals, as elsewhere
CONFIDENCE = 0.9
# resamples of the bootstrap; the width of an interval is then known to a twentieth
RESAMPLES = 200
# an outcome whose probability varies less than this between draws has no variance to divide up
NO_SPREAD = 1e-14


@dataclass(frozen=True)
class Index:
    """The share of an outcome's variance that comes from one input.

    Attributes
    ----------
    name, outcome : str
    first : float
        Share of the variance that would go if the input were known: its effect by itself.
    first_width : float
        Half the width of the 90 % interval.
    total : float
        Share that would be left if everything but the input were known: with all its interactions.
    total_width : float
    """

    name: str
    outcome: str
    first: float
    first_width: float
    total: float
    total_width: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name, "outcome": self.outcome, "first": self.first, "first_width": self.first_width,
            "total": self.total, "total_width": self.total_width,
        }  # fmt: skip


@dataclass(frozen=True)
class SobolIndices:
    """First-order and total Sobol indices of outcomes.

    Attributes
    ----------
    names : tuple of str
        Inputs, and `all others` for those that share one index.
    mean, sd : dict from outcome to float
        Of the outcome's probability over the draws.
    indices : tuple of Index
    unvarying : tuple of str
        Outcomes whose probability is the same at all draws.
    points : int
        Size of the base sample.
    evaluations : int
        How many times the game was solved.
    """

    names: tuple[str, ...]
    mean: Mapping[str, float]
    sd: Mapping[str, float]
    indices: tuple[Index, ...] = field(repr=False)
    unvarying: tuple[str, ...]
    points: int
    evaluations: int

    @property
    def convergence(self) -> str:
        """How far the indices can be trusted, in a sentence."""
        if not self.indices:
            return f"{self.evaluations:,} solutions; no outcome varies"
        first = max(one.first_width for one in self.indices)
        total = max(one.total_width for one in self.indices)
        return (
            f"{self.evaluations:,} solutions ({self.points:,} base points); the widest 90 % interval is "
            f"±{first:.2f} for a first-order and ±{total:.2f} for a total index"
        )

    def ranked(self, outcome: str, most: int | None = None) -> list[Index]:
        """Return the indices of an outcome, the largest total first."""
        if outcome not in self.mean:
            raise InputError(Problem(f"there is no outcome `{outcome}`", hint=nearest(outcome, self.mean)))
        return sorted((one for one in self.indices if one.outcome == outcome), key=lambda one: -one.total)[:most]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, ranked within each outcome."""
        return {
            "outcomes": {
                name: {
                    "mean": self.mean[name],
                    "sd": self.sd[name],
                    "indices": [one.to_json() for one in self.ranked(name)],
                }
                for name in self.mean
            },
            "unvarying": list(self.unvarying),
            "points": self.points,
            "evaluations": self.evaluations,
            "convergence": self.convergence,
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per outcome and input, ranked within each outcome."""
        import pandas as pd

        return pd.DataFrame([one.to_json() for name in self.mean for one in self.ranked(name)])

    def __repr__(self) -> str:
        """Show the three largest indices of each outcome."""
        lines = [f"Sobol indices, total (first order); {self.convergence}"]
        for name in self.mean:
            told = ", ".join(f"{one.name} {one.total:.2f} ({one.first:.2f})" for one in self.ranked(name, 3))
            lines.append(f"{name}: {told or 'does not vary'}")
        return "\n".join(lines)


def sobol_indices(
    game: Game,
    points: int = 256,
    *,
    most: int | None = 12,
    outcomes: Sequence[str] | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
) -> SobolIndices:
    """Divide the variance of outcome probabilities over priors and ranges of facts among the inputs.

    Parameters
    ----------
    game : Game
        Compiled from a case.
    points : int
        Size of the base sample, a power of two.
    most : int or None
        How many inputs get indices of their own: those with the strongest effects at the medians. The rest share one,
        as a group, and still vary. None: all.
    outcomes : sequence of str, optional
        Default: all.
    seed : int
        Of the sample and of the bootstrap.
    settings : mapping, optional
        Parameters and facts held at a value.
    progress : callable (done, total), optional
    threads : int
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    SobolIndices

    Notes
    -----
    Cost: points x (indices + 2) solutions. References: Saltelli et al. (2010) for the sample and the first-order
    estimator, Jansen (1999) for the total one; as computed by SALib (Iwanaga, Usher & Herman 2022).
    """
    if points < 2 or points & (points - 1):
        raise UsageError(f"the number of base points is a power of two from 2 up, not {points}")
    held = check_settings(game, settings or {})
    wanted = known_outcomes(game, outcomes)
    movable = shaping(game)
    inputs = [one for one in inputs_of(game, held) if one.uncertain and one.name not in game.plan.fixed_facts - movable]
    if not inputs:
        raise InputError("nothing is uncertain: no parameter has a prior and no fact a range")
    own = _strongest(game, inputs, wanted, most, held, threads, beliefs)
    structures = Structures(game, movable & ranged(game))
    still = baseline(game, held)
    numbers = [game.outcomes.index(name) for name in wanted]

    def evaluate(shares: Floats) -> Floats:
        size = len(shares)
        values = {name: np.full(size, value) for name, value in still.items()}
        values.update(at_quantiles(inputs, np.clip(shares, SMALLEST_SHARE, 1 - SMALLEST_SHARE)))
        found = outcome_probabilities(structures, values, size, progress=progress, threads=threads, beliefs=beliefs)
        return found[numbers]

    return indices_of(evaluate, [one.name for one in inputs], wanted, points, seed, own)


def _strongest(
    game: Game,
    inputs: Sequence[Input],
    outcomes: Sequence[str],
    most: int | None,
    held: Mapping[str, float],
    threads: int,
    beliefs: Beliefs | None,
) -> frozenset[str]:
    """Return the inputs with the strongest effect per standard deviation on the log-odds of any outcome."""
    if most is None or len(inputs) <= most + 1:
        return frozenset(one.name for one in inputs)
    found = sensitivity(game, outcomes=outcomes, settings=held, threads=threads, beliefs=beliefs)
    p = found.probability[:, 0]
    # relative to what the probability can vary, so that rare outcomes count too
    effect = np.abs(found.per_sd[:, :, 0]) / np.maximum(p * (1 - p), np.finfo(float).tiny)[:, None]
    effect /= np.maximum(effect.max(axis=1, keepdims=True), np.finfo(float).tiny)
    strength = dict(zip((one.name for one in found.inputs), effect.max(axis=0), strict=True))
    order = sorted(inputs, key=lambda one: -strength[one.name])
    return frozenset(one.name for one in order[:most])


def indices_of(
    evaluate: Evaluate,
    names: Sequence[str],
    outcomes: Sequence[str],
    points: int,
    seed: int = 0,
    own: frozenset[str] | None = None,
) -> SobolIndices:
    """Return the indices of any function of independent inputs that are uniform on 0 to 1.

    Parameters
    ----------
    evaluate : callable
        From float64 array (point, input) to float64 array (outcome, point).
    names, outcomes : sequences of str
    points : int
        Size of the base sample, a power of two.
    seed : int
    own : frozenset of str, optional
        Inputs with indices of their own; the rest share one.
    """
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    own = frozenset(names) if own is None else own
    problem: dict[str, Any] = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    labels = [name for name in names if name in own]
    if len(labels) < len(names):
        problem["groups"] = [name if name in own else OTHERS for name in names]
        labels = list(dict.fromkeys(problem["groups"]))
    # SALib takes a seed of zero for none
    sample = sampling.sample(problem, points, calc_second_order=False, seed=seed + 1)
    found = evaluate(sample)
    mean, sd, indices, unvarying = {}, {}, [], []
    for name, row in zip(outcomes, found, strict=True):
        mean[name], sd[name] = float(row.mean()), float(row.std())
        if sd[name] <= NO_SPREAD:
            unvarying.append(name)
            continue
        with warnings.catch_warnings():
            # a resample may happen to be constant for a rare outcome; its index is then zero, as it should be
            warnings.filterwarnings("ignore", message="Constant values encountered")
            result = analysis.analyze(
                problem, row, calc_second_order=False, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=seed + 1
            )
        parts = (result["S1"], result["S1_conf"], result["ST"], result["ST_conf"])
        indices += [Index(label, name, *(float(part[i]) for part in parts)) for i, label in enumerate(labels)]
    return SobolIndices(tuple(labels), mean, sd, tuple(indices), tuple(unvarying), points, len(sample))
