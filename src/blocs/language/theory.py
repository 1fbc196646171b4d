"""A theory: a reusable model of a kind of crisis, as people write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, PrivateAttr, Tag

from blocs.errors import nearest
from blocs.language.document import Origins
from blocs.language.event_codes import CAMEO_PATTERN, PLOVER_EARLIER, PLOVER_TYPES
from blocs.language.fields import (
    Citations,
    FactType,
    Formula,
    Integers,
    Label,
    Model,
    Name,
    Names,
    PriorField,
    Single,
    say,
    short_for,
)

REST = "rest"
OTHERWISE = "otherwise"
NEXT = "next"
PREVIOUS = "previous"


class FactSpec(Model):
    """A documented number or category that a case must state."""

    type: FactType = Field(
        description="Kind of value: boolean, share (0 to 1), number, count (0, 1, 2, ...), or the list of its values, "
        "in order",
        examples=["share", ["weak", "strong"]],
    )
    help: str = Field(
        default="", description="What the fact measures", examples=["patron's share of the client's trade"]
    )
    unit: str | None = Field(default=None, description="Unit of a number", examples=["million US$ a year"])
    low: float | None = Field(default=None, description="Least value that makes sense", examples=[0])
    high: float | None = Field(default=None, description="Greatest value that makes sense", examples=[100])
    default: Single | None = Field(default=None, description="Value where a case states none", examples=[0.5])
    source: Citations = Field(default=(), description="Sources of the default", examples=[["keefe1971@pp. 117-119"]])
    measure: str | None = Field(
        default=None,
        description="How the data files of the field measure it, by roles; `blocs facts` reads them",
        examples=["trade_share(client, patron)"],
    )


class ParameterSpec(Model):
    """An unknown of the theory."""

    prior: PriorField = Field(description="Prior distribution, or a number that is held fixed", examples=["Beta(2, 2)"])
    help: str = Field(
        default="", description="What the parameter means", examples=["value to the patron of a year with the base"]
    )
    unit: str | None = Field(default=None, description="Unit", examples=["units of payoff a year"])
    source: Citations = Field(default=(), description="Sources of the prior", examples=[["powell2011"]])


class VariableSpec(Model):
    """A state variable. One of `values`, `type` and `range` says what it can be."""

    values: Names | None = Field(
        default=None, description="Names of its values, in order", examples=[["loyal", "hedging"]]
    )
    type: Literal["boolean"] | None = Field(default=None, description="`boolean`: true or false", examples=["boolean"])
    range: Integers | None = Field(default=None, description="Least and greatest whole number", examples=[[0, 4]])
    start: Single | None = Field(
        default=None, description="Value at the start where a case states none; else the first", examples=["loyal"]
    )
    help: str = Field(default="", description="What the variable means", examples=["where the client stands"])
    source: Citations = Field(default=(), description="Sources", examples=[["keefe1971"]])

    @property
    def labels(self) -> tuple[str, ...]:
        """The values in order, as text."""
        if self.values is not None:
            return self.values
        if self.range is not None:
            return tuple(str(value) for value in range(self.range[0], self.range[1] + 1))
        return ("false", "true")


class Branch(Model):
    """One result of an option that leaves something to chance."""

    p: Formula = Field(
        description="Probability, a formula; `rest` takes what the others leave", examples=["0.5 * odds"]
    )
    set: dict[Name, Formula] = Field(
        default_factory=dict,
        description="Variables that this result sets, besides and over those of the option",
        examples=[{"verdict": "coup"}],
    )
    label: str = Field(default="", description="Name of the result, as histories use it", examples=["succeeds"])


class Option(Model):
    """What a role can choose in a stage. `hold: {}` changes nothing and costs nothing."""

    when: Formula | None = Field(
        default=None,
        description="Condition on state and facts under which the option is legal; always, where there is none",
        examples=["alignment < rival and not land_route"],
    )
    set: dict[Name, Formula] = Field(
        default_factory=dict,
        description="Variables that the option sets: to a value, to `next` or `previous` of its own values, or to a "
        "formula. All formulas see the state before the option",
        examples=[{"alignment": "next", "aid": "cut"}],
    )
    chance: Annotated[tuple[Branch, ...], Field(strict=False)] = Field(
        default=(),
        description="Results, where chance decides; their probabilities add up to one",
        examples=[[{"p": 0.3, "label": "succeeds"}, {"p": "rest", "label": "fails"}]],
    )
    cost: dict[Name, Formula] = Field(
        default_factory=dict,
        description="What choosing it costs each role, in units of payoff",
        examples=[{"patron": "coup_cost"}],
    )
    help: str = Field(default="", description="What the option means", examples=["call back all advisers"])
    text: str = Field(
        default="",
        description="How a report says that it was chosen; `{patron}`, or another role in braces, stands for who plays "
        "it, `{result}` for what chance decided",
        examples=["{patron} withdraws its advisers"],
    )
    secret: bool = Field(
        default=False,
        description="When people play the roles, the others see that the role held until the secret comes out: by a "
        "result of chance, or at the end. The solution does not change: there every move is seen",
        examples=[True],
    )
    cameo: str | None = Field(
        default=None,
        description="CAMEO event code of two to four digits, in quotes",
        examples=["1621"],
        json_schema_extra={"pattern": CAMEO_PATTERN},
    )
    plover: str | None = Field(
        default=None,
        description="PLOVER event type",
        examples=["SANCTION"],
        json_schema_extra={"enum": [*PLOVER_TYPES, *PLOVER_EARLIER, None]},
    )
    source: Citations = Field(default=(), description="Sources", examples=[["fink1998@s9"]])
    moved_from: Label | None = Field(
        default=None,
        description="In a theory that extends another, in a stage of several roles: stage of that one from which the "
        "option is moved here, with all that it has; what is given here replaces it",
        examples=["politics of the patron"],
    )


class Stage(Model):
    """One role's turn within a step."""

    stage: Label = Field(description="Name of the stage", examples=["line of the client"])
    role: Name = Field(description="Role that chooses", examples=["client"])
    help: str = Field(default="", description="What is decided here", examples=["does the client stay in line?"])
    occasion: Formula | None = Field(
        default=None,
        description="How likely the role is to have an occasion to choose in a step: a formula over parameters, facts "
        "and `step_years`, not over the state. Without an occasion it does what `otherwise` says; nobody else sees "
        "whether there was one. Left out: it always has one",
        examples=["1 - exp(-occasions_a_year * step_years)"],
    )
    otherwise: Name = Field(
        default="hold",
        description="Option that is taken where there is no occasion; it must be legal in every state",
        examples=["hold"],
    )
    options: dict[Name, Option] = Field(
        min_length=1, description="Options by name", examples=[{"hold": {}, "seize": {"set": {"arms": "seized"}}}]
    )


class JointStage(Model):
    """A turn in which several roles choose at once, none seeing the others' choice.

    What is legal depends on the state before the stage, which all see. Then the choices are carried out one after the
    other, in the order of `roles`, each in the state that those before it have left: its costs and probabilities are
    those of that state, and where two set the same variable, the later one stands. Once the crisis has ended, what is
    left is not carried out and costs nothing.
    """

    stage: Label = Field(description="Name of the stage", examples=["covert struggle"])
    roles: Annotated[tuple[Name, ...], Field(strict=False, min_length=2)] = Field(
        description="Roles that choose at once, in the order in which their choices are carried out; where two set the "
        "same variable, the later role stands",
        examples=[["patron", "client"]],
    )
    help: str = Field(default="", description="What is decided here", examples=["plot against purge"])
    occasion: dict[Name, Formula] = Field(
        default_factory=dict,
        description="How likely each role is to have an occasion to choose in a step, as in a stage of one role, and "
        "independently of the others. A role that is left out always has one, unless its options are moved here from a "
        "stage that speaks of occasions",
        examples=[{"client": "1 - exp(-occasions_a_year * step_years)"}],
    )
    otherwise: dict[Name, Name] = Field(
        default_factory=dict,
        description="Option that each role takes where it has no occasion, if it is not `hold`; it must be legal in "
        "every state",
        examples=[{"client": "wait"}],
    )
    options: dict[Name, dict[Name, Option]] = Field(
        min_length=1,
        description="Options by role and name",
        examples=[{"patron": {"hold": {}}, "client": {"hold": {}}}],
    )


class Term(Model):
    """One named part of a role's payoff."""

    formula: Formula = Field(description="Payoff of a step", examples=["base_value * (arms == held)"])
    help: str = Field(default="", description="What the term stands for", examples=["use of the base"])
    source: Citations = Field(default=(), description="Sources", examples=[["fink1998@s3"]])


class TypeSpec(Model):
    """What a role may privately be: known to it alone, while the others hold a belief that its acts move."""

    prior: Formula = Field(
        description="How likely the others take it to be at the start: a number, a formula over parameters and facts, "
        "or `rest` for what the other types leave",
        examples=[0.3],
    )
    set: dict[Name, Formula] = Field(
        default_factory=dict,
        description="Parameters that have another value for this type. Only what the role itself receives, pays and "
        "how precisely it chooses may depend on them. All formulas see the parameters as they are without types",
        examples=[{"invasion_cost": "invasion_cost + reluctance"}],
    )
    help: str = Field(default="", description="What this type is like", examples=["would not use force on an ally"])
    source: Citations = Field(default=(), description="Sources of the prior", examples=[["mastny2005"]])


class Play(Model):
    """How the roles choose."""

    discount: Formula = Field(default="1", description="Weight of the next step against this one", examples=["0.95"])
    response: Literal["logit", "probit", "best"] = Field(
        default="logit",
        description="How choices answer values: logit, probit (two options) or best (the best option)",
        examples=["logit"],
    )
    precision: dict[Name, Formula] = Field(
        default_factory=dict,
        description="How sharply each role tells better from worse options; 0 is blind chance",
        examples=[{"patron": "precision_patron"}],
    )


class Horizon(Model):
    """What lies beyond the last step."""

    after_last_step: Formula = Field(
        default="nothing",
        description="`continue`: the last payoffs go on for ever, discounted; `nothing`; or a formula for the number "
        "of steps whose payoffs are still to come",
        examples=["continue"],
    )


def _which_horizon(value: Any) -> str:
    return "bounded" if isinstance(value, dict | Horizon) else "endless"


def _forever(value: Any) -> Any:
    if value != "forever":
        hint = nearest(value[:60], ["forever"]) if isinstance(value, str) else ""
        raise ValueError(f"expected `forever` or `{{after_last_step: ...}}`, found {say(value)}{hint and '; ' + hint}")
    return value


def _which_stage(value: Any) -> str:
    several = "roles" in value if isinstance(value, dict) else isinstance(value, JointStage)
    return "joint" if several else "single"


StageField = Annotated[
    Annotated[Stage, Tag("single")] | Annotated[JointStage, Tag("joint")], Discriminator(_which_stage)
]
HorizonField = Annotated[
    Annotated[Literal["forever"], BeforeValidator(_forever, json_schema_input_type=Literal["forever"]), Tag("endless")]
    | Annotated[Horizon, Tag("bounded")],
    Discriminator(_which_horizon),
]
ParameterField = Annotated[
    ParameterSpec, BeforeValidator(short_for("prior"), json_schema_input_type=str | float | ParameterSpec)
]
TypeField = Annotated[TypeSpec, BeforeValidator(short_for("prior"), json_schema_input_type=str | float | TypeSpec)]
TermField = Annotated[Term, BeforeValidator(short_for("formula"), json_schema_input_type=str | float | bool | Term)]


class Theory(Model):
    """A reusable model of a kind of crisis."""

    theory: Name | Label = Field(description="Short name", examples=["patron-client"])
    version: int = Field(default=1, ge=1, description="Goes up when the theory changes", examples=[1])
    title: str = Field(default="", description="Name for people", examples=["Patron, client and rival"])
    help: str = Field(
        default="", description="What the theory says, in a few sentences", examples=["A client drifts ..."]
    )
    extends: str | None = Field(
        default=None,
        description="Another theory, by name or path, that this one builds on: keys given here replace those there, a "
        "key set to null takes one away, stages and options go by their names",
        examples=["patron-client"],
    )
    roles: dict[Name, str] = Field(
        min_length=1, description="Who plays, with a word on each", examples=[{"patron": "holds the bloc together"}]
    )
    facts: dict[Name, FactSpec] = Field(default_factory=dict, description="What a case must state")
    parameters: dict[Name, ParameterField] = Field(default_factory=dict, description="Unknowns, each with a prior")
    define: dict[Name, Formula] = Field(
        default_factory=dict,
        description="Names for formulas",
        examples=[{"cost_of_invasion": "invasion_cost + logistics_cost * (not land_route)"}],
    )
    state: dict[Name, VariableSpec] = Field(default_factory=dict, description="Variables that the moves change")
    forget: dict[Name, Formula] = Field(
        default_factory=dict,
        description="When the condition holds, the variable no longer matters and is put back to its first value, "
        "which makes the game smaller",
        examples=[{"faction": "verdict != open"}],
    )
    ends_when: Formula | None = Field(
        default=None,
        description="When this holds the crisis is over: nobody moves, and the payoffs of the last state go on",
        examples=["verdict != open"],
    )
    stages: Annotated[tuple[StageField, ...], Field(strict=False)] = Field(
        min_length=1,
        description="Turns within a step, in order of play",
        examples=[[{"stage": "use of force", "role": "patron", "options": {"hold": {}}}]],
    )
    payoffs: dict[Name, dict[Name, TermField]] = Field(
        default_factory=dict,
        description="What each role receives in every step, by named terms that are added up",
        examples=[{"patron": {"base": "base_value * (arms == held)"}}],
    )
    types: dict[Name, dict[Name, TypeField]] = Field(
        default_factory=dict,
        description="Private types of a role, each with its prior probability: what the role knows of itself and the "
        "others can only infer from what it does",
        examples=[{"patron": {"resolute": 0.3, "restrained": {"prior": "rest", "set": {"invasion_cost": 9}}}}],
    )
    play: Play = Field(default_factory=Play, description="How the roles choose")
    horizon: HorizonField = Field(
        default_factory=Horizon,
        description="What lies beyond the last step; or `forever`: there is none, and play goes on beyond the calendar",
        examples=["forever"],
    )
    outcomes: dict[Label, Formula] = Field(
        default_factory=dict,
        description="Names of how it may end, each with a condition; the first that holds counts, and `otherwise` "
        "takes the rest",
        examples=[{"coup": "verdict == coup", "bloc intact": "otherwise"}],
    )
    sources: str | None = Field(
        default=None, description="Bibliography file, relative to this one", examples=["bibliography.yaml"]
    )

    _origins: Origins = PrivateAttr(default_factory=Origins)

    @property
    def origins(self) -> Origins:
        """Where each part of the theory is written."""
        return self._origins

    @property
    def forever(self) -> bool:
        """Whether play has no last step."""
        return self.horizon == "forever"

    @property
    def after_last_step(self) -> str:
        """What follows after the last step; without one, what a crisis that has ended pays goes on."""
        return self.horizon.after_last_step if isinstance(self.horizon, Horizon) else "continue"

    def moves(self) -> Iterator[tuple[int, str, str, Option]]:
        """Yield number of the stage, role, name and option, in order of play."""
        for number, stage in enumerate(self.stages):
            if isinstance(stage, Stage):
                for name, option in stage.options.items():
                    yield number, stage.role, name, option
            else:
                for role, options in stage.options.items():
                    for name, option in options.items():
                        yield number, role, name, option
