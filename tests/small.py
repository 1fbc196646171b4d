"""Theories of a few lines, with everything that a test does not care about left out."""

from __future__ import annotations

from typing import Any

from blocs.language.theory import Theory


def theory(state: dict[str, Any], stages: dict[str, dict[str, Any]], **parts: Any) -> Theory:
    """Return a theory; `stages` gives options by ``role`` or ``role: stage``, and `parts` the other sections.

    A variable is written as its list of values, as [low, high] or as a boolean start.
    """
    made = []
    for number, (key, options) in enumerate(stages.items()):
        role, _, name = key.partition(": ")
        made.append({"stage": name or f"stage {number}", "role": role, "options": options})
    variables = {name: _variable(spec) for name, spec in state.items()}
    roles = dict.fromkeys([stage["role"] for stage in made] + list(parts.get("payoffs", {})), "")
    parameters = {name: {"prior": "Normal(0, 1)"} for name in parts.pop("parameters", ())}
    data = {"theory": "small", "roles": roles, "state": variables, "stages": made, "parameters": parameters, **parts}
    return Theory.model_validate(data)


def _variable(spec: Any) -> dict[str, Any]:
    if isinstance(spec, bool):
        return {"type": "boolean", "start": spec}
    if isinstance(spec, list):
        return {"range": spec} if isinstance(spec[0], int) else {"values": spec}
    return spec
