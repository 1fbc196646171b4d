"""Predicted equilibria and outcomes, with standard errors, and comparative statics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from blocs.errors import UsageError
from blocs.fit.estimation.curves import Curves, branches, varied
from blocs.fit.estimation.design import Design
from blocs.fit.estimation.jets import variable
from blocs.fit.signalling.constrained import outcome_jets, solved
from blocs.fit.signalling.equilibrium import equilibria
from blocs.fit.signalling.estimate import SignallingFit
from blocs.fit.signalling.outcomes import OUTCOMES
from blocs.fit.tables import Table

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """Outcome probabilities at every equilibrium of some games.

    Parameters
    ----------
    game : int array (equilibrium,)
        Row of the table.
    resist, firm : float64 array (equilibrium,)
        p_R and p_F.
    outcomes : float64 array (equilibrium, outcome)
        Probabilities of SQ, CD, SF, BD.
    errors : float64 array (equilibrium, outcome)
        Standard errors by the delta method, following the equilibrium as coefficients move; not-a-number where the
        estimates have none or two equilibria are about to merge.
    count : int array (game,)
        How many equilibria each game has.
    varied : tuple of (column, float64 array (game,))
        Columns that were varied in comparative statics.
    """

    game: NDArray[np.intp]
    resist: Array
    firm: Array
    outcomes: Array
    errors: Array
    count: NDArray[np.intp]
    varied: tuple[tuple[str, Array], ...] = ()

    def curves(self) -> Curves:
        """Return comparative statics as curves, each equilibrium followed along the column that was varied."""
        if not self.varied:
            raise UsageError("curves are of comparative statics: use `statics`")
        column, values = self.varied[0]
        order = np.lexsort((self.resist, self.game))
        return Curves(
            column,
            values[self.game[order]],
            OUTCOMES,
            self.outcomes[order],
            self.errors[order],
            branches(self.game[order], self.resist[order]),
        )

    def to_pandas(self) -> pandas.DataFrame:
        """Return a DataFrame with one row an equilibrium."""
        import pandas as pd

        columns: dict[str, object] = {"game": self.game}
        columns.update({name: values[self.game] for name, values in self.varied})
        columns.update({"equilibria": self.count[self.game], "p_R": self.resist, "p_F": self.firm})
        for k, name in enumerate(OUTCOMES):
            columns[name] = self.outcomes[:, k]
            columns[f"{name}_se"] = self.errors[:, k]
        return pd.DataFrame(columns)


def predict(fit: SignallingFit, table: Table | None = None) -> Prediction:
    """Predict every equilibrium of the fitted games, or of the games of another table."""
    design = fit.games.design if table is None else fit.games.design_for(table)
    return _predict(design, fit.estimates.values, fit.estimates.covariance)


def _predict(design: Design, theta: Array, covariance: Array) -> Prediction:
    found = equilibria(np.array(design.predict(theta)))
    rows = design.take(found.game)
    utilities = [variable(i, value, 1) for i, value in enumerate(rows.predict(theta))]
    # at a fold the slope is infinite; its standard errors are then left out below
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        margin = solved(utilities, found.margin, 1)
        logs = outcome_jets(utilities, margin)
        chances = np.exp(np.array([log.value for log in logs])).T
        errors = np.empty_like(chances)
        for k, log in enumerate(logs):
            slope = rows.scores(log) * chances[:, [k]]
            errors[:, k] = np.sqrt(np.einsum("ri,ij,rj->r", slope, covariance, slope))
    resist = ndtr(found.margin)
    stand = np.exp(logs[2].value - np.logaddexp(logs[2].value, logs[3].value))
    return Prediction(found.game, resist, stand, chances, errors, found.count)


def statics(
    fit: SignallingFit,
    column: str,
    values: Sequence[float],
    base: Mapping[str, float | str] | int | None = None,
) -> Prediction:
    """Vary one column and predict.

    Parameters
    ----------
    fit : SignallingFit
    column : str
        A column of the table.
    values : sequence of float
    base : mapping from column to value, or row number, optional
        The other columns: values by name over the medians (or commonest values) of the fitted rows, or one of these
        rows. The medians when not given.

    Returns
    -------
    Prediction
        One game for each value.
    """
    made = varied(fit.games.table, column, values, base)
    prediction = _predict(fit.games.design_for(made), fit.estimates.values, fit.estimates.covariance)
    along = ((column, np.asarray(values, dtype=np.float64)),)
    return Prediction(
        prediction.game,
        prediction.resist,
        prediction.firm,
        prediction.outcomes,
        prediction.errors,
        prediction.count,
        along,
    )
