"""The knobs of a case: one for each fact, parameter, start value and option, as they stand in a state of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blocs.forecast.live import LiveCase
from blocs.report.html.references import Cited, References
from blocs.report.terminal import words
from blocs.web.explore.state import FARTHEST, State, at_distance, start_of

# a slider's way, in standard deviations: beyond three there is a quarter of a per cent of a prior
REACH = 3.0
assert REACH <= FARTHEST


@dataclass(frozen=True)
class Knob:
    """One knob.

    Attributes
    ----------
    name, label, help, unit : str
    kind : str
        ``switch``, ``slider``, ``number`` or ``list``.
    field : str
        Its name in the address: ``set.land_route``.
    value, stated : float, bool or str
        Where it stands, and where it stood in the case.
    low, high, step : float
        Of sliders and numbers.
    choices : tuple of str
        Of lists.
    basis : tuple of Cited
        What the stated value rests on.
    note : str
        The case's remark on it.
    """

    name: str
    label: str
    kind: str
    field: str
    value: Any
    stated: Any
    help: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    choices: tuple[str, ...] = ()
    basis: tuple[Cited, ...] = ()
    note: str = ""
    shown: str = ""

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than in the case."""
        return self.value != self.stated


def fact_knobs(live: LiveCase, state: State, references: References) -> list[Knob]:
    """Return a knob for each fact of the theory."""
    knobs = []
    for name, spec in live.case.theory_spec.facts.items():
        fact = live.case.facts.get(name)
        stated = fact.value if fact is not None else live.game.plan.facts[name]
        common: dict[str, Any] = {
            "name": name,
            "label": words(name),
            "field": f"set.{name}",
            "value": state.facts.get(name, stated),
            "stated": stated,
            "help": spec.help,
            "basis": tuple(references.cite(fact.source)) if fact is not None else (),
            "note": _remark(fact),
        }
        if spec.type == "boolean":
            knobs.append(Knob(kind="switch", **common))
        elif spec.type == "share":
            knobs.append(Knob(kind="slider", **common))
        elif isinstance(spec.type, str):
            low, high = spec.low if spec.low is not None else 0.0, spec.high
            # without bounds of its own it can be halved and doubled
            high = high if high is not None else max(2.0 * float(stated), low + 1.0)
            step = 1.0 if spec.type == "count" else (high - low) / 100
            knobs.append(Knob(kind="slider", low=low, high=high, step=step, **common))
        else:
            knobs.append(Knob(kind="list", choices=tuple(str(one) for one in spec.type), **common))
    return knobs


def _remark(fact: Any) -> str:
    if fact is None:
        return "The case says nothing on it; this is the theory's own value."
    parts = [fact.note, f"Assumed: {fact.assumed}" if fact.assumed else None]
    return " ".join(part for part in parts if part)


def parameter_knobs(live: LiveCase, state: State) -> list[Knob]:
    """Return a slider for each parameter with a prior, in its standard deviations."""
    knobs = []
    for name, one in live.inputs.items():
        if one.kind != "parameter":
            continue
        spec, away = live.case.theory_spec.parameters[name], float(state.away.get(name, 0.0))
        knobs.append(
            Knob(
                name=name, label=words(name), kind="slider", field=f"sd.{name}", value=away, stated=0.0,
                help=spec.help, unit=spec.unit or "", low=-REACH, high=REACH, step=0.1,
                shown=f"{at_distance(live, name, away):.3g}",
            )
        )  # fmt: skip
    return knobs


def start_knobs(live: LiveCase, state: State) -> list[Knob]:
    """Return a list for each state variable: with which value the crisis begins."""
    return [
        Knob(
            name=name, label=words(name), kind="list", field=f"start.{name}", stated=start_of(live, name),
            value=state.start.get(name, start_of(live, name)), help=spec.help, choices=tuple(spec.labels),
        )
        for name, spec in live.case.theory_spec.state.items()
    ]  # fmt: skip


@dataclass(frozen=True)
class OptionKnob:
    """An option that can be forbidden."""

    name: str
    label: str
    role: str
    actor: str
    help: str
    forbidden: bool


def option_knobs(live: LiveCase, state: State) -> list[OptionKnob]:
    """Return every option but `hold`, with whether it is forbidden."""
    case, seen = live.case, [name for _, _, name, _ in live.case.theory_spec.moves()]
    knobs = []
    for stage, role, name, option in case.theory_spec.moves():
        if name == "hold":
            continue
        written = name if seen.count(name) == 1 else f"{case.theory_spec.stages[stage].stage}: {name}"
        actor = case.roles[role].actor if role in case.roles else role
        knobs.append(OptionKnob(written, words(name), role, actor, option.help, written in state.without))
    return knobs
