"""The plain C++ loop of ``_peer.cpp``, compiled where a compiler is at hand and run over a game's own arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blocs.game.game import Game
from blocs.game.tables import Tables
from blocs.solve.sequential import sigma_places

Floats = NDArray[np.float64]


def library(folder: Path) -> ctypes.CDLL | None:
    """Compile the loop into `folder`; None without a compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    source, made = Path(__file__).with_name("_peer.cpp"), folder / "peer.so"
    flags = ["-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(made), str(source)], check=True)
    return ctypes.CDLL(str(made))


def solver(peer: ctypes.CDLL, game: Game, tables: Tables) -> tuple[Callable[[], None], Floats, Floats]:
    """Return the loop over the first draw of a game, and the arrays that it fills: values and choices."""
    graph = game.graph
    sigma_at, places = sigma_places(game)
    columns = tables.cost.shape[1]
    value, sigma = np.empty((graph.slots, columns)), np.empty(places)
    names = "stage_role node_ptr active arc_ptr arc_bundle branch_ptr branch_next branch_row pay_bundle"
    whole = [np.ascontiguousarray(getattr(graph, name), dtype=np.int32) for name in names.split()]
    tables_of = (tables.cost, tables.probability, tables.pay, tables.weight, tables.discount, tables.precision)
    real = [np.ascontiguousarray(one[..., 0]) for one in tables_of]
    filled = [value, sigma, sigma_at]

    def pointers(arrays: list) -> list[ctypes.c_void_p]:
        return [ctypes.c_void_p(one.ctypes.data) for one in arrays]

    def run() -> None:
        peer.solve(graph.steps, graph.stages, columns, *pointers(whole), graph.ends, *pointers(real), *pointers(filled))

    return run, value, sigma
