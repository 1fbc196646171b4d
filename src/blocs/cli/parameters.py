"""What parameters a command uses: the fit that ships, the priors, or a posterior from a file."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Option

if TYPE_CHECKING:
    from blocs.fit.posterior import Posterior
    from blocs.language.case import Case
    from blocs.solve.draws import Draws

PRIOR = Option(
    ("--prior",),
    "draw parameters from the priors of the theory; those of a shipped theory otherwise come from its fit to other "
    "cases, which never saw this one",
    {"action": "store_true"},
)
POSTERIOR = Option(
    ("--posterior",), "take the parameters from this file (from `blocs fit --out`)", {"metavar": "FILE", "type": Path}
)


@dataclass(frozen=True)
class Chosen:
    """A case with what it is to be forecast with.

    Parameters
    ----------
    case : Case
        Drawn from the fit that ships, or from the priors where these were asked for.
    posterior : Posterior or None
        From a file.
    """

    case: Case
    posterior: Posterior | None

    def draws(self, number: int) -> int | Draws:
        """Return how many draws to make, or those of the posterior."""
        return number if self.posterior is None else self.posterior.draws(number, self.case)

    @property
    def centre(self) -> Draws | None:
        """The middle of the posterior; None: that of the fit or the priors."""
        return None if self.posterior is None else self.posterior.centre(self.case)


def chosen(arguments: Namespace) -> Chosen:
    """Load the case that a command is about, with the parameters that were asked for.

    Raises
    ------
    UsageError
        Both priors and a posterior were asked for, or settings with a posterior.
    """
    import blocs
    from blocs.language.fitted import with_fit

    if arguments.prior and arguments.posterior is not None:
        raise blocs.UsageError("--prior and --posterior each say where parameters come from: use one")
    if arguments.posterior is not None and getattr(arguments, "set", None):
        raise blocs.UsageError("--set and --posterior cannot be combined: a posterior has its own parameters")
    case = blocs.load(arguments.case)
    if arguments.prior:
        return Chosen(with_fit(case, None), None)
    if arguments.posterior is None:
        return Chosen(case, None)
    from blocs.fit.netcdf import load_posterior

    posterior = load_posterior(arguments.posterior)
    posterior.check(case)
    return Chosen(case, posterior)


def words(arguments: Namespace) -> list[str]:
    """Return the options as they were typed, for a command line that reproduces the numbers."""
    if arguments.prior:
        return ["--prior"]
    return ["--posterior", str(arguments.posterior)] if arguments.posterior is not None else []
