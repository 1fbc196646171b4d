"""ArviZ, imported without its notice of the day.

Up to version 0.23 ArviZ warns once a day and user of changes in its next major version, which blocs does not use. The
notice says nothing about the posterior at hand, so it is kept from those who fit one.
"""

from __future__ import annotations

import warnings
from types import ModuleType


def load_arviz() -> ModuleType:
    """Import ArviZ (slow the first time) without its notice; every other warning passes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*ArviZ is undergoing a major refactor", category=FutureWarning)
        import arviz
    return arviz
