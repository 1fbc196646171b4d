"""A tab of a real browser, and what every page must hold in one: no complaint, no sideways scrolling, open to everybody."""

from __future__ import annotations

import re
from typing import Any

import pytest


class Watched:
    """What a tab said and asked for.

    Attributes
    ----------
    tab : Page
    complaints : list of str
        Errors, and whatever was written to the console.
    asked : list of str
        Addresses.
    """

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        self.asked: list[str] = []
        tab.on("console", lambda message: self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("request", lambda request: self.asked.append(request.url))


def open_to_everybody(tab: Any, width: int, scheme: str) -> None:
    """Hold a page against what holds for all: its scheme, its width with all details open, and the rules of axe."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    paper, ink = tab.evaluate("(s => [s.backgroundColor, s.color])(getComputedStyle(document.body))")
    light, dark = (sum(int(part) for part in re.findall(r"\d+", colour)[:3]) for colour in (paper, ink))
    assert (light > dark) == (scheme == "light")
    for details in tab.locator("details").all():
        details.evaluate("one => { one.open = true; }")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(tab).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


def until(tab: Any, holds: str, seconds: float = 60) -> None:
    """Wait until an expression holds; Playwright's own way evaluates text in the page, which its policy forbids."""
    for _ in range(int(seconds / 0.05)):
        if tab.evaluate(holds):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"{holds} did not come to hold")
