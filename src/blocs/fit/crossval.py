"""One fit to many histories, and what it would be without each of them.

The joint mode is found once. At the mode the curvature of every history's log-likelihood is measured by differences of
exact gradients; the sum of all but one, with the prior's, is the curvature without that one. On the scale on which that
is round, a search for the mode without a history starts next to its goal and needs a few evaluations. Around each mode
the posterior is taken as normal (Laplace).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.fit.problem import FitProblem

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

# a mode is found when what is left to go is below this share of the posterior's own standard deviation
CLOSE = 0.25
# step for differences of exact gradients, on the whitened scale; their error is of this size too, which is far below
# what a normal approximation claims
STEP = 1e-3
# a curvature below this share of the prior's is no curvature of a mode: the normal would be wider than the prior
LEAST = 0.5
# the outcome's weight starts here and is halved until it has its own value: from an easy problem to the hard one
EASY = 16.0


@dataclass(frozen=True)
class Approximation:
    """A normal approximation around a mode, on the whitened scale.

    Attributes
    ----------
    mean : float64 array (coordinate,)
    covariance : float64 array (coordinate, coordinate)
    left : float
        What a Newton step would still go, in posterior standard deviations.
    evaluations : int
    """

    mean: Floats = field(repr=False)
    covariance: Floats = field(repr=False)
    left: float
    evaluations: int

    @property
    def converged(self) -> bool:
        """Whether the mode was found."""
        return self.left < CLOSE


@dataclass(frozen=True)
class Joint:
    """The fit to all histories.

    Attributes
    ----------
    approximation : Approximation
    curvatures : float64 array (case, coordinate, coordinate)
        Minus the Hessian of each history's log-likelihood at the mode.
    """

    approximation: Approximation
    curvatures: Floats = field(repr=False)


def joint_fit(problem: FitProblem, *, iterations: int = 80, progress: Progress | None = None) -> Joint:
    """Find the mode of the posterior given all histories, and the curvature of each.

    The search starts at the prior medians. Where outcomes count, a first search gives them more weight than they have
    and the next ones go on from its end with less, so that the search comes from explanations of the outcomes.
    """
    number = len(problem.likelihoods)
    everything = list(range(number))
    u, evaluations, own = np.zeros(problem.size), 0, problem.outcome_weight
    weights = [own]
    while 0 < weights[0] * 2 <= EASY:
        weights.insert(0, weights[0] * 2)
    for stage, weight in enumerate(weights):
        problem.outcome_weight = weight
        most = iterations if weight == own else iterations // 4
        u, done = _search(problem, u, everything, np.eye(problem.size), most, 1e-2)
        evaluations += done
        if progress is not None:
            progress("searching the mode", stage + 1, len(weights))
    problem.outcome_weight = own
    curvatures = np.zeros((number, problem.size, problem.size))
    here = [problem.case_gradient(u, case)[1] for case in everything]
    for i in range(problem.size):
        step = np.zeros(problem.size)
        step[i] = STEP
        for case in everything:
            curvatures[case, i] = (here[case] - problem.case_gradient(u + step, case)[1]) / STEP
        if progress is not None:
            progress("measuring the curvature", i + 1, problem.size)
    curvatures = 0.5 * (curvatures + curvatures.transpose(0, 2, 1))
    found = _approximate(problem, u, everything, curvatures.sum(axis=0), 30)
    return Joint(Approximation(found.mean, found.covariance, found.left, found.evaluations + evaluations), curvatures)


def without(problem: FitProblem, joint: Joint, number: int, evaluations: int = 40) -> Approximation:
    """Return the fit to all histories but one."""
    others = [case for case in range(len(problem.likelihoods)) if case != number]
    curvature = joint.curvatures.sum(axis=0) - joint.curvatures[number]
    return _approximate(problem, joint.approximation.mean, others, curvature, evaluations)


def _approximate(
    problem: FitProblem, start: Floats, cases: Sequence[int], curvature: Floats, evaluations: int
) -> Approximation:
    """Search on the scale on which the posterior is round, and take it as normal there."""
    values, vectors = np.linalg.eigh(np.eye(problem.size) + curvature)
    width = vectors / np.sqrt(np.maximum(values, LEAST))
    u, done = _search(problem, start, cases, width, evaluations, 0.8 * CLOSE / np.sqrt(problem.size))
    gradient = _posterior(problem, u, cases)[1]
    return Approximation(u, width @ width.T, float(np.linalg.norm(width.T @ gradient)), done)


def _search(
    problem: FitProblem, start: Floats, cases: Sequence[int], width: Floats, iterations: int, small: float
) -> tuple[Floats, int]:
    from scipy.optimize import minimize

    count = 0

    def objective(w: Floats) -> tuple[float, Floats]:
        nonlocal count
        count += 1
        try:
            value, gradient = _posterior(problem, start + width @ w, cases)
        except NumericalError:
            # too far out: the values overflow there; the search turns back
            return 1e10, np.zeros(problem.size)
        return -value, -(width.T @ gradient)

    options = {"maxiter": iterations, "maxcor": 30, "ftol": 1e-12, "gtol": small}
    found = minimize(objective, np.zeros(problem.size), jac=True, method="L-BFGS-B", options=options)
    return start + width @ np.asarray(found.x), count


def _posterior(problem: FitProblem, u: Floats, cases: Sequence[int]) -> tuple[float, Floats]:
    """Return the log posterior given some of the histories, and its gradient."""
    total, gradient = -0.5 * float(u @ u), -u.copy()
    for case in cases:
        value, slope = problem.case_gradient(u, case)
        total += value
        gradient += slope
    return total, gradient
