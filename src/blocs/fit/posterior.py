"""A posterior: parameters learned from histories, with diagnostics in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.fit.arviz_quietly import load_arviz

if TYPE_CHECKING:
    import arviz
    import pandas as pd

    from blocs.fit.predictive import Predictions
    from blocs.language.case import Case
    from blocs.solve.draws import Draws

Floats = NDArray[np.float64]

# R-hat above and effective draws below these make estimates unreliable (Vehtari et al. 2021)
RHAT, ESS = 1.01, 400.0


@dataclass(frozen=True)
class Posterior:
    """What histories taught about parameters.

    Attributes
    ----------
    u : float64 array (chain, draw, coordinate)
        On the whitened scale: in prior standard deviations from the prior median.
    coordinates : tuple of str
    values : dict from parameter to float64 array (chain, draw)
        Shared parameters in their own units.
    by_case : dict from name to float64 array (chain, draw, case)
        Parameters that differ from case to case, and facts that were integrated over their ranges, as each case has
        them.
    spreads : dict from parameter to float64 array (chain, draw)
        How far a parameter differs from case to case, in its prior standard deviations.
    log_likelihood : float64 array (chain, draw, case)
    cases : tuple of str
    stats : dict from name to array (chain, draw)
    diagnostics : tuple of str
        Sentences; trouble says so in capitals.
    sound : bool
        Whether no diagnostic found trouble.
    attributes : dict
        Version, seed, hashes, method.
    mode : dict from parameter to float, optional
        Shared parameters at the posterior mode.
    mode_by_case : dict from name to tuple of float, optional
        What differs from case to case, at the mode.
    prior : dict from name to float64 array (draw,) or (draw, case)
        Draws from the prior of everything in `values`, `by_case` and `spreads`.
    predictions : Predictions, optional
        Courses simulated at the draws, and the real histories.
    """

    u: Floats
    coordinates: tuple[str, ...]
    values: Mapping[str, Floats]
    by_case: Mapping[str, Floats]
    spreads: Mapping[str, Floats]
    log_likelihood: Floats
    cases: tuple[str, ...]
    stats: Mapping[str, NDArray[Any]]
    diagnostics: tuple[str, ...]
    sound: bool
    attributes: Mapping[str, Any]
    mode: Mapping[str, float] = field(default_factory=dict)
    mode_by_case: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    prior: Mapping[str, Floats] = field(default_factory=dict)
    predictions: Predictions | None = None

    @property
    def size(self) -> int:
        """Number of draws over all chains."""
        return self.u.shape[0] * self.u.shape[1]

    def contraction(self) -> dict[str, float]:
        """Return how much narrower each coordinate became: one minus its posterior variance, the prior's being one."""
        flat = self.u.reshape(-1, self.u.shape[2])
        if len(flat) < 2:
            return {}
        return {name: float(1.0 - flat[:, i].var(ddof=1)) for i, name in enumerate(self.coordinates)}

    def draws(self, limit: int | None = None, case: Case | None = None) -> Draws:
        """Return the draws for forecasts: all of them, or `limit` spread evenly over them.

        Parameters
        ----------
        limit : int, optional
        case : Case, optional
            Which case they are for. What differs from case to case has the case's own values where it was among those
            fitted; for a new case the parameters vary as they did between these, and its facts stay as stated.
        """
        from blocs.solve.draws import Draws

        total = self.size
        keep = np.arange(total) if limit is None or limit >= total else np.linspace(0, total - 1, limit).astype(int)
        values = {name: value.reshape(-1)[keep] for name, value in self.values.items()}
        if case is not None and case.case in self.cases:
            number = self.cases.index(case.case)
            values.update({name: value[..., number].reshape(-1)[keep] for name, value in self.by_case.items()})
        elif case is not None:
            values.update({name: value[keep] for name, value in self._elsewhere(case).items()})
        return Draws(values, int(self.attributes["seed"]), f"posterior of {', '.join(self.cases)}", len(keep))

    def _elsewhere(self, case: Case) -> dict[str, Floats]:
        """Return the parameters that differ from case to case for one that was not fitted; (draw,)."""
        from blocs.language.whitening import White

        rng, found = np.random.default_rng(int(self.attributes["seed"])), {}
        for name, spread in self.spreads.items():
            shared = self.u[..., self.coordinates.index(name)].reshape(-1)
            position = shared + spread.reshape(-1) * rng.standard_normal(self.size)
            found[name] = White(name, case.theory_spec.parameters[name].prior).value(position)[0]
        return found

    def centre(self, case: Case | None = None) -> Draws:
        """Return one draw: the mode where there is one, else the medians; of `case` where that was fitted."""
        from blocs.solve.draws import Draws

        values = {
            name: np.array([self.mode.get(name, float(np.median(value)))], dtype=np.float64)
            for name, value in self.values.items()
        }
        if case is not None and case.case in self.cases:
            number = self.cases.index(case.case)
            for name, value in self.by_case.items():
                middle = self.mode_by_case[name][number] if self.mode else float(np.median(value[..., number]))
                values[name] = np.array([middle], dtype=np.float64)
        return Draws(values, None, "posterior mode" if self.mode else "posterior medians", 1)

    def check(self, case: Case) -> None:
        """Refuse a case whose theory has parameters that the posterior does not know."""
        missing = [name for name in case.theory_spec.parameters if name not in self.values]
        if missing:
            raise InputError(
                f"the posterior of theory {self.attributes.get('theory')} has no {', '.join(missing[:5])}, which "
                f"{case.theory_spec.theory} needs"
            )

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per parameter: mean, median, 90 % interval, mode, contraction, R-hat and effective draws."""
        import pandas as pd

        contraction, rows = self.contraction(), {}
        rhat, ess = self._rhat(), self._ess()
        for name, value, mode in self._columns():
            # one point is no distribution: a mode has no mean and no interval
            low, median, high = np.quantile(value, [0.05, 0.5, 0.95]) if self.size > 1 else (np.nan,) * 3
            rows[name] = {
                "mean": float(value.mean()) if self.size > 1 else np.nan,
                "median": float(median),
                "low": float(low),
                "high": float(high),
                "mode": mode,
                "contraction": contraction.get(name, np.nan),
                "rhat": rhat.get(name, np.nan),
                "ess": ess.get(name, np.nan),
            }
        frame = pd.DataFrame(rows).T
        frame.index.name = "parameter"
        return frame

    def _columns(self) -> list[tuple[str, Floats, float]]:
        """Return name, draws and mode of everything: shared, spread between cases, and case by case."""
        found = [(name, value, self.mode.get(name, np.nan)) for name, value in self.values.items()]
        found += [(f"tau {name}", value, self.mode.get(f"tau {name}", np.nan)) for name, value in self.spreads.items()]
        for name, value in self.by_case.items():
            modes = self.mode_by_case.get(name, (np.nan,) * len(self.cases))
            found += [(f"{name} [{case}]", value[..., i], modes[i]) for i, case in enumerate(self.cases)]
        return found

    def _rhat(self) -> dict[str, float]:
        return _per_coordinate(self, "rhat") if self.u.shape[0] > 1 and self.u.shape[1] > 3 else {}

    def _ess(self) -> dict[str, float]:
        return _per_coordinate(self, "ess") if self.u.shape[1] > 3 else {}

    def summary(self) -> dict[str, Any]:
        """Return the summary that ships with cases: no draws, but all that a forecast at the mode needs."""
        contraction = self.contraction()
        return {
            "cases": list(self.cases),
            "attributes": dict(self.attributes),
            "parameters": {
                name: {
                    "mode": None if np.isnan(mode) else float(mode),
                    "median": float(np.median(value)),
                    "low": float(np.quantile(value, 0.05)),
                    "high": float(np.quantile(value, 0.95)),
                    "contraction": contraction.get(name),
                }
                for name, value, mode in self._columns()
            },
            "diagnostics": list(self.diagnostics),
        }

    def to_arviz(self) -> arviz.InferenceData:
        """Return ArviZ's InferenceData; see `blocs.fit.netcdf`."""
        from blocs.fit.netcdf import to_arviz

        return to_arviz(self)

    def save(self, path: str | Path) -> None:
        """Write NetCDF; the file appears whole or not at all."""
        from blocs.fit.netcdf import save

        save(self, path)


def _per_coordinate(posterior: Posterior, what: str) -> dict[str, float]:
    arviz = load_arviz()
    measure = arviz.rhat if what == "rhat" else arviz.ess
    with np.errstate(all="ignore"):
        found: Any = measure(arviz.convert_to_dataset({"u": posterior.u}))
    return {
        name: float(value) for name, value in zip(posterior.coordinates, np.atleast_1d(found["u"].values), strict=True)
    }
