"""A posterior as NetCDF in ArviZ's groups, and back.

Groups: `posterior` and `prior` (parameters in their own units; what differs from case to case with a case axis),
`posterior_predictive` and `observed_data` (how often each option was taken, and the outcome, by case),
`log_likelihood` (by case), `sample_stats`; version, seed, method and hashes as attributes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.arviz_quietly import load_arviz
from blocs.fit.posterior import Posterior

if TYPE_CHECKING:
    import arviz

    from blocs.fit.predictive import Predictions

Floats = NDArray[np.float64]

CASE, SPREAD = "_by_case", "tau_"
DIMS = {
    "u": ["coordinate"],
    "history": ["case"],
    "times_taken": ["case", "option"],
    "outcome": ["case", "ending"],
}


def to_arviz(posterior: Posterior) -> arviz.InferenceData:
    """Return ArviZ's InferenceData."""
    arviz = load_arviz()
    told = posterior.predictions
    draws: dict[str, Floats] = {**posterior.values, "u": posterior.u}
    draws.update({name + CASE: value for name, value in posterior.by_case.items()})
    draws.update({SPREAD + name: value for name, value in posterior.spreads.items()})
    data = arviz.from_dict(
        posterior=draws,
        prior={name: value[None] for name, value in posterior.prior.items()} or None,
        log_likelihood={"history": posterior.log_likelihood},
        sample_stats=dict(posterior.stats) or None,
        posterior_predictive=told.simulated if told else None,
        observed_data=told.observed if told else None,
        coords={
            "coordinate": list(posterior.coordinates),
            "case": list(posterior.cases),
            **({"option": list(told.options), "ending": list(told.outcomes)} if told else {}),
        },
        dims={**DIMS, **{name + CASE: ["case"] for name in posterior.by_case}},
    )
    data.attrs.update(
        {
            key: value if isinstance(value, str | int | float) else json.dumps(value)
            for key, value in posterior.attributes.items()
        }
    )
    data.attrs["diagnostics"] = json.dumps(list(posterior.diagnostics))
    data.attrs["mode"] = json.dumps(dict(posterior.mode))
    data.attrs["mode_by_case"] = json.dumps({name: list(value) for name, value in posterior.mode_by_case.items()})
    data.attrs["spreads"] = json.dumps(list(posterior.spreads))
    data.attrs["sound"] = int(posterior.sound)
    return data


def save(posterior: Posterior, path: str | Path) -> None:
    """Write NetCDF; the file appears whole or not at all."""
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(Problem("there is no such folder to write into", file=str(target.parent)))
    handle, name = tempfile.mkstemp(suffix=".nc", dir=target.parent)
    os.close(handle)
    try:
        to_arviz(posterior).to_netcdf(name, engine="h5netcdf")
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
        return _read(data)
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file=str(path))) from None
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        problem = Problem(f"this is no posterior written by `blocs fit` ({error})", file=str(path))
        raise InputError(problem) from None


def _read(data: arviz.InferenceData) -> Posterior:
    attributes: dict[str, Any] = {str(key): value for key, value in data.attrs.items()}
    draws = {str(name): variable for name, variable in data["posterior"].data_vars.items()}
    spreads = list(json.loads(attributes.pop("spreads")))
    own = [name.removesuffix(CASE) for name, variable in draws.items() if "case" in variable.dims]
    apart = {"u", *(SPREAD + name for name in spreads), *(name + CASE for name in own)}
    for key in ("hashes", "deviations"):
        attributes[key] = json.loads(attributes[key])
    by_case: Mapping[str, list[float]] = json.loads(attributes.pop("mode_by_case"))
    return Posterior(
        u=np.asarray(draws["u"].values),
        coordinates=tuple(str(name) for name in data["posterior"]["coordinate"].values),
        values={name: np.asarray(variable.values) for name, variable in draws.items() if name not in apart},
        by_case={name: np.asarray(draws[name + CASE].values) for name in own},
        spreads={name: np.asarray(draws[SPREAD + name].values) for name in spreads},
        log_likelihood=np.asarray(data["log_likelihood"]["history"].values),
        cases=tuple(str(name) for name in data["log_likelihood"]["case"].values),
        stats={str(k): np.asarray(v.values) for k, v in data["sample_stats"].items()} if "sample_stats" in data else {},
        diagnostics=tuple(json.loads(attributes.pop("diagnostics"))),
        mode=json.loads(attributes.pop("mode")),
        mode_by_case={name: tuple(value) for name, value in by_case.items()},
        sound=bool(int(attributes.pop("sound"))),
        prior={str(name): np.asarray(v.values[0]) for name, v in data["prior"].data_vars.items()},
        predictions=_predictions(data),
        attributes=attributes,
    )


def _predictions(data: arviz.InferenceData) -> Predictions | None:
    from blocs.fit.predictive import Predictions

    if "posterior_predictive" not in data:
        return None
    simulated, real = data["posterior_predictive"], data["observed_data"]
    names = ("times_taken", "outcome")
    return Predictions(
        tuple(str(name) for name in real["option"].values),
        tuple(str(name) for name in real["ending"].values),
        {name: np.asarray(simulated[name].values) for name in names},
        {name: np.asarray(real[name].values) for name in names},
    )
