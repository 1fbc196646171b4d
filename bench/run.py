"""Run every benchmark of this folder, or those named on the command line: ``python bench/run.py [NAME]...``.

A benchmark is any other file here; it has a function ``main()`` that prints its table. Figures are the least
CPU time of several runs, with a peer or a limit beside each; none of them is a test.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent


def benchmarks() -> dict[str, Path]:
    """Return the benchmarks by name."""
    return {path.stem: path for path in sorted(HERE.glob("[a-z]*.py")) if path != Path(__file__).resolve()}


def main_of(path: Path) -> Callable[[], object]:
    """Load a benchmark and return its `main`."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module.main


def main(names: list[str]) -> int:
    """Run the benchmarks and return the exit code: 1 when one of them failed to run, 2 for an unknown name."""
    known = benchmarks()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores\n")
    failed = []
    for name in names or known:
        print(f"== {name}", flush=True)
        began = time.perf_counter()
        try:
            main_of(known[name])()
        except Exception:  # one benchmark must not keep the others from running
            failed.append(name)
            traceback.print_exc()
        print(f"   ({time.perf_counter() - began:.1f} s)\n", flush=True)
    if failed:
        print(f"{len(failed)} failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
