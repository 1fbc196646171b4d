"""A case: one crisis under a theory, with its facts, its history and their sources, as people write it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr

from blocs.language.calendar import Calendar
from blocs.language.document import Origins
from blocs.language.fields import (
    Citations,
    Confidence,
    Date,
    Forces,
    Formula,
    Interval,
    Label,
    Model,
    Name,
    Options,
    PriorField,
    Single,
    short_for,
)
from blocs.language.theory import Theory

_SOURCE = "Citations: `key`, `key@pp. 117-119`, `key@s9` (sentence of a passage)"
_ASSUMED = "Why it is assumed, where there is no source"
_CITED = [["zhou1961", "keefe1971@p. 190"]]


class Actor(Model):
    """Who plays a role."""

    actor: str = Field(description="State or person", examples=["Soviet Union"])
    cow: int | None = Field(
        default=None, ge=1, description="Country number of the Correlates of War project", examples=[365]
    )
    iso3: str | None = Field(default=None, description="Three-letter country code (ISO 3166)", examples=["SUN"])


class Fact(Model):
    """The value of a fact, and where it comes from."""

    value: Single = Field(description="The value", examples=[0.54])
    range: Interval | None = Field(
        default=None, description="Low and high end of what it may be", examples=[[0.5, 0.9]]
    )
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["no figure was found"])
    note: str | None = Field(default=None, description="A remark", examples=["share of trade in 1960"])
    confidence: Confidence | None = Field(
        default=None, description="How likely the value is to be right, 0 to 1", examples=[0.8]
    )
    dispute: str | None = Field(
        default=None, description="What sources disagree about", examples=["official data differ"]
    )


class StartValue(Model):
    """The value of a state variable at the start."""

    value: Single = Field(description="The value", examples=["hedging"])
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["before the first open break"])
    note: str | None = Field(default=None, description="A remark", examples=["eight of twelve"])


class Override(Model):
    """A prior that replaces the theory's in this case."""

    prior: PriorField = Field(description="Prior, or a number that is held fixed", examples=["Normal(1, 0.2)"])
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["an island needs a fleet"])
    note: str | None = Field(default=None, description="A remark", examples=["twice the usual cost"])


class TypePrior(Model):
    """How likely a private type is in this case, in the eyes of the others at the start."""

    prior: Formula = Field(description="A number, a formula over parameters and facts, or `rest`", examples=[0.2])
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["force had been used in 1956"])
    note: str | None = Field(default=None, description="A remark", examples=["one ally of seven had been invaded"])


class Event(Model):
    """A move that was made: who chose which option when, by which source."""

    date: Date = Field(description="When, as precisely as the calendar's step", examples=["1960-07"])
    role: Name = Field(description="Who moved", examples=["patron"])
    option: Name = Field(description="What was chosen", examples=["back_coup"])
    stage: str | None = Field(
        default=None, description="Stage, where the role has the option in several", examples=["covert action"]
    )
    result: str | None = Field(default=None, description="Label of what chance decided", examples=["fails"])
    event: str = Field(description="What happened, in words", examples=["The plot is found out"])
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["inferred from what followed"])
    confidence: Confidence = Field(default=1.0, description="How likely it is that it happened, 0 to 1", examples=[0.5])
    dispute: str | None = Field(
        default=None, description="What sources disagree about", examples=["no proof of sponsorship"]
    )
    note: str | None = Field(default=None, description="A remark", examples=["the month is uncertain"])


class Remark(Model):
    """Something that sources say and that is no move of the game."""

    date: Date | None = Field(default=None, description="When, where there is a date", examples=["1948-06"])
    event: str = Field(description="What happened or held, in words", examples=["Yugoslavia is expelled"])
    source: Citations = Field(default=(), description=_SOURCE, examples=_CITED)
    assumed: str | None = Field(default=None, description=_ASSUMED, examples=["general knowledge"])
    note: str | None = Field(default=None, description="A remark", examples=["before the calendar begins"])


class Alternative(Model):
    """A what-if: the case with something changed."""

    title: str | None = Field(default=None, description="Name for people", examples=["With a common border"])
    help: str | None = Field(
        default=None, description="Why the question matters", examples=["Would there be an invasion?"]
    )
    set: dict[Name, Single] = Field(
        default_factory=dict, description="Facts and parameters that take other values", examples=[{"land_route": True}]
    )
    start: dict[Name, Single] = Field(
        default_factory=dict, description="Variables that start with other values", examples=[{"faction": "organised"}]
    )
    without: Options = Field(default=(), description="Options that are forbidden", examples=[["back_coup"]])
    force: Forces = Field(
        default=(),
        description="Moves that must be made: date, role and option",
        examples=[["1960-07 patron back_coup"]],
    )
    note: str | None = Field(default=None, description="A remark", examples=["compare with Hungary"])


FactField = Annotated[Fact, BeforeValidator(short_for("value"), json_schema_input_type=str | float | bool | Fact)]
StartField = Annotated[
    StartValue, BeforeValidator(short_for("value"), json_schema_input_type=str | float | bool | StartValue)
]
OverrideField = Annotated[Override, BeforeValidator(short_for("prior"), json_schema_input_type=str | float | Override)]
TypePriorField = Annotated[
    TypePrior, BeforeValidator(short_for("prior"), json_schema_input_type=str | float | TypePrior)
]
ActorField = Annotated[Actor, BeforeValidator(short_for("actor"), json_schema_input_type=str | Actor)]


class Case(Model):
    """One crisis under a theory."""

    case: Label = Field(description="Short name, as commands use it", examples=["sino-albanian-1961"])
    title: str = Field(default="", description="Name for people", examples=["The Sino-Albanian split"])
    summary: str = Field(
        default="", description="What it was about, in a few sentences", examples=["Albania sided with ..."]
    )
    extends: str | None = Field(
        default=None,
        description="Another case, by name or path, that this one is laid over: what is given here replaces what is "
        "there",
        examples=["sino-albanian-1961"],
    )
    theory: str = Field(description="Theory, by name or path", examples=["patron-client"])
    version: int | None = Field(default=None, ge=1, description="Version of the theory that the case was written for")
    calendar: Calendar = Field(description="When it begins, how long a step is and how many there are")
    roles: dict[Name, ActorField] = Field(
        default_factory=dict, description="Who plays each role", examples=[{"patron": {"actor": "Soviet Union"}}]
    )
    facts: dict[Name, FactField] = Field(
        default_factory=dict,
        description="The facts that the theory asks for; a bare value is a sketch, without a source",
        examples=[{"trade_dependence": {"value": 0.54, "source": ["keefe1971"]}}],
    )
    start: dict[Name, StartField] = Field(
        default_factory=dict,
        description="Where the state begins, where it differs from the theory",
        examples=[{"alignment": "hedging"}],
    )
    parameters: dict[Name, OverrideField] = Field(
        default_factory=dict,
        description="Priors that differ from the theory's in this case",
        examples=[{"invasion_cost": {"prior": "LogNormal(2, 0.3)", "assumed": "the way is by sea"}}],
    )
    types: dict[Name, dict[Name, TypePriorField]] = Field(
        default_factory=dict,
        description="Probabilities of private types that differ from the theory's in this case",
        examples=[{"patron": {"resolute": {"prior": 0.2, "assumed": "force had been used in 1956"}}}],
    )
    without: Options = Field(
        default=(),
        description="Options that nobody has in this case: `option` or `stage: option`",
        examples=[["invade"]],
    )
    history: Annotated[tuple[Event, ...], Field(strict=False)] = Field(
        default=(), description="What was chosen; where nothing is listed, the role held"
    )
    context: Annotated[tuple[Remark, ...], Field(strict=False)] = Field(
        default=(), description="What sources say besides moves: before, after, and in the background"
    )
    alternatives: dict[Name, Alternative] = Field(default_factory=dict, description="What-if questions, by name")
    outcome: str | None = Field(default=None, description="How it really ended: one of the theory's outcomes")
    sources: str | None = Field(
        default=None, description="Bibliography file, relative to this one", examples=["bibliography.yaml"]
    )

    _origins: Origins = PrivateAttr(default_factory=Origins)
    _theory_spec: Theory | None = PrivateAttr(default=None)
    _whole_theory: Theory | None = PrivateAttr(default=None)
    # what it is forecast with: a `Fitted`, "prior", or None for what ships with the theory
    _fitted: Any = PrivateAttr(default=None)

    @property
    def origins(self) -> Origins:
        """Where each part of the case is written."""
        return self._origins

    @property
    def theory_spec(self) -> Theory:
        """The theory with what the case overrides and forbids in place."""
        if self._theory_spec is None:
            raise ValueError("this case was not loaded together with its theory; use blocs.load")
        return self._theory_spec

    @property
    def whole_theory(self) -> Theory:
        """The theory as it is written, before the case overrides or forbids anything."""
        return self._whole_theory if self._whole_theory is not None else self.theory_spec
