"""Replies in real browsers: threads, what is held, what the moderator does, limits, and how it looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.browsing import looks_right
from tests.web.rooms.serving import Server

pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

CASE = "french-1966"
SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path, "--discuss")
    yield one
    one.kill()


def opened(server: Server, tab: Any) -> Any:
    """Open the case and wait until replies can be written."""
    tab.on("dialog", lambda _: pytest.fail("text of a reader ran as a script"))
    tab.goto(f"{server.base}/cases/{CASE}")
    tab.wait_for_selector("#course .discuss")
    return tab


def write(place: Any, label: str, text: str, name: str) -> None:
    """Fill in the form below an entry or a reply, and send it; a form that is being sent is not filled in anew."""
    place.get_by_label(label).fill(text)
    form = place.locator("form", has=place.page.get_by_label(label))
    form.get_by_label("Your name").fill(name)
    with place.page.expect_response(re.compile("/replies$")):
        form.get_by_role("button", name="Send").click()


def test_readers_reply_and_a_moderator_looks_after_it(server: Server, tabs: Any) -> None:
    ann, bea = (opened(server, tabs(viewport={"width": 1280, "height": 900})) for _ in range(2))
    # under an event, and under a sentence of the story that is no move
    event = ann.locator("#course > li.move").first
    remark = ann.locator("#course > li.remark").first
    for place, text in ((event, "Was it a surprise?"), (remark, "Who told the others?")):
        place.locator("summary", has_text="Reply").click()
        write(place, "Your reply", text, "Ann")
        expect(place.locator(".said")).to_have_text(text)
        # the reply that was sent has the focus, and not the top of the page
        expect(place.locator("li[data-reply]")).to_be_focused()
    # somebody else sees both after loading the page, and answers: a thread
    bea.reload()
    event = bea.locator("#course > li.move").first
    event.locator("summary", has_text="1 reply").click()
    event.get_by_role("button", name="Answer").click()
    expect(event.get_by_label("Your answer")).to_be_focused()
    # what is half written in another form is still there when the answer has been sent
    event.get_by_label("Your reply").fill("See https://spam.exam")
    write(event, "Your answer", f"Not to Paris. {SCRIPT}", "<b>Bea</b>")
    inner = event.locator(".replies .replies .said")
    expect(inner).to_have_text(f"Not to Paris. {SCRIPT}")
    expect(event.locator(".replies .replies > li > .small")).to_contain_text("<b>Bea</b>")
    assert event.locator("img, script, b").count() == 0
    expect(event.get_by_role("button", name="Answer")).to_have_count(2)
    assert event.get_by_label("Your reply").input_value() == "See https://spam.exam"
    # an address of the web is held until the moderator has looked
    write(event, "Your reply", "See https://spam.example/now", "Cid")
    expect(event.get_by_role("status")).to_contain_text("once the moderator has looked")
    assert "spam.example" not in opened(server, ann).content()

    host = tabs(viewport={"width": 1280, "height": 900})
    host.goto(f"{server.base}/moderate")
    host.get_by_label("The moderator's key").fill("a guess")
    host.get_by_role("button", name="Enter").click()
    expect(host.get_by_role("alert")).to_contain_text("not the moderator's key")
    host.get_by_label("The moderator's key").fill(server.moderator)
    host.get_by_role("button", name="Enter").click()
    expect(host.locator("#count")).to_have_text("4 replies, 1 held")
    held = host.locator("#replies > li.held")
    expect(held).to_contain_text("https://spam.example/now")
    expect(held).to_contain_text(ann.locator("#course > li.move time").first.inner_text())
    held.get_by_role("button", name="Show").click()
    expect(host.locator("#count")).to_have_text("4 replies, 0 held")
    host.locator("#replies > li", has_text="Who told the others?").get_by_role("button", name="Hide").click()
    expect(host.locator("#replies > li.hidden")).to_contain_text("Who told the others?")
    assert host.locator("#replies img, #replies script, #replies b").count() == 0
    with host.expect_download() as saved:
        host.get_by_role("button", name="Export all replies").click()
    exported = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert [(one["name"], one["standing"]) for one in exported] == [
        ("Ann", "shown"), ("Ann", "hidden"), ("<b>Bea</b>", "shown"), ("Cid", "shown"),
    ]  # fmt: skip
    # readers see what was let through, and no longer what was hidden
    opened(server, ann)
    event = ann.locator("#course > li.move").first
    expect(event.locator("summary", has_text="3 replies")).to_be_visible()
    assert "spam.example" in event.inner_html() and "Who told the others?" not in ann.content()
    # whoever writes much is told to wait, and keeps the text
    event.locator("summary", has_text="3 replies").click()
    for number in range(3):
        write(event, "Your reply", f"More {number}", "Ann")
    expect(event.get_by_role("alert")).to_contain_text(
        re.compile("Too many replies in a short time.*wait [0-9]+ seconds")
    )
    assert event.get_by_label("Your reply").input_value() == "More 2"


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a thread, and a reply that is held."""
    one = Server(tmp_path_factory.mktemp("talked"), "--discuss")
    path = f"/cases/{CASE}/replies"
    first = one.ask(path, {"anchor": "move-0", "name": "Ann", "text": "A" * 300})
    one.ask(path, {"anchor": "move-0", "name": "Bea", "text": "An answer.\nOf two lines.", "parent": first["reply"]})
    one.ask(path, {"anchor": "remark-0", "name": "Cid", "text": "https://spam.example/" + "x" * 200})
    yield one
    one.kill()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_replies_shut_nobody_out(talked: Server, tabs: Any, width: int, scheme: str) -> None:
    tab = opened(talked, tabs(viewport={"width": width, "height": 844}, color_scheme=scheme))
    event = tab.locator("#course > li.move").first
    # by keyboard alone: to the thread, open it, and write
    event.locator("summary", has_text="2 replies").focus()
    tab.keyboard.press("Enter")
    event.get_by_role("button", name="Answer").first.focus()
    tab.keyboard.press("Enter")
    tab.keyboard.type("So it was.")
    assert event.get_by_label("Your answer").input_value() == "So it was."
    looks_right(tab, width)
    host = tabs(viewport={"width": width, "height": 844}, color_scheme=scheme)
    host.goto(f"{talked.base}/moderate")
    looks_right(host, width)
    host.get_by_label("The moderator's key").fill(talked.moderator)
    host.keyboard.press("Enter")
    expect(host.locator("#replies > li")).to_have_count(3)
    looks_right(host, width)
