"""One backward pass shared among threads: each takes its part of the nodes of every stage, and waits for the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.graph import Graph
from blocs.game.tables import Tables
from blocs.solve.threads import in_step

Floats = NDArray[np.float64]

# below this many nodes a stage takes one thread less time than to wait for the others
SMALL = 500


class Lost(Exception):
    """The stage game at a head could not be solved; with step and node."""


def backward_in_threads(
    graph: Graph,
    tables: Tables,
    response: int,
    policy: NDArray[np.int8],
    restricted: NDArray[np.bool_],
    value: Floats,
    sigma: Floats,
    sigma_at: NDArray[np.int64],
    watch: tuple[NDArray[np.int64], NDArray[np.int64], Floats],
    threads: int,
    beyond: Floats,
) -> None:
    """Do what `blocs.game.kernels.backward` does, with `threads` threads; the answer is the same to the last bit.

    Parameters
    ----------
    graph, tables : Graph, Tables
    response, policy, restricted, value, sigma, sigma_at : as in the kernel
    watch : (watch_ptr, watch_row, watched), as in the kernel
    threads : int
    beyond : as in the kernel
    """
    from blocs.game import joint_kernels, kernels

    columns, draws = value.shape[2:]
    nodes = kernels.nodes_one if draws == 1 else kernels.nodes_many
    # the kernel for one draw wants to know more
    known = (kernels.width_of(columns),) if draws == 1 else ()
    carry, keep = graph.nodes + graph.ends, value.shape[0] > 1
    watch_ptr, watch_row, watched = watch
    pay, discount = tables.pay, tables.discount
    ended = np.empty((graph.ends, columns, draws))
    role = [int(one) for one in graph.stage_role]
    low = [int(one) for one in graph.node_ptr]
    width = [int(one) for one in graph.stage_width]
    other = [int(one) for one in graph.stage_otherwise]
    shift = sigma_at - graph.arc_ptr[graph.node_ptr[:-1]]

    def values_of(t: int) -> Floats:
        return value[t if keep else 0]

    def work(part: int, wait: Callable[[], int]) -> None:
        rows = kernels.room_of(graph.most_arcs, draws)
        scratch, shares = np.empty((rows, columns, draws)), np.empty((rows, draws))

        def mine(count: Any) -> tuple[int, int]:
            return int(count) * part // threads, int(count) * (part + 1) // threads

        if part == 0:
            last = values_of(graph.steps - 1)
            kernels.horizon(
                graph.ends, carry, int(graph.active[-1, 0]), graph.pay_bundle, graph.outcome, pay, tables.final,
                tables.weight, discount, beyond, last, ended,
            )  # fmt: skip
        for t in range(graph.steps - 1, -1, -1):
            v = values_of(t)
            if part == 0:
                kernels.enter(graph.ends, carry, graph.pay_bundle, pay, discount, v, ended)
            alone = True
            for k in range(graph.stages - 1, -1, -1):
                if width[k] == 0:
                    # solved with the first of the roles that choose at once
                    continue
                small = graph.active[t, k] < SMALL
                if alone and not small:
                    wait()
                alone = small
                if small and part > 0:
                    continue
                first, end = (0, int(graph.active[t, k])) if small else mine(graph.active[t, k])
                if width[k] > 1:
                    lost = joint_kernels.joint_nodes(
                        low[k] + first, low[k] + end, k, width[k], graph.stage_role, graph.node_ptr, graph.group_at,
                        graph.group_ptr, graph.arc_ptr, graph.arc_option, graph.arc_bundle, graph.branch_ptr,
                        graph.branch_next, graph.branch_row, tables.cost, tables.probability, tables.precision,
                        graph.stage_otherwise, tables.occasion, policy[t], restricted[t], v, sigma, shift[t],
                        t + 1 < graph.steps, shift[min(t + 1, graph.steps - 1)],
                    )  # fmt: skip
                    if lost >= 0:
                        raise Lost(t, int(lost))
                    if not small:
                        wait()
                    continue
                nodes(
                    low[k] + first, low[k] + end, role[k], v, tables.cost, tables.probability,
                    tables.precision[role[k]], graph.arc_ptr, graph.arc_option, graph.arc_bundle, graph.branch_ptr,
                    graph.branch_next, graph.branch_row, response, policy[t], restricted[t, k], other[k],
                    tables.occasion[k], sigma, shift[t, k], scratch, shares, *known,
                )  # fmt: skip
                if not small:
                    wait()
            if alone:
                wait()
            if watch_ptr[t + 1] > watch_ptr[t]:
                if part == 0:
                    here = slice(int(watch_ptr[t]), int(watch_ptr[t + 1]))
                    watched[here] = v[watch_row[here]]
                wait()
            if t > 0:
                first, end = mine(graph.active[t, 0])
                kernels.hand_on(first, end, carry, graph.pay_bundle, pay, tables.alive, discount, v, values_of(t - 1))
                wait()

    in_step(work, threads)
