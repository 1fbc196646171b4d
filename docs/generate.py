"""Write the generated pages of the documentation; `make docs` calls it, and tests hold the pages in step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from blocs.cli.reference import reference
from blocs.language.reference import language_reference
from blocs.language.schema import write_schemas

PAGES: dict[str, Callable[[], str]] = {"cli.md": reference, "language.md": language_reference}


def main() -> None:
    """Write each page beside this file, and the schemas of the language where they ship from."""
    for name, make in PAGES.items():
        (Path(__file__).resolve().parent / name).write_text(make(), encoding="utf-8")
        print(f"docs/{name}")
    for path in write_schemas():
        print(path.relative_to(Path(__file__).resolve().parents[1]))


if __name__ == "__main__":
    main()
