"""Trees of choices between two options, as data, and their likelihood with exact derivatives.

A tree says who moves where and which utility each role gets at which end; nothing else distinguishes the models of
`blocs.fit.strategic.models`. Values are computed from the ends up, for all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.fit.estimation.jets import Jet, total
from blocs.solve.responses import Structure

Array = NDArray[np.float64]


@dataclass(frozen=True)
class End:
    """An end of the game.

    Parameters
    ----------
    outcome : str
    payoffs : mapping from role to utility
        Roles that are not named get zero.
    """

    outcome: str
    payoffs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Move:
    """A choice between two options.

    Parameters
    ----------
    role : str
        Who moves.
    action : str
        Name of the choice, under which data tell what was done: 0 for the left option, 1 for the right one. Moves that
        exclude one another may share it.
    left, right : Node
    """

    role: str
    action: str
    left: Node
    right: Node


Node = End | Move


def moves(node: Node) -> Iterator[Move]:
    """Yield the moves of a tree, each before those below it."""
    if isinstance(node, Move):
        yield node
        yield from moves(node.left)
        yield from moves(node.right)


def ends(node: Node) -> Iterator[End]:
    """Yield the ends of a tree from left to right."""
    if isinstance(node, End):
        yield node
    else:
        yield from ends(node.left)
        yield from ends(node.right)


def unique(names: Iterator[str]) -> tuple[str, ...]:
    """Return the distinct names in order of first appearance."""
    return tuple(dict.fromkeys(names))


def utilities_of(node: Node) -> tuple[str, ...]:
    """Return the utilities of a tree: those of the first mover first."""
    roles = unique(move.role for move in moves(node))
    return unique(end.payoffs[role] for role in roles for end in ends(node) if role in end.payoffs)


def check_structure(node: Node, structure: Structure) -> None:
    """Raise an error if a role moves twice on a path under a structure that does not allow it."""
    if not structure.needs_one_move:
        return
    for move in moves(node):
        below = [one.role for child in (move.left, move.right) for one in moves(child)]
        if move.role in below:
            raise InputError(
                f"`{move.role}` moves twice on one path; privately known payoffs would be partly revealed to others, "
                "which this model does not follow: use agent error"
            )


@dataclass(frozen=True)
class Solved:
    """A node with everything that those above it need.

    Parameters
    ----------
    values : mapping from role to Jet
        Expected payoffs; a role that is not there gets zero.
    reach : Jet
        Sum of the squared probabilities of the ends.
    logs : mapping from outcome to Jet
        Log-probability of each end from here.
    """

    values: Mapping[str, Jet]
    reach: Jet
    logs: Mapping[str, Jet]


def solve_tree(node: Node, predictors: Mapping[str, Jet], variances: Mapping[str, Jet], structure: Structure) -> Solved:
    """Solve a tree from its ends up.

    Parameters
    ----------
    predictors : mapping from utility to Jet
    variances : mapping from role to Jet
        Squared scale of each role's noise.
    """
    if isinstance(node, End):
        some = next(iter(variances.values()))
        one = Jet(np.ones_like(some.value), order=some.order)
        zero = Jet(np.zeros_like(some.value), order=some.order)
        return Solved({role: predictors[name] for role, name in node.payoffs.items()}, one, {node.outcome: zero})
    left = solve_tree(node.left, predictors, variances, structure)
    right = solve_tree(node.right, predictors, variances, structure)
    log_left, log_right = choose(node.role, left, right, variances[node.role], structure)
    share_left, share_right = log_left.exp(), log_right.exp()
    values = {}
    for role in unique(iter([*left.values, *right.values])):
        sides = ((share_left, left), (share_right, right))
        values[role] = total([share * side.values[role] for share, side in sides if role in side.values])
    reach = share_left.square() * left.reach + share_right.square() * right.reach
    logs = {name: log + log_left for name, log in left.logs.items()}
    logs.update({name: log + log_right for name, log in right.logs.items()})
    return Solved(values, reach, logs)


def choose(role: str, left: Solved, right: Solved, variance: Jet, structure: Structure) -> tuple[Jet, Jet]:
    """Return the log-probabilities of the left and the right option for the role that moves."""
    gain = right.values.get(role)
    loss = left.values.get(role)
    if gain is None and loss is None:
        advantage = variance.times(0.0)
    elif loss is None:
        advantage = gain
    else:
        advantage = loss.times(-1.0) if gain is None else gain - loss
    assert advantage is not None
    margin = advantage * structure.variance(variance, left.reach, right.reach).sqrt().reciprocal()
    return _log_share(margin.times(-1.0), structure), _log_share(margin, structure)


def _log_share(margin: Jet, structure: Structure) -> Jet:
    value, slope, bend = structure.noise.log_share(margin.value, margin.order)
    return Jet(value, order=0) if margin.order == 0 else margin.compose(value, slope, bend)


@dataclass(frozen=True)
class TreeDensity:
    """Log-likelihood of the outcome of each row.

    Parameters
    ----------
    tree : Node
    structure : Structure
    utilities : sequence of str
        The first predictors.
    scales : mapping from role to number of predictor
        Where the logarithm of each role's scale is; a role that is not there has scale one.
    outcome : int array (row,)
        Which end was reached, counted from the left.
    """

    tree: Node
    structure: Structure
    utilities: Sequence[str]
    scales: Mapping[str, int]
    outcome: NDArray[np.intp]

    def log_chances(self, predictors: Sequence[Jet]) -> dict[str, Jet]:
        """Return the log-probability of every outcome in every row."""
        first = predictors[0]
        named = dict(zip(self.utilities, predictors[: len(self.utilities)], strict=True))
        variances = {
            role: predictors[self.scales[role]].times(2.0).exp()
            if role in self.scales
            else Jet(np.ones_like(first.value), order=first.order)
            for role in unique(move.role for move in moves(self.tree))
        }
        return dict(solve_tree(self.tree, named, variances, self.structure).logs)

    def __call__(self, predictors: Sequence[Jet]) -> Jet:
        """Return the log-likelihood of each row."""
        logs = self.log_chances(predictors)
        result: Jet | None = None
        for rank, end in enumerate(ends(self.tree)):
            part = logs[end.outcome].times((self.outcome == rank).astype(np.float64))
            result = part if result is None else result + part
        assert result is not None
        return result
