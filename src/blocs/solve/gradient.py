"""Exact derivatives of anything at the start of a game, and of a history's likelihood, by parameters and facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError, UsageError
from blocs.game.columns import Columns
from blocs.game.game import Game
from blocs.game.pullback import TableSlopes, pull_back
from blocs.solve.draws import Draws
from blocs.solve.endless import Endless
from blocs.solve.joint import joint_adjoint
from blocs.solve.sequential import Pass
from blocs.solve.threads import in_parts

Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Seeds = tuple[_Ints, _Ints, _Ints, Floats]

# beyond the calendar derivatives are followed until they are this small against the largest, for so many steps at most
DIED_OUT, REVERSALS = 1e-15, 20_000


@dataclass(frozen=True)
class Seed:
    """Weight of the logarithm of one choice probability in the quantity to differentiate.

    Parameters
    ----------
    step, stage, node : int
    arc : int
        The arc whose log-probability counts.
    weight : float or float64 array (draw,)
    """

    step: int
    stage: int
    node: int
    arc: int
    weight: float | Floats = 1.0


def table_slopes(game: Game, done: Pass, d_start: Floats, seeds: Sequence[Seed] = (), threads: int = 0) -> TableSlopes:
    """Run the reverse pass.

    Parameters
    ----------
    game : Game
        With `response: logit` or `probit`.
    done : Pass
        With the values of every step kept.
    d_start : float64 array (column, draw)
        Derivative of the quantity by the values at the start.
    seeds : sequence of Seed
        Log-probabilities of choices that count in the quantity.

    Notes
    -----
    Cost: about that of one backward pass with the same columns.
    """
    graph, tables = game.graph, done.tables
    if game.plan.response == "best":
        raise UsageError("a best response has no derivative; use `response: logit` or `probit`")
    if done.value.shape[0] != graph.steps:
        raise ValueError("the pass must have kept the values of every step")
    seed_ptr, seed_node, seed_at, seed = _lay_out(game, done, seeds)
    found = TableSlopes(
        cost=np.zeros_like(tables.cost),
        probability=np.zeros_like(tables.probability),
        pay=np.zeros_like(tables.pay),
        weight=np.zeros_like(tables.weight),
        discount=np.zeros_like(tables.discount),
        precision=np.zeros_like(tables.precision),
        occasion=np.zeros_like(tables.occasion),
    )
    columns, draws = tables.cost.shape[1:]
    pull, ended = np.zeros((graph.slots, columns, draws)), np.zeros((graph.ends, columns, draws))
    d_start = np.ascontiguousarray(d_start)

    def reverse(low: int, high: int) -> None:
        _reverse(
            game, done, low, high, d_start, (seed_ptr, seed_node, seed_at, seed), found, pull, ended, True,
            done.endless is None,
        )  # fmt: skip
        if done.endless is not None:
            _reverse_beyond(done.endless, low, high, found, pull, ended)

    in_parts(reverse, draws, threads)
    return found


def _reverse(
    game: Game, done: Pass, low: int, high: int, d_start: Floats, seeds: _Seeds, found: TableSlopes, pull: Floats,
    ended: Floats, begins: bool, closes: bool,
) -> None:  # fmt: skip
    """Run the reverse pass over the steps of a game, for the draws from `low` to `high`."""
    from blocs.game import kernels
    from blocs.game.adjoint import adjoint

    if game.graph.joint:
        joint_adjoint(game, done, low, high, d_start, seeds, found, pull, ended, begins, closes)
        return
    graph, tables = game.graph, done.tables
    seed_ptr, seed_node, seed_at, seed = seeds
    response = kernels.PROBIT if game.plan.response == "probit" else kernels.LOGIT
    adjoint(
        low,
        high,
        graph.steps,
        graph.stage_role,
        graph.node_ptr,
        graph.active,
        graph.arc_ptr,
        graph.arc_option,
        graph.arc_bundle,
        graph.branch_ptr,
        graph.branch_next,
        graph.branch_row,
        graph.pay_bundle,
        graph.stage_otherwise,
        tables.cost,
        tables.probability,
        tables.pay,
        tables.weight,
        tables.discount,
        tables.precision,
        tables.occasion,
        response,
        done.value,
        done.sigma,
        done.sigma_at,
        d_start,
        seed_ptr,
        seed_node,
        seed_at,
        seed,
        found.cost,
        found.probability,
        found.pay,
        found.weight,
        found.discount,
        found.precision,
        found.occasion,
        pull,
        ended,
        begins,
        closes,
        kernels.width_of(done.value.shape[2]),
    )


def _reverse_beyond(endless: Endless, low: int, high: int, found: TableSlopes, pull: Floats, ended: Floats) -> None:
    """Go on beyond the calendar, step after step of the stationary equilibrium, until nothing is left to pull at.

    Each step leaves about a discount's part of the derivatives: together they are those of the fixed point.
    """
    from blocs.game.adjoint import close

    game, done = endless.game, endless.done
    graph, tables = game.graph, done.tables
    draws = slice(low, high)
    # what is not discounted ends with the calendar
    pull[:, ~tables.lasting, draws] = 0.0
    columns = tables.cost.shape[1]
    nothing = np.zeros((columns, tables.draws))
    none = np.zeros(0, dtype=np.int64)
    seeds = (np.zeros(graph.stages + 1, dtype=np.int64), none, none, np.zeros((1, tables.draws)))
    ahead = pull[: graph.first_stage, :, draws]
    largest = left = np.abs(ahead).max(axis=(0, 1))
    for _ in range(REVERSALS):
        if (left <= DIED_OUT * largest).all():
            break
        _reverse(game, done, low, high, nothing, seeds, found, pull, ended, False, False)
        left = np.abs(ahead).max(axis=(0, 1))
        largest = np.maximum(largest, left)
    else:
        raise NumericalError(
            f"the derivatives of the game without a last step do not die out within {REVERSALS:,} steps for some draw; "
            "try smaller precisions or a lower discount"
        )
    close(
        low, high, graph.first_stage, graph.pay_bundle, tables.pay, tables.weight, ended, found.pay, found.weight
    )  # fmt: skip


def _lay_out(
    game: Game, done: Pass, seeds: Sequence[Seed]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Floats]:
    """Sort seeds by place, and turn each log-probability into weights on its node's arcs, as the kernel takes them."""
    graph = game.graph
    draws = done.tables.draws
    ordered = sorted(seeds, key=lambda one: (one.step, one.stage))
    counts = np.zeros(graph.steps * graph.stages + 1, dtype=np.int64)
    nodes, places, parts, total = [], [], [], 0
    for one in ordered:
        counts[one.step * graph.stages + one.stage + 1] += 1
        arcs = graph.arcs_of(one.node)
        first = int(graph.arc_ptr[graph.node_ptr[one.stage]])
        at = int(done.sigma_at[one.step, one.stage]) + arcs.start - first
        # logit: d log sigma(a*) / d (lambda Q(a)) = [a = a*] - sigma(a)
        sigma = done.sigma[at : at + len(arcs)]
        if graph.stage_otherwise[one.stage] >= 0:
            # by the choice probability itself, for the mover answers on occasion only
            part = np.zeros_like(sigma)
            part[one.arc - arcs.start] = 1.0 / np.maximum(sigma[one.arc - arcs.start], np.finfo(np.float64).tiny)
            parts.append(part * one.weight)
        elif game.plan.response == "probit":
            parts.append(_probit_seed(sigma, one.arc - arcs.start) * one.weight)
        else:
            part = -sigma.copy()
            part[one.arc - arcs.start] += 1.0
            parts.append(part * one.weight)
        nodes.append(one.node)
        places.append(total)
        total += len(arcs)
    seed = np.concatenate(parts) if parts else np.zeros((1, draws))
    return (
        np.cumsum(counts),
        np.array(nodes, dtype=np.int64),
        np.array(places, dtype=np.int64),
        np.ascontiguousarray(seed, dtype=np.float64),
    )


def _probit_seed(sigma: Floats, taken: int) -> Floats:
    """Return the derivative of the taken option's log-probability by lambda times each value; (option, draw)."""
    from scipy.special import ndtri

    if len(sigma) == 1:
        return np.zeros_like(sigma)
    # log Phi(z) has the slope phi(z) / Phi(z), and z = lambda (Q_taken - Q_other) / sqrt 2; the least probability that
    # a number can hold stands for those below it
    p = np.maximum(sigma[taken], np.finfo(np.float64).tiny)
    slope = np.exp(-0.5 * ndtri(p) ** 2) / np.sqrt(4.0 * np.pi) / p
    return np.stack([slope, -slope]) if taken == 0 else np.stack([-slope, slope])


def gradient(
    game: Game,
    done: Pass,
    columns: Columns,
    draws: Draws,
    d_start: Floats,
    wrt: Collection[str],
    seeds: Sequence[Seed] = (),
    threads: int = 0,
) -> dict[str, Floats]:
    """Return derivatives of ``sum(d_start * start) + sum(weight * log sigma)`` by each name; float64 arrays (draw,)."""
    slopes = table_slopes(game, done, d_start, seeds, threads)
    return pull_back(game.maker, done.tables, columns, slopes, draws.values, wrt)
