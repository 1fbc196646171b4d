"""What was found about tipping points, each found change solved anew at the place where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from blocs.forecast.inputs import Input

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Change:
    """One input moved.

    Attributes
    ----------
    input : Input
    after : float
        Its value there.
    position : float
        How far that is, in standard deviations.
    """

    input: Input
    after: float
    position: float

    @property
    def before(self) -> float:
        """Its value at the prior median, or as the case states it."""
        return self.input.value

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        one = self.input
        return {
            "name": one.name, "kind": one.kind, "before": self.before, "after": self.after, "sds": self.position,
            "sd_is": one.unit,
        }  # fmt: skip


@dataclass(frozen=True)
class Tip:
    """A change that makes another outcome the likeliest.

    Attributes
    ----------
    outcome : str
        The likeliest outcome there.
    distance : float
        Size of the change, in standard deviations; of a joint change, the root of the sum of squares.
    changes : tuple of Change
        The largest first.
    probabilities : dict from outcome to float
        As solved anew at the place.
    verified : bool
        Whether `outcome` is the likeliest in that solution.
    message : str
        How it was found and checked, in a sentence.
    """

    outcome: str
    distance: float
    changes: tuple[Change, ...]
    probabilities: Mapping[str, float] = field(repr=False)
    verified: bool
    message: str = ""

    def to_json(self, most: int | None = None) -> dict[str, Any]:
        """Return plain values."""
        return {
            "outcome": self.outcome,
            "distance": self.distance,
            "changes": [change.to_json() for change in self.changes[:most]],
            "probabilities": dict(self.probabilities),
            "verified": self.verified,
            "message": self.message,
        }


@dataclass(frozen=True)
class Flip:
    """A fact that is true or false, or one of several names, set to another value by itself.

    Attributes
    ----------
    name : str
    before, after : bool or str
    outcome : str
        The likeliest outcome with the other value.
    tips : bool
        Whether that is another one than before.
    probabilities : dict from outcome to float
    """

    name: str
    before: bool | str
    after: bool | str
    outcome: str
    tips: bool
    probabilities: Mapping[str, float] = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name, "before": self.before, "after": self.after, "outcome": self.outcome, "tips": self.tips,
            "probabilities": dict(self.probabilities),
        }  # fmt: skip


@dataclass(frozen=True)
class Tipping:
    """Tipping points of a case.

    Attributes
    ----------
    likeliest : str
        The likeliest outcome at the prior medians and the stated facts.
    probabilities : dict from outcome to float
        There.
    limit : float
        How far was searched along each axis, in standard deviations.
    joint : tuple of Tip
        The least joint change towards each other outcome, the least of all first.
    not_found : dict from outcome to str
        Why there is none for the others.
    single : dict from input to Tip or None
        The least change of that input alone; None: nothing tips within the limit.
    flips : tuple of Flip
        Every other value of every fact that is no number.
    solutions : int
        How many times the game was solved.
    """

    likeliest: str
    probabilities: Mapping[str, float]
    limit: float
    joint: tuple[Tip, ...]
    not_found: Mapping[str, str]
    single: Mapping[str, Tip | None] = field(repr=False)
    flips: tuple[Flip, ...] = field(repr=False)
    solutions: int

    @property
    def least(self) -> Tip | None:
        """The least joint change that makes any other outcome the likeliest."""
        return self.joint[0] if self.joint else None

    @property
    def singles(self) -> list[Tip]:
        """The inputs that tip by themselves, the least change first."""
        return sorted((tip for tip in self.single.values() if tip is not None), key=lambda tip: tip.distance)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "likeliest": self.likeliest,
            "probabilities": dict(self.probabilities),
            "limit": self.limit,
            "joint": [tip.to_json() for tip in self.joint],
            "not_found": dict(self.not_found),
            "single": [tip.to_json() for tip in self.singles],
            "none_within_limit": [name for name, tip in self.single.items() if tip is None],
            "flips": [flip.to_json() for flip in self.flips],
            "solutions": self.solutions,
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per input: the least change of it alone that tips, and its part in the least joint change."""
        import pandas as pd

        joint = {change.input.name: change.position for change in self.least.changes} if self.least else {}
        rows = []
        for name, tip in self.single.items():
            change = tip.changes[0] if tip is not None else None
            rows.append(
                {
                    "input": name,
                    "alone_sds": change.position if change is not None else None,
                    "alone_value": change.after if change is not None else None,
                    "alone_outcome": tip.outcome if tip is not None else None,
                    "joint_sds": joint.get(name),
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        """Show the least joint change and the least single ones."""
        lines = [f"Tipping from {self.likeliest} ({self.probabilities[self.likeliest]:.1%})"]
        if self.least is not None:
            told = ", ".join(f"{one.input.name} {one.position:+.2f}" for one in self.least.changes[:5])
            lines.append(f"jointly {self.least.distance:.2f} sd to {self.least.outcome}: {told}")
        for tip in self.singles[:5]:
            lines.append(f"alone: {tip.changes[0].input.name} {tip.changes[0].position:+.2f} sd to {tip.outcome}")
        if not self.singles:
            lines.append(f"alone: none within {self.limit:g} sd")
        return "\n".join(lines)
