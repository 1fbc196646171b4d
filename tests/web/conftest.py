"""A client of the app as the tests of all its parts use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.web.browsing import PATIENCE

from blocs.web.app import create_app
from blocs.web.settings import Settings


@pytest.fixture(scope="session")
def settings(tmp_path_factory) -> Settings:
    return Settings(database=f"sqlite:///{tmp_path_factory.mktemp('web') / 'rooms.sqlite'}")


@pytest.fixture(scope="session")
def client(settings):
    # what nobody foresaw is an answer of 500, as on a real server, and not an exception in the test
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


QUARREL = """
theory: quarrel
version: 1
roles: {patron: holds the bloc together, client: drifts, rival: watches}
facts: {odds: {type: share, help: of an intervention}}
parameters:
  worth: {prior: "LogNormal(0, 0.5)", help: what the client is worth}
  cost: {prior: "Gamma(4, 4)", help: of an intervention}
  sharpness: {prior: "LogNormal(0.5, 0.3)", help: of the patron's choices}
  sharpness_client: {prior: "LogNormal(0.5, 0.3)", help: of the client's choices}
state:
  line: {values: [loyal, defiant, gone], help: where the client stands}
  plot: {values: [none, ready], help: friends of the patron}
  verdict: {values: [pending, crushed, repelled]}
ends_when: verdict != pending
stages:
  - stage: line of the client
    role: client
    options:
      hold: {text: "{client} keeps to its line."}
      defy: {when: line == loyal, set: {line: defiant}, cost: {client: 0.2}, text: "{client} defies {patron}."}
      leave: {when: line == defiant, set: {line: gone}, cost: {client: 0.3}}
      submit: {when: line == defiant, set: {line: loyal}}
  - stage: watching
    role: rival
    options:
      hold: {}
  - stage: intrigue
    role: patron
    options:
      hold: {text: "{patron} lets matters rest."}
      prepare: {when: plot == none, set: {plot: ready}, cost: {patron: 0.1}, text: "{patron} prepares a plot.", secret: true}
      intervene:
        when: line == defiant
        chance:
          - {p: odds * (1 if plot == ready else 0.5), set: {verdict: crushed}, label: succeeds}
          - {p: rest, set: {verdict: repelled}, label: fails}
        cost: {patron: cost}
        text: "{patron} intervenes in {client}; it {result}."
payoffs:
  patron: {base: worth * (line == loyal)}
  rival: {calm: "0.1 * (line == loyal)"}
  client: {autonomy: "0.8 * (line > loyal)", defeat: "-2 * (verdict == crushed)"}
play: {discount: 0.9, precision: {patron: sharpness, client: sharpness_client, rival: 1}}
horizon: {after_last_step: continue}
outcomes: {crushed: verdict == crushed, repelled: verdict == repelled, gone: line == gone, defiant: line == defiant, loyal: otherwise}
"""

QUARREL_CASE = """
case: quarrel-1960
title: A quarrel
theory: ./quarrel.yaml
calendar: {start: "1960-01", step: month, steps: 5}
roles: {patron: {actor: Soviet Union}, client: {actor: Albania}, rival: {actor: China}}
facts: {odds: {value: 0.6, assumed: for the test}}
history:
  - {date: 1960-02, role: client, option: defy, event: defiance, assumed: for the test}
  - {date: 1960-04, role: patron, option: intervene, result: fails, event: intervention, assumed: for the test}
context:
  - {date: 1959, event: Before it all., assumed: for the test}
  - {date: 1960-03, event: A drought., assumed: for the test}
outcome: repelled
"""


@pytest.fixture(scope="session")
def quarrel_file(tmp_path_factory):
    """The path of a crisis of five months with a secret option and an option left to chance."""
    folder = tmp_path_factory.mktemp("quarrel")
    (folder / "quarrel.yaml").write_text(QUARREL, encoding="utf-8")
    (folder / "case.yaml").write_text(QUARREL_CASE, encoding="utf-8")
    return folder / "case.yaml"


@pytest.fixture(scope="session")
def quarrel(quarrel_file):
    """The same, solved."""
    import blocs
    from blocs.web.play.solved import Solved

    return Solved.of(blocs.compile(blocs.load(quarrel_file)))


@pytest.fixture(scope="session")
def server(settings):
    """Serve the app as `blocs serve` does, in a thread; give its address."""
    import threading

    import uvicorn

    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
        assert thread.is_alive(), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def tabs(browser: Any) -> Iterator[Any]:
    """Give tabs, each as if on a computer of its own, and complain of whatever a page complains of."""
    opened, complaints = [], []

    def new(**settings: Any) -> Any:
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        opened.append(context)
        return tab

    yield new
    for context in opened:
        context.close()
    assert not complaints
