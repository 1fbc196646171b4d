"""Model crises inside alliance blocs: describe, solve, forecast, explain, learn.

The way of the data::

    load -> check -> compile -> tables(draws) -> solve -> forecast -> report
    history -> likelihood -> posterior -> forecast

>>> import blocs
>>> case = blocs.load("sino-albanian-1961")           # doctest: +SKIP
>>> game = blocs.compile(case)                        # doctest: +SKIP
>>> solution = blocs.solve(game, draws=64)            # doctest: +SKIP
>>> solution.forecast().outcomes                      # doctest: +SKIP

Everything here is imported when it is first used: ``import blocs`` itself costs a few milliseconds.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import blocs.solve  # noqa: F401 - the layer; importing it now lets the function of the same name keep the name
from blocs.errors import BlocsError, InputError, NumericalError, Problem, UsageError
from blocs.version import __version__

if TYPE_CHECKING:
    from blocs.forecast.outcomes import Forecast
    from blocs.forecast.run import Run
    from blocs.forecast.run import run_case as run
    from blocs.forecast.solution import Solution
    from blocs.forecast.solving import solve
    from blocs.game.change import changed
    from blocs.game.game import Game
    from blocs.game.game import compile_game as compile  # the door's name for it
    from blocs.game.graph import Graph
    from blocs.game.tables import Tables
    from blocs.language.case import Case
    from blocs.language.load import load_case as load
    from blocs.language.load import load_theory
    from blocs.language.theory import Theory
    from blocs.solve.draws import Draws

# name -> (module, name there)
_HOMES = {
    "Case": ("blocs.language.case", "Case"),
    "Draws": ("blocs.solve.draws", "Draws"),
    "Forecast": ("blocs.forecast.outcomes", "Forecast"),
    "Game": ("blocs.game.game", "Game"),
    "Graph": ("blocs.game.graph", "Graph"),
    "Run": ("blocs.forecast.run", "Run"),
    "Solution": ("blocs.forecast.solution", "Solution"),
    "Tables": ("blocs.game.tables", "Tables"),
    "Theory": ("blocs.language.theory", "Theory"),
    "changed": ("blocs.game.change", "changed"),
    "compile": ("blocs.game.game", "compile_game"),
    "load": ("blocs.language.load", "load_case"),
    "load_theory": ("blocs.language.load", "load_theory"),
    "run": ("blocs.forecast.run", "run_case"),
}

__all__ = [
    "BlocsError",
    "Case",
    "Draws",
    "Forecast",
    "Game",
    "Graph",
    "InputError",
    "NumericalError",
    "Problem",
    "Run",
    "Solution",
    "Tables",
    "Theory",
    "UsageError",
    "__version__",
    "changed",
    "compile",
    "load",
    "load_theory",
    "run",
    "solve",
]


if not TYPE_CHECKING:

    def solve(*args: Any, **kwargs: Any) -> Any:
        """Solve a game; see `blocs.forecast.solving.solve`."""
        from blocs.forecast.solving import solve as real

        return real(*args, **kwargs)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'blocs' has no attribute '{name}'")
    module, there = _HOMES[name]
    value = getattr(importlib.import_module(module), there)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
