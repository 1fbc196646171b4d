"""What programs send, with limits on everything."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from blocs.forecast.whatif import WhatIf
from blocs.language.reading import MAX_BYTES

Name = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[str, Field(max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]

# no case has as many facts, parameters or options
MOST = 200


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Circumstances(_Body):
    """What differs from the case as it was; nothing, where nothing is given."""

    set: dict[Name, bool | Number | Words] = Field(
        default_factory=dict, max_length=MOST, description="Facts and parameters that take other values",
        examples=[{"land_route": True}],
    )  # fmt: skip
    start: dict[Name, Words] = Field(
        default_factory=dict, max_length=MOST, description="State variables that begin with other values",
        examples=[{"faction": "organised"}],
    )  # fmt: skip
    without: list[Words] = Field(
        default_factory=list, max_length=MOST, description="Options that nobody has", examples=[["back_coup"]]
    )
    force: list[Words] = Field(
        default_factory=list, max_length=MOST, description="Moves that must be made: DATE ROLE OPTION",
        examples=[["1960-07 patron hold"]],
    )  # fmt: skip

    def what_if(self) -> WhatIf:
        """Return them for the solver."""
        return WhatIf("asked", "", dict(self.set), dict(self.start), tuple(self.without), tuple(self.force))


class Asked(_Body):
    """A question about one decision of the real course."""

    circumstances: Circumstances = Field(default_factory=Circumstances)
    at: Words = Field(description="The step, as a date", examples=["1961-05"])
    role: Words = Field(description="Whose decision", examples=["patron"])
    option: Words | None = Field(default=None, description="An option to hold against another one", examples=["invade"])
    against: Words | None = Field(
        default=None, description="The other one; what was done, where none is given", examples=["hold"]
    )


class Driving(_Body):
    """Whose drivers are asked for."""

    circumstances: Circumstances = Field(default_factory=Circumstances)
    outcome: Words = Field(description="The outcome", examples=["exit to the rival"])


Text = Annotated[str, Field(max_length=MAX_BYTES)]


class Files(_Body):
    """Files to check, as text: at least a theory or a case."""

    case: Text | None = Field(default=None, description="A case, which may name `theory.yaml` and `bibliography.yaml`")
    theory: Text | None = Field(default=None, description="A theory, which may name `bibliography.yaml`")
    bibliography: Text | None = Field(default=None, description="The sources of either")
