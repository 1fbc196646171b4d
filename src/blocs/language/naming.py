"""Which names a theory may give, and what they then stand for."""

from __future__ import annotations

import keyword

from blocs.language.document import Path
from blocs.language.findings import Findings
from blocs.language.formulas.syntax import FUNCTIONS
from blocs.language.theory import NEXT, OTHERWISE, PREVIOUS, REST, Theory

STEP_YEARS = "step_years"
"""The one built-in name of formulas: the length of a step in years."""

# words that mean something where a formula or a value stands; Python's own would not parse as names
RESERVED = frozenset(
    {*FUNCTIONS, *keyword.kwlist, "true", "false", NEXT, PREVIOUS, REST, OTHERWISE, "continue", "nothing", STEP_YEARS}
)

SECTIONS = {"facts": "fact", "parameters": "parameter", "define": "definition", "state": "state variable"}


def named(theory: Theory) -> dict[str, list[tuple[str, Path]]]:
    """Return, for every name that formulas can use, what it is and where it is given."""
    places: dict[str, list[tuple[str, Path]]] = {}
    for section, what in SECTIONS.items():
        for name in getattr(theory, section):
            places.setdefault(name, []).append((what, (section, name)))
    return places


def values_of(theory: Theory) -> dict[str, list[Path]]:
    """Return, for every value of an enumeration, the variables and facts that have it."""
    homes: dict[str, list[Path]] = {}
    for name, spec in theory.state.items():
        for value in spec.values or ():
            homes.setdefault(value, []).append(("state", name))
    for name, fact in theory.facts.items():
        if isinstance(fact.type, tuple):
            for value in fact.type:
                homes.setdefault(value, []).append(("facts", name))
    return homes


def check_names(theory: Theory, findings: Findings) -> None:
    """Note problems with names: reserved ones, ones given twice, and ones that also are values."""
    homes = values_of(theory)
    for name, places in named(theory).items():
        what, path = places[0]
        if name in RESERVED:
            findings.error(path, f"`{name}` has a meaning of its own in formulas", "choose another name")
        for other, second in places[1:]:
            message = f"`{name}` is a {other} here and a {what}{findings.line(path)}"
            findings.error(second, message, "rename one of them")
        if name in homes:
            owner = homes[name][0][1]
            message = f"`{name}` is a {what} and also a value of `{owner}`; compared with `{owner}` it means the value"
            findings.warn(path, message, "rename one of them")
    for value, owners in homes.items():
        if value in RESERVED:
            message = f"the value `{value}` of `{owners[0][1]}` has a meaning of its own in formulas"
            findings.error(owners[0], message, "choose another name")
