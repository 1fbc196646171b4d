"""What the data of the field say of a case, for the terminal and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blocs.interop.field.checking import FactCheck, FieldReport, Standing, shown
from blocs.interop.field.measuring import Reading
from blocs.language.measures import MEASURES
from blocs.report.terminal import new_table

if TYPE_CHECKING:
    from rich.console import Console

# measures of two states that say another thing of the one than of the other
_ONE_SIDED = frozenset({"trade_share", "capability_share"})
_STYLES = {Standing.DIFFERS: "bold", Standing.AGREES: "", Standing.SILENT: "dim"}


def print_field(console: Console, report: FieldReport, title: str) -> None:
    """Print the facts beside the data, then what the data say of each state and of each two.

    Parameters
    ----------
    console : Console
    report : FieldReport
    title : str
        Of the case.
    """
    console.print(f"{title}: facts beside the data of {report.when.year}\n")
    if report.facts:
        _print_facts(console, report)
    else:
        console.print("No fact of the theory says by which measure data speak to it (key `measure`).\n")
    _print_evidence(console, report, 1)
    _print_evidence(console, report, 2)
    remarks = list(dict.fromkeys([*report.notes, *_remarks(report)]))
    for remark in remarks:
        console.print(f"- {remark}", soft_wrap=True)


def _print_facts(console: Console, report: FieldReport) -> None:
    table = new_table()
    for head in ("fact", "case", "data", "", "by"):
        table.add_column(head)
    for check in report.facts:
        reading = check.reading
        by = f"{reading.cited}, {reading.period} ({reading.file})" if reading.value is not None else reading.why
        style = _STYLES.get(check.standing, "")
        table.add_row(check.name, in_case(check), shown(reading.value), check.standing.value, by, style=style)
    console.print(table)
    console.print()


def in_case(check: FactCheck) -> str:
    """Return what a case says of a fact: its value, its range, and whether it is only assumed."""
    fact = check.fact
    if fact is None:
        return "-"
    span = f" ({shown(fact.range[0])} to {shown(fact.range[1])})" if fact.range else ""
    return f"{shown(fact.value)}{span}{', assumed' if fact.assumed and not fact.source else ''}"


def _print_evidence(console: Console, report: FieldReport, states: int) -> None:
    """Print a table with one row a measure and one column a state, or a pair."""
    columns: dict[frozenset[int], str] = {}
    cells: dict[str, dict[frozenset[int], list[str]]] = {}
    for roles, reading in report.evidence:
        if len(roles) == states:
            pair = frozenset(state.code for state in reading.states)
            columns.setdefault(pair, " - ".join(state.name for state in reading.states))
            if reading.value is not None:
                cells.setdefault(reading.measure, {}).setdefault(pair, []).append(_cell(reading))
    if not cells:
        return
    table = new_table()
    table.add_column("", no_wrap=True)
    for head in columns.values():
        table.add_column(head, justify="right")
    for name, row in cells.items():
        unit = MEASURES[name].unit
        head = f"{name.replace('_', ' ')}{f', {unit}' if unit else ''}"
        table.add_row(head, *("; ".join(row.get(pair, ())) for pair in columns))
    console.print(table)
    console.print()


def _cell(reading: Reading) -> str:
    """Return a value; where it is not the same for both states, whose it is."""
    whose = f" ({reading.states[0].name})" if reading.measure in _ONE_SIDED else ""
    return f"{shown(reading.value)}{whose}{' (doubtful)' if reading.doubtful else ''}"


def _remarks(report: FieldReport) -> list[str]:
    """Return what has to be known about the values, each remark once, and what the folder does not tell."""
    notes: dict[tuple[str, str], list[str]] = {}
    for reading in [*(check.reading for check in report.facts), *(reading for _, reading in report.evidence)]:
        for note in reading.notes:
            about = notes.setdefault((reading.measure, note), [])
            about.append(" and ".join(state.name for state in reading.states))
    remarks = [
        f"{measure.replace('_', ' ')}{f' ({names[0]})' if len(set(names)) == 1 else ''}: {note}"
        for (measure, note), names in notes.items()
    ]
    if report.when.month > 1:
        remarks.append(
            f"yearly data of {report.when.year} reach beyond the start, when a fact must have been knowable; "
            f"`--year {report.when.year - 1}` shows the year before"
        )
    return [*remarks, *dict.fromkeys(one.why for _, one in report.evidence if one.value is None)]


def field_json(report: FieldReport) -> dict[str, Any]:
    """Return the whole report as plain data."""
    return {
        "year": report.when.year,
        "states": {role: {"cow": state.code, "actor": state.name} for role, state in report.states.items()},
        "facts": [
            {
                "fact": check.name,
                "standing": check.standing.name.lower(),
                "case": None if check.fact is None else check.fact.model_dump(exclude_defaults=True),
                "roles": list(check.call.roles),
                "data": reading_json(check.reading),
            }
            for check in report.facts
        ],
        "evidence": [{"roles": list(roles), **reading_json(reading)} for roles, reading in report.evidence],
        "notes": list(report.notes),
    }


def reading_json(reading: Reading) -> dict[str, Any]:
    """Return what data say of one measure as plain data."""
    return {
        "measure": reading.measure,
        "states": [state.code for state in reading.states],
        "value": reading.value,
        "unit": MEASURES[reading.measure].unit,
        "period": reading.period,
        "source": reading.source,
        "dataset": reading.cited,
        "file": reading.file,
        "notes": list(reading.notes),
        "doubtful": reading.doubtful,
        "why": reading.why,
    }
