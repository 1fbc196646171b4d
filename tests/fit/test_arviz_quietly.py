"""ArviZ's notice of the day must not reach those who fit a posterior, whatever day it is."""

from __future__ import annotations

import os
import subprocess
import sys


def test_the_first_import_of_the_day_says_nothing(tmp_path):
    # an empty cache folder is what a new user has: ArviZ has never warned there
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", "from blocs.fit.nuts import load_arviz; load_arviz()"],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    # it was the notice's turn: ArviZ marked the day
    assert (tmp_path / "arviz" / "daily_warning").is_file()
