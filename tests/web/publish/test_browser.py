"""The site in a real browser: from the folder, without any request, searched, walked by keyboard, open to everybody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.browsing import open_to_everybody, until


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", ["index.html", "cases/small/index.html"])
def test_a_page_in_a_browser(watched: Any, site: Path, page: str, width: int, scheme: str) -> None:
    seen = watched(width, scheme=scheme)
    seen.tab.goto((site / page).as_uri())
    assert not seen.complaints
    assert seen.asked == [(site / page).as_uri()]
    open_to_everybody(seen.tab, width, scheme)


def test_the_index_is_searched_filtered_and_walked(watched: Any, site: Path) -> None:
    seen = watched()
    tab = seen.tab
    tab.goto((site / "index.html").as_uri())

    def shows(*cases: str) -> None:
        """Wait for the page to show these cards; what a key or a click sets off may come a moment later."""
        cards = "Array.from(document.querySelectorAll('#cards > li:not([hidden])'), one => one.dataset.case).join()"
        until(tab, f"{cards} === {json.dumps(','.join(cases))}")

    shows("small", "unnamed-other")
    tab.fill("#q", "PÉACE")
    shows("small", "unnamed-other")
    hits = tab.locator('[data-case="small"] .hits li').all_inner_texts()
    assert hits == ["1959: Before it there was peace"]
    tab.fill("#q", '<script>alert("title")')
    shows("small")
    tab.fill("#q", "no such word")
    shows()
    assert tab.locator("#nothing").is_visible()
    assert tab.locator("#count").inner_text() == "0 of 2 cases"
    tab.click("text=Clear")
    shows("small", "unnamed-other")
    tab.select_option("#outcome", "loyal")
    shows("unnamed-other")
    until(tab, "location.hash === '#?outcome=loyal'")
    tab.reload()
    shows("unnamed-other")
    tab.select_option("#outcome", "")
    tab.fill("#to", "1959")
    shows()
    tab.fill("#to", "1960")
    shows("small", "unnamed-other")

    tab.focus(".bonds a:visible")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/cases/*/index.html*")
    tab.click("text=All cases")
    tab.wait_for_url("**/site/index.html")
    assert not seen.complaints


def test_the_pages_work_without_scripts_and_can_be_printed(watched: Any, site: Path) -> None:
    tab = watched(java_script_enabled=False).tab
    tab.goto((site / "index.html").as_uri())
    assert tab.locator("#cards > li").count() == 2 and tab.locator("#cards > li").first.is_visible()
    assert not tab.locator("#find").is_visible()
    pdf = tab.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000
