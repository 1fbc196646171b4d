"""Write the generated pages of the documentation; `make docs` calls it, and tests hold the pages in step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from blocs.cli.reference import reference

PAGES: dict[str, Callable[[], str]] = {"cli.md": reference}


def main() -> None:
    """Write each page beside this file."""
    for name, make in PAGES.items():
        (Path(__file__).resolve().parent / name).write_text(make(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
