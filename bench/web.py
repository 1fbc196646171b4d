"""How long a picture takes to follow a slider, on the case of the founding document, beside the solution alone.

A browser drags a slider of a page by mouse, sixty times a second; each picture says how long after the input that it
answers it stood in the page. The limit is 150 ms for nineteen pictures in twenty. The parts are measured too: the
solution alone (CPU time), drawing, and the whole answer over HTTP without a browser.
"""

from __future__ import annotations

import http.client
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from urllib.parse import quote

import numpy as np

CASE = "sino-albanian-1961"
LIMIT = 150.0
SECONDS = 12.0
# a pointer moves this often
HERTZ = 60.0


def main() -> None:
    """Measure and print."""
    from blocs.forecast.compare import WhatIf
    from blocs.forecast.live import LiveCase
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
    _row("drawing, CPU time", _cpu(lambda: draw(live, now, before, changed, (BROAD,)).to_json()))
    address, stop = _serve()
    try:
        _row("answer over HTTP, by the clock", _http(address, values))
        _browser(address)
    finally:
        stop()
    print(f"   {'limit for 95 %':<44}{'':>9}{LIMIT:>9.0f}")
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


def _serve() -> tuple[str, Callable[[], None]]:
    import uvicorn

    from blocs.web.app import create_app
    from blocs.web.settings import Settings

    folder = tempfile.TemporaryDirectory(prefix="blocs-bench-")
    app = create_app(Settings(database=f"sqlite:///{folder.name}/rooms.sqlite"))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)

    def stop() -> None:
        server.should_exit = True
        thread.join(10)
        folder.cleanup()

    return f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", stop


def _http(address: str, values: object, times: int = 60) -> np.ndarray:
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
            times = np.array(tab.evaluate("window.blocsTimes"))
            _row(f"input to picture, {width} pixels wide, by the clock", times)
            print(f"   {'':<44}{moves / SECONDS:.0f} inputs and {len(times) / SECONDS:.1f} pictures a second")
            tab.close()
        browser.close()


if __name__ == "__main__":
    main()
