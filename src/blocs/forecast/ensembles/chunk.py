"""Solve one chunk of an ensemble into the bytes of a Parquet file, the same bytes whoever solves it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, NumericalError
from blocs.forecast.ensembles.design import Design
from blocs.forecast.evaluating import check_sums
from blocs.forecast.private import solve_private
from blocs.forecast.solving import choice_probabilities, follow
from blocs.forecast.structures import Structures, ranged, shaping
from blocs.game.columns import Columns
from blocs.game.game import Game, compile_game
from blocs.game.history import History, lay_out
from blocs.solve.draws import Draws
from blocs.solve.sequential import backward, residual, sigma_places

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

# prefixes of the columns
PARAMETER, FACT, OUTCOME, COUNT, VALUE = "parameter.", "fact.", "outcome.", "count.", "value."
# draws solved together: with 16 the graph is read seldom enough; the last bits may depend on it, so it never varies
BATCH_DRAWS = 16
# choice probabilities of a batch, at most: a worker then stays well below a gigabyte
BATCH_BYTES = 512 << 20
# the response condition is recomputed for the first draw of every so many chunks: it costs as much as a dozen draws
CERTIFY_EVERY = 16
# key of our record in the metadata of a file
RECORD = b"blocs"


class ChunkSolver:
    """Solves chunks of one ensemble; the game is compiled once.

    Parameters
    ----------
    design : Design
    game : Game, optional
        The design's case, where it was compiled already.
    """

    def __init__(self, design: Design, game: Game | None = None) -> None:
        self.design = design
        self.game = game or compile_game(design.case)
        drawn = ranged(self.game) if design.given is None else frozenset(design.given)
        self.structures = Structures(self.game, shaping(self.game) & drawn)
        self._histories: dict[int, History | None] = {}

    def solve(self, chunk: int) -> bytes:
        """Return the Parquet file of a chunk.

        Raises
        ------
        NumericalError
            The values of the game overflow for some draw.
        """
        low, high = self.design.bounds(chunk)
        try:
            with one_thread():
                columns, record = self._columns(chunk)
        except NumericalError as error:
            raise NumericalError(f"draws {low} to {high - 1}: {error}") from error
        return _parquet(columns, {**self.design.identity, **record, "ensemble": self.design.digest, "number": chunk})

    def _columns(self, chunk: int) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        design, game = self.design, self.game
        low, high = design.bounds(chunk)
        size = high - low
        values = design.values(game, chunk)
        moves = move_labels(game)
        outcomes, counts = np.empty((len(game.outcomes), size)), np.empty((len(moves), size))
        worth, end, score = np.empty((len(game.roles), size)), np.empty(size), np.full(size, np.nan)
        worst = 0.0
        for one, members in self.structures.groups(values, size):
            columns, history = one.columns(), self._history(one)
            if one.plan.types:
                drawn = Draws({name: value[members] for name, value in values.items()}, None, "", len(members))
                certify = not chunk % CERTIFY_EVERY
                solved = solve_private(one, drawn, history, threads=1, certify=certify)
                outcomes[:, members] = solved.outcome_draws()
                counts[:, members] = solved.taken.sum(axis=0)[list(moves)]
                worth[:, members] = solved.values
                end[members] = _expected_end(solved.ended, solved.left)
                worst = max(worst, solved.certificate.residual)
                if history is not None:
                    score[members] = _mean_log(solved.choices, history)
                continue
            batch = batch_draws(one)
            if not chunk % CERTIFY_EVERY:
                worst = max(worst, self._residual(one, columns, {name: v[members[:1]] for name, v in values.items()}))
            for first in range(0, len(members), batch):
                rows = members[first : first + batch]
                part = {name: value[rows] for name, value in values.items()}
                done = backward(one, one.tables(part, columns, len(rows)), threads=1)
                taken, ended, left = follow(one, done, 1)
                outcomes[:, rows] = ended.sum(axis=0) + left
                counts[:, rows] = taken.sum(axis=0)[list(moves)]
                worth[:, rows] = done.start
                end[rows] = _expected_end(ended, left)
                if history is not None:
                    score[rows] = _score(one, done, history)
        check_sums(outcomes)
        result: dict[str, NDArray[Any]] = {"draw": np.arange(low, high, dtype=np.int64)}
        for name, value in values.items():
            result[(PARAMETER if name in game.theory.parameters else FACT) + name] = value
        result.update({OUTCOME + name: row for name, row in zip(game.outcomes, outcomes, strict=True)})
        result.update({COUNT + label: row for label, row in zip(moves.values(), counts, strict=True)})
        result.update({VALUE + name: row for name, row in zip(game.roles, worth, strict=True)})
        result.update({"end": end, "log_score": score, "probability_sum": outcomes.sum(axis=0)})
        record = {"residual": worst} if not chunk % CERTIFY_EVERY else {}
        return result, record

    def _residual(self, game: Game, columns: Columns, values: dict[str, Floats]) -> float:
        done = backward(game, game.tables(values, columns, 1), keep=True, threads=1)
        return residual(game, done)

    def _history(self, game: Game) -> History | None:
        """Return the real course on a game's graph; None where the case has none or the facts rule it out."""
        if id(game) not in self._histories:
            self._histories[id(game)] = None
            if game.case is not None and game.case.history:
                try:
                    self._histories[id(game)] = lay_out(game)
                except InputError:
                    # what was done is illegal under these facts; for the case as stated that is an error
                    if game is self.game:
                        raise
        return self._histories[id(game)]


def move_labels(game: Game) -> dict[int, str]:
    """Return the number of each option but `hold`, with ``stage: option``."""
    stages = game.plan.stages
    return {
        o: f"{stages[k].name}: {plan.name}" for o, (k, plan) in enumerate(game.layout.options) if plan.name != "hold"
    }


def batch_draws(game: Game) -> int:
    """Return how many draws are solved together: a function of the game alone."""
    _, places = sigma_places(game)
    size = BATCH_DRAWS
    while size > 1 and size * places * 8 > BATCH_BYTES:
        size //= 2
    return size


def _expected_end(ended: Floats, left: Floats) -> Floats:
    """Return the expected number of steps until the end, (draw,); what is open after the last step lasts them all."""
    steps = len(ended)
    lasted = np.arange(1, steps + 1)[:, None]
    return (ended.sum(axis=1) * lasted).sum(axis=0) + steps * left.sum(axis=0)


def _score(game: Game, done: Any, history: History) -> Floats:
    """Return the mean log probability of what was chosen, over decisions with an alternative; (draw,)."""
    return _mean_log([choice_probabilities(game, done, decision) for decision in history.decisions], history)


def _mean_log(choices: Sequence[Floats], history: History) -> Floats:
    """Return the mean log probability of what was chosen, given the choice probabilities of every decision."""
    chosen = [
        choice[decision.arc - decision.arcs.start]
        for choice, decision in zip(choices, history.decisions, strict=True)
        if decision.open
    ]
    if not chosen:
        return np.zeros(choices[0].shape[-1] if len(choices) else 0)
    return np.log(np.maximum(np.stack(chosen), np.finfo(np.float64).tiny)).mean(axis=0)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let Numba use one thread inside, and as many as before afterwards."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _parquet(columns: dict[str, NDArray[Any]], record: dict[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [pa.array(values, from_pandas=name == "log_score") for name, values in columns.items()]
    table: pa.Table = pa.table(arrays, names=list(columns))
    table = table.replace_schema_metadata({RECORD: json.dumps(record, sort_keys=True).encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()
