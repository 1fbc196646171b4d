"""What the language needs of sources starts fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("lxml", "pybtex", "citeproc", "platformdirs", "pydantic", "numpy", "yaml", "html.parser")


@pytest.mark.parametrize("module", ["citations", "bibliography", "provenance", "passages", "store", "methods", "cite"])
def test_nothing_heavy_is_imported(module: str) -> None:
    code = f"import sys, blocs.sources.{module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
