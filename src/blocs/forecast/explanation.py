"""What an option is worth, taken apart into numbers that add up, and one option against another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.score import chosen_option
from blocs.forecast.spread import Spread
from blocs.game.game import Game
from blocs.game.history import Decision

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

NOW, LATER = "now", "later"


@dataclass(frozen=True)
class Part:
    """One row of an explanation: a part of the price of acting now, or a payoff term from the next step on."""

    when: str
    name: str
    help: str = ""


@dataclass(frozen=True)
class Explanation:
    """The value of every legal option at one decision, taken apart.

    Attributes
    ----------
    date, stage, role : str
    options : tuple of str
        Legal options, in the order of the stage.
    chosen : str
        What was really chosen there.
    parts : tuple of Part
    contributions : float64 array (part, option, draw)
        What each part adds to the value of each option for the role that moves, in its units of payoff.
    value : float64 array (option, draw)
        Q: the value of each option; the sum of its parts to `error`.
    probability : float64 array (option, draw)
    precision : float64 array (draw,)
        The role's precision: differences of Q times this are differences of log-odds.
    error : float
        Largest difference between a value and the sum of its parts.
    type : str
        Private type of the role whose value this is; empty where it has none.
    belief : float64 array (draw,) or None
        With a type: the probability that the others give to it before the decision.
    public : float64 array (option, draw) or None
        With a type: how likely each option is in the eyes of the others, the mean over types by their belief.
    occasion : float64 array (draw,) or None
        Where the role chooses on occasion only: how likely one is. The probabilities are those of what is done; on an
        occasion log-odds are differences of Q times the precision.
    """

    date: str
    stage: str
    role: str
    options: tuple[str, ...]
    chosen: str
    parts: tuple[Part, ...]
    contributions: Floats
    value: Floats
    probability: Floats
    precision: Floats
    error: float
    type: str = ""
    belief: Floats | None = field(default=None, repr=False)
    public: Floats | None = field(default=None, repr=False)
    occasion: Floats | None = field(default=None, repr=False)

    @property
    def who(self) -> str:
        """The role, and its type where it has one."""
        return f"{self.role} ({self.type.replace('_', ' ')})" if self.type else self.role

    def difference(self, option: str, against: str) -> Difference:
        """Return why one option is better or worse than another, part by part.

        Raises
        ------
        InputError
            An option that is not legal here.
        """
        a, b = self._find(option), self._find(against)
        gaps = self.contributions[:, a] - self.contributions[:, b]
        return Difference(self, option, against, gaps, self.value[a] - self.value[b])

    def _find(self, option: str) -> int:
        if option not in self.options:
            hint = nearest(option, self.options) or f"legal are {', '.join(self.options)}"
            raise InputError(Problem(f"`{option}` is no legal option of the {self.role} in {self.date}", hint=hint))
        return self.options.index(option)

    def to_pandas(self) -> pd.DataFrame:
        """Return mean contributions: one row per part, one column per option, and their sum."""
        import pandas as pd

        index = pd.MultiIndex.from_tuples([(part.when, part.name) for part in self.parts], names=["when", "part"])
        frame = pd.DataFrame(
            self.contributions.mean(axis=2), index=index, columns=pd.Index(self.options, name="option")
        )
        total = pd.DataFrame(
            [self.value.mean(axis=1)],
            columns=frame.columns,
            index=pd.MultiIndex.from_tuples([("sum", "value")], names=["when", "part"]),
        )
        return pd.concat([frame, total])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        private: dict[str, Any] = {}
        if self.belief is not None and self.public is not None:
            private = {
                "type": self.type,
                "belief": Spread.of(self.belief).to_json(),
                "public_probability": {
                    name: Spread.of(row).to_json() for name, row in zip(self.options, self.public, strict=True)
                },
            }
        if self.occasion is not None:
            private["occasion"] = Spread.of(self.occasion).to_json()
        return {
            "date": self.date,
            "stage": self.stage,
            "role": self.role,
            **private,
            "chosen": self.chosen,
            "options": {
                name: {
                    "value": Spread.of(self.value[i]).to_json(),
                    "probability": Spread.of(self.probability[i]).to_json(),
                    "parts": [
                        {"when": part.when, "part": part.name, **Spread.of(self.contributions[j, i]).to_json()}
                        for j, part in enumerate(self.parts)
                    ],
                }
                for i, name in enumerate(self.options)
            },
            "error": self.error,
        }


@dataclass(frozen=True)
class Difference:
    """One option against another, part by part.

    Attributes
    ----------
    parts : float64 array (part, draw)
        What each part adds to the difference.
    total : float64 array (draw,)
        Difference of the values.
    """

    explanation: Explanation
    option: str
    against: str
    parts: Floats
    total: Floats

    def ranked(self) -> list[tuple[Part, Spread]]:
        """Return the parts that differ at all, the weightiest (by mean) first."""
        rows = [
            (part, Spread.of(row))
            for part, row in zip(self.explanation.parts, self.parts, strict=True)
            if np.any(row != 0)
        ]
        return sorted(rows, key=lambda row: -abs(row[1].mean))

    def part(self, part: Part) -> Floats:
        """Return what a part adds, (draw,); nothing where the explanation has no such part."""
        parts = self.explanation.parts
        return self.parts[parts.index(part)] if part in parts else np.zeros_like(self.total)

    def sentence(self) -> str:
        """Say in a sentence what spoke most for and against the option."""
        ranked = self.ranked()
        against = [part.name for part, spread in ranked if spread.mean < 0][:3]
        for_ = [part.name for part, spread in ranked if spread.mean > 0][:3]
        total = Spread.of(self.total)
        verdict = "worse" if total.mean < 0 else "better"
        pieces = [
            f"For the {self.explanation.who}, `{self.option}` was {verdict} than `{self.against}` in "
            f"{self.explanation.date} by {abs(total.mean):.2f}"
            + (f" (90 % interval {total.low:.2f} to {total.high:.2f})" if self.total.size > 1 else "")
        ]
        if against:
            pieces.append("against it: " + ", ".join(against))
        if for_:
            pieces.append("for it: " + ", ".join(for_))
        return "; ".join(pieces) + "."

    def to_json(self) -> dict[str, Any]:
        """Return plain values; parts sum to the total."""
        return {
            **({"type": self.explanation.type} if self.explanation.type else {}),
            "option": self.option,
            "against": self.against,
            "total": Spread.of(self.total).to_json(),
            "sentence": self.sentence(),
            "parts": [{"when": part.when, "part": part.name, **spread.to_json()} for part, spread in self.ranked()],
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per part with mean, median and interval, and the total."""
        import pandas as pd

        rows = [{"when": part.when, "part": part.name, **spread.to_json()} for part, spread in self.ranked()]
        rows.append({"when": "sum", "part": "difference", **Spread.of(self.total).to_json()})
        return pd.DataFrame(rows).set_index(["when", "part"])


def by_decision(explanations: Iterable[Explanation]) -> list[list[Explanation]]:
    """Put explanations of one decision together: one each, or one for each type of the role."""
    found: dict[tuple[str, str], list[Explanation]] = {}
    for one in explanations:
        found.setdefault((one.date, one.stage), []).append(one)
    return list(found.values())


def later_parts(game: Game, role: int, now: Sequence[str]) -> tuple[Part, ...]:
    """Return all parts of a role's values: the named ones of the price now, its payoff terms, its later prices."""
    terms = game.theory.payoffs.get(game.roles[role], {})
    return (
        *(Part(NOW, name) for name in now),
        *(Part(LATER, term.name, terms[term.name].help) for term in game.plan.terms if term.role == role),
        Part(LATER, "costs of later acts", "what the role's own later acts will cost it"),
    )


def taken_apart(
    game: Game,
    decision: Decision,
    parts: Sequence[Part],
    contributions: Floats,
    value: Floats,
    probability: Floats,
    precision: Floats,
    *,
    type: str = "",
    belief: Floats | None = None,
    public: Floats | None = None,
    occasion: Floats | None = None,
) -> Explanation:
    """Return an explanation without the parts that are nothing; `contributions` is (part, option, draw)."""
    keep = [i for i in range(len(parts)) if np.any(contributions[i] != 0)]
    names = game.option_names
    return Explanation(
        date=game.case.calendar.label(decision.step) if game.case else str(decision.step + 1),
        stage=game.plan.stages[decision.stage].name,
        role=game.roles[int(game.graph.stage_role[decision.stage])],
        options=tuple(names[o] for o in decision.options),
        chosen=names[chosen_option(decision)],
        parts=tuple(parts[i] for i in keep),
        contributions=contributions[keep],
        value=value,
        probability=probability,
        precision=precision,
        error=float(np.abs(contributions.sum(axis=0) - value).max()),
        type=type,
        belief=belief,
        public=public,
        occasion=occasion if game.graph.stage_otherwise[decision.stage] >= 0 else None,
    )
