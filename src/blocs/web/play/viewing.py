"""A table as one of its players sees it, in plain values: what pages and programs show."""

from __future__ import annotations

from typing import Any

from blocs.language.calendar import parse_period
from blocs.report.terminal import words
from blocs.web.play.course import ONLY, State, Table, Taken, Told
from blocs.web.play.secrets import is_pending, known_state, seen_option, seen_sentence
from blocs.web.play.telling import actor, cards, title


def view(table: Table, state: State, viewer: str, *, advise: bool = True, since: int = 0) -> dict[str, Any]:
    """Return what a role sees (an empty name: somebody who plays none; `secrets.EVERYTHING`: the host).

    Parameters
    ----------
    table, state
    viewer : str
    advise : bool
        Give a forecast for each option.
    since : int
        The place from which on moves are new to the viewer.

    Returns
    -------
    dict
        `date`, `step`, `steps`, `turn` (role, actor, stage, whether it is the viewer's), `situation` (variable, value,
        help, whether it is new), `news` (what happened since), `record` (all of it), `options` (where it is the
        viewer's turn) and `outcome`.
    """
    game = table.solved.game
    turn = table.turn(state)
    step = min(state.place // game.graph.stages, game.graph.steps - 1)
    record = _record(table, state, viewer)
    changed = _changed(table, state, viewer, since)
    mine = turn is not None and turn.role == viewer
    return {
        "place": state.place,
        "date": table.date(step),
        "step": step + 1,
        "steps": game.graph.steps,
        "turn": {
            "role": turn.role,
            "actor": actor(game, turn.role),
            "stage": game.plan.stages[turn.stage].name,
            "help": game.theory.stages[game.plan.stages[turn.stage].number].help,
            "mine": mine,
            "person": turn.role in table.people,
        }
        if turn is not None
        else None,
        "situation": [
            {
                "variable": name,
                "title": words(name),
                "value": words(value),
                "help": game.theory.state[name].help,
                "new": name in changed,
            }
            for name, value in known_state(table, state, viewer).items()
        ],
        "record": record,
        "news": [one for one in record if one["place"] >= since and not one["quiet"]],
        "options": [one.to_json() for one in cards(table, state, turn, viewer, advise)] if mine and turn else [],
        "outcome": state.outcome,
    }


def _record(table: Table, state: State, viewer: str) -> list[dict[str, Any]]:
    """Return everything that a viewer knows to have happened, in order."""
    game = table.solved.game
    names = {role: actor(game, role) for role in game.roles}
    told = []
    for one in state.course:
        if isinstance(one, Told):
            step = one.happening.place // game.graph.stages
            told.append(
                {
                    "place": one.happening.place,
                    "date": table.date(step),
                    "role": "",
                    "actor": "",
                    "option": "",
                    "sentence": f"{one.happening.title}. {one.happening.text}".strip(),
                    "by": "host",
                    "quiet": False,
                    "secret": False,
                }
            )
            continue
        if is_pending(table, state, one, viewer):
            continue
        option = seen_option(table, state, one, viewer)
        told.append(
            {
                "place": one.entry.place,
                "date": table.date(one.step),
                "role": one.role,
                "actor": names[one.role],
                "option": option,
                "title": title(option),
                "sentence": seen_sentence(table, state, one, viewer),
                "by": one.entry.by if one.entry.by != ONLY else "",
                "quiet": option == "hold",
                "secret": _spec_secret(table, one) and viewer != "" and option == one.entry.option,
            }
        )
    return told


def _spec_secret(table: Table, one: Taken) -> bool:
    game = table.solved.game
    return table.solved.secret[int(game.graph.arc_option[one.arc])]


def _changed(table: Table, state: State, viewer: str, since: int) -> set[str]:
    """Return the variables whose value, as the viewer knows it, is not what it was at a place."""
    earlier = [
        one for one in state.course if (one.entry.place if isinstance(one, Taken) else one.happening.place) < since
    ]
    if not earlier and since > 0:
        return set()
    last = earlier[-1] if earlier else None
    code = last.after if last is not None else table.start().code
    before = known_state(table, State(since, 0, code, tuple(earlier)), viewer)
    now = known_state(table, state, viewer)
    return {name for name, value in now.items() if before[name] != value}


def background(table: Table) -> list[dict[str, Any]]:
    """Return what the case tells of the time before its first step, with sources: everybody may know it."""
    case = table.solved.game.case
    assert case is not None
    found = table.solved.background
    if not found:
        found += [
            {"date": remark.date, "event": remark.event, "source": list(remark.source)}
            for remark in case.context
            if remark.date is not None and is_before(remark.date, case.calendar.first)
        ]
    return found


def is_before(date: str, month: int) -> bool:
    """Return whether a date, or the last of two, is over when a month begins."""
    span = parse_period(date)
    return span.first + span.months <= month


def prepared(table: Table) -> list[dict[str, Any]]:
    """Return what the case tells of the time that is played, which a host may bring in: real events with sources."""
    case = table.solved.game.case
    assert case is not None
    last = case.calendar.first + case.calendar.steps * case.calendar.months
    found = []
    for remark in case.context:
        span = parse_period(remark.date) if remark.date is not None else None
        if span is not None and case.calendar.first <= span.first < last:
            found.append({"title": str(remark.date), "text": remark.event, "set": {}, "source": list(remark.source)})
    return found
