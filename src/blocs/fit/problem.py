"""Histories of one or many cases under one theory: the posterior of shared parameters, with its gradient."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.private_history import PrivateHistoryLikelihood
from blocs.game.game import Game
from blocs.language.whitening import White, WhiteFact
from blocs.solve.draws import uncertain_facts
from blocs.version import __version__

if TYPE_CHECKING:
    from blocs.fit.journal import Journal
    from blocs.language.case import Case
    from blocs.language.priors import Prior
    from blocs.solve.private import Beliefs

Floats = NDArray[np.float64]
FactsAre = Literal["fixed", "integrated"]

# prior of the spread of case-level deviations, in prior standard deviations of the parameter: mostly below one
TAU_MEDIAN, TAU_SIGMA = 0.3, 0.7


@dataclass(frozen=True)
class Coordinate:
    """One direction of the whitened space.

    Parameters
    ----------
    name : str
        For people: the parameter, ``fact [case]``, ``parameter [case]`` (a deviation), ``tau parameter`` (a spread).
    kind : str
        ``parameter``, ``fact``, ``deviation`` or ``spread``.
    target : str
        The parameter or fact.
    case : int
        For facts and deviations: which case; else -1.
    """

    name: str
    kind: Literal["parameter", "fact", "deviation", "spread"]
    target: str
    case: int = -1


@dataclass
class FitProblem:
    """The posterior of a theory's parameters given the histories of cases.

    Parameters
    ----------
    likelihoods : list of HistoryLikelihood
        One per case; all under one theory with the same parameters and priors.
    facts : {"fixed", "integrated"}
        Keep facts with ranges at their stated values, or treat them as unknowns with their range as prior.
    deviations : sequence of str
        Parameters that may differ from case to case: on the whitened scale, ``u_case = u + tau eta_case`` with standard
        normal `eta` (non-centred) and a log-normal spread `tau`.
    journal : Journal, optional
        Where evaluations are kept and looked up.
    outcome_weight : float
        How many times the log-probability of each case's outcome, as forecast from its start, counts beside the
        log-probabilities of its choices.

    Notes
    -----
    The vector `u` has one entry per coordinate; the log prior is ``-|u|**2 / 2`` throughout.
    """

    likelihoods: Sequence[HistoryLikelihood]
    facts: FactsAre = "fixed"
    deviations: Sequence[str] = ()
    journal: Journal | None = None
    outcome_weight: float = 0.0
    coordinates: list[Coordinate] = field(init=False)
    evaluations: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Lay out the coordinates."""
        if not self.likelihoods:
            raise InputError("there is no history to learn from")
        theory = self.likelihoods[0].game.theory
        if theory.play.response == "best":
            message = "a best response is chosen with probability one, so that histories teach nothing about it"
            raise InputError(theory.origins.problem(("play", "response"), message, "use `logit` or `probit`"))
        for other in self.likelihoods[1:]:
            _same_parameters(self.likelihoods[0].game, other.game)
        self.priors: dict[str, Prior] = {
            name: spec.prior for name, spec in theory.parameters.items() if spec.prior.free
        }
        self.held = {name: spec.prior.median for name, spec in theory.parameters.items() if not spec.prior.free}
        wrong = [name for name in self.deviations if name not in self.priors]
        if wrong:
            raise InputError(
                [Problem(f"there is no free parameter `{name}`", hint=nearest(name, self.priors)) for name in wrong]
            )
        self.white = {name: White(name, prior) for name, prior in self.priors.items()}
        self.white_facts: list[dict[str, WhiteFact]] = [
            {name: WhiteFact(name, *ends) for name, ends in uncertain_facts(one.game).items()}
            if self.facts == "integrated"
            else {}
            for one in self.likelihoods
        ]
        self.coordinates = [Coordinate(name, "parameter", name) for name in self.priors]
        for number, found in enumerate(self.white_facts):
            self.coordinates += [
                Coordinate(f"{name} [{self.case_name(number)}]", "fact", name, number) for name in found
            ]
        for name in self.deviations:
            self.coordinates.append(Coordinate(f"tau {name}", "spread", name))
            self.coordinates += [
                Coordinate(f"{name} [{self.case_name(number)}]", "deviation", name, number)
                for number in range(len(self.likelihoods))
            ]
        self.place = {(one.kind, one.target, one.case): i for i, one in enumerate(self.coordinates)}

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.coordinates)

    @property
    def names(self) -> list[str]:
        """Names of the coordinates."""
        return [one.name for one in self.coordinates]

    def case_name(self, number: int) -> str:
        """Return the name of a case."""
        case = self.likelihoods[number].game.case
        return case.case if case is not None else str(number + 1)

    def hashes(self) -> dict[str, str]:
        """Return the fingerprint of each case and of the theory, as far as they have one."""
        from blocs.language.identity import content_hash

        found = {}
        for number, likelihood in enumerate(self.likelihoods):
            case = likelihood.game.case
            if case is not None:
                found[self.case_name(number)] = content_hash(case)
        return found

    def identity(self, method: object, seed: int) -> str:
        """Return what the evaluations of a fit with a method and a seed depend on, as text."""
        # everything that a problem was asked to do, whatever it learns to be asked later
        asked = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        del asked["likelihoods"], asked["journal"]
        beliefs = [repr(one.method) for one in self.likelihoods if isinstance(one, PrivateHistoryLikelihood)]
        return json.dumps([__version__, self.hashes(), repr(sorted(asked.items())), repr(method), seed, *beliefs])

    def _inputs(self, u: Floats, number: int) -> tuple[dict[str, Floats], list[tuple[str, int, Floats]]]:
        """Return a case's parameter and fact values, and the chain from each to the coordinates.

        `u` is (draw, coordinate); the chain holds (name, coordinate, derivative of the value by it).
        """
        values: dict[str, Floats] = {name: np.full(len(u), value) for name, value in self.held.items()}
        chain: list[tuple[str, int, Floats]] = []
        for name, white in self.white.items():
            at = self.place[("parameter", name, -1)]
            position = u[:, at]
            extra: list[tuple[int, Floats]] = []
            if name in self.deviations:
                spread, own = self.place[("spread", name, -1)], self.place[("deviation", name, number)]
                tau = TAU_MEDIAN * np.exp(TAU_SIGMA * u[:, spread])
                position = position + tau * u[:, own]
                extra = [(own, tau), (spread, tau * TAU_SIGMA * u[:, own])]
            values[name], slope = white.value(position)
            chain.append((name, at, slope))
            chain += [(name, other, slope * factor) for other, factor in extra]
        for name, white in self.white_facts[number].items():
            at = self.place[("fact", name, number)]
            values[name], slope = white.value(u[:, at])
            chain.append((name, at, slope))
        return values, chain

    def parameters(self, u: Floats, number: int = 0) -> dict[str, Floats]:
        """Return parameter (and fact) values of a case at rows of `u`; arrays (draw,)."""
        return self._inputs(np.atleast_2d(u), number)[0]

    def named(self, u: Floats) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
        """Return what rows of `u` mean, in the parameters' own units.

        Returns
        -------
        shared : dict from parameter to float64 array (draw,)
            Where cases may differ, what they have in common.
        by_case : dict from parameter or fact to float64 array (draw, case)
            What differs from case to case.
        spreads : dict from parameter to float64 array (draw,)
            How far cases differ, in prior standard deviations.
        """
        u = np.atleast_2d(u)
        shared = {name: white.value(u[:, self.place[("parameter", name, -1)]])[0] for name, white in self.white.items()}
        shared.update({name: np.full(len(u), value) for name, value in self.held.items()})
        spreads = {
            name: TAU_MEDIAN * np.exp(TAU_SIGMA * u[:, self.place[("spread", name, -1)]]) for name in self.deviations
        }
        each = [self.parameters(u, number) for number in range(len(self.likelihoods))]
        by_case = {name: np.stack([values[name] for values in each], axis=1) for name in self.deviations}
        for name in dict.fromkeys(name for found in self.white_facts for name in found):
            columns = [
                values.get(name, np.full(len(u), self.stated(name, number))) for number, values in enumerate(each)
            ]
            by_case[name] = np.stack(columns, axis=1)
        return shared, by_case, spreads

    def stated(self, name: str, number: int) -> float:
        """Return the value that a case states for a fact."""
        case = self.likelihoods[number].game.case
        return float(case.facts[name].value) if case is not None and name in case.facts else float("nan")

    def log_likelihood(self, u: Floats) -> Floats:
        """Return the log-likelihood of each case at rows of `u`; (draw, case)."""
        u = np.atleast_2d(u)
        if self.journal is not None and (known := self.journal.recall("likelihood", u)) is not None:
            return known.reshape(len(u), len(self.likelihoods))
        columns = []
        for number, likelihood in enumerate(self.likelihoods):
            values = self._inputs(u, number)[0]
            parts = [
                likelihood.value(
                    {name: value[low : low + 16] for name, value in values.items()},
                    min(16, len(u) - low),
                    outcome_weight=self.outcome_weight,
                )
                for low in range(0, len(u), 16)
            ]
            columns.append(np.concatenate(parts))
        found = np.stack(columns, axis=1)
        if self.journal is not None:
            self.journal.note("likelihood", u, found)
        return found

    def log_posterior(self, u: Floats) -> tuple[float, Floats]:
        """Return the log posterior density (up to a constant) and its gradient at one point; (coordinate,)."""
        self.evaluations += 1
        u = np.asarray(u, dtype=np.float64)
        if self.journal is not None and (known := self.journal.recall("posterior", u)) is not None:
            return float(known[0]), known[1:].copy()
        total, gradient = -0.5 * float(u @ u), -u.copy()
        for number in range(len(self.likelihoods)):
            value, slope = self.case_gradient(u, number)
            total += value
            gradient += slope
        if self.journal is not None:
            self.journal.note("posterior", u, np.append(total, gradient))
        return total, gradient

    def case_gradient(self, u: Floats, number: int) -> tuple[float, Floats]:
        """Return one case's log-likelihood and its gradient by the coordinates."""
        values, chain = self._inputs(u[None, :], number)
        wrt = {name for name, _, _ in chain}
        value, slopes = self.likelihoods[number].gradient(values, wrt, outcome_weight=self.outcome_weight)
        gradient = np.zeros(self.size)
        for name, at, factor in chain:
            gradient[at] += float(slopes[name][0] * factor[0])
        return float(value[0]), gradient


def problem_of(
    cases: Sequence[Case],
    *,
    facts: FactsAre = "fixed",
    deviations: Sequence[str] = (),
    outcome_weight: float = 0.0,
    beliefs: Beliefs | None = None,
) -> FitProblem:
    """Compile cases and lay out their joint posterior; `beliefs` says how private types are solved."""
    from blocs.game.game import compile_game

    likelihoods = [HistoryLikelihood.of(compile_game(case), beliefs) for case in cases]
    return FitProblem(likelihoods, facts, deviations, outcome_weight=outcome_weight)


def _same_parameters(one: Game, two: Game) -> None:
    a = {name: str(spec.prior) for name, spec in one.theory.parameters.items()}
    b = {name: str(spec.prior) for name, spec in two.theory.parameters.items()}
    differing = sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))
    if differing:
        names = [game.case.case if game.case else "?" for game in (one, two)]
        raise InputError(
            f"{names[0]} and {names[1]} do not share the parameters or priors of one theory: {', '.join(differing[:5])}"
        )
