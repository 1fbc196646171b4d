"""What each input could do to each outcome over its whole range, one at a time: the data of a tornado picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import baseline, inputs_of
from blocs.forecast.structures import Structures, shaping
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.solve.draws import check_settings
from blocs.solve.private import Beliefs
from blocs.solve.sequential import Restriction

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# ends of the range of each input: the central 90 % interval, as elsewhere
LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Bar:
    """The probability of an outcome with one input at either end of its range and all others where they are.

    Attributes
    ----------
    name, kind, outcome : str
    low, high : float, bool or str
        The ends: 5 % and 95 % quantile of a prior or of a fact's range; a tenth down and up for a fact without one;
        false and true; first and last of a fact's named values.
    at_low, at_high : float
        Probability there.
    """

    name: str
    kind: str
    outcome: str
    low: float | bool | str
    high: float | bool | str
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """Size of the change from one end to the other."""
        return abs(self.at_high - self.at_low)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name, "kind": self.kind, "outcome": self.outcome, "low": self.low, "high": self.high,
            "at_low": self.at_low, "at_high": self.at_high,
        }  # fmt: skip


@dataclass(frozen=True)
class Tornado:
    """Bars for every input and outcome.

    Attributes
    ----------
    base : dict from outcome to float
        Probabilities with every input where it is.
    bars : tuple of Bar
    """

    base: Mapping[str, float]
    bars: tuple[Bar, ...] = field(repr=False)

    def ranked(self, outcome: str, most: int | None = None) -> list[Bar]:
        """Return the bars of an outcome, the widest first."""
        if outcome not in self.base:
            raise InputError(Problem(f"there is no outcome `{outcome}`", hint=nearest(outcome, self.base)))
        return sorted((bar for bar in self.bars if bar.outcome == outcome), key=lambda bar: -bar.width)[:most]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, ranked within each outcome."""
        return {
            "outcomes": {
                name: {"probability": p, "bars": [bar.to_json() for bar in self.ranked(name)]}
                for name, p in self.base.items()
            }
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per outcome and input, ranked within each outcome."""
        import pandas as pd

        return pd.DataFrame([bar.to_json() for name in self.base for bar in self.ranked(name)])


def tornado(
    game: Game,
    *,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
    restrictions: Sequence[Restriction] = (),
) -> Tornado:
    """Solve with each input at either end of its range, the others at prior medians and stated values.

    Parameters
    ----------
    game : Game
    settings : mapping, optional
        Parameters and facts held at a value.
    progress : callable (done, total), optional
    threads : int
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.
    restrictions : sequence of Restriction
        Options forbidden or forced in every solution.

    Returns
    -------
    Tornado

    Notes
    -----
    Cost: two solutions per input.
    """
    held = check_settings(game, settings or {})
    movable = shaping(game)
    inputs = [one for one in inputs_of(game, held) if one.name not in game.plan.fixed_facts - movable]
    ends: list[tuple[float, float]] = []
    for one in inputs:
        low, high = one.quantile([LOW, HIGH]) if one.uncertain else one.at([-1.0, 1.0])
        ends.append((float(low), float(high)))
    size = 1 + 2 * len(inputs)
    values = {name: np.full(size, value) for name, value in baseline(game, held).items()}
    for i, (one, (low, high)) in enumerate(zip(inputs, ends, strict=True)):
        values[one.name][1 + 2 * i], values[one.name][2 + 2 * i] = low, high
    how: dict[str, Any] = {"threads": threads, "beliefs": beliefs, "restrictions": restrictions}
    solved = outcome_probabilities(Structures(game, movable), values, size, progress=progress, **how)
    bars = [
        Bar(one.name, one.kind, name, *ends[i], float(solved[o, 1 + 2 * i]), float(solved[o, 2 + 2 * i]))
        for i, one in enumerate(inputs)
        for o, name in enumerate(game.outcomes)
    ]
    here = {name: value[:1] for name, value in values.items()}
    for name, (low, high) in _leaps(game, held).items():
        both = [_with_fact(game, name, value, here, how) for value in (low, high)]
        bars += [
            Bar(name, "fact", label, low, high, *(float(p[o]) for p in both)) for o, label in enumerate(game.outcomes)
        ]
    return Tornado({name: float(solved[o, 0]) for o, name in enumerate(game.outcomes)}, tuple(bars))


def _leaps(game: Game, held: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return both ends of each fact that is true or false, or one of several names."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, spec in game.theory.facts.items():
        if name in held or game.case is None:
            continue
        if spec.type == "boolean":
            found[name] = (False, True)
        elif not isinstance(spec.type, str):
            found[name] = (spec.type[0], spec.type[-1])
    return found


def _with_fact(game: Game, name: str, value: Any, values: Mapping[str, Floats], how: Mapping[str, Any]) -> Floats:
    """Return the probabilities of the outcomes with another value of a fact, on a graph of its own; (outcome,)."""
    assert game.case is not None  # facts have values in a case only
    other = compile_game(changed(game.case, facts={name: value}))
    return outcome_probabilities(Structures(other), values, 1, **how)[:, 0]
