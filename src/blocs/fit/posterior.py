"""A posterior: parameters learned from histories, with diagnostics in sentences, kept in ArviZ's groups."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.arviz_quietly import load_arviz

if TYPE_CHECKING:
    import arviz
    import pandas as pd

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
        Parameters at the posterior mode.
    """

    u: Floats
    coordinates: tuple[str, ...]
    values: Mapping[str, Floats]
    log_likelihood: Floats
    cases: tuple[str, ...]
    stats: Mapping[str, NDArray[Any]]
    diagnostics: tuple[str, ...]
    sound: bool
    attributes: Mapping[str, Any]
    mode: Mapping[str, float] = field(default_factory=dict)
    predictive: Mapping[str, Floats] = field(default_factory=dict)
    observed: Mapping[str, NDArray[Any]] = field(default_factory=dict)

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

    def draws(self, limit: int | None = None) -> Draws:
        """Return the draws for forecasts: all of them, or `limit` spread evenly over them."""
        from blocs.solve.draws import Draws

        total = self.size
        keep = np.arange(total) if limit is None or limit >= total else np.linspace(0, total - 1, limit).astype(int)
        values = {name: value.reshape(-1)[keep] for name, value in self.values.items()}
        return Draws(values, int(self.attributes["seed"]), f"posterior of {', '.join(self.cases)}", len(keep))

    def centre(self) -> Draws:
        """Return one draw: the mode where there is one, else the medians."""
        from blocs.solve.draws import Draws

        values = {
            name: np.array([self.mode.get(name, float(np.median(value)))], dtype=np.float64)
            for name, value in self.values.items()
        }
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
        for name, value in self.values.items():
            low, median, high = np.quantile(value, [0.05, 0.5, 0.95])
            rows[name] = {
                "mean": float(value.mean()),
                "median": float(median),
                "low": float(low),
                "high": float(high),
                "mode": self.mode.get(name, np.nan),
                "contraction": contraction.get(name, np.nan),
                "rhat": rhat.get(name, np.nan),
                "ess": ess.get(name, np.nan),
            }
        frame = pd.DataFrame(rows).T
        frame.index.name = "parameter"
        return frame

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
                    "mode": self.mode.get(name),
                    "median": float(np.median(value)),
                    "low": float(np.quantile(value, 0.05)),
                    "high": float(np.quantile(value, 0.95)),
                    "contraction": contraction.get(name),
                }
                for name, value in self.values.items()
            },
            "diagnostics": list(self.diagnostics),
        }

    def to_arviz(self) -> arviz.InferenceData:
        """Return ArviZ's InferenceData: posterior, prior, log_likelihood, sample_stats, predictive, observed data."""
        arviz = load_arviz()
        rng = np.random.default_rng(0)
        data = arviz.from_dict(
            posterior={**self.values, "u": self.u},
            prior={"u": rng.standard_normal((1, max(self.size, 100), self.u.shape[2]))},
            log_likelihood={"history": self.log_likelihood},
            sample_stats=dict(self.stats) or None,
            posterior_predictive=dict(self.predictive) or None,
            observed_data=dict(self.observed) or None,
            coords={"coordinate": list(self.coordinates), "case": list(self.cases)},
            dims={"u": ["coordinate"], "history": ["case"]},
        )
        data.attrs.update(
            {
                key: value if isinstance(value, str | int | float) else json.dumps(value)
                for key, value in self.attributes.items()
            }
        )
        data.attrs["diagnostics"] = json.dumps(list(self.diagnostics))
        data.attrs["mode"] = json.dumps(dict(self.mode))
        data.attrs["sound"] = int(self.sound)
        return data

    def save(self, path: str | Path) -> None:
        """Write NetCDF; the file appears whole or not at all."""
        target = Path(path)
        if not target.parent.is_dir():
            raise InputError(Problem("there is no such folder to write into", file=str(target.parent)))
        handle, name = tempfile.mkstemp(suffix=".nc", dir=target.parent)
        os.close(handle)
        try:
            self.to_arviz().to_netcdf(name, engine="h5netcdf")
            os.replace(name, target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _per_coordinate(posterior: Posterior, what: str) -> dict[str, float]:
    arviz = load_arviz()
    measure = arviz.rhat if what == "rhat" else arviz.ess
    with np.errstate(all="ignore"):
        found: Any = measure(arviz.convert_to_dataset({"u": posterior.u}))
    return {
        name: float(value) for name, value in zip(posterior.coordinates, np.atleast_1d(found["u"].values), strict=True)
    }


def load_posterior(path: str | Path) -> Posterior:
    """Read a posterior that `Posterior.save` wrote.

    Raises
    ------
    InputError
        No such file, or not one of ours.
    """
    arviz = load_arviz()
    try:
        data = arviz.from_netcdf(str(path), engine="h5netcdf")
        attributes = {key: value for key, value in data.attrs.items()}
        names = [str(name) for name in data["posterior"].data_vars if str(name) != "u"]
        return Posterior(
            u=np.asarray(data["posterior"]["u"].values),
            coordinates=tuple(str(name) for name in data["posterior"]["coordinate"].values),
            values={name: np.asarray(data["posterior"][name].values) for name in names},
            log_likelihood=np.asarray(data["log_likelihood"]["history"].values),
            cases=tuple(str(name) for name in data["log_likelihood"]["case"].values),
            stats={str(k): np.asarray(v.values) for k, v in data["sample_stats"].items()}
            if "sample_stats" in data
            else {},
            diagnostics=tuple(json.loads(attributes.pop("diagnostics"))),
            mode=json.loads(attributes.pop("mode")),
            sound=bool(int(attributes.pop("sound"))),
            attributes=attributes,
        )
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file=str(path))) from None
    except (OSError, KeyError, ValueError, AttributeError) as error:
        problem = Problem(f"this is no posterior written by `blocs fit` ({error})", file=str(path))
        raise InputError(problem) from None
