"""The mode of a posterior, from several starts, and what its curvature says about what the data can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.fit.problem import FitProblem

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# a gradient this small, on a scale on which the prior's curvature is one, leaves the mode uncertain by as much
GRADIENT = 1e-3
# modes closer than this, in prior standard deviations, are one
SAME_MODE = 0.05
# steps for differences of exact gradients: the error is of their square
STEP = 1e-3
# curvature from the data below this share of the prior's: the data say nearly nothing in that direction
FLAT = 0.05


@dataclass(frozen=True)
class Mode:
    """A posterior mode and how it was found.

    Attributes
    ----------
    u : float64 array (coordinate,)
        In prior standard deviations from the medians.
    log_posterior, log_likelihood : float
        Up to the prior's constant; and the data's part alone.
    gradient : float
        Largest absolute derivative at the mode.
    converged : bool
        Whether that is below the threshold.
    starts : tuple of float
        Log posterior that each start reached.
    starts_agree : bool or None
        Whether all came to the same mode; None with one start.
    message : str
        What happened, in a sentence.
    """

    u: Floats
    log_posterior: float
    log_likelihood: float
    gradient: float
    converged: bool
    starts: tuple[float, ...]
    starts_agree: bool | None
    message: str


def find_mode(
    problem: FitProblem,
    starts: int,
    iterations: int,
    seed: int,
    progress: Progress | None = None,
) -> Mode:
    """Search the mode from several starts.

    Parameters
    ----------
    problem : FitProblem
    starts, iterations : int
    seed : int
        Of the random starts.
    progress : callable (done, total), optional
        Told after every iteration.
    """
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    points = [np.zeros(problem.size), *(0.5 * rng.standard_normal((max(starts - 1, 0), problem.size)))]
    found: list[tuple[Floats, float]] = []
    done = 0

    def objective(u: Floats) -> tuple[float, Floats]:
        try:
            value, gradient = problem.log_posterior(u)
        except NumericalError:
            # too far out: the values overflow there; the search turns back
            return 1e10, np.zeros(problem.size)
        return -value, -gradient

    def tell(_: Floats) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, starts * iterations), starts * iterations)

    for point in points:
        result = minimize(
            objective,
            point,
            jac=True,
            method="L-BFGS-B",
            callback=tell,
            options={"maxiter": iterations, "maxcor": 20, "ftol": 1e-13, "gtol": GRADIENT / 10},
        )
        found.append((np.asarray(result.x), -float(result.fun)))
    if progress is not None:
        progress(starts * iterations, starts * iterations)
    best = max(range(len(found)), key=lambda i: found[i][1])
    u, value = found[best]
    gradient = float(np.abs(problem.log_posterior(u)[1]).max())
    agree = None
    if len(found) > 1:
        agree = all(float(np.abs(other - u).max()) < SAME_MODE for other, _ in found)
    return Mode(
        u,
        value,
        value + 0.5 * float(u @ u),
        gradient,
        gradient < GRADIENT,
        tuple(v for _, v in found),
        agree,
        _sentence(gradient, [v for _, v in found], agree),
    )


def _sentence(gradient: float, values: Sequence[float], agree: bool | None) -> str:
    if gradient >= GRADIENT:
        said = (
            f"The search did NOT reach a mode: the largest derivative is still {gradient:.1e}; allow more iterations."
        )
    else:
        said = f"The search reached a mode (largest derivative {gradient:.1e})."
    if agree is None:
        return said + " Only one start was tried."
    if agree:
        return said + f" All {len(values)} starts came to it."
    spread = max(values) - min(values)
    return said + f" The {len(values)} starts came to different points, up to {spread:.2f} apart in log posterior."


def curvature(problem: FitProblem, u: Floats, progress: Progress | None = None) -> Floats:
    """Return minus the Hessian of the log posterior by differences of exact gradients; (coordinate, coordinate)."""
    size = problem.size
    hessian = np.empty((size, size))
    for i in range(size):
        step = np.zeros(size)
        step[i] = STEP
        hessian[i] = (problem.log_posterior(u - step)[1] - problem.log_posterior(u + step)[1]) / (2 * STEP)
        if progress is not None:
            progress(i + 1, size)
    return 0.5 * (hessian + hessian.T)


@dataclass(frozen=True)
class Direction:
    """A combination of parameters that the data cannot tell apart.

    Parameters
    ----------
    information : float
        Curvature from the data in this direction, as a share of the prior's.
    weights : tuple of (name, float)
        The heaviest members of the combination, in prior standard deviations.
    """

    information: float
    weights: tuple[tuple[str, float], ...]

    def sentence(self) -> str:
        """Say what moves with what."""
        parts = ", ".join(f"{weight:+.2f} {name}" for name, weight in self.weights)
        return f"The data say next to nothing about {parts} (information {self.information:.3f} of the prior's)."


def flat_directions(problem: FitProblem, hessian: Floats, most: int = 5) -> list[Direction]:
    """Return combinations about which the data say next to nothing although they speak about each member.

    A parameter about which they say nothing at all is its own flat direction and shows in the contraction instead.
    """
    information = hessian - np.eye(problem.size)
    alone = np.diag(information)
    told = np.flatnonzero(alone > 2 * FLAT)
    if not len(told):
        return []
    values, vectors = np.linalg.eigh(information[np.ix_(told, told)])
    found = []
    for i in np.flatnonzero(values < FLAT)[:most]:
        vector = vectors[:, i] * np.sign(vectors[np.argmax(np.abs(vectors[:, i])), i])
        heavy = [j for j in np.argsort(-np.abs(vector))[:4] if abs(vector[j]) > 0.2]
        if len(heavy) > 1:
            weights = tuple((problem.names[told[j]], float(vector[j])) for j in heavy)
            found.append(Direction(float(values[i]), weights))
    return found
