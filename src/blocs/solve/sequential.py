"""Equilibrium of a game in which one role moves at a time: one backward pass, exact, for many draws at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError, Problem
from blocs.game.columns import Columns
from blocs.game.game import Game
from blocs.game.graph import Graph
from blocs.game.public_tree import allowed as _allowed
from blocs.game.tables import Tables
from blocs.solve.joint import as_seen
from blocs.solve.shared import Lost, backward_in_threads
from blocs.solve.threads import LARGE, available

if TYPE_CHECKING:
    from blocs.solve.endless import Endless

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# memory for the choice probabilities of the draws that are solved together
BATCH_BYTES = 768 << 20
# the loops over draws are laid out for this many at a time; a few more or less take as long
BATCH_DRAWS = 16


@dataclass(frozen=True)
class Restriction:
    """An option forbidden or forced from one step to another (both included)."""

    option: int
    first: int
    last: int
    forced: bool


@dataclass(frozen=True)
class Pass:
    """What one backward pass leaves behind.

    Attributes
    ----------
    start : float64 array (column, draw)
        Values at the start of play.
    sigma : float64 array (place, draw)
        Choice probabilities; the arcs of stage ``k`` at step ``t`` start at ``sigma_at[t, k]``.
    sigma_at : int64 array (step, stage)
    value : float64 array (kept step, row, column, draw)
        Values of nodes, ended classes and carries; all steps only if they were kept.
    watched : float64 array (watched row, column, draw)
        Values of the rows that were asked for.
    beyond : float64 array (first-stage node, column, draw)
        Values after the last step, at the start of the next one; empty where a theory says what follows it.
    endless : Endless or None
        Where `beyond` comes from, in a game without a last step.
    """

    start: Floats
    sigma: Floats
    sigma_at: NDArray[np.int64]
    value: Floats
    tables: Tables = field(repr=False)
    watched: Floats = field(repr=False)
    beyond: Floats = field(repr=False)
    endless: Endless | None = field(default=None, repr=False)


class Room:
    """Memory for one pass after another: fresh memory would have to be cleared first, each time.

    A pass that was given room is overwritten by the next one that is given the same.
    """

    def __init__(self) -> None:
        self._held: dict[str, Floats] = {}

    def take(self, name: str, *shape: int) -> Floats:
        """Return an array with anything in it."""
        size = int(np.prod(shape))
        if name not in self._held or self._held[name].size < size:
            self._held[name] = np.empty(size)
        return self._held[name][:size].reshape(shape)


class Rooms(threading.local):
    """A room for each thread."""

    def __init__(self) -> None:
        self.mine = Room()


def sigma_places(game: Game) -> tuple[NDArray[np.int64], int]:
    """Return where the choice probabilities of each step and stage start, and how many there are."""
    graph = game.graph
    counts = np.zeros((graph.steps, graph.stages), dtype=np.int64)
    for t in range(graph.steps):
        for k in range(graph.stages):
            first = int(graph.node_ptr[k])
            counts[t, k] = int(graph.arc_ptr[first + int(graph.active[t, k])]) - int(graph.arc_ptr[first])
    flat = np.cumsum(counts.ravel()) - counts.ravel()
    return flat.reshape(counts.shape), int(counts.sum())


def policy_of(game: Game, restrictions: Sequence[Restriction]) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return what may be done about each option at each step, and the stages that this concerns."""
    from blocs.game import kernels

    graph = game.graph
    policy = np.zeros((graph.steps, len(game.layout.options)), dtype=np.int8)
    restricted = np.zeros((graph.steps, graph.stages), dtype=np.bool_)
    for one in restrictions:
        steps = slice(one.first, one.last + 1)
        policy[steps, one.option] = kernels.FORCED if one.forced else kernels.FORBIDDEN
        restricted[steps, game.option_stages[one.option]] = True
    return policy, restricted


def backward(
    game: Game,
    tables: Tables,
    *,
    keep: bool = False,
    restrictions: Sequence[Restriction] = (),
    watch: Sequence[tuple[int, int]] = (),
    threads: int = 0,
    room: Room | None = None,
    beyond: Floats | None = None,
) -> Pass:
    """Run the backward pass over given tables.

    Parameters
    ----------
    game : Game
    tables : Tables
    keep : bool
        Keep the values of every step (for explanations and gradients).
    restrictions : sequence of Restriction
    watch : sequence of (step, row)
        Values to copy out as the pass goes by, in ascending order of the step.
    threads : int
        That share the nodes of a stage. Zero: one, or for very large games as many as Numba has.
    room : Room, optional
        Where values and choice probabilities may be kept.
    beyond : float64 array (first-stage node, column, draw), optional
        Values after the last step. Without them those that the theory gives: under `horizon: forever` the values of
        the stationary equilibrium, which is found first. Restrictions hold within the calendar only.

    Returns
    -------
    Pass

    Notes
    -----
    Cost: O(branches x columns x draws) per step. References: McKelvey & Palfrey (1998).
    """
    from blocs.game import kernels

    if game.plan.types:
        raise InputError(
            Problem(
                "this is not done for games with private types, in which choices depend on beliefs",
                path="types",
                hint="`blocs run`, `compare`, `tell`, `fit` and `export --to efg` know types",
            )
        )
    graph = game.graph
    response = {"logit": kernels.LOGIT, "probit": kernels.PROBIT, "best": kernels.BEST}[game.plan.response]
    if response == kernels.PROBIT:
        _two_options(game)
    if restrictions and response == kernels.PROBIT:
        raise InputError(
            Problem("options can be forbidden or forced under `response: logit` or `best`", path="play.response")
        )
    endless = None
    if game.plan.forever and beyond is None:
        from blocs.solve.endless import settle

        endless = settle(game, tables, threads=threads)
        beyond = endless.begin
    policy, restricted = policy_of(game, restrictions)
    if restrictions:
        _leaves_a_choice(game, policy, restricted)
    sigma_at, places = sigma_places(game)
    columns, draws = tables.cost.shape[1], tables.draws
    if not threads:
        threads = available() if graph.solved_arcs * draws > LARGE else 1
    room = room or Room()
    after = np.empty((0, columns, draws)) if beyond is None else np.ascontiguousarray(beyond)
    value = room.take("value", graph.steps if keep else 1, graph.slots, columns, draws)
    sigma = room.take("sigma", places, draws)
    steps_watched = np.array([step for step, _ in watch], dtype=np.int64)
    watch_ptr = np.searchsorted(steps_watched, np.arange(graph.steps + 1))
    watch_row = np.array([row for _, row in watch], dtype=np.int64)
    watched = np.empty((len(watch), columns, draws))
    if threads > 1 or graph.joint:
        watching = (watch_ptr, watch_row, watched)
        try:
            backward_in_threads(
                graph, tables, response, policy, restricted, value, sigma, sigma_at, watching, threads, after
            )
        except Lost as lost:
            raise _not_solved(game, *lost.args) from None
    else:
        kernels.backward(
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
            graph.outcome,
            graph.stage_otherwise,
            tables.cost,
            tables.probability,
            tables.pay,
            tables.alive,
            tables.final,
            tables.weight,
            tables.discount,
            after,
            tables.precision,
            tables.occasion,
            response,
            policy,
            restricted,
            value,
            sigma,
            sigma_at,
            watch_ptr,
            watch_row,
            watched,
            graph.most_arcs,
            kernels.width_of(columns),
        )
    start = tables.pay[graph.pay_bundle[graph.start]] + tables.alive[:, None] + value[0, graph.start]
    if not np.isfinite(start).all():
        raise NumericalError(
            "the values of the game overflow: a payoff, a cost or a precision is too large for some draw"
        )
    return Pass(start, sigma, sigma_at, value, tables, watched, after, endless)


def _not_solved(game: Game, step: int, node: int) -> NumericalError:
    """Return the error that says where the branch of a stage game was lost."""
    stage = game.plan.stages[game.graph.stage_of(node)].stage
    state = ", ".join(f"{name} {value}" for name, value in game.plan.space.labels(int(game.graph.codes[node])).items())
    return NumericalError(
        f"the choices that are made at once in `{stage}` could not be solved in step {step + 1} for some draw, in the "
        f"state: {state}; try smaller precisions"
    )


def _two_options(game: Game) -> None:
    counts = np.diff(game.graph.arc_ptr)
    if counts.max(initial=0) > 2:
        node = int(np.argmax(counts))
        stage = int(np.searchsorted(game.graph.node_ptr, node, side="right")) - 1
        raise InputError(
            Problem(
                f"`response: probit` is for two options; `{game.plan.stages[stage].name}` has up to {counts.max()}",
                path=f"stages[{stage}]",
                hint="use `logit`",
            )
        )


def _leaves_a_choice(game: Game, policy: NDArray[np.int8], restricted: NDArray[np.bool_]) -> None:
    """Refuse restrictions that leave nothing to choose in a reachable state."""
    graph = game.graph
    for t, k in np.argwhere(restricted):
        low, count = int(graph.node_ptr[k]), int(graph.active[t, k])
        if not count:
            continue
        arc_ptr = graph.arc_ptr[low : low + count + 1].astype(np.int64)
        options = graph.arc_option[arc_ptr[0] : arc_ptr[-1]]
        left = np.logical_or.reduceat(
            _allowed(policy[t][options], arc_ptr[:-1] - arc_ptr[0]), arc_ptr[:-1] - arc_ptr[0]
        )
        if not left.all():
            code = int(graph.codes[graph.head_of(low + int(np.argmin(left)))])
            state = ", ".join(f"{name} {value}" for name, value in game.plan.space.labels(code).items())
            when = game.case.calendar.label(int(t)) if game.case is not None else f"step {t + 1}"
            raise InputError(
                Problem(
                    f"in {when} every option of `{game.plan.stages[k].name}` that is legal is forbidden "
                    f"in a reachable state: {state}",
                    hint="leave `hold`",
                )
            )


def residual(game: Game, done: Pass, restrictions: Sequence[Restriction] = (), draw: int = 0) -> float:
    """Return the largest deviation of a solution from its response condition, recomputed without the kernel.

    Choice probabilities are compared with the response to the values that the stored next values imply, and each
    node's stored value with their mean: at every node of every step whose values were kept (at least the first step's).
    Where all were kept, what each step hands on to the one before, ended states and the horizon are recomputed too; and
    in a game without a last step the stationary values, from a step of their own.
    """
    graph, tables = game.graph, done.tables
    policy, restricted = policy_of(game, restrictions)
    worst = 0.0
    for t in range(done.value.shape[0]):
        value = done.value[t, :, :, draw]
        for k in range(graph.stages):
            low, count = int(graph.node_ptr[k]), int(graph.active[t, k])
            if not count:
                continue
            arc_ptr = graph.arc_ptr[low : low + count + 1].astype(np.int64)
            arcs = slice(int(arc_ptr[0]), int(arc_ptr[-1]))
            branch_ptr = graph.branch_ptr[arcs.start : arcs.stop + 1].astype(np.int64)
            branches = slice(int(branch_ptr[0]), int(branch_ptr[-1]))
            p = tables.probability[graph.branch_row[branches], draw][:, None]
            q = np.add.reduceat(p * value[graph.branch_next[branches]], branch_ptr[:-1] - branch_ptr[0], axis=0)
            q += tables.cost[graph.arc_bundle[arcs], :, draw]
            at = int(done.sigma_at[t, k])
            sigma = done.sigma[at : at + arcs.stop - arcs.start, draw]
            first = arc_ptr[:-1] - arc_ptr[0]
            role = int(graph.stage_role[k])
            allowed = _allowed(policy[t][graph.arc_option[arcs]], first) if restricted[t, k] else None
            lam = float(tables.precision[role, draw])
            own = q[:, role] if graph.stage_width[k] else as_seen(graph, done, t, k, draw, q[:, role])
            expected = _respond(own, first, np.diff(arc_ptr), lam, game.plan.response, allowed)
            if graph.stage_otherwise[k] >= 0:
                expected = _on_occasion(graph, k, arcs, first, expected, float(tables.occasion[k, draw]), allowed)
            worst = max(worst, float(np.abs(sigma - expected).max()))
            mean = np.add.reduceat(sigma[:, None] * q, first, axis=0)
            scale = 1.0 + np.abs(mean)
            worst = max(worst, float((np.abs(value[low : low + count] - mean) / scale).max()))
    if done.endless is not None:
        from blocs.solve.endless import stationary_residual

        own = residual(done.endless.game, done.endless.done, draw=draw)
        worst = max(worst, own, stationary_residual(done.endless, draw))
    return max(worst, _handed_on(game, done, draw)) if done.value.shape[0] == graph.steps else worst


def _handed_on(game: Game, done: Pass, draw: int) -> float:
    """Return the largest relative deviation of what the steps hand on: payoffs, discount, ended states, horizon."""
    graph, tables = game.graph, done.tables
    n, rows = graph.first_stage, slice(graph.nodes, graph.slots)
    # ended classes first, then the first stage, as the rows of values are
    bundle = np.concatenate([graph.pay_bundle[n:], graph.pay_bundle[:n]])
    outcome = np.concatenate([graph.outcome[n:], graph.outcome[:n]])
    pay, discount = tables.pay[bundle, :, draw], tables.discount[:, draw]
    final = np.where(outcome[:, None] >= 0, tables.final[:, outcome].T, 0.0) if tables.final.size else 0.0
    begin = tables.weight[:, draw] * pay + final
    if len(done.beyond):
        begin[graph.ends :] = done.beyond[..., draw]
    alive = np.concatenate([np.zeros(graph.ends), np.ones(n)])[:, None] * tables.alive
    worst = 0.0
    for t in range(graph.steps - 1, -1, -1):
        found, known = done.value[t, :, :, draw], graph.ends + int(graph.active[t + 1, 0])
        gap = np.abs(found[rows][:known] - discount * begin[:known]) / (1.0 + np.abs(begin[:known]))
        worst = max(worst, float(gap.max(initial=0.0)))
        # rows of states that are not reached by this step hold nothing
        onward = np.zeros_like(pay)
        onward[: graph.ends] = found[graph.nodes : graph.nodes + graph.ends]
        onward[graph.ends : graph.ends + int(graph.active[t, 0])] = found[: int(graph.active[t, 0])]
        begin = pay + alive + onward
    start = begin[graph.ends + graph.start]
    return max(worst, float((np.abs(done.start[:, draw] - start) / (1.0 + np.abs(start))).max()))


def _respond(
    q: Floats,
    first: NDArray[np.int64],
    counts: NDArray[np.int64],
    lam: float,
    response: str,
    allowed: NDArray[np.bool_] | None,
) -> Floats:
    if response == "probit":
        from scipy.special import ndtr

        other = np.repeat(np.add.reduceat(q, first), counts) - q
        return np.where(np.repeat(counts, counts) == 1, 1.0, ndtr(lam * (q - other) / np.sqrt(2.0)))
    q = q if allowed is None else np.where(allowed, q, -np.inf)
    best = np.repeat(np.maximum.reduceat(q, first), counts)
    if response == "best":
        from blocs.game.kernels import TIE

        share = (q - best >= -TIE * (1.0 + np.abs(best))).astype(float)
    else:
        # a gap times a huge precision may be minus infinity: such an option is never taken
        with np.errstate(over="ignore"):
            share = np.where(np.isfinite(q), np.exp(lam * (np.where(np.isfinite(q), q, best) - best)), 0.0)
    return share / np.repeat(np.add.reduceat(share, first), counts)


def _on_occasion(
    graph: Graph,
    stage: int,
    arcs: slice,
    first: NDArray[np.int64],
    answer: Floats,
    occasion: float,
    allowed: NDArray[np.bool_] | None,
) -> Floats:
    """Return choice probabilities where a role answers on occasion only."""
    other = graph.arc_option[arcs] == graph.stage_otherwise[stage]
    if allowed is not None:
        other = other & allowed
    mixed = np.repeat(np.logical_or.reduceat(other, first), np.diff(np.append(first, len(answer))))
    return np.where(mixed, occasion * answer + (1.0 - occasion) * other, answer)


def batches(game: Game, draws: int) -> list[tuple[int, int]]:
    """Split draws into batches that fit in memory and share the graph well."""
    _, places = sigma_places(game)
    size = BATCH_DRAWS
    while size > 1 and places * 8 * size > BATCH_BYTES:
        size //= 2
    return [(low, min(low + size, draws)) for low in range(0, draws, size)]


def slice_values(values: Mapping[str, Any], low: int, high: int) -> dict[str, Any]:
    """Return the draws from `low` to `high` of parameter values."""
    return {name: value[low:high] if np.ndim(value) else value for name, value in values.items()}


__all__ = ["Columns", "Pass", "Progress", "Restriction", "backward", "batches", "policy_of", "residual", "slice_values"]
