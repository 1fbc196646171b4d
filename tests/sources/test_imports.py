"""What the language needs of sources starts fast."""

from __future__ import annotations

import subprocess
import sys

MODULES = ("citations", "bibliography", "provenance", "passages", "store", "methods", "cite")
HEAVY = ("lxml", "pybtex", "citeproc", "platformdirs", "pydantic", "numpy", "yaml", "html.parser")


def test_nothing_heavy_is_imported() -> None:
    imports = "; ".join(f"import blocs.sources.{module}" for module in MODULES)
    code = f"import sys; {imports}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
