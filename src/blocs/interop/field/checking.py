"""The facts of a case beside the data of the field: which agree, which differ, and which could be filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations
from pathlib import Path
from typing import Any

from blocs.errors import InputError, Problem, nearest
from blocs.interop.field.folder import FieldFolder, Holding
from blocs.interop.field.layouts import SOURCES
from blocs.interop.field.measuring import Reading, State, When, read_measure
from blocs.language.calendar import parse_date
from blocs.language.case import Case, Fact
from blocs.language.document import Path as DocumentPath
from blocs.language.measures import MEASURES, Call, parse_measure
from blocs.language.values import wrong_fact

# a share with three decimals says more than any of these data can
_DECIMALS = 3


class Standing(Enum):
    """How a fact of a case stands to the data."""

    AGREES = "agrees"
    DIFFERS = "differs"
    MISSING = "not in the case"
    ASSUMED = "assumed in the case"
    JUDGEMENT = "left to judgement"
    SILENT = "no data"


@dataclass(frozen=True)
class FactCheck:
    """A fact that a measure speaks to.

    Parameters
    ----------
    name : str
    call : Call
        The measure of roles, as the theory has it.
    fact : Fact or None
        As the case has it.
    reading : Reading
        What the data say.
    standing : Standing
    """

    name: str
    call: Call
    fact: Fact | None
    reading: Reading
    standing: Standing

    @property
    def fills(self) -> bool:
        """Whether the data can fill it in: the case leaves it out or only assumes it, and they speak plainly."""
        return self.standing in (Standing.MISSING, Standing.ASSUMED)


@dataclass(frozen=True)
class FieldReport:
    """What data say of a case.

    Parameters
    ----------
    when : When
    states : dict of State by role
    facts : tuple of FactCheck
        Those of the theory's facts that a measure speaks to.
    evidence : tuple of (roles, Reading)
        Every measure of every role, and of every two.
    notes : tuple of str
        On the states as a whole.
    """

    when: When
    states: dict[str, State]
    facts: tuple[FactCheck, ...]
    evidence: tuple[tuple[tuple[str, ...], Reading], ...]
    notes: tuple[str, ...]


def check_facts(
    case: Case, folder: str | Path, year: int | None = None, report: Callable[[int, int], None] | None = None
) -> FieldReport:
    """Hold the facts of a case against the data files in a folder.

    Parameters
    ----------
    case : Case
    folder : path
    year : int, optional
        Year of the data; that in which the case begins by default.
    report : callable, optional
        Called with how many kinds of files have been read, and of how many.

    Raises
    ------
    InputError
        The folder or a file in it is wrong, a role has no state code or an unknown one, or no file covers the year.
    """
    start = parse_date(case.calendar.start).first
    when = When(*divmod(start, 12)) if year is None else When(year)
    when = replace(when, month=when.month + 1) if year is None else when
    states = {
        role: State(actor.cow, actor.actor, actor.iso3 or "")
        for role, actor in case.roles.items()
        if actor.cow is not None
    }
    calls = {name: parse_measure(spec.measure) for name, spec in case.theory_spec.facts.items() if spec.measure}
    _need_codes(case, states, calls)
    field = FieldFolder(folder, [state.code for state in states.values()], [one.iso3 for one in states.values()])
    notes = tuple(_check_states(case, states, field, when))
    absent = _absent(states, field, when)
    for done, kind in enumerate(field.kinds, start=1):
        field.holdings(kind)
        if report is not None:
            report(done, len(field.kinds))

    def read(name: str, roles: tuple[str, ...]) -> Reading:
        asked = tuple(states[role] for role in roles)
        # a file on borders has no border of a state that is none at the time, which says nothing of the case
        gone = [state.name for state in asked if state.code in absent]
        if gone:
            return Reading(name, asked, why=f"{' and '.join(gone)} not in the state system in {when.year}")
        return read_measure(field, name, asked, when)

    facts = tuple(_checked(case, name, call, read(call.name, call.roles)) for name, call in calls.items())
    evidence = tuple((roles, read(name, roles)) for name, roles in _evidence(list(states)))
    readings = [*(one.reading for one in facts), *(reading for _, reading in evidence)]
    if all(reading.value is None for reading in readings):
        reasons = dict.fromkeys(reading.why for reading in readings if not reading.why.startswith("no file"))
        raise InputError([Problem(why, str(folder)) for why in reasons or ["no file speaks to the case's states"]])
    return FieldReport(when, states, facts, evidence, notes)


def _need_codes(case: Case, states: dict[str, State], calls: dict[str, Call]) -> None:
    needed = dict.fromkeys(role for call in calls.values() for role in call.roles) or dict.fromkeys(case.roles)
    lacking = [role for role in needed if role not in states]
    if lacking and (calls or not states):
        hint = "add the state's number in the Correlates of War, such as `cow: 365`"
        raise InputError([
            case.origins.problem(("roles", role), f"the role `{role}` has no `cow`, by which data are looked up", hint)
            for role in lacking
        ])  # fmt: skip


def _check_states(case: Case, states: dict[str, State], field: FieldFolder, when: When) -> Iterator[str]:
    """Yield remarks on the states; raise `InputError` for codes that no list of states has."""
    lists = field.holdings("states") or field.holdings("capabilities")
    if not lists:
        return
    listed = {row["ccode"] for row in lists[0].rows.rows}
    unknown = [role for role, state in states.items() if str(state.code) not in listed]
    if unknown:
        raise InputError([
            case.origins.problem(
                ("roles", role, "cow"),
                f"{lists[0].path.name} has no state with the code {states[role].code}",
                _code_hint(lists[0], states[role].name),
            )
            for role in unknown
        ])  # fmt: skip
    if lists[0].layout.kind != "states":
        return
    for state in states.values():
        spans = _spans(lists[0], state)
        if not any(begin <= when.year <= end for begin, end in spans):
            years = ", ".join(f"{begin}-{end}" for begin, end in spans)
            yield f"{state.name} ({state.code}) is in the state system in {years} only, not in {when.year}"
        names = {row["name"] for row in lists[0].of(state.code)}
        if not any(word in name for name in names for word in state.name.split()):
            listed_as = " or ".join(sorted(names))
            yield f"{lists[0].path.name} calls {state.code} {listed_as}, the case {state.name}"


def _absent(states: dict[str, State], field: FieldFolder, when: When) -> set[int]:
    """Return the codes of states that a list of states does not have in the year."""
    found: set[int] = set()
    for listing in field.holdings("states")[:1]:
        for state in states.values():
            spans = _spans(listing, state)
            if not any(begin <= when.year <= end for begin, end in spans) and when.year <= _last_year(listing):
                found.add(state.code)
    return found


def _spans(listing: Holding, state: State) -> list[tuple[int, int]]:
    return [(listing.whole(row, "begin"), listing.whole(row, "end")) for row in listing.of(state.code)]


def _last_year(listing: Holding) -> int:
    """Return the year in which a list of states ends: that of those who have not."""
    return max((listing.whole(row, "end") for row in listing.rows.rows), default=0)


def _code_hint(holding: Holding, name: str) -> str:
    if holding.layout.kind != "states":
        return "see the list of state codes of the Correlates of War"
    from blocs.interop.field.files import read_rows

    codes = {row["name"]: row["ccode"] for row in read_rows(holding.path, holding.layout.columns).rows}
    guess = nearest(name, codes)
    return f"{guess.split('`')[1]} is {codes[guess.split('`')[1]]}" if guess else ""


def _evidence(roles: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every measure of one role, and every one of two that does not only put others together."""
    for name, measure in MEASURES.items():
        if measure.states == 1:
            yield from ((name, (role,)) for role in roles)
            continue
        for pair in combinations(roles, 2):
            if name != "land_route":  # asked for by a theory, which knows who follows whom
                yield name, pair
            if name == "trade_share":
                yield name, (pair[1], pair[0])


def _checked(case: Case, name: str, call: Call, reading: Reading) -> FactCheck:
    fact, spec = case.facts.get(name), case.theory_spec.facts[name]
    if reading.value is not None and (wrong := wrong_fact(spec, reading.value)):
        reading = replace(reading, doubtful=True, notes=(*reading.notes, wrong[0]))
    if reading.value is None:
        standing = Standing.SILENT
    elif fact is not None and _agrees(fact, reading.value):
        standing = Standing.AGREES
    elif reading.doubtful:
        standing = Standing.JUDGEMENT
    elif fact is None:
        standing = Standing.MISSING
    elif fact.assumed and not fact.source:
        standing = Standing.ASSUMED
    else:
        standing = Standing.DIFFERS
    return FactCheck(name, call, fact, reading, standing)


def _agrees(fact: Fact, value: bool | int | float) -> bool:
    """Whether data lie in the range that the case gives, or say the same to the digits that the case writes."""
    if isinstance(value, bool) or isinstance(fact.value, bool | str):
        return fact.value is value
    if fact.range is not None and fact.range[0] <= value <= fact.range[1]:
        return True
    decimals = len(repr(fact.value).partition(".")[2]) if "e" not in repr(fact.value) else 15
    return abs(value - fact.value) <= 0.5 * 10.0**-decimals * (1 + 1e-9)


def filled(case: Case, checks: Iterable[FactCheck]) -> dict[DocumentPath, Any]:
    """Return what to change in the file of a case to fill in what it leaves out or assumes.

    Returns
    -------
    dict from path to value
        For `blocs.language.writing.edit`. A fact that has a source is never among them.
    """
    changes: dict[DocumentPath, Any] = {}
    for check in checks:
        if not check.fills:
            continue
        value, path = check.reading.value, ("facts", check.name)
        value = round(value, _DECIMALS) if isinstance(value, float) else value
        said = note_of(check, {role: actor.actor for role, actor in case.roles.items()})
        if check.fact is None:
            changes[path] = {"value": value, "source": [check.reading.source], "note": said}
            continue
        old = check.fact
        changes[*path, "value"] = value
        changes[*path, "source"] = [check.reading.source]
        changes[*path, "assumed"] = None
        changes[*path, "note"] = f"{old.note.strip()} {said}" if old.note else said
        if old.range is not None and not (isinstance(value, int | float) and old.range[0] <= value <= old.range[1]):
            changes[*path, "range"] = None
        if old.confidence is not None:
            changes[*path, "confidence"] = None  # it was that of the assumption
    return changes


def note_of(check: FactCheck, actors: dict[str, str]) -> str:
    """Return what a case says of a value that was taken from data: what, of when, by which version."""
    reading = check.reading
    words = check.call.says(actors)
    when = f", {reading.period}" if reading.period else ""
    traps = "".join(f"; {note}" for note in reading.notes)
    return f"{words[:1].upper()}{words[1:]}: {shown(reading.value)} by {reading.cited}{when}{traps}."


def shown(value: bool | int | float | str | None) -> str:
    """Return a value as a table or a note shows it: yes or no, whole numbers whole, others to four digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "" if value is None else str(value)


def cited_items(checks: Iterable[FactCheck]) -> list[dict[str, object]]:
    """Return the items of a bibliography that what is filled in cites, each with the version that was read."""
    items = {}
    for check in checks:
        if check.fills and check.reading.source not in items:
            source = SOURCES[check.reading.source]
            items[source.key] = {
                "id": source.key,
                **source.item,
                "note": f"Read in the data set {check.reading.cited}.",
            }
    return list(items.values())
