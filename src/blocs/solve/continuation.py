"""Following the principal branch of logit equilibria from precision zero to given precisions.

Predictor and corrector (Turocy 2005, 2010; Allgower & Georg 1990): the next point is guessed from those before it and
corrected at a fixed precision. Where the branch turns back and no correction is near, it is followed by its own length,
and precision may fall for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.errors import NumericalError
from blocs.solve.fixed_point import ROUNDING, FixedPoint, accelerated, linear, newton
from blocs.solve.orientation import Orientation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Follow:
    """How a branch is followed.

    Parameters
    ----------
    tolerance : float
        Gap between a point and its sweep at which it is accepted at a target.
    on_the_way : float
        The same for points between targets, which only show the way.
    reach : float
        Largest correction in choice probabilities; a larger one may lead to another branch, and the step is halved.
    shortest : float
        Shortest step, as a share of the first one, before the branch is followed by its length.
    crossing : float
        The same for steps that change the orientation of the branch: shorter ones are taken to pass a bifurcation.
    steps : int
        Most steps before it is given up.
    growth : float
        Largest ratio of one step to the one before.
    """

    tolerance: float = ROUNDING
    on_the_way: float = 1e-6
    reach: float = 0.1
    shortest: float = 1e-3
    crossing: float = 1e-5
    steps: int = 2000
    growth: float = 3.0


@dataclass(frozen=True)
class Point:
    """A point of the branch.

    Attributes
    ----------
    lam : float
    x : float64 array
    residual : float
        Gap between x and its sweep.
    sweeps : int
        Sweeps made since precision zero.
    turns : int
        How often precision had turned before this point, back or forth again.
    crossings : int
        How many bifurcations were passed, after which the branch may go on in more than one way.
    """

    lam: float
    x: Floats
    residual: float
    sweeps: int
    turns: int = 0
    crossings: int = 0

    def told(self) -> str:
        """Say how the point was found."""
        words = f"principal branch, {self.sweeps} sweeps"
        if self.turns:
            words += f", precision turned {self.turns} times on the way"
        if self.crossings:
            many = "a bifurcation" if self.crossings == 1 else f"{self.crossings} bifurcations"
            words += f", past {many}, where it may go on in more than one way"
        return words


def follow(
    problem: FixedPoint,
    targets: Sequence[float],
    *,
    scale: float = 1.0,
    method: Follow | None = None,
    progress: Callable[[float], None] | None = None,
) -> list[Point]:
    """Return the points of the principal branch at increasing precisions.

    Parameters
    ----------
    problem : FixedPoint
        Whose solution at precision zero is x = 0.
    targets : sequence of float
        Not decreasing, at least zero.
    scale : float
        Range of payoffs: precisions are small or large compared with its inverse.
    progress : callable, optional
        Called with the precision that was reached.

    Raises
    ------
    NumericalError
        When the branch is lost, with the last precision that was reached.
    """
    return follow_on(problem, scale=scale, method=method, progress=progress).run(targets)


def follow_on(
    problem: FixedPoint,
    *,
    scale: float = 1.0,
    method: Follow | None = None,
    progress: Callable[[float], None] | None = None,
) -> Branch:
    """Return the branch at precision zero, to be followed piece by piece; arguments as for `follow`."""
    return Branch(problem, scale, method or Follow(), progress)


class Branch:
    """A walk along the branch; `run` takes it on to further precisions."""

    def __init__(
        self, problem: FixedPoint, scale: float, method: Follow, progress: Callable[[float], None] | None
    ) -> None:
        self.problem, self.method, self.progress = problem, method, progress
        self.first = 1.0 / scale if scale > 0 else 1.0
        self.past: list[Point] = [Point(0.0, np.zeros(problem.size), 0.0, 0)]
        self.step = self.first
        self.sweeps = self.taken = self.turns = self.crossings = 0
        self.orientation = Orientation(problem)
        self.flipped = False
        # the sign of det(I - DG) times that of the change of precision; one where the branch begins
        self.sense = 1

    def run(self, targets: Sequence[float]) -> list[Point]:
        """Return the points at `targets`, none of them below the precision that was reached before."""
        found = []
        for target in targets:
            while self.past[-1].lam < target:
                self.taken += 1
                if self.taken > self.method.steps:
                    raise self.lost("the branch is too long", target)
                self.advance(target)
            found.append(self.past[-1])
        return found

    def lost(self, why: str, target: float) -> NumericalError:
        """Return the error that says how far the branch was followed."""
        return NumericalError(
            f"{why}: the principal branch was followed to precision {self.past[-1].lam:.6g} of {target:.6g}; "
            "try a smaller precision"
        )

    def advance(self, target: float) -> None:
        """Take one step of precision, or, where that fails, follow the branch around a turn."""
        here = self.past[-1]
        left = target - here.lam
        # a last step that would leave a crumb is made whole
        step = left if left < 1.2 * self.step else self.step
        lam = target if step == left else here.lam + step
        guess = self.guess(lam)
        point = self.correct(guess, lam, final=lam == target)
        if point is None:
            smallest = max(self.first, 1e-3 * here.lam)
            if self.flipped and step < self.method.crossing * smallest:
                # a smooth branch whose orientation changes passes a bifurcation
                self.sense = -self.sense
                self.crossings += 1
                self.step = self.method.shortest * smallest
                return
            self.step = 0.4 * step
            if not self.flipped and self.step < self.method.shortest * smallest:
                self.around(target)
            return
        moved = self.problem.distance(guess, point.x)
        factor = float(np.clip(np.sqrt(0.3 * self.method.reach / max(moved, 1e-12)), 0.5, self.method.growth))
        self.step = max(step * factor, self.step if step == left else 0.0)
        self.keep(point)

    def keep(self, point: Point) -> None:
        """Add a point to those from which the next is guessed."""
        self.past = [*self.past[-3:], point]
        if self.progress is not None:
            self.progress(point.lam)

    def guess(self, lam: float) -> Floats:
        """Extrapolate through the last three points.

        Near precision zero the values x / lambda change slowly. Far from it they are a constant and shrinking terms
        in 1 / lambda, so that lambda x is nearly a parabola.
        """
        points = self.past[-3:]
        if len(points) == 1:
            self.sweeps += 1
            return self.problem.sweep(points[0].x, lam)
        # ten times the inverse range of payoffs: there actions that are worse by the range have vanished
        power = 1 if points[0].lam > 10 * self.first else -1
        if points[0].lam == 0:
            points = points[1:]
        total = np.zeros(self.problem.size)
        for point in points:
            weight = (point.lam / lam) ** power
            for other in points:
                if other is not point:
                    weight *= (lam - other.lam) / (point.lam - other.lam)
            total += weight * point.x
        return total

    def correct(self, guess: Floats, lam: float, *, final: bool, sign: int = 0) -> Point | None:
        """Return the point of the branch near a guess, or None when there is none with the right orientation."""
        method = self.method
        tolerance = method.tolerance if final else method.on_the_way
        self.flipped = False
        for solver in (accelerated, newton):
            done = solver(self.problem, guess, lam, tolerance=tolerance, reach=2 * method.reach)
            self.sweeps += done.sweeps
            if done.ok:
                if self.problem.distance(guess, done.x) > method.reach:
                    return None
                if self.signed(done.x, lam) == -(sign or self.sense):
                    self.flipped = True
                    return None
                return Point(lam, done.x, done.residual, self.sweeps, self.turns, self.crossings)
        return None

    def signed(self, x: Floats, lam: float) -> int:
        """Return the sign of det(I - DG) at a point, zero when it cannot be told."""
        before = self.orientation.products
        sign = self.orientation.sign(x, lam)
        self.sweeps += self.orientation.products - before
        return sign

    def around(self, target: float) -> None:
        """Follow the branch by its length from the last point until precision grows again or a target is met."""
        before, here = self.past[-2], self.past[-1]
        size = np.sqrt(self.problem.size)
        unit = 1.0 / self.first

        def length(dx: Floats, dlam: float) -> float:
            return float(np.hypot(np.sqrt(np.sum(dx * dx)) / size, dlam * unit))

        direction, dlam = here.x - before.x, here.lam - before.lam
        stride = length(direction, dlam)
        direction, dlam = direction / stride, dlam / stride
        x, lam = here.x, here.lam
        rising = 0
        heading = 1
        while self.taken <= self.method.steps:
            self.taken += 1
            tangent = self.tangent(x, lam, direction, dlam, length)
            if tangent is None:
                raise self.lost("the direction of the branch cannot be found", target)
            direction, dlam = tangent
            done = self.bordered(x + stride * direction, lam + stride * dlam, direction, dlam)
            if done is not None:
                # the direction at the new point tells whether it is on the same branch
                ahead = self.tangent(done[0], done[1], direction, dlam, length)
                sign = self.signed(done[0], done[1])
                if ahead is None or sign * np.sign(ahead[1]) == -self.sense:
                    if ahead is not None and stride < 1e-3:
                        self.sense = -self.sense
                        self.crossings += 1
                    else:
                        done = None
            if done is None:
                stride *= 0.4
                if stride < 1e-7:
                    raise self.lost("the branch cannot be followed around a turn", target)
                continue
            new_x, new_lam, residual, steps = done
            if heading * (new_lam - lam) < 0:
                self.turns += 1
                heading = -heading
            if (lam - target) * (new_lam - target) <= 0 and new_lam != lam:
                share = (target - lam) / (new_lam - lam)
                point = self.correct(x + share * (new_x - x), target, final=True, sign=self.sense * heading)
                if point is not None:
                    self.restart(Point(lam, x, residual, self.sweeps, self.turns, self.crossings), point)
                    return
                stride *= 0.4
                continue
            old, x, lam = Point(lam, x, residual, self.sweeps, self.turns, self.crossings), new_x, new_lam
            rising = rising + 1 if heading > 0 else 0
            if rising >= 3 and dlam * unit > 0.3 and lam > here.lam:
                self.restart(old, Point(lam, x, residual, self.sweeps, self.turns, self.crossings))
                return
            if self.progress is not None:
                self.progress(lam)
            stride *= 2.0 if steps <= 3 else 1.2 if steps <= 5 else 0.7
        raise self.lost("the branch is too long", target)

    def restart(self, old: Point, point: Point) -> None:
        """Go on in steps of precision from a point that was found by length."""
        self.past = [old, point] if old.lam != point.lam else [point]
        self.step = max(abs(point.lam - old.lam), 10 * self.method.shortest * self.first)
        if self.progress is not None:
            self.progress(point.lam)

    def tangent(
        self, x: Floats, lam: float, direction: Floats, dlam: float, length: Callable[[Floats, float], float]
    ) -> tuple[Floats, float] | None:
        """Return the direction of the branch at a point, of length one, on the side of the given direction."""
        self.problem.sweep(x, lam)
        z, used = linear(self.product(direction, dlam), np.append(np.zeros(len(x)), 1.0), accuracy=1e-8)
        self.sweeps += used + 1
        if z is None:
            return None
        size = length(z[:-1], float(z[-1]))
        return z[:-1] / size, float(z[-1]) / size

    def product(self, direction: Floats, dlam: float) -> Callable[[Floats], Floats]:
        """Return the linearised equations x = G(x, lambda) with one more row, along the given direction."""
        weight = len(direction)
        unit = (1.0 / self.first) ** 2

        def product(z: Floats) -> Floats:
            row = direction @ z[:-1] / weight + dlam * unit * z[-1]
            return np.append(z[:-1] - self.problem.tangent(z[:-1], float(z[-1])), row)

        return product

    def bordered(
        self, x: Floats, lam: float, direction: Floats, dlam: float
    ) -> tuple[Floats, float, float, int] | None:
        """Newton's method across the branch: correct x and lambda at right angles to the direction."""
        start, before = x, np.inf
        for steps in range(1, 9):
            if lam <= 0:
                return None
            y = self.problem.sweep(x, lam)
            self.sweeps += 1
            residual = self.problem.gap(x, y)
            if residual <= self.method.on_the_way:
                return y, lam, residual, steps
            if not residual < 2 * before or self.problem.distance(start, x) > self.method.reach:
                return None
            before = residual
            z, used = linear(self.product(direction, dlam), np.append(y - x, 0.0), accuracy=min(1e-3, residual))
            self.sweeps += used
            if z is None:
                return None
            x, lam = x + z[:-1], lam + float(z[-1])
        return None
