"""Learn parameters from the histories of cases: the one door to modes, approximations and samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.fit.journal import Journal
from blocs.fit.laplace import RELIABLE, approximate
from blocs.fit.methods import Laplace, Map, Method, Nuts
from blocs.fit.mode import Mode, curvature, find_mode, flat_directions
from blocs.fit.nuts import sample
from blocs.fit.posterior import ESS, RHAT, Posterior
from blocs.fit.predictive import predictions
from blocs.fit.problem import FactsAre, FitProblem, problem_of

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.solve.private import Beliefs

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

# enough to draw a prior beside its posterior
PRIOR_DRAWS = 1000


def fit(
    cases: Sequence[Case],
    method: Method | None = None,
    *,
    seed: int = 0,
    facts: FactsAre = "fixed",
    deviations: Sequence[str] = (),
    predict: bool = False,
    progress: Progress | None = None,
    resume: str | Path | Journal | None = None,
    beliefs: Beliefs | None = None,
) -> Posterior:
    """Learn the parameters of a theory from the histories of one or more of its cases.

    Parameters
    ----------
    cases : sequence of Case
        All under one theory.
    method : Map, Laplace or Nuts
        Default: `Laplace()`.
    seed : int
    facts : {"fixed", "integrated"}
        What to do about facts that are known as ranges.
    deviations : sequence of str
        Parameters that may differ from case to case.
    predict : bool
        Also simulate a course at every draw, for posterior predictive checks; costs a solution of the game each.
    progress : callable (what, done, total), optional
    resume : path or Journal, optional
        Every evaluation of the likelihood is kept in this file; a fit that was interrupted and is run again with the
        same file goes on where it was, to the same bits.
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    Posterior
        With diagnostics in sentences. A search that did not reach a mode says so there, and `sound` is false.
    """
    problem = problem_of(cases, facts=facts, deviations=deviations, beliefs=beliefs)
    method = method or Laplace()
    journal = Journal(resume) if isinstance(resume, str | Path) else resume
    if journal is not None:
        journal.open(problem.identity(method, seed))
        problem.journal = journal
    try:
        posterior = fit_problem(problem, method, seed=seed, progress=progress)
    finally:
        if journal is not None and journal is not resume:
            journal.close()
    if not predict:
        return posterior
    told = None if progress is None else lambda done, total: progress("predicting", done, total)
    return replace(posterior, predictions=predictions(problem, posterior.u, seed=seed, progress=told))


def fit_problem(
    problem: FitProblem,
    method: Method,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Posterior:
    """Learn from a problem that is already laid out; see `fit`."""

    def report(what: str) -> Callable[[int, int], None]:
        return lambda done, total: progress(what, done, total) if progress is not None else None

    if isinstance(method, Nuts):
        found = sample(
            problem, draws=method.draws, tune=method.tune, chains=method.chains, seed=seed, progress=report("sampling")
        )
        flat = found.u.reshape(-1, problem.size)
        log_likelihood = np.concatenate([problem.log_likelihood(flat[i : i + 16]) for i in range(0, len(flat), 16)])
        posterior = _assemble(problem, method, seed, found.u, log_likelihood, found.stats, [], True, None)
        return _with_chain_diagnostics(posterior)
    mode = find_mode(problem, method.starts, method.iterations, seed, report("searching the mode"))
    sentences, sound = [mode.message], mode.converged
    if isinstance(method, Map):
        likelihood = problem.log_likelihood(mode.u[None, :])
        return _assemble(problem, method, seed, mode.u[None, None, :], likelihood, {}, sentences, sound, mode.u)
    hessian = curvature(problem, mode.u, report("measuring the curvature"))
    drawn = approximate(problem, mode.u, hessian, method.draws, seed, report("drawing"))
    sentences.append(drawn.sentence())
    sound = sound and drawn.khat < RELIABLE
    sentences += [direction.sentence() for direction in flat_directions(problem, hessian)]
    posterior = _assemble(problem, method, seed, drawn.u[None], drawn.log_likelihood, {}, sentences, sound, mode.u)
    return _with_contraction(posterior)


def _assemble(
    problem: FitProblem,
    method: Method,
    seed: int,
    u: Floats,
    log_likelihood: Floats,
    stats: dict[str, Any],
    sentences: Sequence[str],
    sound: bool,
    mode: Floats | None,
) -> Posterior:
    from blocs.version import __version__

    chains, draws, _ = u.shape
    values, by_case, spreads = problem.named(u.reshape(-1, problem.size))
    theory = problem.likelihoods[0].game.theory
    attributes: dict[str, Any] = {
        "version": __version__,
        "seed": seed,
        "method": repr(method),
        "theory": theory.theory,
        "theory_version": theory.version,
        "facts": problem.facts,
        "deviations": list(problem.deviations),
        "evaluations": problem.evaluations,
        "hashes": problem.hashes(),
    }
    names = tuple(problem.case_name(i) for i in range(len(problem.likelihoods)))
    centre: dict[str, float] = {}
    centre_by_case: dict[str, tuple[float, ...]] = {}
    if mode is not None:
        shared, own, apart = problem.named(mode[None])
        centre = {name: float(value[0]) for name, value in shared.items()}
        centre.update({f"tau {name}": float(value[0]) for name, value in apart.items()})
        centre_by_case = {name: tuple(float(one) for one in value[0]) for name, value in own.items()}
    return Posterior(
        u=u,
        coordinates=tuple(problem.names),
        values={name: value.reshape(chains, draws) for name, value in values.items()},
        by_case={name: value.reshape(chains, draws, len(names)) for name, value in by_case.items()},
        spreads={name: value.reshape(chains, draws) for name, value in spreads.items()},
        log_likelihood=log_likelihood.reshape(chains, draws, len(names)),
        cases=names,
        stats=stats,
        diagnostics=tuple(sentences),
        sound=sound,
        attributes=attributes,
        mode=centre,
        mode_by_case=centre_by_case,
        prior=_prior(problem, seed),
    )


def _prior(problem: FitProblem, seed: int) -> dict[str, Floats]:
    """Return draws from the prior of everything that the posterior names."""
    from blocs.fit.netcdf import CASE, SPREAD

    # a stream apart from that of the search's starts
    u = np.random.default_rng([seed, 1]).standard_normal((PRIOR_DRAWS, problem.size))
    values, by_case, spreads = problem.named(u)
    found = {**values, "u": u}
    found.update({name + CASE: value for name, value in by_case.items()})
    found.update({SPREAD + name: value for name, value in spreads.items()})
    return found


def _with_contraction(posterior: Posterior) -> Posterior:
    """Add a sentence on what the data narrowed and what they left alone."""
    contraction = posterior.contraction()
    learned = sorted((name for name in contraction if contraction[name] > 0.3), key=lambda name: -contraction[name])
    untouched = [name for name in contraction if contraction[name] < 0.1]
    said = f"The data narrowed {len(learned)} of {len(contraction)} unknowns by more than 30 % of their variance"
    said += f" (most: {', '.join(learned[:5])})" if learned else ""
    said += f"; they say little about {len(untouched)}." if untouched else "."
    return replace(posterior, diagnostics=(*posterior.diagnostics, said))


def _with_chain_diagnostics(posterior: Posterior) -> Posterior:
    """Add sentences on divergences, R-hat and effective draws."""
    diverging = int(np.sum(posterior.stats.get("diverging", np.zeros(1))))
    frame = posterior.to_pandas()
    rhat, ess = float(frame["rhat"].max()), float(frame["ess"].min())
    sentences, sound = [], True
    if diverging:
        sound = False
        sentences.append(
            f"{diverging} of {posterior.size} draws DIVERGED: the sampler met corners that it cannot follow."
        )
    if np.isfinite(rhat):
        sound = sound and rhat < RHAT
        word = "agree" if rhat < RHAT else "do NOT agree yet; run longer"
        sentences.append(f"The chains {word} (largest R-hat {rhat:.3f}).")
    if np.isfinite(ess):
        sound = sound and ess > ESS
        word = "enough" if ess > ESS else "too FEW for intervals"
        sentences.append(f"The least known parameter has {ess:.0f} effective draws, {word}.")
    return _with_contraction(replace(posterior, diagnostics=tuple(sentences), sound=sound))


__all__ = ["Mode", "fit", "fit_problem"]
