"""The same case under other circumstances: facts and start values changed, options taken away."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from blocs.language.case import Case


def read_value(text: str) -> Any:
    """Read a value as typed on a command line: ``true``, ``false``, a number, or a name."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text  # a word, which no fact has as its value
    return int(number) if number == int(number) and "." not in text and "e" not in text.lower() else number


def changed(
    case: Case,
    facts: Mapping[str, Any] | None = None,
    start: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
) -> Case:
    """Return the case with facts and start values replaced and options forbidden throughout.

    Parameters
    ----------
    case : Case
    facts : mapping from name to value, optional
    start : mapping from state variable to value, optional
    without : sequence of str
        Options by name, or ``stage: option`` where the name is used twice.

    Raises
    ------
    InputError
        With every name or value that does not fit.
    """
    from blocs.language.case import Fact, StartValue

    theory = case.theory_spec
    problems = []
    new_facts, new_start = dict(case.facts), dict(case.start)
    for name, value in (facts or {}).items():
        if name not in theory.facts:
            problems.append(Problem(f"there is no fact `{name}`", hint=nearest(name, theory.facts)))
            continue
        spec = theory.facts[name]
        wrong = misfit(spec.type, value)
        if wrong:
            problems.append(Problem(f"`{value}` is not a value for the fact `{name}`: expected {wrong}"))
            continue
        new_facts[name] = Fact.model_validate({"value": value, "assumed": "set for this what-if"})
    for name, value in (start or {}).items():
        if name not in theory.state:
            problems.append(Problem(f"there is no state variable `{name}`", hint=nearest(name, theory.state)))
            continue
        labels = theory.state[name].labels
        if str(value).lower() not in [label.lower() for label in labels]:
            problems.append(Problem(f"`{value}` is not a value of `{name}`: expected one of {', '.join(labels[:12])}"))
            continue
        new_start[name] = StartValue.model_validate({"value": value, "assumed": "set for this what-if"})
    spec = theory
    for name in without:
        spec, problem = without_option(spec, name)
        if problem:
            problems.append(problem)
    if problems:
        raise InputError(problems)
    new = case.model_copy(update={"facts": new_facts, "start": new_start})
    new._theory_spec = spec
    return new


def without_option(theory: Any, name: str) -> tuple[Any, Problem | None]:
    """Return the theory with an option taken away, or the reason why it cannot be."""
    stage_name, _, option = name.rpartition(":")
    stage_name, option = stage_name.strip(), option.strip()
    moves = [(i, role, key) for i, role, key, _ in theory.moves()]
    places = [(i, role) for i, role, key in moves if key == option and stage_name in ("", theory.stages[i].stage)]
    known = [key for _, _, key in moves]
    if not places:
        return theory, Problem(f"there is no option `{name}`", hint=nearest(option, known))
    if len(places) > 1:
        stages = ", ".join(f"`{theory.stages[i].stage}: {option}`" for i, _ in places)
        return theory, Problem(f"`{option}` is an option of several stages", hint=f"write one of {stages}")
    if option == "hold":
        return theory, Problem("`hold` cannot be taken away: doing nothing is always possible")
    place, role = places[0]
    stage = theory.stages[place]
    several = hasattr(stage, "roles")
    options = stage.options[role] if several else stage.options
    options = {key: value for key, value in options.items() if key != option}
    stages = list(theory.stages)
    stages[place] = stage.model_copy(update={"options": {**stage.options, role: options} if several else options})
    return theory.model_copy(update={"stages": tuple(stages)}), None


def misfit(kind: Any, value: Any) -> str:
    """Return what was expected where a value does not fit a fact's type; empty where it fits."""
    if isinstance(kind, list | tuple):
        return "" if str(value) in [str(one) for one in kind] else f"one of {', '.join(map(str, kind))}"
    if kind == "boolean":
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "a number"
    if kind == "share" and not 0 <= value <= 1:
        return "a share between 0 and 1"
    if kind == "count" and (value < 0 or value != int(value)):
        return "a whole number from 0 up"
    return ""
