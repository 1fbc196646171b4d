"""Lets ``python -m blocs`` be the same as ``blocs``."""

from __future__ import annotations

import sys

from blocs.cli import main

if __name__ == "__main__":
    sys.exit(main())
