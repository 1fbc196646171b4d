"""Estimates with their uncertainty and their certificate, and what follows from them at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from blocs.errors import InputError, NumericalError, nearest
from blocs.fit.estimation.rendering import Cells, as_html, as_latex, as_markdown, as_text
from blocs.fit.estimation.search import Certificate

if TYPE_CHECKING:
    import pandas

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Estimates:
    """Estimated coefficients.

    Parameters
    ----------
    title : str
        What was fitted.
    names : tuple of str
        Coefficients, as ``predictor:term``.
    values : float64 array (coefficient,)
    covariance : float64 array (coefficient, coefficient)
        Not-a-number throughout when the certificate is not good: no standard errors away from a maximum.
    errors : str
        Which kind of standard errors these are.
    log_likelihood : float
    observations : int
        Rows, or plays where a row counts several.
    certificate : Certificate
    notes : tuple of str
        Sentences to be read with the table: rows left out, fixed quantities.
    """

    title: str
    names: tuple[str, ...]
    values: Array
    covariance: Array
    errors: str
    log_likelihood: float
    observations: int
    certificate: Certificate
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.values.shape != (count,) or self.covariance.shape != (count, count):
            raise InputError(f"{count} names, but values {self.values.shape} and covariance {self.covariance.shape}")

    def __getitem__(self, name: str) -> float:
        """Return one coefficient."""
        return float(self.values[self.index(name)])

    def index(self, name: str) -> int:
        """Return the position of a coefficient."""
        if name not in self.names:
            raise InputError(f"there is no coefficient `{name}`; {nearest(name, self.names) or 'see .names'}")
        return self.names.index(name)

    @property
    def standard_errors(self) -> Array:
        """Square roots of the covariance's diagonal."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))

    @property
    def z(self) -> Array:
        """Estimates over standard errors."""
        return self.values / self.standard_errors

    @property
    def p(self) -> Array:
        """Two-sided probabilities of so large a z under a coefficient of zero."""
        return 2.0 * ndtr(-np.abs(self.z))

    def intervals(self, level: float = 0.95) -> Array:
        """Return normal confidence intervals (coefficient, [low, high])."""
        if not 0.0 < level < 1.0:
            raise InputError(f"a confidence level lies between 0 and 1, not at {level}")
        reach = ndtri(0.5 + level / 2.0) * self.standard_errors
        return np.column_stack([self.values - reach, self.values + reach])

    @property
    def aic(self) -> float:
        """Akaike's criterion, smaller is better."""
        return 2.0 * len(self.names) - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, smaller is better."""
        return float(np.log(self.observations)) * len(self.names) - 2.0 * self.log_likelihood

    def require_maximum(self) -> Estimates:
        """Return these estimates, or raise an error if they are not at a maximum."""
        if not self.certificate.good:
            raise NumericalError(f"{self.title}: {self.certificate}")
        return self

    def with_covariance(self, covariance: Array, errors: str) -> Estimates:
        """Return the same estimates with other standard errors."""
        return replace(self, covariance=covariance, errors=errors)

    def cells(self, level: float = 0.95) -> Cells:
        """Return the table of coefficients as text cells with a heading and notes."""
        bounds = self.intervals(level)
        width = f"{100 * level:g} %"
        header = ("", "estimate", "std. error", "z", "P>|z|", f"{width} low", "high")
        rows = [
            (name, _number(value), _number(error), _short(z), _chance(p), _number(low), _number(high))
            for name, value, error, z, p, (low, high) in zip(
                self.names, self.values, self.standard_errors, self.z, self.p, bounds, strict=True
            )
        ]
        head = [
            ("Log-likelihood", f"{self.log_likelihood:.6f}"),
            ("Observations", f"{self.observations}"),
            ("Coefficients", f"{len(self.names)}"),
            ("AIC", f"{self.aic:.3f}"),
            ("BIC", f"{self.bic:.3f}"),
            ("Standard errors", self.errors),
        ]
        warning = "" if self.certificate.good else "NOT A MAXIMUM. "
        return Cells(self.title, tuple(head), header, tuple(rows), (warning + str(self.certificate), *self.notes))

    def summary(self, level: float = 0.95) -> str:
        """Return the table as plain text."""
        return as_text(self.cells(level))

    def to_markdown(self, level: float = 0.95) -> str:
        """Return the table in Markdown."""
        return as_markdown(self.cells(level))

    def to_latex(self, level: float = 0.95) -> str:
        """Return the table in LaTeX (booktabs)."""
        return as_latex(self.cells(level))

    def to_html(self, level: float = 0.95) -> str:
        """Return the table in HTML."""
        return as_html(self.cells(level))

    def to_pandas(self, level: float = 0.95) -> pandas.DataFrame:
        """Return a DataFrame with one row a coefficient; facts about the fit are in ``.attrs``."""
        import pandas as pd

        bounds = self.intervals(level)
        frame = pd.DataFrame(
            {
                "estimate": self.values,
                "std_error": self.standard_errors,
                "z": self.z,
                "p": self.p,
                "low": bounds[:, 0],
                "high": bounds[:, 1],
            },
            index=pd.Index(self.names, name="coefficient"),
        )
        frame.attrs.update(
            title=self.title,
            log_likelihood=self.log_likelihood,
            observations=self.observations,
            aic=self.aic,
            bic=self.bic,
            errors=self.errors,
            certificate=str(self.certificate),
            maximum=self.certificate.good,
        )
        return frame

    def __str__(self) -> str:
        """Render as the summary."""
        return self.summary()

    def _repr_html_(self) -> str:
        return self.to_html()


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e5 or value == 0 else f"{value:.3e}"


def _short(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "-"


def _chance(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"
