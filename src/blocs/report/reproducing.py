"""What somebody needs to get the same numbers again: version, seed and a hash of what was read."""

from __future__ import annotations

from typing import Any

from blocs.forecast.run import Run
from blocs.language.identity import content_hash
from blocs.version import __version__

# enough to tell any two files of one project apart; the whole hash is in the JSON
DIGITS = 12


def run_to_json(run: Run) -> dict[str, Any]:
    """Return what ``blocs run --json`` prints: the run, and the hash of the case with its theory."""
    found = run.to_json()
    if run.game.case is not None:
        found["inputs"] = content_hash(run.game.case)
    return found


def how_to_reproduce(run: Run, command: str) -> str:
    """Return a sentence with everything that the numbers depend on."""
    case = run.game.case
    inputs = f", inputs {content_hash(case)[:DIGITS]}" if case is not None else ""
    return f"To get these numbers again: `{command}` (blocs {__version__}{inputs})."
