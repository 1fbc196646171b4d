"""Everything that a page of a case shows, as the query of its address: ``?set.land_route=true&sd.base_worth=1.5``.

Parameters are given in standard deviations of their priors from the centre (``sd.NAME``), facts and start values as
they are (``set.NAME``, ``start.NAME``); ``without`` and ``force`` may be repeated, and are written as on the command
line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.live import LiveCase
from blocs.forecast.whatif import WhatIf
from blocs.game.change import misfit, read_value

# farther from the centre than this no slider goes, and priors have nothing left there
FARTHEST = 4.0
# more of anything than a page could show is refused before it costs anything
MOST_VALUES = 200
LONGEST = 200
LOOKS = ("date", "at", "role", "why", "against", "outcome")
PARTS = ("draws", "beside", "drivers")


@dataclass(frozen=True)
class State:
    """What a page of a case shows.

    Attributes
    ----------
    facts, start : mapping from name to value
        That differ from the case.
    away : mapping from parameter to number
        How many standard deviations from the centre it is.
    without, force : tuple of str
    date : str
        At which the ties are shown; empty for the beginning.
    at, role, why, against : str
        A question: why this option, and not that one, at a date; empty where nothing was asked.
    show : tuple of str
        Parts that are solved when the page opens: ``draws``, ``beside``, ``drivers``.
    outcome : str
        Whose drivers are shown; empty for the likeliest.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    away: Mapping[str, float] = field(default_factory=dict)
    start: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    date: str = ""
    at: str = ""
    role: str = ""
    why: str = ""
    against: str = ""
    show: tuple[str, ...] = ()
    outcome: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything differs from the case as it was."""
        return bool(self.facts or self.away or self.start or self.without or self.force)

    def what_if(self, live: LiveCase) -> WhatIf:
        """Return the circumstances to solve under."""
        values = {name: at_distance(live, name, sd) for name, sd in self.away.items()}
        return WhatIf("now", "now", {**self.facts, **values}, self.start, self.without, self.force)

    def query(self) -> str:
        """Return the query of the address, in one order; empty for the case as it was."""
        pairs = [(f"set.{name}", _written(value)) for name, value in sorted(self.facts.items())]
        pairs += [(f"sd.{name}", f"{sd:g}") for name, sd in sorted(self.away.items())]
        pairs += [(f"start.{name}", value) for name, value in sorted(self.start.items())]
        pairs += [("without", name) for name in self.without] + [("force", move) for move in self.force]
        pairs += [(key, getattr(self, key)) for key in LOOKS if getattr(self, key)]
        pairs += [("show", part) for part in self.show]
        return urlencode(pairs)

    def circumstances(self) -> State:
        """Return the state without what is only looked at: the same for the same numbers."""
        return State(self.facts, self.away, self.start, self.without, self.force)


def at_distance(live: LiveCase, name: str, sd: float) -> float:
    """Return the value of a parameter so many standard deviations from the centre, on the line of its prior."""
    one = live.inputs[name]
    middle = float(one.position(live.centre.values[name][0]))
    return float(one.at(middle + sd))


def read_state(live: LiveCase, pairs: Iterable[tuple[str, str]]) -> State:
    """Read the query of an address.

    Parameters
    ----------
    live : LiveCase
    pairs : iterable of (str, str)
        Keys and values; keys that mean nothing here are left alone.

    Raises
    ------
    InputError
        Names that the case does not know, values that are none, more of anything than there can be: all at once.
    """
    reading = _Reading(live)
    for number, (key, value) in enumerate(pairs):
        if number >= MOST_VALUES:
            raise InputError(f"the address has more than {MOST_VALUES} values")
        if len(key) > LONGEST or len(value) > LONGEST:
            raise InputError(f"a value in the address is longer than {LONGEST} letters")
        reading.take(key, value)
    if reading.problems:
        raise InputError(reading.problems)
    return State(**reading.found)


class _Reading:
    def __init__(self, live: LiveCase) -> None:
        self.live = live
        self.problems: list[Problem] = []
        self.found: dict[str, Any] = {"facts": {}, "away": {}, "start": {}}

    def take(self, key: str, value: str) -> None:
        """Take one key with its value."""
        kind, dot, name = key.partition(".")
        if dot and kind in ("set", "sd", "start"):
            getattr(self, f"_take_{kind}")(name, value)
        elif key in ("without", "force") and value.strip():
            several = self.found.get(key, ())
            self.found[key] = several if value in several else (*several, " ".join(value.split()))
        elif key == "show" and value in PARTS:
            self.found["show"] = tuple(part for part in PARTS if part in (*self.found.get("show", ()), value))
        elif key in LOOKS:
            self.found[key] = value.strip()

    def _take_set(self, name: str, value: str) -> None:
        case = self.live.case
        if self._known(name, case.theory_spec.facts, "fact"):
            read = read_value(value)
            stated = self.live.game.plan.facts.get(name)
            wrong = misfit(case.theory_spec.facts[name].type, read)
            if wrong:
                self.problems.append(Problem(f"`{value}` is not a value for `{name}`: expected {wrong}"))
            elif read != (case.facts[name].value if name in case.facts else stated):
                self.found["facts"][name] = read

    def _take_sd(self, name: str, value: str) -> None:
        known = {key for key, one in self.live.inputs.items() if one.kind == "parameter"}
        if not self._known(name, known, "parameter with a prior"):
            return
        try:
            sd = float(value)
        except ValueError:
            sd = math.nan
        if not abs(sd) <= FARTHEST:
            self.problems.append(
                Problem(f"`{value}` is no number of standard deviations from -{FARTHEST:g} to {FARTHEST:g}")
            )
        elif sd != 0:
            self.found["away"][name] = sd

    def _take_start(self, name: str, value: str) -> None:
        case = self.live.case
        if self._known(name, case.theory_spec.state, "state variable"):
            if value not in case.theory_spec.state[name].labels:
                hint = nearest(value, case.theory_spec.state[name].labels)
                self.problems.append(Problem(f"`{value}` is not a value of `{name}`", hint=hint))
            elif value != start_of(self.live, name):
                self.found["start"][name] = value

    def _known(self, name: str, known: Iterable[str], what: str) -> bool:
        names = list(known)
        if name not in names:
            self.problems.append(Problem(f"there is no {what} `{name}`", hint=nearest(name, names)))
        return name in names


def start_of(live: LiveCase, name: str) -> str:
    """Return the value with which a state variable begins in the case."""
    stated = live.case.start.get(name)
    if stated is not None:
        return _written(stated.value)
    spec = live.case.theory_spec.state[name]
    return _written(spec.start) if spec.start is not None else spec.labels[0]


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
