"""The literature of the methods that blocs uses, and which part of blocs rests on what.

The references are in ``methods.json`` (CSL-JSON) beside this file. A feature is a short name, such as ``logit``, for
something that a run may have used; what ran says its features, and `blocs cite` turns them into references.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType

from blocs.errors import InputError, Problem, nearest
from blocs.sources.bibliography import Bibliography, bibliography_from_json

FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # equilibrium
        "logit": ("mckelvey1995", "mckelvey1998"),
        "probit": ("mckelvey1998", "signorino1999"),
        "logit-path": ("turocy2005", "turocy2010"),
        "stationary": ("herings2004", "eibelshauser2019"),
        # draws from the priors, and what drives a result
        "sobol-draws": ("sobol1967", "joe2008", "owen1998", "matousek1998"),
        "sobol-indices": ("sobol2001", "saltelli2002", "saltelli2010"),
        "adjoint": ("griewank2008",),
        # learning from histories
        "statistical-games": ("signorino1999",),
        "signalling": ("lewis2003", "crismancox2021"),
        "dynamic-games": ("crismancox2018",),
        "nuts": ("hoffman2014",),
        "laplace-psis": ("tierney1986", "vehtari2024"),
        "psis": ("vehtari2024",),
        "leave-one-out": ("vehtari2017", "vehtari2024"),
        "convergence": ("vehtari2021",),
        "calibration": ("talts2018",),
        "log-score": ("gneiting2007",),
        # software that every result rests on, or that some do
        "arrays": ("harris2020", "virtanen2020"),
        "kernels": ("lam2015",),
        "diagnostics": ("kumar2019",),
    }
)
"""Feature -> keys of the references it rests on."""


def used_by(feature: str) -> tuple[str, ...]:
    """Return the keys of the references that a feature rests on.

    Parameters
    ----------
    feature : str
        One of `FEATURES`.

    Raises
    ------
    InputError
        When there is no such feature; it names the nearest.
    """
    if feature not in FEATURES:
        hint = nearest(feature, FEATURES) or "features are " + ", ".join(FEATURES)
        raise InputError(Problem(f"`{feature[:60]}` is no feature with references", hint=hint))
    return FEATURES[feature]


def methods_bibliography() -> Bibliography:
    """Return all references of methods."""
    text = files("blocs.sources").joinpath("methods.json").read_text(encoding="utf-8")
    bibliography, problems = bibliography_from_json(text, "methods.json")
    if problems:
        raise InputError(problems)
    return bibliography


def methods_used(features: Iterable[str] = (), keys: Iterable[str] = ()) -> Bibliography:
    """Return the references that features rest on, and those named by key.

    Parameters
    ----------
    features : iterable of str
    keys : iterable of str
        Keys of references, such as the ``cites`` of a method.
    """
    bibliography = methods_bibliography()
    wanted = dict.fromkeys(key for feature in features for key in used_by(feature))
    for key in keys:
        wanted[bibliography[key].key] = None
    return bibliography.only(wanted)
