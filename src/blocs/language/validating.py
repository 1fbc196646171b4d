"""From data to models: every structural problem at once, with its place, in plain words."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from blocs.errors import Problem, nearest
from blocs.language.document import Origins, Path, shorten
from blocs.language.fields import WORDS_OF_PATTERN, Model, say

M = TypeVar("M", bound=Model)

# as many as a reader can mend before the next check; a hostile file may have thousands
MAX_PROBLEMS = 100
# longer keys are no misspelling of ours, and comparing them costs time
_LONGEST_NAME = 60
# each round takes away what was wrong; what is still wrong then is wrong all over
_ROUNDS = 8

_NUMBERS = {
    "greater_than": ("ge", "above", "gt"),
    "greater_than_equal": ("ge", "at least", "ge"),
    "less_than": ("le", "below", "lt"),
    "less_than_equal": ("le", "at most", "le"),
}
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping, such as `name: value` lines",
}


@dataclass(frozen=True)
class Validated:
    """What came of validating data.

    Parameters
    ----------
    model : Model or None
        The model; where there were problems, what is left without the wrong parts, or None.
    origins : Origins
        Where each part of the model is written; a misspelt key counts as the key that it stands for.
    problems : tuple of Problem
    lost : frozenset of str
        Names in the wrong parts: what else is said of them follows from the problems and need not be told.
    """

    model: Any
    origins: Origins
    problems: tuple[Problem, ...] = ()
    lost: frozenset[str] = field(default_factory=frozenset)


def validate(model: type[M], data: Any, origins: Origins) -> Validated:
    """Build a model from data.

    Parameters
    ----------
    model : class
    data : mapping
        As read.
    origins : Origins
        Where each part of the data is written.
    """
    failures, built = _attempt(model, data)
    if built is not None:
        return Validated(built, origins)
    renamed = _misspelt(failures, data, model)
    filled = {(*path[:-1], name) for path, name in renamed.items()}
    problems = [
        _translate(item, model, origins)
        for item in failures[:MAX_PROBLEMS]
        if not (item["type"] == "missing" and _walk(model, item["loc"])[0] in filled)
    ]
    if renamed:
        data, origins = _rename(data, origins, renamed)
        failures, built = _attempt(model, data)
        more = (_translate(item, model, origins) for item in failures[:MAX_PROBLEMS])
        problems += [problem for problem in more if problem not in problems]
    lost: frozenset[str] = frozenset()
    for _ in range(_ROUNDS):
        if built is not None:
            break
        lost |= _names_lost(data, failures)
        smaller = _prune(data, failures)
        if smaller == data or not smaller:
            break
        data = smaller
        failures, built = _attempt(model, data)
    return Validated(built, origins, tuple(problems), lost)


def _attempt(model: type[M], data: Any) -> tuple[list[Any], M | None]:
    try:
        return [], model.model_validate(data)
    except ValidationError as error:
        return list(error.errors(include_url=False)), None


def _misspelt(failures: list[Any], data: Any, model: type[BaseModel]) -> dict[Path, str]:
    """Return the keys that are right but for their spelling: path of the wrong key -> right key."""
    renamed: dict[Path, str] = {}
    for item in failures[:MAX_PROBLEMS]:
        if item["type"] == "extra_forbidden":
            path, owner = _walk(model, item["loc"])
            guess = _known_keys(str(path[-1]), owner)
            name = guess.split("`")[1] if guess.startswith("did you mean") else ""
            siblings = _at(data, path[:-1])
            if name and name not in siblings and name not in (renamed.get((*path[:-1], key)) for key in siblings):
                renamed[path] = name
    return renamed


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _rename(data: Any, origins: Origins, renamed: dict[Path, str]) -> tuple[Any, Origins]:
    def copy(node: Any, path: Path) -> Any:
        if isinstance(node, dict):
            return {renamed.get((*path, key), key): copy(value, (*path, key)) for key, value in node.items()}
        return [copy(value, (*path, i)) for i, value in enumerate(node)] if isinstance(node, list) else node

    for path, name in renamed.items():
        found = origins.find(path)
        if found is not None:
            origins = origins.moved(
                (*(renamed.get(path[: i + 1], path[i]) for i in range(len(path) - 1)), name), *found
            )
    return copy(data, ()), origins


def _translate(item: Any, model: type[BaseModel], origins: Origins) -> Problem:
    path, owner = _walk(model, item["loc"])
    kind, context, value = item["type"], item.get("ctx", {}), item["input"]
    if kind == "missing":
        name = str(item["loc"][-1])
        about = owner.model_fields[name].description if owner and name in owner.model_fields else ""
        return origins.problem(path[:-1], f"`{name}` is missing", f"{name}: {about}" if about else "")
    if kind == "extra_forbidden":
        return origins.problem(path, f"unknown key `{shorten(str(path[-1]))}`", _known_keys(str(path[-1]), owner))
    message, hint = _words(kind, context, value, owner)
    return origins.problem(path, message, hint)


def _words(kind: str, context: dict[str, Any], value: Any, owner: type[BaseModel] | None) -> tuple[str, str]:
    found = f", found {say(value)}"
    if kind == "value_error":
        return str(context["error"]), ""
    if kind in _KINDS:
        hint = "write `{}` for an empty one" if value is None and kind == "dict_type" else ""
        quoted = kind == "string_type" and isinstance(value, int | float)
        return f"expected {_KINDS[kind]}{found}", "put it in quotes" if quoted else hint
    if kind in ("model_type", "model_attributes_type"):
        keys = ", ".join(list(owner.model_fields)[:4]) if owner else ""
        hint = "write `{}` if nothing is to be said" if value is None else f"its keys are {keys}, ..." if keys else ""
        return f"expected a mapping{found}", hint
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
        hint = nearest(value[:_LONGEST_NAME], choices) if isinstance(value, str) else ""
        return f"expected {' or '.join(choices)}{found}", hint
    if kind == "string_pattern_mismatch":
        return f"expected {WORDS_OF_PATTERN.get(context['pattern'], 'other text')}{found}", ""
    if kind in _NUMBERS:
        _, words, limit = _NUMBERS[kind]
        return f"expected a number {words} {context[limit]}{found}", ""
    if kind == "too_short":
        return f"expected at least {context['min_length']} of them, found {context['actual_length']}", ""
    return f"{kind.replace('_', ' ')}{found}", ""


def _known_keys(name: str, owner: type[BaseModel] | None) -> str:
    known = list(owner.model_fields) if owner else []
    guess = nearest(name, known) if len(name) <= _LONGEST_NAME else ""
    return guess or (f"the keys here are {', '.join(known)}" if known else "")


def _walk(model: type[BaseModel], loc: tuple[str | int, ...]) -> tuple[Path, type[BaseModel] | None]:
    """Return the path in the document and the model that the last part belongs to, or that was expected there."""
    path: list[str | int] = []
    kind: Any = model
    owner: type[BaseModel] | None = None
    for part in loc:
        kind, tagged = _strip(kind, part)
        if tagged:
            owner = kind
            continue
        if part == "[key]":
            continue
        path.append(part)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            owner = kind
            field_info = kind.model_fields.get(str(part))
            kind = field_info.annotation if field_info else None
        elif get_origin(kind) in (dict, tuple):
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
            owner = None
        else:
            kind = None
    kind, _ = _strip(kind, None)
    return tuple(path), kind if owner is None and isinstance(kind, type) and issubclass(kind, BaseModel) else owner


def _strip(kind: Any, part: str | int | None) -> tuple[Any, bool]:
    """Take away what wraps a type; of a tagged union, take the member with the tag `part`."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            members = [member for member in get_args(kind) if member is not type(None)]
            for member in members:
                if any(isinstance(extra, Tag) and extra.tag == part for extra in get_args(member)[1:]):
                    return get_args(member)[0], True
            if len(members) != 1:
                return None, False
            kind = members[0]
        else:
            return kind, False


def _places(data: Any, failures: list[Any]) -> Iterator[tuple[Path, bool]]:
    """Yield the paths of wrong entries, as far as they exist, and whether the last part is all that is wrong."""
    for item in failures:
        loc = [part for part in item["loc"] if part != "[key]"]
        node, path = data, []
        for part in loc:
            if (isinstance(node, dict) and part in node) or (
                isinstance(node, list) and isinstance(part, int) and part < len(node)
            ):
                node = node[part]
            elif part in ("single", "joint", "bounded"):
                continue
            else:
                break
            path.append(part)
        yield tuple(path), item["type"] != "missing"


def _prune(data: Any, failures: list[Any]) -> Any:
    """Return the data without the wrong entries."""
    gone = {path for path, _ in _places(data, failures)}

    def copy(node: Any, path: Path) -> Any:
        if isinstance(node, dict):
            return {key: copy(value, (*path, key)) for key, value in node.items() if (*path, key) not in gone}
        if isinstance(node, list):
            return [copy(value, (*path, i)) for i, value in enumerate(node) if (*path, i) not in gone]
        return node

    return {} if () in gone else copy(data, ())


def _names_lost(data: Any, failures: list[Any]) -> frozenset[str]:
    names: set[str] = set()
    for path, _ in _places(data, failures):
        node = _at(data, path)
        names.update(part for part in path[-1:] if isinstance(part, str))
        stack = [node]
        while stack:
            item = stack.pop()
            if isinstance(item, dict):
                names.update(item)
                stack.extend(item.values())
            elif isinstance(item, list):
                stack.extend(item)
            elif isinstance(item, str):
                names.add(item)
    return frozenset(names)
