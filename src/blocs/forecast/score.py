"""How well choice probabilities foretold a real history, beside two yardsticks that know no theory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from blocs.game.history import Decision


@dataclass(frozen=True)
class Frequencies:
    """How often each option was taken, by stage.

    Parameters
    ----------
    counts : mapping from (stage name, option name) to number
        Over decisions with more than one legal option.
    """

    counts: Mapping[tuple[str, str], float]

    @classmethod
    def of_stages(cls, counts: Mapping[str, Mapping[str, float]]) -> Frequencies:
        """Return counts that are written stage by stage, as a `Fitted` has them."""
        return cls({(stage, option): n for stage, options in counts.items() for option, n in options.items()})

    def by_stage(self, moves: Iterable[tuple[str, str]]) -> dict[str, dict[str, float]]:
        """Return the counts of the given stages and options, in their order, with zeros."""
        found: dict[str, dict[str, float]] = {}
        for stage, option in moves:
            found.setdefault(stage, {})[option] = self.counts.get((stage, option), 0.0)
        return found

    def probability(self, stage: str, chosen: str, legal: Sequence[str]) -> float:
        """Return the frequency of an option plus one half, renormalised over the legal options."""
        weights = {name: self.counts.get((stage, name), 0.0) + 0.5 for name in legal}
        return weights[chosen] / sum(weights.values())


def count_options(decisions: Sequence[Decision], stages: Sequence[str], options: Sequence[str]) -> Frequencies:
    """Count what was chosen in decisions with more than one legal option.

    Parameters
    ----------
    decisions : sequence of Decision
    stages, options : sequences of str
        Names by number.
    """
    counts: dict[tuple[str, str], float] = {}
    for decision in decisions:
        if decision.open:
            key = (stages[decision.stage], options[chosen_option(decision)])
            counts[key] = counts.get(key, 0.0) + 1.0
    return Frequencies(counts)


def chosen_option(decision: Decision) -> int:
    """Return the number of the option that was taken."""
    return decision.options[decision.arc - decision.arcs.start]


def log_score(probabilities: Sequence[float]) -> float:
    """Return the mean logarithm of the probabilities given to what happened; higher is better, zero is perfect."""
    values = np.asarray(probabilities, dtype=np.float64)
    if not len(values):
        return 0.0
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log(values)))
