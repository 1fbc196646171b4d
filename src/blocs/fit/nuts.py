"""Sampling of a posterior with the no-U-turn sampler of nutpie, from its log density and gradient alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.fit.arviz_quietly import load_arviz
from blocs.fit.problem import FitProblem

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sampled:
    """Draws of several chains.

    Attributes
    ----------
    u : float64 array (chain, draw, coordinate)
    stats : dict from name to array (chain, draw)
        The sampler's own: divergences, tree depth, step size, energy.
    """

    u: Floats
    stats: dict[str, NDArray[Any]]


def sample(
    problem: FitProblem, *, draws: int, tune: int, chains: int, seed: int, progress: Progress | None = None
) -> Sampled:
    """Sample the whitened posterior.

    Parameters
    ----------
    problem : FitProblem
    draws, tune, chains : int
    seed : int
    progress : callable (done, total), optional
        Told now and then with the number of density evaluations so far; the total is a guess.

    Raises
    ------
    NumericalError
        The sampler gave up.

    References
    ----------
    Hoffman & Gelman (2014).
    """
    load_arviz()  # which nutpie imports
    import nutpie
    from nutpie.compiled_pyfunc import from_pyfunc

    # a trajectory of fifteen steps is typical on the whitened scale
    expected = chains * (draws + tune) * 15

    def make_density() -> Callable[[Floats], tuple[float, Floats]]:
        def density(u: Floats) -> tuple[float, Floats]:
            if progress is not None and problem.evaluations % 10 == 0:
                progress(min(problem.evaluations, expected), expected)
            try:
                return problem.log_posterior(u)
            except NumericalError:
                # outside of what can be computed; the sampler counts it as a divergence
                return -np.inf, np.zeros(problem.size)

        return density

    def make_expand(seed1: int, seed2: int, chain: int) -> Callable[[Floats], dict[str, Floats]]:
        del seed1, seed2, chain
        return lambda u: {"u": np.asarray(u, dtype=np.float64)}

    model = from_pyfunc(
        ndim=problem.size,
        make_logp_fn=make_density,
        make_expand_fn=make_expand,
        expanded_dtypes=[np.dtype("float64")],
        expanded_shapes=[(problem.size,)],
        expanded_names=["u"],
        make_initial_point_fn=lambda s: 0.3 * np.random.default_rng(s).standard_normal(problem.size),
    )
    # one chain at a time: the engine's kernels use all cores within a solution. In the background, because in the
    # foreground the sampler takes an interruption for the end and returns the draws that it has by then
    sampler = nutpie.sample(
        model,
        draws=draws,
        tune=tune,
        chains=chains,
        cores=1,
        seed=seed,
        progress_bar=False,
        save_warmup=False,
        blocking=False,
    )
    try:
        trace = sampler.wait()
    except KeyboardInterrupt:
        sampler.cancel()
        raise
    except RuntimeError as error:
        raise NumericalError(f"the sampler gave up: {error}") from None
    if progress is not None:
        progress(expected, expected)
    kept = trace["sample_stats"]
    stats = {
        name: np.asarray(kept[name].values)
        for name in ("diverging", "depth", "step_size", "energy", "n_steps")
        if name in kept and kept[name].ndim == 2
    }
    return Sampled(np.asarray(trace["posterior"]["u"].values), stats)
