"""Checks that need the reachable states: dead options, uncovered ends, impossible probabilities, illegal histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.game import Game, compile_game
from blocs.game.graph import Graph
from blocs.game.history import lay_out
from blocs.game.tables import ROUNDING
from blocs.language.sampling import sample

if TYPE_CHECKING:
    from blocs.language.case import Case

# prior draws at which probabilities are looked at; a formula that leaves [0, 1] with any weight does so at some of them
DRAWS = 64


def inspect_case(case: Case) -> list[Problem]:
    """Compile a case and return every error and warning that its reachable states show.

    Parameters
    ----------
    case : Case
        Already free of the errors that need no states.

    Returns
    -------
    list of Problem
    """
    try:
        game = compile_game(case)
    except InputError as error:
        return list(error.problems)
    problems = [*dead_options(game), *uncovered_ends(game), *impossible_probabilities(game)]
    try:
        if case.history:
            lay_out(game)
    except InputError as error:
        problems.extend(error.problems)
    return problems


def dead_options(game: Game) -> list[Problem]:
    """Warn of options that are legal in no reachable state."""
    used = np.zeros(len(game.layout.options), dtype=bool)
    used[game.graph.arc_option] = True
    steps = f" in {game.graph.steps} step{'s' if game.graph.steps > 1 else ''}"
    within = "" if game.plan.forever else steps
    return [
        game.theory.origins.problem(
            plan.path,
            f"`{plan.name}` can never be taken: no state reachable{within} makes it legal",
            severity="warning",
        )
        for number, (_, plan) in enumerate(game.layout.options)
        if not used[number]
    ]


def uncovered_ends(game: Game) -> list[Problem]:
    """Find an end of the game that no outcome names."""
    graph = game.graph
    if not game.outcomes:
        return [game.theory.origins.problem(("outcomes",), "no outcome is named", "add `intact: otherwise`")]
    open_at_end = np.flatnonzero(open_after_last_step(graph) & (graph.outcome[: graph.first_stage] < 0))
    ended = np.flatnonzero(graph.outcome[graph.first_stage :] < 0)
    if len(ended):
        code = int(graph.end_codes[np.flatnonzero(graph.end_class == ended[0])[0]])
        when = "ended"
    elif len(open_at_end):
        code, when = int(graph.codes[open_at_end[0]]), "open after the last step"
    else:
        return []
    state = ", ".join(f"{name} {value}" for name, value in game.plan.space.labels(code).items())
    return [
        game.theory.origins.problem(
            ("outcomes",), f"no outcome covers a reachable state that is {when}: {state}", "end with `...: otherwise`"
        )
    ]


def open_after_last_step(graph: Graph) -> NDArray[np.bool_]:
    """Return which states of the first stage play can really be in after the last step; bool array (first-stage node,).

    A state that was reached once need not be there to the end: a counter moves on.
    """
    source = np.repeat(np.repeat(np.arange(graph.nodes), np.diff(graph.arc_ptr)), np.diff(graph.branch_ptr))
    first_branch = graph.branch_ptr[graph.arc_ptr[graph.node_ptr]]
    here = np.zeros(graph.slots, dtype=np.bool_)
    here[graph.start] = True
    carry = graph.nodes + graph.ends
    for _ in range(graph.steps):
        for k in range(graph.stages):
            branches = slice(int(first_branch[k]), int(first_branch[k + 1]))
            here[graph.branch_next[branches][here[source[branches]]]] = True
        here[: graph.first_stage] = here[carry:]
        here[graph.first_stage :] = False
    return here[: graph.first_stage]


def impossible_probabilities(game: Game) -> list[Problem]:
    """Find probabilities outside [0, 1], or that sum to more than one, in reachable states at draws from the priors."""
    rng = np.random.default_rng(0)
    values = {name: sample(spec.prior, rng, DRAWS) for name, spec in game.theory.parameters.items()}
    values = {**game.plan.facts, **values}
    problems, layout = [], game.layout
    for number, (_, option) in enumerate(layout.options):
        classes = np.unique(layout.bundle_class[layout.bundle_option == number])
        stated, total = len(option.costs), np.zeros((len(classes), DRAWS))
        for branch, formula in enumerate(option.chance):
            if formula is None:
                continue
            p = formula.compute(values, DRAWS)[option.bundle_rows[stated, classes]]
            stated += 1
            total += p
            if not np.isfinite(p).all() or (p < -ROUNDING).any() or (p > 1 + ROUNDING).any():
                worst = float(p.flat[np.argmax(np.abs(np.where(np.isfinite(p), p, np.inf) - 0.5))])
                problems.append(
                    game.theory.origins.problem(
                        (*option.path, "chance", branch, "p"),
                        f"this probability is {worst:g} in a reachable state, at a draw from the priors",
                        "keep it in [0, 1] with `clip(p, 0, 1)` or `logistic`",
                    )
                )
        if not option.chance or not len(classes):
            continue
        where = (*option.path, "chance")
        if None in option.chance:
            if (total > 1 + ROUNDING).any():
                problems.append(
                    game.theory.origins.problem(
                        where, f"the probabilities sum to {total.max():g}, more than 1, at a draw from the priors"
                    )
                )
        elif (np.abs(total - 1) > ROUNDING).any():
            problems.append(
                game.theory.origins.problem(
                    where,
                    f"the probabilities sum to {float(total.flat[np.argmax(np.abs(total - 1))]):g}, not to 1",
                    "write `rest` for one of them",
                )
            )
    return problems
