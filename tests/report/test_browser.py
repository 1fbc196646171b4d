"""The page in a real browser: no sideways scrolling, no complaint, readable in both schemes, open to everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.browsing import open_to_everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(watched: Any, page: str, tmp_path: Path, width: int, scheme: str) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    seen = watched(width, scheme=scheme)
    tab = seen.tab
    tab.goto(file.as_uri())
    assert not seen.complaints
    assert seen.asked == [file.as_uri()]

    # each figure is shown once, fills its place, has letters that can be read, and is not blank
    for figure in tab.locator("figure").all():
        shown = [one for one in figure.locator("svg").all() if one.is_visible()]
        assert len(shown) == 1
        box = shown[0].bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 60
        scale = shown[0].evaluate("one => one.getBoundingClientRect().width / one.viewBox.baseVal.width")
        assert 7.5 * scale > 7, "smallest letters, in pixels"
        assert len(set(shown[0].screenshot())) > 100

    open_to_everybody(tab, width, scheme)


def test_the_page_can_be_walked_by_keyboard_and_printed(watched: Any, page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    tab = watched(800, 600).tab
    tab.goto(file.as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"
    pdf = tab.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and len(pdf) > 20_000
