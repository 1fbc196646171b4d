"""A case solved once for all tables at which it is played: choices of the solved players and odds from any state on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.forecast.paths import sentence_of
from blocs.game.columns import Column
from blocs.game.game import Game
from blocs.language.identity import content_hash
from blocs.solve.draws import medians
from blocs.solve.sequential import backward
from blocs.version import __version__

Floats = NDArray[np.floating[Any]]

# states kept in words: more than all tables of a class meet in a term
MOST_LABELS = 10_000
_ARRAYS = ("value", "sigma", "sigma_at", "probability", "cost", "precision")


@dataclass(frozen=True)
class Solved:
    """One solution of a game with everything that a table asks it for.

    Attributes
    ----------
    game : Game
    parameters : dict from name to float
        The draw: the value of every parameter.
    value : float32 array (step, row, column)
        Values of nodes, ended classes and carries: of each role, then the probability of each outcome from there.
    sigma : float array (place,)
        Choice probabilities; the arcs of stage ``k`` at step ``t`` start at ``sigma_at[t, k]``.
    sigma_at : int64 array (step, stage)
    probability : float array (row,)
        Probabilities of results.
    cost : float array (bundle, column)
        What an arc adds to each column: minus its cost to each role.
    precision : float array (role,)
    """

    game: Game
    parameters: Mapping[str, float]
    value: Floats = field(repr=False)
    sigma: Floats = field(repr=False)
    sigma_at: NDArray[np.int64] = field(repr=False)
    probability: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    precision: Floats = field(repr=False)
    # states in words, by code: a table is looked at many times for each move
    _labels: dict[int, dict[str, str]] = field(default_factory=dict, repr=False, compare=False)
    _sentences: dict[tuple[int, str], str] = field(default_factory=dict, repr=False, compare=False)
    # what the case tells of the time before it, read once
    background: list[dict[str, Any]] = field(default_factory=list, repr=False, compare=False)
    _cheapest: dict[int, tuple[float, frozenset[str]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, game: Game) -> Solved:
        """Solve a game at the centre of what is known of its parameters: the draw that a forecast starts from.

        Raises
        ------
        InputError
            A role has a private type, which people would have to be dealt.
        NumericalError
            There is no valid solution.
        """
        if game.plan.types:
            raise InputError("a case with private types cannot be played yet; play the case without them")
        columns = game.columns(*(Column("outcome", index=i, label=name) for i, name in enumerate(game.outcomes)))
        drawn = medians(game)
        done = backward(game, game.tables(drawn.values, columns, 1), keep=True, threads=1)
        tables = done.tables
        with np.errstate(over="ignore", invalid="ignore"):  # rows that play cannot be in hold anything
            # seven digits are more than a forecast has; half the memory, for as many cases as are played at once
            value = done.value[:, :, :, 0].astype(np.float32)
        return cls(
            game,
            {name: float(np.asarray(value).flat[0]) for name, value in drawn.values.items()},
            value,
            done.sigma[:, 0].copy(),
            done.sigma_at,
            tables.probability[:, 0].copy(),
            tables.cost[:, :, 0].copy(),
            tables.precision[:, 0].copy(),
        )

    @property
    def bytes(self) -> int:
        """Memory of the arrays."""
        return sum(getattr(self, name).nbytes for name in _ARRAYS)

    @cached_property
    def hash(self) -> str:
        """The fingerprint of the case with its theory."""
        return _hash(self.game)

    @cached_property
    def secret(self) -> tuple[bool, ...]:
        """Whether each option is a secret one."""
        return tuple(self.game.option_spec(number).secret for number in range(len(self.game.layout.options)))

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """The names of the steps."""
        case, steps = self.game.case, self.game.graph.steps
        return tuple(case.calendar.label(step) if case is not None else str(step + 1) for step in range(steps))

    def sentence(self, option: int, result: str = "") -> str:
        """Return a move in a sentence; each is made once."""
        if (option, result) not in self._sentences:
            self._sentences[option, result] = sentence_of(self.game, option, result)
        return self._sentences[option, result]

    def choices(self, step: int, stage: int, node: int) -> Floats:
        """Return the probability with which the solved player takes each arc of a node; (arc,)."""
        graph = self.game.graph
        arcs = graph.arcs_of(node)
        at = int(self.sigma_at[step, stage]) + arcs.start - int(graph.arc_ptr[graph.node_ptr[stage]])
        return self.sigma[at : at + len(arcs)]

    def odds(self, step: int, row: int) -> Floats:
        """Return the probability of each outcome from a node, an ended class or a carry on; (outcome,)."""
        return np.asarray(self.value[step, row, len(self.game.roles) :], dtype=np.float64)

    def odds_after(self, step: int, arc: int) -> Floats:
        """Return the probability of each outcome once an arc is taken, over what chance may decide; (outcome,)."""
        total = np.zeros(len(self.game.outcomes))
        for branch, p in zip(self.game.graph.branches_of(arc), self.results(arc), strict=True):
            total += p * self.odds(step, int(self.game.graph.branch_next[branch]))
        return total

    def results(self, arc: int) -> Floats:
        """Return the probability of each result of an arc; (branch,)."""
        branches = self.game.graph.branches_of(arc)
        return self.probability[self.game.graph.branch_row[branches.start : branches.stop]]

    def worth(self, step: int, arc: int, role: int) -> float:
        """Return what a role can expect once an arc is taken, its price included, in its units of payoff."""
        graph = self.game.graph
        total = float(self.cost[graph.arc_bundle[arc], role])
        for branch, p in zip(graph.branches_of(arc), self.results(arc), strict=True):
            total += float(p) * float(self.value[step, graph.branch_next[branch], role])
        return total

    def cheapest(self, role: int) -> tuple[float, frozenset[str]]:
        """Return the least that any act costs a role that chooses it, and the names of the parts of that price."""
        if role not in self._cheapest:
            layout, stages = self.game.layout, self.game.option_stages
            best: tuple[float, frozenset[str]] = (float("inf"), frozenset())
            for bundle, option in enumerate(layout.bundle_option.tolist()):
                price = -float(self.cost[bundle, role])
                if price > 0 and int(self.game.graph.stage_role[stages[option]]) == role and price < best[0]:
                    best = (price, frozenset(one.label for one in layout.options[option][1].costs if one.role == role))
            self._cheapest[role] = best if best[1] else (0.0, frozenset())
        return self._cheapest[role]

    def labels(self, code: int) -> Mapping[str, str]:
        """Return a state as variable -> value."""
        if code not in self._labels:
            if len(self._labels) >= MOST_LABELS:
                self._labels.clear()
            self._labels[code] = self.game.plan.space.labels(code)
        return self._labels[code]

    def save(self, folder: Path) -> None:
        """Write the solution into a new folder, its description last: a folder with one is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        told = {"version": __version__, "hash": self.hash, "parameters": dict(self.parameters)}
        (folder / "solved.json").write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, game: Game) -> Solved:
        """Read a solution back; the large arrays stay on disk and are read where they are looked at.

        Raises
        ------
        InputError
            It is of another case or another version.
        """
        told = json.loads((folder / "solved.json").read_text(encoding="utf-8"))
        if told["version"] != __version__ or told["hash"] != _hash(game):
            raise InputError(f"the solution in {folder} is of another case or version")
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS}
        return cls(game, told["parameters"], **arrays)


def _hash(game: Game) -> str:
    if game.case is None:
        raise InputError("a theory on its own cannot be played; it needs a case")
    return content_hash(game.case)
