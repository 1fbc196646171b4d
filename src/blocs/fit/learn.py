"""Learn parameters from the histories of cases: the one door to modes, approximations and samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.fit.laplace import RELIABLE, approximate
from blocs.fit.methods import Laplace, Map, Method, Nuts
from blocs.fit.mode import Mode, curvature, find_mode, flat_directions
from blocs.fit.nuts import sample
from blocs.fit.posterior import ESS, RHAT, Posterior
from blocs.fit.problem import FactsAre, FitProblem, problem_of

if TYPE_CHECKING:
    from blocs.language.case import Case

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]


def fit(
    cases: Sequence[Case],
    method: Method | None = None,
    *,
    seed: int = 0,
    facts: FactsAre = "fixed",
    deviations: Sequence[str] = (),
    progress: Progress | None = None,
    keep: Callable[[int, Floats, float], None] | None = None,
    resume: Sequence[tuple[Floats, float]] = (),
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
    progress : callable (what, done, total), optional
    keep, resume
        See `blocs.fit.mode.find_mode`.

    Returns
    -------
    Posterior
        With diagnostics in sentences. A search that did not reach a mode says so there, and `sound` is false.
    """
    problem = problem_of(cases, facts=facts, deviations=deviations)
    return fit_problem(problem, method or Laplace(), seed=seed, progress=progress, keep=keep, resume=resume)


def fit_problem(
    problem: FitProblem,
    method: Method,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    keep: Callable[[int, Floats, float], None] | None = None,
    resume: Sequence[tuple[Floats, float]] = (),
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
        posterior = _assemble(problem, method, seed, found.u, log_likelihood, found.stats, [], True, {})
        return _with_chain_diagnostics(posterior)
    mode = find_mode(problem, method.starts, method.iterations, seed, report("searching the mode"), keep, resume)
    sentences, sound = [mode.message], mode.converged
    at_mode = {name: float(value[0]) for name, value in problem.parameters(mode.u).items() if name in problem.priors}
    if isinstance(method, Map):
        likelihood = problem.log_likelihood(mode.u[None, :])
        return _assemble(problem, method, seed, mode.u[None, None, :], likelihood, {}, sentences, sound, at_mode)
    hessian = curvature(problem, mode.u, report("measuring the curvature"))
    drawn = approximate(problem, mode.u, hessian, method.draws, seed, report("drawing"))
    sentences.append(drawn.sentence())
    sound = sound and drawn.khat < RELIABLE
    sentences += [direction.sentence() for direction in flat_directions(problem, hessian)]
    posterior = _assemble(problem, method, seed, drawn.u[None], drawn.log_likelihood, {}, sentences, sound, at_mode)
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
    mode: dict[str, float],
) -> Posterior:
    from blocs.version import __version__

    chains, draws, _ = u.shape
    flat = problem.parameters(u.reshape(-1, problem.size))
    values = {name: flat[name].reshape(chains, draws) for name in problem.priors}
    values.update({name: np.full((chains, draws), value) for name, value in problem.held.items()})
    theory = problem.likelihoods[0].game.theory
    attributes: dict[str, Any] = {
        "version": __version__,
        "seed": seed,
        "method": repr(method),
        "theory": theory.theory,
        "theory_version": theory.version,
        "facts": problem.facts,
        "evaluations": problem.evaluations,
        "hashes": problem.hashes(),
    }
    names = tuple(problem.case_name(i) for i in range(len(problem.likelihoods)))
    return Posterior(
        u=u,
        coordinates=tuple(problem.names),
        values=values,
        log_likelihood=log_likelihood.reshape(chains, draws, len(names)),
        cases=names,
        stats=stats,
        diagnostics=tuple(sentences),
        sound=sound,
        attributes=attributes,
        mode=mode,
    )


def _with_contraction(posterior: Posterior) -> Posterior:
    """Add a sentence on what the data narrowed and what they left alone."""
    from dataclasses import replace

    contraction = posterior.contraction()
    learned = sorted((name for name in contraction if contraction[name] > 0.3), key=lambda name: -contraction[name])
    untouched = [name for name in contraction if contraction[name] < 0.1]
    said = f"The data narrowed {len(learned)} of {len(contraction)} unknowns by more than 30 % of their variance"
    said += f" (most: {', '.join(learned[:5])})" if learned else ""
    said += f"; they say little about {len(untouched)}." if untouched else "."
    return replace(posterior, diagnostics=(*posterior.diagnostics, said))


def _with_chain_diagnostics(posterior: Posterior) -> Posterior:
    """Add sentences on divergences, R-hat and effective draws."""
    from dataclasses import replace

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
