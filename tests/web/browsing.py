"""What the tests in real browsers share."""

from __future__ import annotations

from typing import Any

# the first game waits for its case to be solved
PATIENCE = 60_000


def looks_right(tab: Any, width: int) -> None:
    """No sideways scrolling, and nothing that shuts anybody out."""
    from axe_playwright_python import sync_playwright as axe

    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(tab).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
