"""Stages in which several roles choose at once: what each can tell, and whether the equilibrium is the only one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.game.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blocs.game.game import Game
    from blocs.game.pullback import TableSlopes
    from blocs.solve.sequential import Pass, Restriction

Floats = NDArray[np.float64]

# stage games in which other equilibria are sought, and the starting points in each: a tenth of a second in all
GAMES, STARTS = 2000, 16


def group_weights(game: Game, done: Pass, step: int, stage: int, node: int) -> dict[int, Floats]:
    """Return where play can be when a role chooses, as far as it can tell, with probabilities (draw,).

    Rows are nodes of the stage that have the head of `node`, and ended classes that a choice made at the same time has
    led to. A role that chooses alone or first knows its node.
    """
    graph = game.graph
    head, k = graph.head_of(node), graph.head_stage(stage)
    here = {head: np.ones(done.tables.draws)}
    while k < stage:
        there: dict[int, Floats] = {}
        first = int(graph.arc_ptr[graph.node_ptr[k]])
        for row, weight in here.items():
            if row >= graph.nodes:
                there[row] = there.get(row, 0.0) + weight
                continue
            for arc in graph.arcs_of(row):
                share = weight * done.sigma[int(done.sigma_at[step, k]) + arc - first]
                branches = graph.branches_of(arc)
                for b in branches:
                    p = done.tables.probability[graph.branch_row[b]] if len(branches) > 1 else 1.0
                    after = int(graph.branch_next[b])
                    there[after] = there.get(after, 0.0) + share * p
        here, k = there, k + 1
    return here


def all_weights(graph: Graph, done: Pass, step: int, stage: int, draw: int) -> Floats:
    """Return for each active node of a stage the probability of being there, given its head; float64 array (node,)."""
    k = graph.head_stage(stage)
    weight = np.ones(int(graph.active[step, k]))
    while k < stage:
        low, count = int(graph.node_ptr[k]), int(graph.active[step, k])
        arcs = graph.arc_ptr[low : low + count + 1].astype(np.int64)
        branches = graph.branch_ptr[arcs[0] : arcs[-1] + 1].astype(np.int64)
        inside = slice(int(branches[0]), int(branches[-1]))
        at = int(done.sigma_at[step, k])
        share = np.repeat(weight, np.diff(arcs)) * done.sigma[at : at + arcs[-1] - arcs[0], draw]
        flow = np.repeat(share, np.diff(branches)) * done.tables.probability[graph.branch_row[inside], draw]
        after = graph.branch_next[inside] - int(graph.node_ptr[k + 1])
        count = int(graph.active[step, k + 1])
        open_ = (after >= 0) & (after < count)
        weight = np.bincount(after[open_], flow[open_], minlength=count).astype(np.float64)
        k += 1
    return weight


def as_seen(graph: Graph, done: Pass, step: int, stage: int, draw: int, q: Floats) -> Floats:
    """Return what each arc of a stage is worth to a mover who cannot tell the nodes of a group apart; (arc,).

    What ended classes add is left out: it is the same for all options.
    """
    low, count = int(graph.node_ptr[stage]), int(graph.active[step, stage])
    arc_ptr = graph.arc_ptr[low : low + count + 1].astype(np.int64)
    counts = np.diff(arc_ptr)
    k = graph.head_stage(stage)
    at, heads = int(graph.group_at[stage]), int(graph.active[step, k])
    ends = graph.group_ptr[at : at + heads + 1] - low
    first = np.repeat(ends[:-1], np.diff(ends))
    place = np.arange(arc_ptr[-1] - arc_ptr[0]) - np.repeat(arc_ptr[:-1] - arc_ptr[0], counts)
    key = np.repeat(arc_ptr[:-1][first] - arc_ptr[0], counts) + place
    weight = np.repeat(all_weights(graph, done, step, stage, draw), counts)
    return np.bincount(key, weight * q, minlength=len(q)).astype(np.float64)[key]


def look_for_others(
    game: Game, done: Pass, restrictions: Sequence[Restriction] = (), draw: int = 0
) -> tuple[bool | None, str]:
    """Seek other equilibria of the stage games, from every profile of options.

    Parameters
    ----------
    game : Game
    done : Pass
        Steps whose values were kept are looked at.
    restrictions : sequence of Restriction
    draw : int

    Returns
    -------
    agree : bool or None
        Whether none was found; None where nobody chooses at the same time as another.
    told : str
        What was found, in words.
    """
    from blocs.game.joint_kernels import joint_starts
    from blocs.solve.sequential import policy_of

    graph, tables = game.graph, done.tables
    if not graph.joint:
        return None, ""
    policy, restricted = policy_of(game, restrictions)
    places = [
        (t, k, int(graph.active[t, k]))
        for t in range(done.value.shape[0])
        for k in np.flatnonzero(graph.stage_width > 1).tolist()
    ]
    total = sum(count for _, _, count in places)
    share = min(1.0, GAMES / max(total, 1))
    looked = sure = several = 0
    for t, k, count in places:
        heads = np.unique(np.linspace(0, count - 1, max(int(np.ceil(share * count)), 1)).astype(np.int64))
        shift = done.sigma_at[t] - graph.arc_ptr[graph.node_ptr[:-1]]
        one, more = joint_starts(
            heads + int(graph.node_ptr[k]), STARTS, k, int(graph.stage_width[k]), graph.stage_role, graph.node_ptr,
            graph.group_at, graph.group_ptr, graph.arc_ptr, graph.arc_option, graph.arc_bundle, graph.branch_ptr,
            graph.branch_next, graph.branch_row, tables.cost, tables.probability, tables.precision,
            graph.stage_otherwise, tables.occasion, policy[t], restricted[t], done.value[t], done.sigma, shift, draw,
        )  # fmt: skip
        looked, sure, several = looked + len(heads), sure + one, several + more
    which = f"{looked:,} of {total:,}" if looked < total else f"all {total:,}"
    told = f"{which} games of choices made at once searched for other equilibria ({sure:,} provably have none): "
    if several:
        return False, told + f"found in {several:,}, where the branch from choice at random was taken"
    return True, told + "none found"


def joint_adjoint(
    game: Game,
    done: Pass,
    low: int,
    high: int,
    d_start: Floats,
    seeds: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats],
    found: TableSlopes,
    pull: Floats,
    ended: Floats,
    begins: bool,
    closes: bool,
) -> None:
    """Do what `blocs.game.adjoint.adjoint` does for a game in which several roles choose at once somewhere.

    Parameters
    ----------
    game : Game
    done : Pass
        With the values of every step kept.
    low, high : int
        Draws.
    d_start, seeds, found, pull, ended, begins, closes : as there
    """
    from blocs.game import kernels
    from blocs.game.adjoint import close, hand_forward, most_at_once, pull_stage
    from blocs.game.joint_kernels import joint_pull

    graph, tables = game.graph, done.tables
    seed_ptr, seed_node, seed_at, seed = seeds
    columns, draws = tables.cost.shape[1:]
    most = int(most_at_once(graph.nodes, columns, graph.arc_ptr, graph.branch_ptr))
    room, dv = np.empty((6, most, draws)), np.empty((columns, draws))
    if begins:
        pull[graph.start, :, low:high] = d_start[:, low:high]
        found.pay[graph.pay_bundle[graph.start], :, low:high] += d_start[:, low:high]
    for t in range(graph.steps):
        value, shift = done.value[t], done.sigma_at[t] - graph.arc_ptr[graph.node_ptr[:-1]]
        for k in range(graph.stages):
            first, width = int(graph.node_ptr[k]), int(graph.stage_width[k])
            place = t * graph.stages + k
            if width == 1:
                pull_stage(
                    low, high, place, first, first + int(graph.active[t, k]), int(graph.stage_role[k]),
                    tables.precision, kernels.LOGIT, int(graph.stage_otherwise[k]), tables.occasion[k], value,
                    done.sigma, int(shift[k]), seed_ptr, seed_node, seed_at, seed, pull, graph.arc_ptr,
                    graph.arc_option, graph.arc_bundle, graph.branch_ptr, graph.branch_next, graph.branch_row,
                    tables.cost, tables.probability, found.cost, found.probability, found.precision,
                    found.occasion[k], dv, room, kernels.width_of(columns),
                )  # fmt: skip
            elif width > 1:
                # seeds of each turn, then what stands at the heads
                jobs = [
                    (graph.head_of(int(seed_node[i])), 1, j, int(seed_at[i]))
                    for j in range(width)
                    for i in range(int(seed_ptr[place + j]), int(seed_ptr[place + j + 1]))
                ]
                for head, count, turn, at in [*jobs, (first, int(graph.active[t, k]), -1, -1)]:
                    joint_pull(
                        low, high, head, head + count, turn, at, k, width, graph.stage_role, graph.node_ptr,
                        graph.group_at, graph.group_ptr, graph.arc_ptr, graph.arc_bundle, graph.arc_option,
                        graph.branch_ptr, graph.branch_next, graph.branch_row, tables.cost, tables.probability,
                        tables.precision, graph.stage_otherwise, tables.occasion, value, done.sigma, shift, seed, pull,
                        found.cost, found.probability, found.precision, found.occasion,
                    )  # fmt: skip
        hand_forward(
            low, high, t, closes and t + 1 == graph.steps, graph.node_ptr, graph.active, graph.pay_bundle, tables.pay,
            tables.weight, tables.discount, value, done.value[min(t + 1, graph.steps - 1)], pull, ended, found.pay,
            found.weight, found.discount,
        )  # fmt: skip
    if closes:
        close(
            low, high, graph.first_stage, graph.pay_bundle, tables.pay, tables.weight, ended, found.pay, found.weight
        )  # fmt: skip
