"""Standard errors of the signalling model's estimators.

Every estimator solves sum_d s_d(theta, p) = 0 where s_d is the score of game d and p its beliefs. The estimators differ
in how p depends on theta, and so does the derivative A of the sum along which errors are carried:

- pseudo-likelihood: p is given; A = -Q_tt.
- nested pseudo-likelihood: p solves p = Psi(theta, p); A = -(Q_tt + Q_tp (I - J)^-1 J_t) with J = dPsi/dp and
  J_t = dPsi/dtheta. Games are separate, so J falls into blocks of two by two.
- maximum likelihood: the same carried p enters the scores too, and A is the Hessian itself.

The covariance is A^-1 M A^-1'. With `model_based` both are expectations under the fitted model, which in simulations
from the model come closest to the truth; otherwise A is observed and M is the outer product of the scores of games,
which stays right when plays of one game depend on one another.

References: Murphy & Topel (1985); Aguirregabiria & Mira (2007); Crisman-Cox & Gibilisco (2021), whose package
transposes I - J on one side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.fit.estimation.covariance import inverse
from blocs.fit.estimation.design import Design
from blocs.fit.estimation.jets import Jet, variable
from blocs.fit.signalling.outcomes import challenger_reply, counted, log_outcomes, target_margin
from blocs.fit.signalling.pseudo import Beliefs

Array = NDArray[np.float64]

RESIST, FIRM = 7, 8


@dataclass(frozen=True)
class Slopes:
    """First and second derivatives at the estimates.

    Parameters
    ----------
    scores : float64 array (game, coefficient)
    own : float64 array (coefficient, coefficient)
        Q_tt, or minus its expectation.
    across : two float64 arrays (game, coefficient)
        Q_tp: derivative of each game's score by its p_R and by its p_F, or minus its expectation.
    middle : float64 array (coefficient, coefficient)
        M.
    carried : two float64 arrays (game, coefficient)
        dp/dtheta in equilibrium, of p_R and of p_F.
    """

    scores: Array
    own: Array
    across: tuple[Array, Array]
    middle: Array
    carried: tuple[Array, Array]


def slopes(design: Design, counts: Array, weights: Array, theta: Array, beliefs: Beliefs, model_based: bool) -> Slopes:
    """Differentiate the pseudo-likelihood by coefficients and beliefs at once.

    Parameters
    ----------
    counts : float64 array (outcome, game)
    weights : float64 array (game,)
    theta : float64 array (coefficient,)
    beliefs : Beliefs
    model_based : bool
        Expectations under the fitted model instead of observed derivatives.
    """
    utilities = design.jets(theta, 2)
    resist, firm = variable(RESIST, beliefs.resist), variable(FIRM, beliefs.firm)
    reply = challenger_reply(utilities, resist)
    margin = target_margin(utilities, firm.log())
    logs = log_outcomes(reply, margin)
    log_likelihood = counted(counts, logs)
    scores = design.scores(_of_coefficients(log_likelihood))
    second = _expected(counts.sum(axis=0), logs) if model_based else log_likelihood.second
    blocks = Jet(log_likelihood.value, {}, {pair: bend for pair, bend in second.items() if pair[1] < RESIST})
    own = design.hessian(blocks, weights)
    across = (_mixed(design, second, RESIST), _mixed(design, second, FIRM))
    weighted = scores * weights[:, None]
    middle = -own if model_based else weighted.T @ weighted
    return Slopes(scores, own, across, middle, _carried(design, reply.firm, margin))


def _of_coefficients(jet: Jet) -> Jet:
    return Jet(jet.value, {i: g for i, g in jet.first.items() if i < RESIST}, {}, 1)


def _mixed(design: Design, second: dict[tuple[int, int], Array], belief: int) -> Array:
    return design.scores(
        Jet(np.zeros(design.rows), {i: h for (i, j), h in second.items() if j == belief and i < RESIST})
    )


def _expected(plays: Array, logs: tuple[Jet, ...]) -> dict[tuple[int, int], Array]:
    """Return minus the expected information of each game, by pairs of predictors and beliefs."""
    result: dict[tuple[int, int], Array] = {}
    for log in logs:
        mass = -plays * np.exp(log.value)
        for i, g in log.first.items():
            for j, k in log.first.items():
                if i <= j:
                    result[i, j] = result.get((i, j), 0.0) + mass * g * k
    return result


def _carried(design: Design, log_firm: Jet, margin: Jet) -> tuple[Array, Array]:
    """Solve dp = J dp + J_t dtheta game by game."""
    density = np.exp(-0.5 * margin.value**2) / np.sqrt(2.0 * np.pi)
    to_resist = margin.compose(ndtr(margin.value), density, 0.0)
    to_firm = log_firm.exp()
    resist_by_firm, firm_by_resist = to_resist.first[FIRM], to_firm.first[RESIST]
    direct_resist = design.scores(_of_coefficients(to_resist))
    direct_firm = design.scores(_of_coefficients(to_firm))
    gain = 1.0 / (1.0 - resist_by_firm * firm_by_resist)[:, None]
    resist = gain * (direct_resist + resist_by_firm[:, None] * direct_firm)
    firm = gain * (direct_firm + firm_by_resist[:, None] * direct_resist)
    return resist, firm


def pseudo_covariance(at: Slopes, weights: Array, belief_errors: Array | None) -> Array:
    """Covariance of pseudo-likelihood estimates, with the error of the first stage carried over where it is known."""
    slices = inverse(-at.own, "the information")
    middle = at.middle
    if belief_errors is not None:
        across = np.concatenate([at.across[0], at.across[1]]) * np.tile(weights, 2)[:, None]
        middle = middle + across.T @ belief_errors @ across
    return slices @ middle @ slices


def nested_covariance(at: Slopes, weights: Array) -> Array:
    """Covariance of nested pseudo-likelihood estimates, by the total derivative through the equilibrium."""
    total = at.own.copy()
    for across, carried in zip(at.across, at.carried, strict=True):
        total += (across * weights[:, None]).T @ carried
    slices = np.linalg.inv(-total)
    return slices @ at.middle @ slices.T


def equilibrium_information(
    design: Design, counts: Array, weights: Array, theta: Array, beliefs: Beliefs
) -> tuple[Array, Array]:
    """Return expected information of the equilibrium likelihood, and the outer product of its scores."""
    at = slopes(design, counts, weights, theta, beliefs, model_based=True)
    utilities = design.jets(theta, 1)
    resist, firm = variable(RESIST, beliefs.resist, 1), variable(FIRM, beliefs.firm, 1)
    logs = log_outcomes(challenger_reply(utilities, resist), target_margin(utilities, firm.log()))
    information = np.zeros((len(design.names), len(design.names)))
    total_scores = np.zeros_like(at.scores)
    plays = counts.sum(axis=0)
    for count, log in zip(counts, logs, strict=True):
        score = design.scores(_of_coefficients(log))
        for belief, carried in zip((RESIST, FIRM), at.carried, strict=True):
            if belief in log.first:
                score = score + log.first[belief][:, None] * carried
        mass = weights * plays * np.exp(log.value)
        information += (score * mass[:, None]).T @ score
        total_scores += count[:, None] * score
    weighted = total_scores * weights[:, None]
    return information, weighted.T @ weighted
