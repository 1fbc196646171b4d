"""Solve one case into a folder: ``python -m blocs.web.rooms.solve_case SOURCE FOLDER``, as the app calls it."""

from __future__ import annotations

import sys
from pathlib import Path

from blocs.errors import BlocsError
from blocs.web.play.solved import Solved
from blocs.web.rooms.solving import game_of


def main(source: str, folder: str) -> int:
    """Solve and save; a failure is told in a line on standard error."""
    try:
        Solved.of(game_of(source)).save(Path(folder))
    except BlocsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
