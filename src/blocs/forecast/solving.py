"""Solve a game for many draws and keep what forecasts need: outcomes, options by date, choices in the real history."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError, UsageError
from blocs.forecast.private import solve_private
from blocs.forecast.solution import Solution
from blocs.game.game import Game
from blocs.game.history import Decision, lay_out
from blocs.solve.certificate import Certificate
from blocs.solve.draws import Draws, draw, medians
from blocs.solve.endless import look_beyond
from blocs.solve.joint import look_for_others
from blocs.solve.private import Beliefs
from blocs.solve.sequential import Pass, Restriction, Rooms, backward, batches, residual
from blocs.solve.threads import available, each, in_parts

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# the certificate recomputes one draw from kept values; larger games are checked at their first step only
KEEP_BYTES = 2 << 30


def solve(
    game: Game,
    draws: int | Draws | None = 256,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    restrictions: Sequence[Restriction] = (),
    with_history: bool = True,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
    certify: bool = True,
) -> Solution:
    """Solve a game.

    Parameters
    ----------
    game : Game
        As `blocs.compile` returns it.
    draws : int, Draws or None
        How many draws from the fit that the game uses, or from the priors; draws made elsewhere (a posterior); or
        None for one central draw.
    seed : int
        Of the draws.
    settings : mapping, optional
        Parameters and facts held at a value.
    restrictions : sequence of Restriction
        Options forbidden or forced.
    with_history : bool
        Follow the case's history too; what-ifs do not, for it may be illegal there.
    progress : callable (done, total), optional
        Told after every batch.
    threads : int
        Zero: as many as Numba has.
    beliefs : Exact or Grid, optional
        How a game with private types is solved; by default exactly where there are few histories, else on a grid.
    certify : bool
        With private types: check the first draw anew and seek other equilibria, which takes as long as several draws.
        Other games are always checked.

    Returns
    -------
    Solution

    Raises
    ------
    NumericalError
        The values overflow, or the probabilities of the outcomes do not sum to one.

    References
    ----------
    McKelvey & Palfrey (1998), agent quantal response equilibrium.
    """
    began = time.perf_counter()
    if draws is None:
        drawn = medians(game, settings)
    elif isinstance(draws, int):
        drawn = draw(game, draws, seed, settings)
    else:
        drawn = draws
        if settings:
            raise UsageError("draws made elsewhere cannot be combined with settings")
    history = lay_out(game) if with_history and game.case is not None and game.case.history else None
    if game.plan.types:
        return solve_private(
            game, drawn, history, method=beliefs, restrictions=restrictions, progress=progress, threads=threads,
            certify=certify,
        )  # fmt: skip
    graph, total = game.graph, len(drawn)
    options, outcomes = len(game.layout.options), len(game.outcomes)
    values = np.empty((len(game.roles), total))
    taken = np.empty((graph.steps, options, total))
    ended = np.empty((graph.steps, outcomes, total))
    left = np.empty((outcomes, total))
    choices = [np.empty((len(decision.arcs), total)) for decision in history.decisions] if history else []
    certified: list[tuple[float, int, bool | None, str]] = []
    rooms = Rooms()

    def fill(part: tuple[int, int] | None) -> None:
        if part is None:
            certified.append(_certify(game, drawn.part(0, 1), restrictions, inside))
            return
        low, high = part
        tables = game.tables(drawn.part(low, high).values, game.columns(), high - low)
        done = backward(game, tables, restrictions=restrictions, threads=inside, room=rooms.mine)
        values[:, low:high] = done.start
        taken[:, :, low:high], ended[:, :, low:high], left[:, low:high] = follow(game, done, inside)
        for array, decision in zip(choices, history.decisions if history else (), strict=True):
            array[:, low:high] = choice_probabilities(game, done, decision)

    def report(part: tuple[int, int] | None) -> None:
        if progress is not None and part is not None:
            progress(part[1], total)

    parts, workers = batches(game, total), available(threads)
    # several batches are solved side by side; one alone may share its stages among threads
    inside = threads if len(parts) == 1 else 1
    # the certificate is one job among the others
    each([None, *parts], fill, workers if len(parts) > 1 else 1, report)
    sums = ended.sum(axis=(0, 1)) + left.sum(axis=0)
    worst = float(sums[np.argmax(np.abs(sums - 1.0))])
    if outcomes and abs(worst - 1.0) > 1e-9:
        raise NumericalError(
            f"the probabilities of the outcomes sum to {worst:.12g}: some end of the game has no outcome; "
            "end the theory's outcomes with `otherwise`"
        )
    residual_found, sweeps, agree, told = certified[0]
    certificate = Certificate(residual_found, worst, sweeps, agree, told)
    return Solution(
        game, drawn, values, taken, ended, left, history, tuple(choices), certificate, time.perf_counter() - began
    )


def follow(game: Game, done: Pass, threads: int = 0) -> tuple[Floats, Floats, Floats]:
    """Follow the probabilities of play from the start of a solved game on.

    Returns
    -------
    taken : float64 array (step, option, draw)
        Probability that the option is taken in the step.
    ended : float64 array (step, outcome, draw)
        Probability that the crisis ends in the step with the outcome.
    left : float64 array (outcome, draw)
        Probability that it is still open after the last step, by the outcome that its state then has.
    """
    from blocs.game.forward import forward

    graph, draws = game.graph, done.tables.draws
    taken = np.zeros((graph.steps, len(game.layout.options), draws))
    ended = np.zeros((graph.steps, len(game.outcomes), draws))
    left = np.zeros((len(game.outcomes), draws))
    mass = np.zeros((graph.slots, draws))
    mass[graph.start] = 1.0

    def part(low: int, high: int) -> None:
        forward(
            low,
            high,
            graph.steps,
            graph.node_ptr,
            graph.active,
            graph.arc_ptr,
            graph.arc_option,
            graph.branch_ptr,
            graph.branch_next,
            graph.branch_row,
            graph.outcome,
            done.tables.probability,
            done.sigma,
            done.sigma_at,
            mass,
            taken,
            ended,
            left,
        )

    in_parts(part, draws, threads)
    return taken, ended, left


def choice_probabilities(game: Game, done: Pass, decision: Decision) -> Floats:
    """Return the choice probabilities at one decision; (legal option, draw)."""
    graph = game.graph
    first = int(graph.arc_ptr[graph.node_ptr[decision.stage]])
    at = int(done.sigma_at[decision.step, decision.stage]) + decision.arcs.start - first
    return done.sigma[at : at + len(decision.arcs)]


def _certify(
    game: Game, one: Draws, restrictions: Sequence[Restriction], threads: int
) -> tuple[float, int, bool | None, str]:
    """Recompute one draw from its own values.

    Returns the residual, the passes made, whether other starts agree, and what was checked.
    """
    graph = game.graph
    keep = graph.steps * graph.slots * len(game.roles) * 8 <= KEEP_BYTES
    tables = game.tables(one.values, game.columns(), 1)
    done = backward(game, tables, keep=keep, restrictions=restrictions, threads=threads)
    checked = "at every node of the first draw" if keep else "at the first step of the first draw"
    agree, others = look_for_others(game, done, restrictions)
    told = f"exact backward pass, response condition checked {checked}" + (f"; {others}" if others else "")
    sweeps = 1
    if done.endless is not None:
        sweeps += done.endless.sweeps
        same, more = look_beyond(game, done.endless, threads)
        told, agree = f"{told}; {more}", False if agree is False else same
    return residual(game, done, restrictions), sweeps, agree, told
