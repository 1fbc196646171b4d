"""Play, teach and recover in real browsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.browsing import PATIENCE, looks_right
from tests.web.rooms.serving import Server

pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

CASE = "sino-albanian-1961"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("played"))
    yield one
    one.kill()


def sit(server: Server, tab: Any, code: str, actor: str, name: str) -> None:
    tab.goto(f"{server.base}/rooms/{code}")
    tab.get_by_label(re.compile(actor)).first.check()
    tab.get_by_label("Your name at the table").fill(name)
    tab.get_by_role("button", name="Sit down").click()
    tab.wait_for_selector("#game:not([hidden])")


def choose(tab: Any, option: str) -> None:
    """Choose an option and wait until the server has confirmed it."""
    # it can be pressed again once the answer to the last choice has been drawn
    tab.wait_for_selector("#confirm:enabled:visible")
    tab.locator(".option", has=tab.locator(".name", has_text=re.compile(f"^{option}"))).locator("input").check()
    with tab.expect_response(re.compile("/moves$")) as answer:
        tab.click("#confirm")
    assert answer.value.status == 200


def test_a_whole_game_alone(server: Server, tabs: Any) -> None:
    tab = tabs(viewport={"width": 1280, "height": 900})
    tab.goto(f"{server.base}/play?case={CASE}")
    looks_right(tab, 1280)
    tab.get_by_label("Albania").check()
    tab.get_by_role("button", name="Begin").click()
    tab.wait_for_selector("#choose:not([hidden])")
    looks_right(tab, 1280)
    choose(tab, "Hedge")
    # drawn a moment after the answer has come
    tab.wait_for_selector("#record:has-text('Albania takes a course of its own')")
    for _ in range(120):
        if tab.locator("#over").is_visible():
            break
        try:
            with tab.expect_response(re.compile("/moves$"), timeout=5_000) as answer:
                tab.click("#stand", timeout=3_000)
        except playwright.TimeoutError:
            # the game ended between the look and the click
            continue
        assert answer.value.status == 200
        # whichever of the two is on show: the first in the page alone would be a hidden button at the end
        tab.wait_for_selector("#over:visible, #confirm:enabled:visible")
    tab.wait_for_selector("#over:not([hidden])")
    assert tab.inner_text("#ending").startswith("It ended with")
    tab.click("#debrief")
    tab.wait_for_selector("svg.odds")
    assert "The decisions of people" in tab.inner_text("main")
    looks_right(tab, 1280)
    with tab.expect_download() as saved:
        tab.get_by_role("link", name="This page as a file").click()
    page = Path(saved.value.path()).read_text(encoding="utf-8")
    assert "<svg" in page and "<script" not in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_game_on_a_phone(server: Server, tabs: Any, scheme: str) -> None:
    tab = tabs(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    room = server.ask("/rooms", {"case": CASE, "people": ["patron"], "seed": 1})
    tab.goto(f"{server.base}/rooms/{room['code']}")
    tab.wait_for_selector("#seats input")
    looks_right(tab, 390)
    sit(server, tab, room["code"], "The Soviet Union", "Ann")
    tab.wait_for_selector("#choose:not([hidden])")
    looks_right(tab, 390)
    # by keyboard alone: into the options, one down, and confirm
    tab.locator("#options input").first.focus()
    tab.keyboard.press("ArrowDown")
    with tab.expect_response(re.compile("/moves$")) as answer:
        tab.keyboard.press("Enter")
    assert answer.value.status == 200


def test_a_room_with_three_browsers_and_a_secret(server: Server, tabs: Any) -> None:
    room = server.ask("/rooms", {"case": CASE, "people": ["patron", "client", "rival"], "seed": 1})
    patron, client, rival = (tabs() for _ in range(3))
    sit(server, patron, room["code"], "The Soviet Union", "<b>Ann</b>")
    sit(server, client, room["code"], "Albania", "Bea")
    sit(server, rival, room["code"], "China", "Cid")
    # what people type is text
    expect(rival.locator("#people")).to_contain_text("<b>Ann</b>")
    choose(client, "Hedge")
    choose(client, "Hold")
    choose(rival, "Hold")
    for _ in range(2):  # economy, then forces if there is anything to choose there
        if "politics" in patron.inner_text("#turn-head"):
            break
        choose(patron, "Hold")
        patron.wait_for_selector("#confirm:enabled")
    assert "secret: the others see that you held" in patron.inner_text("#options")
    choose(patron, "Organise faction")
    expect(patron.locator("#record")).to_contain_text("gathers its friends")
    # it is the client's turn again, without any of this
    client.wait_for_selector("#choose:not([hidden])")
    for one in (client, rival):
        assert "gathers its friends" not in one.content()
        assert "organised" not in one.inner_text("#situation")
    assert "organised" in patron.inner_text("#situation")


def test_a_teacher_sees_pauses_and_brings_in(server: Server, tabs: Any) -> None:
    teacher = tabs(viewport={"width": 1280, "height": 900})
    teacher.goto(f"{server.base}/teach?case={CASE}")
    teacher.get_by_label("Tables", exact=True).fill("2")
    teacher.get_by_role("button", name="Open the room").click()
    teacher.wait_for_selector("#tables .card")
    code = teacher.inner_text(".bigcode")
    looks_right(teacher, 1280)
    student = tabs()
    sit(server, student, code, "Albania", "Bea")
    expect(teacher.locator("#tables .card").first).to_contain_text("Turn of Albania: Bea")
    teacher.get_by_label("Title").fill("Drought")
    teacher.get_by_label("What everybody reads").fill("Wheat is left for a fortnight.")
    teacher.get_by_role("button", name="Bring it in now").click()
    expect(teacher.locator("#status")).to_contain_text("Brought in at 2 tables.")
    expect(student.locator("#news")).to_contain_text("Drought. Wheat is left for a fortnight.")
    teacher.get_by_role("button", name="Pause").click()
    expect(student.locator("#state")).to_contain_text("paused")
    expect(student.locator("#confirm")).to_be_disabled()
    teacher.get_by_role("button", name="Go on").click()
    expect(student.locator("#confirm")).to_be_enabled()
    choose(student, "Hedge")
    expect(teacher.locator("#tables .card").first).to_contain_text("takes a course of its own")
    # the link with the key moves the room to another browser, and nobody else gets in
    other = tabs()
    other.goto(f"{server.base}/rooms/{code}/host")
    expect(other.locator("#keyless")).to_be_visible()
    assert other.locator("#desk").is_hidden()
    other.get_by_label("The host's key").fill("not the key")
    other.get_by_role("button", name="Enter").click()
    expect(other.locator("#wrong")).to_contain_text("not the key of the room's host")


# a busy machine takes long to start a server twice
@pytest.mark.timeout(900)
def test_players_come_back_by_themselves_after_a_kill(tmp_path: Path, tabs: Any) -> None:
    server = Server(tmp_path)
    try:
        room = server.ask("/rooms", {"case": "french-1966", "people": ["client"], "seed": 1})
        tab = tabs()
        sit(server, tab, room["code"], "France", "Bea")
        choose(tab, "Hold")
        # what came of it has been drawn
        tab.wait_for_selector("#confirm:enabled:visible")
        before = tab.inner_text("#record")
        server.kill()
        expect(tab.locator("#lost")).to_be_visible(timeout=3 * PATIENCE)
        server.start()
        expect(tab.locator("#lost")).to_be_hidden(timeout=3 * PATIENCE)
        assert tab.inner_text("#record") == before
        choose(tab, "Hold")
    finally:
        server.kill()


def test_a_guide_is_printed_on_two_pages(server: Server, tabs: Any) -> None:
    tab = tabs()
    for name in (CASE, "cuban-american-1959"):
        tab.goto(f"{server.base}/cases/{name}/guide")
        pages = len(re.findall(rb"/Type\s*/Page\b", tab.pdf(format="A4", print_background=True)))
        assert pages == 2, name


def test_a_quiz_tells_how_one_did(server: Server, tabs: Any) -> None:
    tab = tabs()
    tab.goto(f"{server.base}/cases/{CASE}/quiz")
    count = tab.locator(".question").count()
    for one in tab.locator(".question").all():
        one.locator("input").nth(int(one.get_attribute("data-answer"))).check()
    tab.get_by_role("button", name="See how I did").click()
    expect(tab.locator("#score")).to_have_text(f"{count} of {count} are right.")
    looks_right(tab, 1280)


def test_what_is_printed_and_shown_to_a_class_works_on_a_phone_in_the_dark(server: Server, tabs: Any) -> None:
    room = server.ask("/rooms", {"case": CASE, "people": ["client"], "tables": 2, "seed": 1})
    tab = tabs(viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in (
        "/teach",
        f"/cases/{CASE}/guide",
        f"/cases/{CASE}/roles/rival",
        f"/cases/{CASE}/quiz",
        f"/rooms/{room['code']}/debrief",
    ):
        tab.goto(server.base + path)
        tab.wait_for_selector("main h1:visible")
        looks_right(tab, 390)
    # the link with the key is how a host moves to another device
    tab.goto(f"{server.base}/rooms/{room['code']}/host#key={room['host_key']}")
    tab.wait_for_selector("#tables .card")
    looks_right(tab, 390)
