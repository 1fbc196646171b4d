"""How long a picture takes to follow a slider, on the case of the founding document, beside the solution alone.

A browser drags a slider of a page by mouse, sixty times a second; for each picture the page notes when its input, its
question, the answer, the change of the page and the paint came, and the server says in a header how long it waited,
solved and drew. The limit is 150 ms from input to paint for nineteen pictures in twenty. The server is `blocs serve`, a
process of its own; browser, server and the hand that drags share the processors.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np

CASE = "sino-albanian-1961"
LIMIT = 150.0
SECONDS = 12.0
# a pointer moves this often
HERTZ = 60.0
# the part that the server plays in one answer, as it tells it in `Server-Timing`
SERVER = ("wait", "solve", "draw")


def main() -> None:
    """Measure and print."""
    from blocs.forecast.live import LiveCase
    from blocs.forecast.whatif import WhatIf
    from blocs.language.load import load_case
    from blocs.solve.sequential import Room
    from blocs.web.explore.pictures import BROAD, draw
    from blocs.web.explore.state import State

    live, room = LiveCase(load_case(CASE)), Room()
    values = iter(np.linspace(0.1, 0.9, 10_000))
    before = live.glance(WhatIf(""), room=room)
    print(f"   {live.game.graph.solved_arcs:,} options are weighed in a solution")
    print(f"   load of the machine before: {os.getloadavg()[0]:.1f}\n")
    print(f"   {'milliseconds':<44}{'median':>9}{'95 %':>9}{'most':>9}{'number':>9}")
    _row(
        "solution alone, CPU time",
        _cpu(lambda: live.glance(WhatIf("", set={"rival_capacity": next(values)}), room=room)),
    )
    changed = State(facts={"rival_capacity": 0.1})
    now = live.glance(changed.what_if(live), room=room)
    _row("drawing all pictures, CPU time", _cpu(lambda: draw(live, now, before, changed, (BROAD,)).to_json()))
    with _server() as address:
        _row("answer over HTTP, by the clock", _http(address))
        _browser(address)
    print(f"\n   load of the machine after: {os.getloadavg()[0]:.1f}; by the clock, times under load are upper bounds")


def _row(name: str, times: np.ndarray) -> None:
    print(f"   {name:<44}{np.median(times):>9.1f}{np.quantile(times, 0.95):>9.1f}{times.max():>9.1f}{len(times):>9}")


def _cpu(work: Callable[[], object], times: int = 40) -> np.ndarray:
    work()
    found = []
    for _ in range(times):
        began = time.thread_time()
        work()
        found.append(1000 * (time.thread_time() - began))
    return np.array(found)


@contextmanager
def _server() -> Iterator[str]:
    """Serve with `blocs serve` at a free port; give its address."""
    with tempfile.TemporaryDirectory(prefix="blocs-bench-") as folder:
        command = [sys.executable, "-m", "blocs", "serve", "--port", "0", "--json"]
        command += ["--database", f"sqlite:///{folder}/rooms.sqlite"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            said = ""
            while not said.rstrip().endswith("}"):
                line = server.stdout.readline()
                assert line, "the server did not start"
                said += line
            yield urlsplit(json.loads(said)["address"]).netloc
        finally:
            server.terminate()
            server.wait(10)


def _http(address: str, times: int = 60) -> np.ndarray:
    connection = http.client.HTTPConnection(address)
    found = []
    for turn in range(times):
        value = 0.1 + 0.8 * turn / times + 1e-5
        path = f"/cases/{quote(CASE)}/live?set.rival_capacity={value:.5f}&page=bench&turn={turn}&size=wide"
        began = time.perf_counter()
        connection.request("GET", path, headers={"accept-encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        found.append(1000 * (time.perf_counter() - began))
    return np.array(found[3:])  # the first ones read and compile the case


def _browser(address: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("   there is no Chromium on this machine: the drag was not measured")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = started.chromium.launch(executable_path=chromium, args=arguments)
        for width in (1280, 390):
            tab = browser.new_page(viewport={"width": width, "height": 844})
            tab.goto(f"http://{address}/cases/{CASE}")
            moves = _drag(tab)
            _tell(width, moves, tab.evaluate("window.blocsTimes"), tab.evaluate("window.answers"))
            tab.close()
        browser.close()


def _drag(tab: Any) -> int:
    """Drag a slider to and fro; return how often the pointer moved."""
    tab.evaluate("""
        window.answers = [];
        new PerformanceObserver((list) => {
            for (const one of list.getEntries()) if (one.name.includes("/live?")) window.answers.push(one.toJSON());
        }).observe({ type: "resource" });
    """)
    slider = tab.locator("[id='set.rival_capacity']")
    slider.scroll_into_view_if_needed()
    # finer steps than a hand makes, so that no answer is at hand already
    slider.evaluate("one => { one.step = 0.0005; }")
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.7 * box["width"], middle)
    tab.mouse.down()
    began = time.perf_counter()
    moves = 0
    while (gone := time.perf_counter() - began) < SECONDS:
        moves += 1
        place = 0.5 + 0.45 * np.sin(2.0 * gone)
        tab.mouse.move(box["x"] + place * box["width"], middle)
        time.sleep(max(0.0, moves / HERTZ - (time.perf_counter() - began)))
    tab.mouse.up()
    tab.wait_for_timeout(1500)
    return moves


def _tell(width: int, moves: int, pictures: list[dict[str, float]], answers: list[dict[str, Any]]) -> None:
    """Print the way of the pictures, part by part."""
    by_turn = {parse_qs(urlsplit(one["name"]).query)["turn"][0]: one for one in answers}
    parts: dict[str, list[float]] = {}
    for one in pictures:
        answer = by_turn[str(one["turn"])]
        server = {entry["name"]: entry["duration"] for entry in answer["serverTiming"]}
        spent = {
            "held back until the answer before": one["asked"] - one["at"],
            "server: waiting for a thread": server["wait"],
            "server: solving": server["solve"],
            "server: drawing": server["draw"],
            "transfer, and both ends of it": one["answered"] - one["asked"] - sum(server[name] for name in SERVER),
            "browser: changing the page": one["changed"] - one["answered"],
            "browser: layout and paint": one["painted"] - one["changed"],
        }
        for name, value in spent.items():
            parts.setdefault(name, []).append(value)
    times = np.array([one["painted"] - one["at"] for one in pictures])
    print()
    _row(f"input to paint, {width} pixels wide, by the clock", times)
    print(f"   {'limit for 95 %':<44}{'':>9}{LIMIT:>9.0f}")
    for name, values in parts.items():
        _row(f"  {name}", np.array(values))
    sizes = [one["encodedBodySize"] for one in answers]
    print(
        f"   {'':<44}{moves / SECONDS:.0f} inputs and {len(times) / SECONDS:.1f} pictures a second,"
        f" {np.median(sizes) / 1000:.1f} kB each"
    )


if __name__ == "__main__":
    main()
