"""The part of a map of a table that the signalling model needs, and a fit from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from blocs.errors import InputError
from blocs.fit.estimation.search import RandomStarts
from blocs.fit.signalling.estimate import (
    EquilibriumLikelihood,
    Method,
    NestedPseudoLikelihood,
    PseudoLikelihood,
    SignallingFit,
    fit_signalling,
)
from blocs.fit.signalling.first_stage import FirstStage, RandomForest, Supplied
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.tables import Table
from blocs.language.fields import Model


class Beliefs(Model):
    """Columns with first-stage beliefs."""

    resist: str = Field(description="Column with the probability of resistance that the challenger expects")
    firm: str = Field(description="Column with the probability of standing firm that the target expects")


class SignallingSettings(Model):
    """What the signalling model needs besides its utilities."""

    outcomes: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        ("sq", "cd", "sf", "bd"), description="Columns that count status quo, concession, standing firm, backing down"
    )
    method: Literal["pseudo", "nested", "equilibrium"] = Field("equilibrium", description="Which estimator")
    beliefs: Beliefs | None = Field(None, description="First-stage beliefs; a random forest learns them when not given")
    trees: int = Field(500, description="Trees of the random forest")
    bootstraps: int = Field(
        0, description="Refits of the forest, to carry its error on to `pseudo` standard errors; 0 leaves it out"
    )
    robust: bool = Field(False, description="Standard errors from the scores of games instead of expected information")


def fit_settings(
    table: Table,
    settings: SignallingSettings,
    utilities: Mapping[str, Sequence[str]],
    fixed: Mapping[str, float],
    weights: str,
    listwise: bool,
    starts: int,
    seed: int,
) -> SignallingFit:
    """Fit the signalling model to a table under a map."""
    first = settings.beliefs
    if listwise and first is not None:
        table = table.complete([first.resist, first.firm])
    if listwise and weights:
        table = table.complete([weights])
    games = SignallingGames.from_table(table, utilities, settings.outcomes, fixed, listwise)
    stage: FirstStage = RandomForest(settings.trees, bootstraps=settings.bootstraps, seed=seed)
    if first is not None:
        stage = Supplied(games.table.numbers(first.resist), games.table.numbers(first.firm))
    if settings.trees < 1 or settings.bootstraps < 0:
        raise InputError("`trees` is one or more and `bootstraps` is not negative")
    method: Method
    if settings.method == "pseudo":
        method = PseudoLikelihood(stage, RandomStarts(starts, seed=seed), settings.robust)
    elif settings.method == "nested":
        method = NestedPseudoLikelihood(stage, robust=settings.robust)
    else:
        method = EquilibriumLikelihood(stage, shaken=min(starts, 4), robust=settings.robust, seed=seed)
    return fit_signalling(games, method, games.table.counts(weights).tolist() if weights else None)
