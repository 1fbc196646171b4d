"""Write the generated pages and the picture of the documentation; `make docs` calls it.

Tests hold the pages in step with what they describe; the picture shows the shipped case as it was when it was made.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

import blocs
from blocs.cli.reference import reference
from blocs.language.reference import language_reference
from blocs.language.schema import write_schemas
from blocs.report.terminal import print_run

PAGES: dict[str, Callable[[], str]] = {"cli.md": reference, "language.md": language_reference}


CASE, DRAWS = "sino-albanian-1961", 256
WIDTH = 112  # columns of the picture, as wide as the widest table


def picture() -> str:
    """Return the terminal's picture of the shipped case, as SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    print_run(console, blocs.run(blocs.load(CASE), draws=DRAWS), f"blocs run {CASE}")
    svg = console.export_svg(title=f"blocs run {CASE}", unique_id="blocs")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> None:
    """Write each page beside this file, and the schemas of the language where they ship from."""
    for name, make in PAGES.items():
        (Path(__file__).resolve().parent / name).write_text(make(), encoding="utf-8")
        print(f"docs/{name}")
    (Path(__file__).resolve().parent / "run.svg").write_text(picture(), encoding="utf-8")
    print("docs/run.svg")
    for path in write_schemas():
        print(path.relative_to(Path(__file__).resolve().parents[1]))


if __name__ == "__main__":
    main()
