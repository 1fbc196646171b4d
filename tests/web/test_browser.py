"""The pages in a real browser: explored by mouse and by keyboard, at a desk and on a phone, in both schemes."""

from __future__ import annotations

import pytest
from tests.browsing import open_to_everybody, until

CASE = "/cases/sino-albanian-1961"
FULL = f"{CASE}?set.land_route=true&sd.base_worth=1.5&without=back_coup&start.faction=organised&force=1960-07+patron+hold&date=1961-04&at=1961-05&role=patron&why=invade"


@pytest.fixture
def tab(watched, server):
    seen = watched(height=900, base_url=server)
    seen.tab.complaints = seen.complaints
    return seen.tab


def settled(tab):
    until(tab, "!document.querySelector('.solving, .busy')")


def headline(tab):
    return tab.locator("#headline").text_content()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (1280, "dark"), (390, "light")])
@pytest.mark.parametrize(
    "path", ["/", FULL, "/api", "/check", "/nowhere"], ids=["library", "case", "api", "check", "problem"]
)
def test_pages_are_open_to_everybody(watched, server, path, width, scheme):
    seen = watched(width, scheme=scheme)
    seen.tab.goto(server + path)
    seen.tab.wait_for_load_state("networkidle")
    assert all(one.startswith(server) for one in seen.asked)
    assert not [one for one in seen.complaints if "404" not in one or path != "/nowhere"]
    open_to_everybody(seen.tab, width, scheme)


def test_a_drag_solves_anew_and_moves_nothing_else(tab):
    tab.goto(CASE)
    before = headline(tab)
    tab.evaluate("""
        window.shifts = 0;
        new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifts += one.value; })
            .observe({ type: "layout-shift", buffered: false });
    """)
    places = (
        "['endings', 'survival', 'when'].map((id) => document.getElementById(id).getBoundingClientRect().top + scrollY)"
    )
    first = tab.evaluate(places)
    slider = tab.locator("[id='set.rival_capacity']")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2)
    tab.mouse.down()
    for step in range(20):
        tab.mouse.move(box["x"] + (0.7 - 0.03 * step) * box["width"], box["y"] + box["height"] / 2)
        tab.wait_for_timeout(25)
    settled(tab)
    pictures = tab.evaluate("window.blocsTimes.length")
    tab.mouse.up()
    settled(tab)
    assert pictures >= 2, "pictures come while the slider is dragged, not only at its end"
    assert headline(tab) != before and "as it was" in headline(tab)
    assert tab.evaluate(places) == first
    assert tab.evaluate("window.shifts") < 0.01
    # the address is the whole state: somebody else who opens it sees the same; it follows when hands rest, and may have
    # done so before, where the drag took long
    value, said = slider.input_value(), headline(tab)
    until(tab, f"new URLSearchParams(location.search).get('set.rival_capacity') === '{value}'")
    tab.reload()
    assert slider.input_value() == value and headline(tab) == said
    tab.get_by_role("button", name="As it was").click()
    settled(tab)
    assert headline(tab) == before and slider.input_value() == slider.get_attribute("data-stated")
    assert not tab.complaints


def test_only_the_newest_of_what_waits_is_asked(tab):
    asked = []
    tab.on("request", lambda request: asked.append(request.url) if "/live?" in request.url else None)
    tab.goto(CASE)
    tab.evaluate("""
        const slider = document.getElementById("set.grievance");
        for (let i = 0; i < 50; i += 1) {
            slider.value = 0.3 + i / 100;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }
    """)
    settled(tab)
    assert len(asked) == 2  # the first, and the newest of the 49 that came up while it was answered
    assert "set.grievance=0.79" in asked[-1]


def test_pictures_out_of_sight_follow_when_hands_rest(tab):
    asked = []
    tab.on("request", lambda request: asked.append(request.url) if "/live?" in request.url else None)
    tab.goto(CASE)
    slider = tab.locator("[id='set.grievance']")
    slider.scroll_into_view_if_needed()
    slider.focus()
    before = tab.locator("#field").inner_html()
    # what is in sight is known a frame after it came into sight
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))")
    tab.keyboard.press("ArrowRight")
    settled(tab)
    assert "part=endings" in asked[0] and "part=field" not in asked[0]
    until(tab, "!document.querySelector('.dragged') && !document.querySelector('[data-stale]')")
    assert "part=field" in asked[-1] and asked[-1].split("&page=")[0] == asked[0].split("&page=")[0]
    assert tab.locator("#field").inner_html() != before
    # sections that were left alone meanwhile kept their place
    top = "document.getElementById('sources').getBoundingClientRect().top + scrollY"
    there = tab.evaluate(top)
    tab.evaluate("document.getElementById('case').classList.add('dragged')")
    assert tab.evaluate(top) == there
    assert not tab.complaints


@pytest.mark.parametrize("width", [1280, 390])
def test_words_about_a_knob_open_below_it_and_nothing_overlaps(watched, server, width):
    tab = watched(width, base_url=server).tab
    tab.goto(CASE)
    for name in ("set.land_route", "set.sea_reach"):
        knob = tab.locator(f".knob:has([id='{name}'])")
        # within the knob, since the page may be scrolled to what has the focus
        places = """(knob) => ["summary", "output, select"].map((one) => {
            const [here, all] = [knob.querySelector(one), knob].map((part) => part.getBoundingClientRect());
            return [here.left - all.left, here.top - all.top, here.right - all.left, here.bottom - all.top];
        })"""
        before = knob.evaluate(places)
        knob.locator("summary").press("Enter")
        words = knob.locator(".about p")
        words.wait_for()
        mark, shown = knob.evaluate(places)
        assert [mark, shown] == before
        assert shown[2] <= mark[0]
        assert words.evaluate("(one) => one.getBoundingClientRect().top") >= knob.evaluate(
            "(one) => one.querySelector('summary').getBoundingClientRect().bottom"
        )


def test_the_story_by_keyboard(tab):
    tab.goto(CASE)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    tab.locator("#date").focus()
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
    assert tab.locator("#moment").text_content() == "1961-04"
    assert tab.locator("#date").get_attribute("aria-valuetext") == "1961-04"
    assert tab.locator("[data-moment]:visible").count() == 1
    assert "What is left of the Soviet credits" in tab.locator("#course li.now.move").first.text_content()
    until(tab, "location.search === '?date=1961-04'")
    tab.reload()
    assert tab.locator("#moment").text_content() == "1961-04"
    assert not tab.complaints


def test_why_was_there_no_invasion(tab):
    tab.goto(CASE)
    tab.locator("#at").select_option("1961-05")
    tab.locator("#option").select_option("invade")
    tab.get_by_role("button", name="Explain").click()
    settled(tab)
    answer = tab.locator("#answers")
    assert "invade was worse than hold" in answer.text_content()
    tab.reload()
    assert "invade was worse than hold" in tab.locator("#answers").text_content()
    # at an event the question is asked for what was done then
    tab.locator("#move-4 a.ask").click()
    settled(tab)
    assert "purge" in tab.locator("#answers h3").first.text_content()
    assert not tab.complaints


def test_options_forbidden_forced_and_solved_beside(tab):
    tab.goto(CASE)
    before = headline(tab)
    tab.get_by_text("Moves that must be made").click()
    tab.locator("#force-date").select_option("1960-08")
    tab.locator("#force-option").select_option("rival hold")
    tab.get_by_role("button", name="Force this move").click()
    settled(tab)
    until(tab, "window.blocsTimes.length === 1")
    tab.get_by_role("button", name="Take away: 1960-08 rival hold").click()
    settled(tab)
    assert headline(tab) == before
    tab.get_by_text("Options that nobody has").click()
    tab.get_by_role("checkbox", name="raise support").check()
    settled(tab)
    assert headline(tab) != before
    # what was really done would not have been possible
    assert tab.locator("#notice").is_visible()
    tab.get_by_role("button", name="Solve 9 alternatives").click()
    settled(tab)
    rows = tab.locator("table.beside tbody tr")
    assert rows.count() == 11 and rows.nth(1).locator("th").text_content().startswith("now")
    until(tab, "location.search.includes('show=beside')")
    assert not tab.complaints


def test_a_mistake_and_a_server_that_is_gone_are_told_in_words(tab):
    tab.goto(CASE)
    tab.route("**/live?*", lambda route: route.abort())
    tab.locator("[id='set.land_route']").select_option("true")
    tab.wait_for_selector("#wrong:visible")
    assert "cannot be reached" in tab.locator("#wrong").text_content()
    tab.unroute("**/live?*")
    tab.locator("[id='set.land_route']").select_option("false")
    tab.wait_for_selector("#wrong", state="hidden")


def test_the_library_is_searched_as_one_types(tab):
    tab.goto("/")
    tab.get_by_label("Search by country").fill("hungary")
    assert tab.locator("#cards > li:visible").count() == 1
    assert tab.locator("#found").text_content() == "1 of 17 cases"
    until(tab, "location.search === '?q=hungary'")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/cases/hungarian-1956")
    assert not tab.complaints


def test_a_mistake_is_found_by_keyboard_and_its_line_is_marked(tab):
    tab.goto("/check")
    tab.locator("#text-case").fill("case: x\ntheory: patron-client\ncalendar: {start: 1960-01, step: mnth, steps: 3}\n")
    tab.locator("#text-case").press("Tab")
    tab.locator("#file-case").focus()
    tab.get_by_role("button", name="Check", exact=True).press("Enter")
    tab.wait_for_selector(".problems:visible")
    assert tab.evaluate("document.activeElement.id") == "verdict"
    link = tab.locator(".problems a", has_text="line 3").first
    link.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "text-case"
    marked = tab.evaluate("(a => a.value.slice(a.selectionStart, a.selectionEnd))(document.activeElement)")
    assert marked == "step: mnth, steps: 3}"
    assert not tab.complaints
