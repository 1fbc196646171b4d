"""Resolve the dependencies of pyproject.toml for every supported Python and system, with hashes.

Writes requirements/run.txt (what running blocs needs) and requirements/dev.txt (that, and the tools for tests).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--quiet"]


def lock(target: str, *arguments: str) -> None:
    """Resolve into ``requirements/<target>`` from the public index, whatever this machine's own settings are."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    environment["UV_CUSTOM_COMPILE_COMMAND"] = "make lock"
    command = [".venv/bin/uv", "pip", "compile", "pyproject.toml", "--no-config", *COMMON, *arguments]
    subprocess.run([*command, "-o", f"requirements/{target}"], cwd=HERE.parent, env=environment, check=True)


def main() -> None:
    """Write both files; the second holds to the versions of the first."""
    lock("run.txt", "--group", "build", "--upgrade")
    lock("dev.txt", "--group", "build", "--group", "dev", "--all-extras", "--upgrade", "-c", "requirements/run.txt")


if __name__ == "__main__":
    main()
