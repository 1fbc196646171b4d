"""Several fits in one table, a column each."""

from __future__ import annotations

from collections.abc import Mapping

from blocs.errors import InputError
from blocs.fit.estimation.rendering import Cells, as_html, as_latex, as_markdown, as_text
from blocs.fit.estimation.results import Estimates


class SideBySide:
    """Coefficients of several fits, with standard errors in brackets.

    Parameters
    ----------
    fits : mapping from heading to Estimates
    title : str
    """

    def __init__(self, fits: Mapping[str, Estimates], title: str = "Estimates") -> None:
        if not fits:
            raise InputError("a table of fits needs at least one")
        self.fits = dict(fits)
        self.title = title

    def cells(self) -> Cells:
        """Return the table as text cells: a coefficient that a fit does not have is left empty."""
        names = list(dict.fromkeys(name for one in self.fits.values() for name in one.names))
        rows = [(name, *(_cell(one, name) for one in self.fits.values())) for name in names]
        rows.append(("Log-likelihood", *(f"{one.log_likelihood:.3f}" for one in self.fits.values())))
        rows.append(("AIC", *(f"{one.aic:.3f}" for one in self.fits.values())))
        rows.append(("BIC", *(f"{one.bic:.3f}" for one in self.fits.values())))
        rows.append(("Observations", *(f"{one.observations}" for one in self.fits.values())))
        notes = [f"{heading}: standard errors from {one.errors}." for heading, one in self.fits.items()]
        notes += [
            f"{heading}: NOT A MAXIMUM. {one.certificate}"
            for heading, one in self.fits.items()
            if not one.certificate.good
        ]
        return Cells(self.title, (), ("", *self.fits), tuple(rows), tuple(notes))

    def summary(self) -> str:
        """Return the table as plain text."""
        return as_text(self.cells())

    def to_markdown(self) -> str:
        """Return the table in Markdown."""
        return as_markdown(self.cells())

    def to_latex(self) -> str:
        """Return the table in LaTeX (booktabs)."""
        return as_latex(self.cells())

    def to_html(self) -> str:
        """Return the table in HTML."""
        return as_html(self.cells())

    def __str__(self) -> str:
        """Render as plain text."""
        return self.summary()

    def _repr_html_(self) -> str:
        return self.to_html()


def _cell(estimates: Estimates, name: str) -> str:
    if name not in estimates.names:
        return ""
    k = estimates.index(name)
    error = estimates.standard_errors[k]
    # without a maximum there are no standard errors, and the bracket says so
    bracket = f"{error:.3f}" if error == error else "-"
    return f"{estimates.values[k]:.3f} ({bracket})"
