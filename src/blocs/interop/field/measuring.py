"""What the data files of a folder say: one measure of one or two states at a time.

Known traps of the data are told beside the value that they touch. A value that a trap makes worthless, or that
needs a judgement, is `doubtful`: it is shown and never taken over into a case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from blocs.interop.field.folder import FieldFolder, Holding, missed
from blocs.interop.field.layouts import Kind
from blocs.language.measures import MEASURES

# disputes of so many years before the start count, as is common for the memory of a rivalry
DISPUTE_YEARS = 10
# recorded trade does not fall to a quarter within a few years but by a gap in reporting: the communist states' totals
# of 1960 are a twentieth of those of 1959
COLLAPSE = 0.25
# states that Polity counts under numbers of its own while the Correlates of War keep one
POLITY_CODES = {365: 364, 345: 347, 816: 818, 530: 529, 770: 769}
# yearly data on memberships begin here; before, counts were made every fifth year and the years between are filled in
YEARLY_MEMBERSHIPS = 1965


@dataclass(frozen=True)
class State:
    """A state as data know it: code of the Correlates of War, and of ISO 3166 where there is one."""

    code: int
    name: str
    iso3: str = ""


@dataclass(frozen=True)
class When:
    """The year that is asked about, and the month in which the case begins, counted from one."""

    year: int
    month: int = 1


@dataclass(frozen=True)
class Reading:
    """What data say of a measure.

    Parameters
    ----------
    measure : str
    states : tuple of State
    value : bool, int, float or None
        None where they say nothing; `why` then says why.
    period : str
        The year or years that the value is of.
    source, cited, file : str
        Key of what to cite, name and version of the data set, name of the file; empty where no file was found.
    notes : tuple of str
        Traps and other remarks.
    doubtful : bool
        Not to be taken over.
    why : str
        Why there is no value.
    """

    measure: str
    states: tuple[State, ...]
    value: bool | int | float | None = None
    period: str = ""
    source: str = ""
    cited: str = ""
    file: str = ""
    notes: tuple[str, ...] = ()
    doubtful: bool = False
    why: str = ""


class _Silent(Exception):
    """There is no value; the text says why."""


@dataclass(frozen=True)
class _Found:
    value: bool | int | float
    holding: Holding
    period: str
    notes: tuple[str, ...] = ()
    doubtful: bool = False


def read_measure(folder: FieldFolder, name: str, states: tuple[State, ...], when: When) -> Reading:
    """Return what the files of a folder say of a measure.

    Parameters
    ----------
    folder : FieldFolder
        Opened for these states.
    name : str
        In `MEASURES`.
    states : tuple of State
        One or two, in the order of the measure.
    when : When

    Raises
    ------
    InputError
        A file that is needed cannot be read or lacks columns.
    """
    assert len(states) == MEASURES[name].states
    try:
        found = _READERS[name](folder, states, when)
    except _Silent as silence:
        return Reading(name, states, why=str(silence))
    holding = found.holding
    reading = Reading(
        name,
        states,
        found.value,
        found.period,
        holding.source.key,
        holding.cited,
        holding.path.name,
        found.notes,
        found.doubtful,
    )
    return reading


def _first(folder: FieldFolder, kind: Kind) -> Holding:
    holdings = folder.holdings(kind)
    if not holdings:
        raise _Silent(f"no file on {kind} in the folder; expected {missed(kind)}")
    return holdings[0]


def _covered(holding: Holding, year: int) -> None:
    first, last = holding.rows.first, holding.rows.last
    if first is not None and last is not None and not first <= year <= last:
        raise _Silent(f"{holding.path.name} covers {first} to {last}, not {year}")


def _row_of(holding: Holding, state: State, year: int) -> Mapping[str, str]:
    _covered(holding, year)
    rows = holding.of(state.code, year)
    if not rows:
        raise _Silent(f"{holding.path.name} has no row for {state.name} ({state.code}) in {year}")
    return rows[0]


def _cell(kind: Kind, column: str, whole: bool = False) -> Callable[..., _Found]:
    """Return a reader of one number about one state."""

    def read(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
        holding = _first(folder, kind)
        value = holding.value(_row_of(holding, states[0], when.year), column)
        if value is None:
            raise _Silent(f"{holding.path.name} has no value for {states[0].name} in {when.year}")
        return _Found(int(value) if whole else value, holding, str(when.year))

    return read


def _capability_share(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    first, second = (_cell("capabilities", "cinc")(folder, (state,), when) for state in states)
    return replace(first, value=first.value / (first.value + second.value))


def _polity(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding, state = _first(folder, "polity"), states[0]
    _covered(holding, when.year)
    rows, notes = holding.of(state.code, when.year), []
    if not rows and state.code in POLITY_CODES:
        rows = holding.of(POLITY_CODES[state.code], when.year)
        notes = [f"Polity counts {state.name} as {POLITY_CODES[state.code]} in {when.year}"] if rows else []
    if not rows:
        raise _Silent(f"{holding.path.name} has no row for {state.name} ({state.code}) in {when.year}")
    value = holding.value(rows[0], "value")
    if value is None:
        raise _Silent(f"{holding.path.name} has no value for {state.name} in {when.year}")
    if rows[0].get("regime", "") in holding.layout.missing:
        notes.append("a year of interruption or transition; polity2 is filled in by a rule, not coded")
    return _Found(value, holding, str(when.year), tuple(notes))


def _ruggedness(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding, state = _first(folder, "terrain"), states[0]
    key, code = ("iso3", state.iso3) if "iso3" in holding.layout.columns else ("ccode", str(state.code))
    values = [holding.value(row, "value") for row in holding.rows.rows if row[key] == code]
    if not values or values[0] is None:
        raise _Silent(f"{holding.path.name} has no value for {state.name} ({code or 'no iso3 in the case'})")
    return _Found(values[0], holding, "", ("of the territory of today, weighted by area",))


def _land_border(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding = _first(folder, "contiguity")
    _known_to_contiguity(holding, states)
    return _Found(_borders(holding, states[0].code, states[1].code, when), holding, f"{when.year}-{when.month:02d}")


def _known_to_contiguity(holding: Holding, states: tuple[State, ...]) -> None:
    for state in states:
        if not any(str(state.code) in (row["ccode1"], row["ccode2"]) for row in holding.rows.rows):
            raise _Silent(f"{holding.path.name} has no row for {state.name} ({state.code})")


def _borders(holding: Holding, a: int, b: int, when: When) -> bool:
    month = 12 * when.year + when.month
    return any(
        row["type"] == "1" and _month(holding, row, "begin") <= month <= _month(holding, row, "end")
        for row in holding.between(a, b)
    )


def _month(holding: Holding, row: Mapping[str, str], name: str) -> int:
    """Return the month of ``1960-06-01`` or ``196006``."""
    found = re.fullmatch(r"(\d{4})-?(\d{2})(-?\d{2})?", row[name])
    if found is None:
        raise holding.wrong(row, name, "a month such as 196006 or 1960-06-01")
    return 12 * int(found[1]) + int(found[2])


def _land_route(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    found = _land_border(folder, states, when)
    if found.value:
        return found
    patron, client = states
    pacts = _first(folder, "alliances")
    _covered(pacts, when.year)
    ends = {patron.code, client.code}
    allies = {
        int(code)
        for row in pacts.rows.rows
        if row["year"] == str(when.year)
        and row["defence"] == "1"
        and str(patron.code) in (row["ccode1"], row["ccode2"])
        for code in (row["ccode1"], row["ccode2"])
    } - ends
    through = sorted(ally for ally in allies if _borders(found.holding, ally, client.code, when))
    if not through:
        return replace(found, notes=(f"no ally by {pacts.cited} borders {client.name} either",))
    codes = ", ".join(map(str, through))
    notes = (f"through {codes}, allied by {pacts.cited}: whether they would follow is a judgement",)
    return replace(found, value=True, notes=notes, doubtful=True)


def _pact(column: str) -> Callable[..., _Found]:
    def read(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
        answers = []
        for holding in folder.holdings("alliances"):
            first, last = holding.rows.first, holding.rows.last
            if first is None or last is None or first <= when.year <= last:
                now, before = (_has_pact(holding, states, year, column) for year in (when.year, when.year - 1))
                answers.append((now, before, holding))
        if not answers:
            _covered(_first(folder, "alliances"), when.year)
        now, before, holding = answers[0]
        notes = []
        if now and not before:
            notes.append("the data go by calendar year: the pact may be younger than the start")
        notes += [f"{other.cited} says {'yes' if theirs else 'no'}" for theirs, _, other in answers if theirs != now]
        return _Found(now, holding, str(when.year), tuple(notes))

    return read


def _has_pact(holding: Holding, states: tuple[State, ...], year: int, column: str) -> bool:
    return any(row[column] == "1" for row in holding.between(states[0].code, states[1].code, year))


def _distance(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding = _first(folder, "distance")
    rows = holding.between(states[0].code, states[1].code)
    for row in rows:
        if (
            holding.whole(row, "begin") <= when.year <= holding.whole(row, "end")
            and (km := holding.value(row, "km")) is not None
        ):
            return _Found(
                km, holding, str(when.year), ("between the nearest points, far islands and exclaves included",)
            )
    spans = ", ".join(f"{row['begin']}-{row['end']}" for row in rows) or "no years"
    pair = f"{states[0].name} and {states[1].name}"
    raise _Silent(f"{holding.path.name} covers {spans} for {pair}, not {when.year}")


def _totals(holding: Holding, state: State, year: int) -> float | None:
    rows = holding.of(state.code, year)
    both = [holding.value(rows[0], name) for name in ("imports", "exports")] if rows else [None]
    return sum(value for value in both if value is not None) if None not in both else None


def _trade(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding, state = _first(folder, "trade by states"), states[0]
    _row_of(holding, state, when.year)
    total = _totals(holding, state, when.year)
    if total is None:
        raise _Silent(f"{holding.path.name} lacks imports or exports of {state.name} in {when.year}")
    trap = _collapse(holding, state, when.year)
    return _Found(total, holding, str(when.year), (trap,) if trap else (), bool(trap))


def _collapse(holding: Holding, state: State, year: int) -> str:
    """Return a sentence where recorded trade has fallen to a fraction: a gap in reporting."""
    now, last = _totals(holding, state, year), 0.0
    for earlier in range(year - 5, year):
        last = max(last, _totals(holding, state, earlier) or 0.0)
    if now is None or not last or now > COLLAPSE * last:
        return ""
    return (
        f"recorded trade of {state.name} is {now:,.0f} million in {year} and was {last:,.0f} within five years before: "
        "a gap in reporting, as for communist states from 1960"
    )


def _trade_share(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    pairs = _first(folder, "trade by pairs")
    _covered(pairs, when.year)
    own, partner = states
    with_partner = _flows(pairs, pairs.between(own.code, partner.code, when.year))
    if with_partner is None:
        raise _Silent(f"{pairs.path.name} has no trade of {own.name} with {partner.name} in {when.year}")
    notes: list[str] = []
    doubtful, total = False, None
    nationals = folder.holdings("trade by states")
    if nationals:
        total = _totals(nationals[0], own, when.year)
        if trap := _collapse(nationals[0], own, when.year):
            notes.append(trap)
            doubtful = True
    if total is None:
        # without the state's own total, that of all its pairs: trade with states that do not report is left out
        code = str(own.code)
        rows = [r for r in pairs.rows.rows if r["year"] == str(when.year) and code in (r["ccode1"], r["ccode2"])]
        total = sum(flow for row in rows if (flow := _flows(pairs, [row])) is not None)
        notes.append(f"total from {len(rows)} pairs, as there is no national one")
    if not total:
        raise _Silent(f"the recorded trade of {own.name} in {when.year} is nil")
    if with_partner > total:
        notes.append(f"more than the whole of its trade ({with_partner:,.0f} of {total:,.0f} million)")
        doubtful = True
    return _Found(with_partner / total, pairs, str(when.year), tuple(notes), doubtful)


def _flows(holding: Holding, rows: list[Mapping[str, str]]) -> float | None:
    """Return the flows both ways, in million current US$; None where one is not known."""
    flows = [holding.value(row, name) for row in rows[:1] for name in ("flow1", "flow2")]
    return sum(flow for flow in flows if flow is not None) if flows and None not in flows else None


def _joint(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    a, b = states
    notes = _membership_notes(when.year)
    if folder.holdings("joint memberships"):
        holding = _first(folder, "joint memberships")
        _covered(holding, when.year)
        rows = holding.between(a.code, b.code, when.year)
        total = holding.value(rows[0], "total") if rows else None
        if total is None:
            raise _Silent(f"{holding.path.name} has no row for {a.name} and {b.name} in {when.year}")
        return _Found(int(total), holding, str(when.year), notes)
    wide = [holding for holding in folder.holdings("memberships") if holding.layout.wide]
    if not wide:
        raise _Silent(f"no file on joint memberships in the folder; expected {missed('joint memberships')}")
    ours, theirs = (set(_row_of(wide[0], state, when.year)["ones"].split("\n")) - {""} for state in states)
    return _Found(len(ours & theirs), wide[0], str(when.year), notes)


def _organisations(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    holding = _first(folder, "memberships")
    if not holding.layout.wide:
        found = _cell("memberships", "total", whole=True)(folder, states, when)
    else:
        ones = _row_of(holding, states[0], when.year)["ones"]
        found = _Found(len(ones.split("\n")) if ones else 0, holding, str(when.year))
    return replace(found, notes=_membership_notes(when.year))


def _membership_notes(year: int) -> tuple[str, ...]:
    between = year < YEARLY_MEMBERSHIPS and year % 5
    return ("before 1965 memberships were counted every fifth year; this one is filled in",) if between else ()


def _disputes(folder: FieldFolder, states: tuple[State, ...], when: When) -> _Found:
    counts = [(_count_disputes(holding, states, when), holding) for holding in folder.holdings("disputes")]
    if not counts:
        _first(folder, "disputes")
    count, holding = counts[0]
    _covered(holding, when.year - 1)
    notes = [f"{other.cited} has {theirs}" for theirs, other in counts[1:] if theirs != count]
    return _Found(count, holding, f"{when.year - DISPUTE_YEARS}-{when.year - 1}", tuple(notes))


def _count_disputes(holding: Holding, states: tuple[State, ...], when: When) -> int:
    """Count disputes in which the two stood on different sides; those of the year of the start are left out."""
    rows = holding.rows.rows
    recent = [row for row in rows if when.year - DISPUTE_YEARS <= holding.whole(row, "year") < when.year]
    a, b = (str(state.code) for state in states)
    if "side" in holding.layout.columns:
        sides: dict[str, dict[str, set[str]]] = {}
        for row in recent:
            sides.setdefault(row["dispute"], {}).setdefault(row["ccode"], set()).add(row["side"])
        return sum(
            any(one != other for one in by[a] for other in by[b]) for by in sides.values() if a in by and b in by
        )
    opposed = [r for r in recent if {r["ccode1"], r["ccode2"]} == {a, b} and r["side1"] != r["side2"]]
    return len({row["dispute"] for row in opposed})


_READERS: dict[str, Callable[[FieldFolder, tuple[State, ...], When], _Found]] = {
    "land_route": _land_route,
    "land_border": _land_border,
    "distance": _distance,
    "trade_share": _trade_share,
    "defence_pact": _pact("defence"),
    "nonaggression_pact": _pact("nonaggression"),
    "joint_organisations": _joint,
    "disputes": _disputes,
    "capability_share": _capability_share,
    "capability": _cell("capabilities", "cinc"),
    "soldiers": _cell("capabilities", "milper"),
    "population": _cell("capabilities", "tpop"),
    "ruggedness": _ruggedness,
    "polyarchy": _cell("polyarchy", "value"),
    "polity": _polity,
    "organisations": _organisations,
    "trade": _trade,
}
assert _READERS.keys() == MEASURES.keys()
