"""The kinds of value that the entries of theories and cases hold, each with the words for what was expected.

Short forms are accepted where they are clear (a bare formula, one citation instead of a list) and become the long form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, StringConstraints
from pydantic.json_schema import WithJsonSchema

from blocs.language.document import shorten
from blocs.language.priors import FAMILIES, Fixed, Prior, parse_prior

NAME = r"^[A-Za-z][A-Za-z0-9_]{0,59}$"
LABEL = r"^\S(.{0,118}\S)?$"
PRIOR_PATTERN = rf"^\s*({'|'.join(FAMILIES)})\s*\([^()]*\)\s*$"

WORDS_OF_PATTERN = {
    NAME: "a name: a letter, then letters, digits and `_`, at most 60",
    LABEL: "a label of 1 to 120 characters on one line",
}
"""What each pattern asks for, in words."""


class Model(BaseModel):
    """A part of a theory or a case: frozen, with no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def say(value: object) -> str:
    """Name a value as its author sees it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text `{shorten(value, 40)}`" if value else "empty text"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "something else"


def _expected(what: str, value: object) -> ValueError:
    return ValueError(f"expected {what}, found {say(value)}")


def read_formula(value: object) -> str:
    """Return a formula as text; numbers and truth values are formulas too."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int | float) and math.isfinite(value):
        return repr(value)
    raise _expected("a formula", value)


def read_citations(value: Any) -> tuple[str, ...]:
    """Return citations as a tuple; one alone needs no list."""
    items = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise _expected("a citation such as `keefe1971@p. 12`, or a list of them", value)
    return tuple(items)


def read_options(value: Any) -> tuple[str, ...]:
    """Return names of options as a tuple; one alone needs no list."""
    items = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise _expected("a list of options, each `option` or `stage: option`", value)
    return tuple(" ".join(item.split()) for item in items)


def read_forces(value: Any) -> tuple[str, ...]:
    """Return moves as a tuple; one alone needs no list."""
    items = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(item, str) and item.strip() for item in items):
        raise _expected("a list such as [1960-07 patron back_coup]", value)
    return tuple(" ".join(item.split()) for item in items)


def read_date(value: object) -> str:
    """Return a date as text; a year alone is read as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise _expected("a date such as 1960-07", value)


def read_single(value: object) -> str | int | float | bool:
    """Return one value."""
    if isinstance(value, float) and not math.isfinite(value):
        raise _expected("a number", value)
    if isinstance(value, str | int | float | bool):
        return value
    raise _expected("one value: a number, true, false or a name", value)


def read_interval(value: object) -> tuple[float, float]:
    """Return two numbers."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(end, int | float) and not isinstance(end, bool) and math.isfinite(end) for end in value)
    ):
        return float(value[0]), float(value[1])
    raise _expected("two numbers [low, high]", value)


def read_integers(value: object) -> tuple[int, int]:
    """Return two whole numbers."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(end, int) and not isinstance(end, bool) for end in value)
    ):
        return value[0], value[1]
    raise _expected("two whole numbers [least, greatest]", value)


def read_names(value: object) -> tuple[str, ...]:
    """Return a list of names as a tuple."""
    if isinstance(value, list | tuple) and value:
        for item in value:
            if not isinstance(item, str) or not re.fullmatch(NAME, item):
                raise _expected(WORDS_OF_PATTERN[NAME], item)
        return tuple(value)
    raise _expected("a list of names such as [low, high]", value)


FactKind = Literal["boolean", "share", "number", "count"]
_FACT_KINDS = ("boolean", "share", "number", "count")


def read_fact_type(value: object) -> str | tuple[str, ...]:
    """Return the kind of a fact, or its values."""
    if isinstance(value, str) and value in _FACT_KINDS:
        return value
    if isinstance(value, list | tuple):
        return read_names(value)
    raise _expected("boolean, share, number, count or a list of values such as [low, high]", value)


def read_prior(value: object) -> Prior:
    """Return a prior, given one, its text, or a number that is fixed."""
    if isinstance(value, Prior):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fixed(float(value))
    if isinstance(value, str):
        return parse_prior(value)
    raise _expected("a prior such as LogNormal(-0.7, 0.6)", value)


def short_for(key: str) -> Callable[[Any], Any]:
    """Return a validator that takes a bare value for a mapping with this one key."""

    def lengthen(value: Any) -> Any:
        return {key: value} if isinstance(value, str | int | float | bool) else value

    return lengthen


# without it pydantic would wonder how to write what a plain validator returns
_AS_IS = PlainSerializer(lambda value: value)

Name = Annotated[str, StringConstraints(pattern=NAME)]
Label = Annotated[str, StringConstraints(pattern=LABEL)]
Formula = Annotated[str, PlainValidator(read_formula, json_schema_input_type=str | float | bool), _AS_IS]
Citations = Annotated[tuple[str, ...], PlainValidator(read_citations, json_schema_input_type=str | list[str]), _AS_IS]
Options = Annotated[tuple[str, ...], PlainValidator(read_options, json_schema_input_type=str | list[str]), _AS_IS]
Forces = Annotated[tuple[str, ...], PlainValidator(read_forces, json_schema_input_type=str | list[str]), _AS_IS]
Date = Annotated[str, PlainValidator(read_date, json_schema_input_type=str | int), _AS_IS]
Single = Annotated[
    str | int | float | bool, PlainValidator(read_single, json_schema_input_type=str | float | bool), _AS_IS
]
Interval = Annotated[
    tuple[float, float], PlainValidator(read_interval, json_schema_input_type=tuple[float, float]), _AS_IS
]
Integers = Annotated[tuple[int, int], PlainValidator(read_integers, json_schema_input_type=tuple[int, int]), _AS_IS]
Names = Annotated[tuple[str, ...], PlainValidator(read_names, json_schema_input_type=list[Name]), _AS_IS]
FactType = Annotated[
    str | tuple[str, ...], PlainValidator(read_fact_type, json_schema_input_type=FactKind | list[Name]), _AS_IS
]
PriorField = Annotated[
    Prior,
    PlainValidator(read_prior, json_schema_input_type=str | float),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": PRIOR_PATTERN}, {"type": "number"}]}),
]
Confidence = Annotated[float, Field(ge=0, le=1)]
