"""Why an option is worth what it is: its value by payoff term, now and later, in numbers that add up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.explanation import Explanation, later_parts, taken_apart
from blocs.forecast.prices import price_parts, prices
from blocs.forecast.typed_explain import explain_types
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.game.history import Decision, History, lay_out
from blocs.solve.draws import Draws
from blocs.solve.joint import group_weights
from blocs.solve.private import Beliefs
from blocs.solve.sequential import Progress, Restriction, backward, slice_values

Floats = NDArray[np.float64]

# explanations carry many columns: few draws at a time keep memory small
BATCH = 4


def choose_decisions(
    game: Game, history: History, *, at: str | None = None, role: str | None = None, option: str | None = None
) -> list[Decision]:
    """Return the decisions of the real history that a question is about.

    Parameters
    ----------
    game : Game
    history : History
    at : str, optional
        A date; else every step.
    role : str, optional
        Else the first role of the theory (the patron).
    option : str, optional
        Only decisions at which this option was legal.

    Raises
    ------
    InputError
        Unknown names, dates outside the calendar, or nothing that fits.
    """
    assert game.case is not None
    step, problems = None, []
    if at is not None:
        try:
            step = game.case.calendar.index(at)
        except ValueError as error:
            problems.append(Problem(str(error)))
    if role is not None and role not in game.roles:
        problems.append(Problem(f"there is no role `{role}`", hint=nearest(role, game.roles)))
    if option is not None and option not in game.option_names:
        problems.append(Problem(f"there is no option `{option}`", hint=nearest(option, game.option_names)))
    if problems:
        raise InputError(problems)
    if role is None and option is not None and option != "hold":
        # an option tells whose question it is
        number = game.option_names.index(option)
        role = game.roles[game.plan.stages[game.option_stages[number]].role]
    wanted = game.roles.index(role) if role is not None else 0
    found = [
        decision
        for decision in history.decisions
        if decision.open
        and (step is None or decision.step == step)
        and int(game.graph.stage_role[decision.stage]) == wanted
        and (option is None or option in (game.option_names[o] for o in decision.options))
    ]
    if not found:
        what = (
            f"`{option}` was not legal for the {game.roles[wanted]}"
            if option
            else (f"the {game.roles[wanted]} had nothing to decide")
        )
        raise InputError(f"{what} {'in ' + at if at else 'at any decision of the real history'}")
    return found


def explain(
    game: Game,
    draws: Draws,
    decisions: Sequence[Decision] | None = None,
    *,
    restrictions: Sequence[Restriction] = (),
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
) -> list[Explanation]:
    """Take the options at decisions of the real history apart.

    Parameters
    ----------
    game : Game
    draws : Draws
    decisions : sequence of Decision, optional
        Default: every decision of the first role (the patron).
    restrictions : sequence of Restriction
    progress : callable (done, total), optional
        Told after every batch of draws.
    threads : int
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    list of Explanation
        In the order of the decisions; for a role with private types one for each of them, in the theory's order.

    Notes
    -----
    The value of an option is minus the price of taking it now, by the parts of its cost formula, plus what follows:
    each payoff term of the mover and the price of its own later acts, discounted and expected over everybody's choices.
    """
    if decisions is None:
        decisions = choose_decisions(game, lay_out(game))
    if game.plan.types:
        if restrictions:
            raise InputError("options are not taken apart under forced moves in a game with private types")
        return explain_types(game, draws, decisions, method=beliefs, progress=progress, threads=threads)
    by_role: dict[int, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda one: (one.step, one.stage)):
        by_role.setdefault(int(game.graph.stage_role[decision.stage]), []).append(decision)
    explained: dict[tuple[int, int], Explanation] = {}
    for number, (role, mine) in enumerate(by_role.items()):

        def report(done: int, number: int = number) -> None:
            if progress is not None:
                progress(number * len(draws) + done, len(by_role) * len(draws))

        found = _explain_role(game, draws, role, mine, restrictions, report, threads)
        for decision, explanation in zip(mine, found, strict=True):
            explained[(decision.step, decision.stage)] = explanation
    return [explained[(decision.step, decision.stage)] for decision in decisions]


def _explain_role(
    game: Game,
    draws: Draws,
    role: int,
    decisions: Sequence[Decision],
    restrictions: Sequence[Restriction],
    report: Callable[[int], None],
    threads: int,
) -> list[Explanation]:
    graph = game.graph
    terms = [(i, term) for i, term in enumerate(game.plan.terms) if term.role == role]
    columns = game.columns(
        *(Column("term", role=role, index=i, label=term.name) for i, term in terms),
        Column("cost", role=role, label="costs"),
    )
    places = [_places(game, decision) for decision in decisions]
    watch = [
        (decision.step, row)
        for decision, (nodes, over) in zip(decisions, places, strict=True)
        for row in [*(int(graph.branch_next[b]) for arc in _arcs(game, nodes) for b in graph.branches_of(arc)), *over]
    ]
    total = len(draws)
    width = len(columns)
    watched = np.empty((len(watch), width, total))
    choices = [np.empty((len(decision.arcs), total)) for decision in decisions]
    weights = [np.ones((len(nodes) + len(over), total)) for nodes, over in places]
    chances, costs, precision = [], [], np.empty(total)
    occasions = np.empty((graph.stages, total))
    from blocs.forecast.solving import choice_probabilities

    now = [price_parts(game, role, decision) for decision in decisions]
    for low in range(0, total, BATCH):
        high = min(low + BATCH, total)
        values = slice_values(draws.values, low, high)
        tables = game.tables(values, columns, high - low)
        done = backward(game, tables, restrictions=restrictions, watch=watch, threads=threads)
        watched[:, :, low:high] = done.watched
        precision[low:high] = tables.precision[role]
        occasions[:, low:high] = tables.occasion
        for choice, decision in zip(choices, decisions, strict=True):
            choice[:, low:high] = choice_probabilities(game, done, decision)
        for weight, decision, (nodes, over) in zip(weights, decisions, places, strict=True):
            where = group_weights(game, done, decision.step, decision.stage, decision.node)
            weight[:, low:high] = [where[row] for row in [*nodes, *over]]
        chances.append(tables.probability)
        costs.append(
            [
                prices(game, decision, nodes, weight[:, low:high], parts, values)
                for decision, parts, (nodes, _), weight in zip(decisions, now, places, weights, strict=True)
            ]
        )
        report(high)
    chance = np.concatenate(chances, axis=1)
    result, at = [], 0
    for number, decision in enumerate(decisions):
        later = np.zeros((width, len(decision.arcs), total))
        nodes, over = places[number]
        for i, node in enumerate(nodes):
            for a, arc in enumerate(graph.arcs_of(node)):
                for b in graph.branches_of(arc):
                    later[:, a] += weights[number][i] * chance[graph.branch_row[b]] * watched[at]
                    at += 1
        for weight in weights[number][len(nodes) :]:
            # what others do at the same time has ended the crisis, whatever is chosen
            later += weight * watched[at][:, None]
            at += 1
        price = np.concatenate([block[number] for block in costs], axis=2)
        contributions = np.concatenate([0.0 - price, later[len(columns.players) :]])
        value = later[role] - price.sum(axis=0)
        parts = later_parts(game, role, now[number])
        occasion = occasions[decision.stage]
        told = taken_apart(game, decision, parts, contributions, value, choices[number], precision, occasion=occasion)
        result.append(told)
    return result


def _places(game: Game, decision: Decision) -> tuple[list[int], list[int]]:
    """Return the nodes that the role cannot tell from its own, and the ended classes that play may have come to."""
    graph = game.graph
    head, k = graph.head_of(decision.node), graph.head_stage(decision.stage)
    here, over = [head], dict[int, None]()
    while k < decision.stage:
        after = {int(graph.branch_next[b]): None for arc in _arcs(game, here) for b in graph.branches_of(arc)}
        over.update((row, None) for row in after if row >= graph.nodes)
        here, k = [row for row in after if row < graph.nodes], k + 1
    return here, list(over)


def _arcs(game: Game, nodes: Sequence[int]) -> list[int]:
    return [arc for node in nodes for arc in game.graph.arcs_of(node)]
