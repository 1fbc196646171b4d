"""Measures of the field: what its standard data files hold about one state or two, and how a fact names one.

A fact of a theory may say by which measure data speak to it: ``measure: trade_share(client, patron)``. The roles stand
for the states that play them in a case. Reading the data is the work of `blocs.interop`; here is only what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from blocs.errors import nearest
from blocs.language.document import shorten

ValueKind = Literal["boolean", "share", "number", "count"]


@dataclass(frozen=True)
class Measure:
    """What is measured.

    Parameters
    ----------
    kind : {"boolean", "share", "number", "count"}
        What a value of it is, in the words for facts.
    states : int
        Of how many states it speaks, one or two.
    help : str
        In words, with {a} and {b} for the states.
    unit : str
    """

    kind: ValueKind
    states: int
    help: str
    unit: str = ""


MEASURES: dict[str, Measure] = {
    "land_route": Measure("boolean", 2, "{a} or a state that has a defence pact with it borders {b} by land"),
    "land_border": Measure("boolean", 2, "{a} and {b} share a land border"),
    "distance": Measure("number", 2, "least distance between {a} and {b}", "km"),
    "trade_share": Measure("share", 2, "share of {a}'s foreign trade that is with {b}"),
    "defence_pact": Measure("boolean", 2, "{a} and {b} have a defence pact"),
    "nonaggression_pact": Measure("boolean", 2, "{a} and {b} have a pact of non-aggression"),
    "joint_organisations": Measure("count", 2, "international organisations of which {a} and {b} are both members"),
    "disputes": Measure("count", 2, "militarized disputes between {a} and {b} in the ten years before the start"),
    "capability_share": Measure("share", 2, "{a}'s part of the material capabilities of {a} and {b} together"),
    "capability": Measure("share", 1, "{a}'s share of the world's material capabilities (CINC)"),
    "soldiers": Measure("number", 1, "{a}'s military personnel", "thousands"),
    "population": Measure("number", 1, "{a}'s population", "thousands"),
    "ruggedness": Measure("number", 1, "ruggedness of {a}'s terrain", "index"),
    "polyarchy": Measure("share", 1, "{a}'s electoral democracy (V-Dem polyarchy)"),
    "polity": Measure("number", 1, "{a}'s regime (polity2, -10 to 10)"),
    "organisations": Measure("count", 1, "international organisations of which {a} is a member"),
    "trade": Measure("number", 1, "{a}'s imports and exports", "million current US$"),
}

_CALL = re.compile(r"\s*([a-z_]+)\s*\(\s*(\w+)\s*(?:,\s*(\w+)\s*)?\)\s*")


@dataclass(frozen=True)
class Call:
    """A measure of certain roles: ``trade_share(client, patron)``."""

    name: str
    roles: tuple[str, ...]

    def __str__(self) -> str:
        """Render as it is written in a theory."""
        return f"{self.name}({', '.join(self.roles)})"

    @property
    def measure(self) -> Measure:
        """What is measured."""
        return MEASURES[self.name]

    def says(self, actors: dict[str, str]) -> str:
        """Return in words what is measured, of whom."""
        names = [actors.get(role, role) for role in self.roles]
        return self.measure.help.format(a=names[0], b=names[-1])


def parse_measure(text: str) -> Call:
    """Read a measure of roles.

    Raises
    ------
    LookupError
        It is none; with message and hint as its two arguments.
    """
    found = _CALL.fullmatch(text)
    if found is None:
        raise LookupError(f"`{shorten(text)}` is no measure", "write a measure of roles: `trade_share(client, patron)`")
    name, roles = found[1], tuple(role for role in found.groups()[1:] if role)
    if name not in MEASURES:
        hint = nearest(name[:60], MEASURES) or f"there are {', '.join(MEASURES)}"
        raise LookupError(f"there is no measure `{shorten(name)}`", hint)
    wanted = MEASURES[name].states
    if len(roles) != wanted:
        example = f"{name}({', '.join(('client', 'patron')[:wanted])})"
        raise LookupError(f"`{name}` speaks of {wanted} role{'s' * (wanted > 1)}, found {len(roles)}", f"`{example}`")
    return Call(name, roles)
