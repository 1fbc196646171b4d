"""After a game: what happened, where it left history, how each decision changed the odds, what the solved would do."""

from __future__ import annotations

from typing import Any

import numpy as np

from blocs.errors import InputError
from blocs.game.history import HOLD, History, lay_out
from blocs.report.terminal import words
from blocs.web.play.course import DEADLINE, PERSON, STANDING, State, Table, Taken, Told
from blocs.web.play.secrets import EVERYTHING
from blocs.web.play.telling import actor, shifts, title
from blocs.web.play.viewing import view

CHOSEN = (PERSON, STANDING, DEADLINE)


def debrief(table: Table, state: State) -> dict[str, Any]:
    """Return the debrief of a game that is over, in plain values.

    Returns
    -------
    dict
        `outcome` and `history_outcome`; `record`; `odds` (at the start of each step); `decisions` of people with how
        each changed the odds and how often the solved player would have chosen the same; `departure`, where play first
        left history; `real`, what was really done; `turning`, the decision that moved the odds most.

    Raises
    ------
    InputError
        The game is still going on: a debrief tells every secret.
    """
    if state.outcome is None:
        raise InputError("the game is not over yet; its debrief would tell what is still secret")
    game = table.solved.game
    case = game.case
    assert case is not None
    history = lay_out(game) if case.history else None
    decisions = [_decision(table, one) for one in state.moves if one.entry.by in CHOSEN and _open(table, one)]
    acts = [one for one in decisions if one["by"] != STANDING or one["option"] != HOLD]
    agreed = [one["solved"] for one in decisions]
    return {
        "outcome": state.outcome,
        "history_outcome": case.outcome,
        "record": view(table, state, EVERYTHING)["record"],
        "odds": odds_course(table, state),
        "decisions": acts,
        "held": len(decisions) - len(acts),
        "departure": departure(table, state, history) if history is not None else None,
        "real": real_course(table),
        "turning": max(acts, key=lambda one: one["size"], default=None),
        # how likely these choices were for the solved player, as a geometric mean: one per choice if it never erred
        "likeness": float(np.exp(np.mean(np.log(np.maximum(agreed, 1e-12))))) if agreed else None,
        "secrets": [
            {"date": table.date(one.step), "sentence": entry["sentence"], "actor": entry["actor"]}
            for one, entry in zip(
                state.moves, [e for e in view(table, state, EVERYTHING)["record"] if e["role"]], strict=True
            )
            if table.solved.secret[int(game.graph.arc_option[one.arc])]
        ],
    }


def odds_course(table: Table, state: State) -> list[dict[str, Any]]:
    """Return the odds of each outcome at the start of each step that was played, and at the end."""
    game = table.solved.game
    found, seen = [], set()
    for one in state.moves:
        if one.step in seen:
            continue
        seen.add(one.step)
        odds = table.solved.odds(one.step, one.node)
        found.append({"date": table.date(one.step), "odds": dict(zip(game.outcomes, odds.tolist(), strict=True))})
    found.append({"date": "end", "odds": {name: float(name == state.outcome) for name in game.outcomes}})
    return found


def departure(table: Table, state: State, history: History) -> dict[str, Any] | None:
    """Return where play first did something else than was really done; None where it never did."""
    game = table.solved.game
    real = {(one.step, one.stage): one for one in history.decisions}
    for one in state.course:
        if isinstance(one, Told):
            if one.before != one.after:
                step = one.happening.place // game.graph.stages
                return {"date": table.date(step), "played": one.happening.title, "really": "nothing of the kind"}
            continue
        same = real.get((one.step, one.stage))
        if same is None:
            return {"date": table.date(one.step), "played": "the crisis went on", "really": "it had ended"}
        option = game.option_names[int(game.graph.arc_option[same.arc])]
        if option != one.entry.option or same.branch != one.branch:
            return {
                "date": table.date(one.step),
                "actor": actor(game, one.role),
                "stage": game.plan.stages[one.stage].name,
                "played": _named(table, one.stage, one.entry.option, one.entry.result),
                "really": _named(table, one.stage, option, _result(table, same.arc, same.branch)),
            }
    return None


def real_course(table: Table) -> list[dict[str, Any]]:
    """Return what was really done, with sources, confidence and disputes, as the case tells it."""
    game = table.solved.game
    case = game.case
    assert case is not None
    return [
        {
            "date": event.date,
            "actor": actor(game, event.role),
            "event": event.event,
            "source": list(event.source),
            "assumed": event.assumed,
            "confidence": event.confidence,
            "dispute": event.dispute,
        }
        for event in case.history
    ]


def _open(table: Table, one: Taken) -> bool:
    return len(table.solved.game.graph.arcs_of(one.node)) > 1


def _decision(table: Table, one: Taken) -> dict[str, Any]:
    """Return one choice of a person beside the solved player's, with what it did to the odds."""
    game, solved = table.solved.game, table.solved
    arcs = game.graph.arcs_of(one.node)
    share = solved.choices(one.step, one.stage, one.node)
    names = [game.option_names[int(game.graph.arc_option[arc])] for arc in arcs]
    before, after = solved.odds(one.step, one.node), solved.odds_after(one.step, one.arc)
    best = int(np.argmax(share))
    return {
        "place": one.entry.place,
        "date": table.date(one.step),
        "role": one.role,
        "actor": actor(game, one.role),
        "stage": game.plan.stages[one.stage].name,
        "option": one.entry.option,
        "title": title(one.entry.option),
        "result": words(one.entry.result),
        "by": one.entry.by,
        "solved": float(share[arcs.index(one.arc)]),
        "likeliest": names[best],
        "likeliest_title": title(names[best]),
        "likeliest_share": float(share[best]),
        "shifts": shifts(game.outcomes, before, after),
        "size": float(0.5 * np.abs(after - before).sum()),
    }


def _named(table: Table, stage: int, option: str, result: str) -> str:
    named = title(option)
    return f"{named} ({words(result)})" if result else named


def _result(table: Table, arc: int, branch: int) -> str:
    game = table.solved.game
    results = game.layout.options[int(game.graph.arc_option[arc])][1].results
    return results[branch - int(game.graph.branch_ptr[arc])]
