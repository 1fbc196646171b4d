"""How a table of cases is read under a theory: a small file that says what each column is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from blocs.errors import InputError, Problem, nearest
from blocs.fit.estimation.covariance import Clustered, CovarianceKind, ObservedInformation, OuterProduct, Sandwich
from blocs.fit.estimation.search import RandomStarts
from blocs.fit.maximum_likelihood import Fit, MaximumLikelihood
from blocs.fit.signalling.estimate import SignallingFit
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.signalling.settings import SignallingSettings, fit_settings
from blocs.fit.strategic.data import Actions, CommonScale, Outcomes, ScaleByPlayer, StrategicModel, strategic_model
from blocs.fit.strategic.theories import tree_of
from blocs.fit.strategic.ultimatum import UltimatumModel, ultimatum_model
from blocs.fit.tables import Table, read_table
from blocs.fit.terms import columns_used
from blocs.language.document import Origins
from blocs.language.fields import Model
from blocs.language.load import load_theory
from blocs.language.reading import read_document
from blocs.language.validating import validate
from blocs.solve.responses import AgentError, Logistic, Normal, PrivatePayoffs, Structure

Terms = tuple[str, ...]
Words = Annotated[tuple[str, ...], Field(strict=False)]
ULTIMATUM = "ultimatum"
SIGNALLING = "signalling"


class OutcomeColumn(Model):
    """A column that names the outcome of each row."""

    column: str = Field(description="Name of the column")
    labels: dict[str, str] = Field(default_factory=dict, description="Word in the column for an outcome of the theory")


class Offers(Model):
    """What the ultimatum model needs besides its reservations."""

    offer: str = Field(description="Column of offers")
    accepted: str = Field("", description="Column of 0 (rejected) and 1 (accepted); offers alone count without it")
    prize: float = Field(description="Largest offer")
    least: float = Field(0.0, description="Smallest offer")
    scales: dict[str, float] = Field(default_factory=dict, description="Known scales `s1`, `s2` of the noise")


class TableMap(Model):
    """What each column of a table is for."""

    utilities: dict[str, Words] = Field(
        description="For each fact of the theory the terms that it is a weighted sum of: `1`, a column, or a formula "
        "of columns such as sqrt(trade), log(size), standardise(power); a column of words is its categories"
    )
    outcome: OutcomeColumn | None = Field(None, description="The column with the outcome")
    actions: dict[str, str] = Field(
        default_factory=dict, description="Or the column of 0 (left) and 1 (right) for each stage"
    )
    offers: Offers | None = Field(None, description="For the ultimatum model")
    signalling: SignallingSettings | None = Field(None, description="For the signalling model")
    fixed: dict[str, float] = Field(default_factory=dict, description="Facts held at a number")
    noise: Literal["probit", "logit"] = Field("probit", description="Law of the noise")
    private: bool = Field(False, description="Payoffs are partly private information (probit), instead of agent error")
    scale: Words | None = Field(None, description="Terms of the logarithm of one scale of noise for all players")
    scale_by_player: dict[str, Words] = Field(
        default_factory=dict, description="Or of a scale for each of these players"
    )
    weights: str = Field("", description="Column of counts (one row stands for so many plays) or weights")
    categories: dict[str, Words] = Field(
        default_factory=dict, description="Columns of words, with their values in order"
    )
    missing: Literal["refuse", "leave out"] = Field("refuse", description="Rows with a missing value")
    errors: Literal["observed", "outer", "sandwich", "clustered"] = Field("observed", description="Standard errors")
    clusters: str = Field("", description="Column that tells the clusters apart")


def read_map(path: str | Path) -> TableMap:
    """Read the file that says what each column of a table is for.

    Raises
    ------
    InputError
        With every mistake and its place.
    """
    document = read_document(path)
    found = validate(TableMap, document.data, Origins.of(document))
    if found.problems or found.model is None:
        raise InputError(list(found.problems))
    return found.model


def check_columns(settings: TableMap, origins: Origins, table: Table) -> None:
    """Refuse formulas that are none and columns that the table does not have, each where it stands in the map.

    Raises
    ------
    InputError
        With every mistake and its place.
    """
    where = table.file or "the table"
    problems: list[Problem] = []

    def require(name: str, path: tuple[str | int, ...], offset: int | None = None) -> None:
        if name not in table.columns:
            hint = nearest(name, table.names) or f"its columns are {', '.join(table.names)}"
            problems.append(origins.problem(path, f"{where} has no column `{name}`", hint, offset=offset))

    lists: dict[tuple[str | int, ...], Terms] = {
        ("utilities", name): terms for name, terms in settings.utilities.items()
    }
    lists.update({("scale_by_player", name): terms for name, terms in settings.scale_by_player.items()})
    if settings.scale is not None:
        lists[("scale",)] = settings.scale
    words = {word for kinds in table.categories.values() for word in kinds}
    for path, terms in lists.items():
        for number, term in enumerate(terms):
            try:
                used = columns_used([term])
            except InputError as error:
                told = error.problems[0]
                problems.append(origins.problem((*path, number), told.message, told.hint))
                continue
            for name in used:
                if name not in words:
                    require(name, (*path, number), max(term.find(name), 0))
    single: dict[tuple[str | int, ...], str] = {
        ("outcome", "column"): settings.outcome.column if settings.outcome else ""
    }
    single.update({("actions", stage): column for stage, column in settings.actions.items()})
    single.update({("weights",): settings.weights, ("clusters",): settings.clusters})
    if settings.offers is not None:
        single.update({("offers", key): getattr(settings.offers, key) for key in ("offer", "accepted")})
    for path, name in single.items():
        if name:
            require(name, path)
    if problems:
        raise InputError(problems)


def structure_of(settings: TableMap) -> Structure:
    """Return the error structure that the file asks for."""
    if settings.private:
        if settings.noise == "logit":
            raise InputError("private payoffs are normal: leave `noise` at probit")
        return PrivatePayoffs()
    return AgentError(Logistic() if settings.noise == "logit" else Normal())


def table_model(theory: str, table: Table, settings: TableMap) -> StrategicModel | UltimatumModel:
    """Set a theory up on a table.

    Parameters
    ----------
    theory : str
        Name or path of a static theory, or ``ultimatum``.
    table : Table
    settings : TableMap
    """
    listwise = settings.missing == "leave out"
    if theory == ULTIMATUM:
        if settings.offers is None:
            raise InputError("the ultimatum model needs `offers:` with the column of offers and the prize")
        offers = settings.offers
        return ultimatum_model(
            table,
            settings.utilities,
            offers.offer,
            offers.prize,
            offers.accepted,
            offers.least,
            offers.scales or None,
            listwise=listwise,
        )
    if (settings.outcome is None) == (not settings.actions):
        raise InputError("say what happened either by `outcome:` or by `actions:`")
    observed = (
        Outcomes(settings.outcome.column, settings.outcome.labels or None)
        if settings.outcome is not None
        else Actions(settings.actions)
    )
    scale: CommonScale | ScaleByPlayer | None = None
    if settings.scale is not None and settings.scale_by_player:
        raise InputError("a scale is common or by player, not both")
    if settings.scale is not None:
        scale = CommonScale(settings.scale)
    elif settings.scale_by_player:
        scale = ScaleByPlayer(settings.scale_by_player)
    tree = tree_of(load_theory(theory))
    return strategic_model(
        table,
        tree,
        settings.utilities,
        observed,
        structure_of(settings),
        scale,
        settings.fixed,
        settings.weights,
        listwise,
    )


def fit_table(
    theory: str, table: str | Path, mapping: str | Path | TableMap, *, starts: int = 4, seed: int = 0
) -> tuple[StrategicModel | UltimatumModel | SignallingGames, Fit | SignallingFit]:
    """Fit a theory to a table by maximum likelihood.

    Parameters
    ----------
    theory : str
        Name or path of a static theory, or ``ultimatum``, or ``signalling``.
    table : path
        Of comma-separated values.
    mapping : path or TableMap
    starts : int
        Random starts besides the first.
    seed : int
        Of these.

    Returns
    -------
    model, fit
        ``fit.estimates.certificate`` says whether a maximum was reached.
    """
    settings = mapping if isinstance(mapping, TableMap) else read_map(mapping)
    rows = read_table(table, settings.categories)
    if not isinstance(mapping, TableMap):
        check_columns(settings, Origins.of(read_document(mapping)), rows)
    if theory == SIGNALLING:
        found = fit_settings(
            rows,
            settings.signalling or SignallingSettings.model_validate({}),
            settings.utilities,
            settings.fixed,
            settings.weights,
            settings.missing == "leave out",
            starts,
            seed,
        )
        return found.games, found
    model = table_model(theory, rows, settings)
    return model, model.fit(MaximumLikelihood(RandomStarts(starts, seed=seed), errors=_errors(model.table, settings)))


def _errors(table: Table, settings: TableMap) -> CovarianceKind:
    kinds: Mapping[str, CovarianceKind] = {
        "observed": ObservedInformation(),
        "outer": OuterProduct(),
        "sandwich": Sandwich(),
    }
    if settings.errors == "clustered":
        if not settings.clusters:
            raise InputError("clustered standard errors need `clusters:`, the column that tells clusters apart")
        return Clustered(table.cells(settings.clusters))
    return kinds[settings.errors]
