"""What histories taught about the parameters of a theory, as a small summary that ships with it: a normal distribution.

On the whitened scale, on which every prior is a standard normal (see `blocs.language.whitening`), the posterior is
close to a normal distribution that is narrower than the prior in a few directions only. Its mean, those directions and
the spread along each are the summary::

    u = mean + z - sum over k of (1 - spread_k) (direction_k . z) direction_k,   z standard normal

No case is forecast with parameters that saw it: a case that was among those fitted has a summary of the fit to all the
others beside it; every other case is forecast with the fit to all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.language.identity import content_hash
from blocs.language.whitening import White

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.language.theory import Theory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A normal distribution of a theory's free parameters on the whitened scale.

    Parameters
    ----------
    theory : str
    theory_sha256 : str
        Content of the theory that was fitted.
    cases : dict from case to str
        The cases whose histories were used, with the hash of each coding.
    names : tuple of str
        Free parameters, in the order of `mean`.
    mean : float64 array (parameter,)
    directions : float64 array (direction, parameter)
        Orthonormal.
    spreads : float64 array (direction,)
        Standard deviation along each, in prior standard deviations.
    label : str
        What it is, for people: ``fit to the other 16 cases``.
    method : str
        How it was found.
    counts : mapping from stage to mapping from option to number
        How often each option was taken in the histories of `cases`, where there was a choice: the yardstick that knows
        as much as the fit. Every stage and option of the theory is listed; empty where nothing was counted.
    """

    theory: str
    theory_sha256: str
    cases: Mapping[str, str]
    names: tuple[str, ...]
    mean: Floats = field(repr=False)
    directions: Floats = field(repr=False)
    spreads: Floats = field(repr=False)
    label: str
    method: str = ""
    counts: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)

    def values(self, theory: Theory, points: Floats) -> dict[str, Floats]:
        """Return parameters at points of the unit cube, (draw, parameter) in the order of `names`; arrays (draw,)."""
        from scipy.special import ndtri

        z = ndtri(np.asarray(points, dtype=np.float64))
        u = self.mean + z - ((z @ self.directions.T) * (1.0 - self.spreads)) @ self.directions
        return self._at(theory, u)

    def centre(self, theory: Theory) -> dict[str, Floats]:
        """Return the parameters at the mean; arrays (1,)."""
        return self._at(theory, self.mean[None, :])

    def _at(self, theory: Theory, u: Floats) -> dict[str, Floats]:
        return {name: White(name, theory.parameters[name].prior).value(u[:, i])[0] for i, name in enumerate(self.names)}

    def suits(self, case: Case, theory: Theory) -> bool:
        """Tell whether this is of a theory, and a case has the priors of that theory."""
        return self.theory_sha256 == content_hash(theory) and _priors(case.theory_spec) == _priors(theory)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, rounded to what a summary can claim."""
        return {
            "theory": self.theory,
            "theory_sha256": self.theory_sha256,
            "method": self.method,
            "cases": dict(self.cases),
            "counts": {stage: dict(options) for stage, options in self.counts.items()},
            "mean": {name: round(float(value), 4) for name, value in zip(self.names, self.mean, strict=True)},
            "spreads": [round(float(value), 4) for value in self.spreads],
            "directions": [[round(float(value), 3) for value in row] for row in self.directions],
        }


def compress(mean: Floats, covariance: Floats, least: float = 0.02) -> tuple[Floats, Floats, Floats]:
    """Return mean, directions and spreads of a normal distribution; directions as wide as the prior are left out.

    Parameters
    ----------
    mean : float64 array (parameter,)
    covariance : float64 array (parameter, parameter)
        Variances above one are cut to the prior's.
    least : float
        Directions whose standard deviation is less than this below one are left out.
    """
    variances, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    spreads = np.sqrt(np.clip(variances, 0.0, 1.0))
    keep = spreads < 1.0 - least
    return mean, vectors[:, keep].T.copy(), spreads[keep]


def _priors(theory: Theory) -> dict[str, str]:
    return {name: str(one.prior) for name, one in theory.parameters.items()}


def coding_hash(case: Case) -> str:
    """Return a hash of what a likelihood depends on: calendar, facts, start, options left out, and coded events."""
    content = {
        "calendar": case.calendar.model_dump(mode="json"),
        "facts": {name: fact.value for name, fact in case.facts.items()},
        "start": {name: str(value.value) for name, value in case.start.items()},
        "without": sorted(case.without),
        "history": [
            [str(event.date), event.role, event.stage, event.option, event.result, event.confidence]
            for event in case.history
        ],
        "outcome": case.outcome,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def fitted_for(case: Case) -> Fitted | None:
    """Return the fit that a case is forecast with; None: its prior.

    The choice of `with_fit`, if there is one; else what ships with the theory: the fit to the other cases where this
    one was among those fitted, the fit to all of them where it was not. A theory that extends a shipped one and
    keeps its parameters has its fit. A theory that was changed otherwise, or priors that a case overrides, have none.
    """
    chosen = case._fitted
    if chosen is not None:
        return chosen if isinstance(chosen, Fitted) else None
    from blocs.library import case_fit_path, list_theories, theory_fit_path

    theory, of = case.whole_theory, ""
    everything = _read(theory_fit_path(theory.theory))
    if everything is None and theory.extends in list_theories():
        # other moves or another order, with the same parameters: what they mean was learned below
        from blocs.language.load import load_theory

        theory = load_theory(theory.extends)
        everything, of = _read(theory_fit_path(theory.theory)), f" of {theory.theory}"
    if everything is None or not everything.suits(case, theory):
        return None
    seen = _seen(case, everything)
    if seen is None:
        return replace(everything, label=f"fit{of} to {len(everything.cases)} other cases")
    others = _read(case_fit_path(seen, theory.theory))
    if others is None or seen in others.cases or others.theory_sha256 != everything.theory_sha256:
        message = f"the fit to the other cases that ships with {seen} is missing or of another theory"
        raise InputError(Problem(message))
    return replace(others, label=f"fit{of} to the other {len(others.cases)} cases")


def _seen(case: Case, everything: Fitted) -> str | None:
    """Return the fitted case that a case is: by its name, as what it extends, or by the same coding."""
    # by name, or by a path such as ../hungarian-1956/case.yaml
    names = {case.case, *(PurePath(case.extends).with_suffix("").parts if case.extends else ())}
    own = coding_hash(case)
    return next((name for name, coding in everything.cases.items() if name in names or coding == own), None)


def with_fit(case: Case, fitted: Fitted | None) -> Case:
    """Return the case, to be forecast with a given fit, or with the priors (None)."""
    new = case.model_copy()
    new._fitted = fitted if fitted is not None else "prior"
    return new


@lru_cache(maxsize=64)
def _read(path: Path) -> Fitted | None:
    """Read a summary; None where there is none."""
    if not path.is_file():
        return None
    return read_fit(path)


def read_fit(path: Path) -> Fitted:
    """Read a summary from its file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    names: Sequence[str] = tuple(data["mean"])
    return Fitted(
        theory=data["theory"],
        theory_sha256=data["theory_sha256"],
        cases=data["cases"],
        names=tuple(names),
        mean=np.array(list(data["mean"].values()), dtype=np.float64),
        directions=np.array(data["directions"], dtype=np.float64).reshape(-1, len(names)),
        spreads=np.array(data["spreads"], dtype=np.float64),
        label=f"fit to {len(data['cases'])} cases",
        method=data["method"],
        counts=data["counts"],
    )
