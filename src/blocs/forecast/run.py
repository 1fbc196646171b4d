"""The main job: a case from compilation to a forecast, with everything needed to report and reproduce it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blocs.forecast.outcomes import Forecast
from blocs.forecast.solving import Progress, solve
from blocs.forecast.whatif import Forced, carried_out, read_forces
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.solve.draws import Draws
from blocs.solve.private import Beliefs
from blocs.solve.sequential import Restriction

if TYPE_CHECKING:
    from blocs.language.case import Case


@dataclass(frozen=True)
class Run:
    """A case run: the forecast over draws and, beside it, the forecast at the default parameters.

    Attributes
    ----------
    game : Game
    forecast : Forecast
        Over draws from the fit that the game uses, or from the priors.
    default : Forecast
        At one central draw (the mode of that fit, or the prior medians); the scores of the history are taken here, and
        say so.
    seconds : dict
        Time of compiling, of solving, and of both.
    beliefs : Exact or Grid or None
        How a game with private types was to be solved.
    forced : tuple of Forced
        Moves that had to be made; then the real course is not scored, for it was another one.
    """

    game: Game
    forecast: Forecast
    default: Forecast
    seconds: Mapping[str, float]
    beliefs: Beliefs | None = None
    forced: tuple[Forced, ...] = ()

    @property
    def restrictions(self) -> tuple[Restriction, ...]:
        """What the forced moves leave open."""
        return tuple(one for move in self.forced for one in move.restrictions)

    @property
    def carried_out(self) -> dict[str, float]:
        """By forced move, the mean probability that play came to where it was legal."""
        return carried_out(self.forced, self.forecast.solution.taken)

    def to_json(self) -> dict[str, Any]:
        """Return the keys of ``blocs run --json``."""
        from blocs.version import __version__

        graph, draws = self.game.graph, self.forecast.solution.draws
        history = self.default.history
        certificate = self.forecast.solution.certificate
        result: dict[str, Any] = {
            "case": self.game.case.case if self.game.case else None,
            "theory": self.game.theory.theory,
            "version": __version__,
            "seed": draws.seed,
            "draws": len(draws),
            "outcomes": {name: spread.to_json() for name, spread in self.forecast.outcomes.items()},
            "history": {**history.to_json(), "parameters": self.default.solution.draws.origin} if history else None,
            "certificate": certificate.to_json(),
            "graph": {
                "states": graph.nodes,
                "arcs": graph.arcs,
                "branches": graph.branches,
                "solved_arcs": graph.solved_arcs,
            },
            "expected_dates": {
                name: {"step": step, "date": self.forecast.date_label(step)}
                for name, step in self.forecast.expected_dates.items()
            },
            "option_counts": {name: spread.to_json() for name, spread in self.forecast.option_counts.items()},
            "seconds": dict(self.seconds),
        }
        if self.forced:
            result["forced"] = self.carried_out
        if paths := self.forecast.solution.beliefs:
            result["beliefs"] = {path.role: path.to_json() for path in paths}
        return result


def run_case(
    case: Case,
    *,
    draws: int | Draws = 256,
    centre: Draws | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
    force: Sequence[str] = (),
) -> Run:
    """Compile a case, solve it at one central draw and over many, and return both forecasts.

    Parameters
    ----------
    case : Case
    draws : int or Draws
        How many from the fit that the game uses, or from the priors; or draws made elsewhere.
    centre : Draws, optional
        The draw at which the history is scored; the mode of the fit, or the prior medians, by default.
    seed : int
    settings : mapping, optional
        Facts and parameters held at a value.
    progress : callable (done, total), optional
    threads : int
    beliefs : Exact or Grid, optional
        How a game with private types is solved; see `blocs.solve`.
    force : sequence of str
        ``DATE ROLE OPTION``: the role takes the option in that step wherever it is legal.

    Raises
    ------
    InputError
        Something in the case, the theory, the settings or the forced moves is wrong.
    NumericalError
        No valid solution.
    """
    began = time.perf_counter()
    settings = dict(settings or {})
    facts = {name: settings.pop(name) for name in list(settings) if name in case.theory_spec.facts}
    game = compile_game(changed(case, facts=facts) if facts else case)
    compiled = time.perf_counter()
    forced = tuple(read_forces(game, force))
    how: dict[str, Any] = {
        "settings": settings,
        "restrictions": [one for move in forced for one in move.restrictions],
        "with_history": not forced,
        "threads": threads,
        "beliefs": beliefs,
    }
    # the certificate that is shown is that of the draws
    default = solve(game, centre, certify=False, **how)
    forecast = solve(game, draws, seed=seed, progress=progress, **how)
    done = time.perf_counter()
    seconds = {"compile": compiled - began, "solve": done - compiled, "total": done - began}
    return Run(game, forecast.forecast(), default.forecast(), seconds, beliefs, forced)
