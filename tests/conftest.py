"""Fixtures that every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from tests.browsing import Watched

settings.register_profile(
    "blocs", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("blocs")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def numpy_errors_raise() -> Iterator[None]:
    """Let no overflow, division by zero or invalid number pass in a test; underflow to zero is what we want."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with reference answers and data beside the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("the folder ../shared with reference answers is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start a real browser; one for all tests of a process, for Playwright allows no second."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine to look at the pages with")
    # five seconds, its default, are little on a busy machine; waiting ends as soon as there is what is waited for
    playwright.expect.set_options(timeout=60_000)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=chromium, args=arguments)
        yield found
        found.close()


@pytest.fixture
def watched(browser: Any) -> Iterator[Callable[..., Watched]]:
    """Open tabs of a width, in a scheme, whose complaints and requests are noted; they are closed after the test."""
    contexts = []

    def opened(width: int = 1280, height: int = 844, scheme: str = "light", **more: Any) -> Watched:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **more))
        return Watched(contexts[-1].new_page())

    yield opened
    for context in contexts:
        context.close()
