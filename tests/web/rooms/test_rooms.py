"""Rooms through their API: seats, moves, secrets, races, hosts, clocks, and what must be refused."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from blocs.web.app import create_app
from blocs.web.refusals import Refusal
from blocs.web.rooms import seats, turns
from blocs.web.rooms.changes import Changes
from blocs.web.rooms.keys import LETTERS, clean_name, digest, new_code, read_code, shown_code
from blocs.web.rooms.limits import Limit
from blocs.web.rooms.opening import LIFE
from blocs.web.rooms.service import Rooms
from blocs.web.settings import Settings
from blocs.web.store.log import Log
from blocs.web.store.opening import Database

CASE = "quarrel-1960"


@contextmanager
def serving(path, quarrel):
    """An app with the small case in it, and its rooms."""
    made = []
    begin = Rooms.__init__

    def remember(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        self.cases.put(CASE, quarrel)
        made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rooms, "__init__", remember)
        app = create_app(Settings(database=f"sqlite:///{path}"))
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield SimpleNamespace(client=client, rooms=made[0], path=path)


@pytest.fixture
def server(tmp_path, quarrel):
    with serving(tmp_path / "rooms.sqlite", quarrel) as server:
        yield server


@pytest.fixture(scope="module")
def shared(tmp_path_factory, quarrel):
    with serving(tmp_path_factory.mktemp("shared") / "rooms.sqlite", quarrel) as server:
        yield server


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def open_room(server, people=("patron", "client"), **more):
    body = {"case": CASE, "people": list(people), "seed": 3, **more}
    answer = server.client.post("/api/rooms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def sit(server, room, role, table=1, name="Ann"):
    body = {"name": name, "role": role, "table": table}
    answer = server.client.post(f"/api/rooms/{room['code']}/seats", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]


def view(server, room, key):
    answer = server.client.get(f"/api/rooms/{room['code']}/view", headers=bearer(key))
    assert answer.status_code == 200, answer.text
    return answer.json()


def move(server, room, key, option, place=None, until="now"):
    place = view(server, room, key)["place"] if place is None else place
    body = {"place": place, "option": option, "until": until}
    return server.client.post(f"/api/rooms/{room['code']}/moves", json=body, headers=bearer(key))


def host(server, room, what, body=None, key=None):
    headers = bearer(key or room["host_key"])
    if body is None:
        return server.client.get(f"/api/rooms/{room['code']}/host{what}", headers=headers)
    return server.client.post(f"/api/rooms/{room['code']}/host{what}", json=body, headers=headers)


def test_a_game_from_the_first_move_to_the_debrief(server):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    assert view(server, room, client)["turn"]["mine"]
    assert move(server, room, client, "defy").status_code == 200
    seen = view(server, room, patron)
    assert seen["turn"]["mine"] and [one["sentence"] for one in seen["news"]] == ["Albania defies the Soviet Union."]
    debrief = f"/api/rooms/{room['code']}/tables/1/debrief"
    assert server.client.get(debrief).status_code == 400
    assert server.client.get(f"/rooms/{room['code']}/tables/1/play.json").status_code == 409
    done = move(server, room, patron, "intervene").json()
    assert done["outcome"] in ("crushed", "repelled")
    assert server.client.get(debrief).json()["outcome"] == done["outcome"]
    page = server.client.get(f"/rooms/{room['code']}/tables/1")
    assert page.status_code == 200 and "How the odds moved" in page.text
    file = server.client.get(f"/rooms/{room['code']}/tables/1/play.html")
    assert "attachment" in file.headers["content-disposition"] and "<style>" in file.text
    assert "<script" not in file.text and "src=" not in file.text
    played = server.client.get(f"/rooms/{room['code']}/tables/1/play.json").json()
    assert played["people"] == {"client": "Ann", "patron": "Ann"} and played["moves"][0]["by"] == "person"
    everybody = server.client.get(f"/rooms/{room['code']}/debrief")
    assert "1 of 1 table is over" in everybody.text


def test_a_secret_stays_with_its_player_and_the_host(server):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    move(server, room, client, "hold")
    move(server, room, patron, "prepare")
    assert "plot" not in str(view(server, room, client)["record"])
    assert "prepares a plot" in str(view(server, room, patron)["record"])
    assert "prepares a plot" in host(server, room, "/tables/1").text
    assert "prepares a plot" in host(server, room, "").text
    assert "prepares" not in server.client.get(f"/api/rooms/{room['code']}").text


def test_two_browsers_race_for_one_turn_and_one_wins(server):
    room = open_room(server)
    key = sit(server, room, "client")
    place = view(server, room, key)["place"]
    answers = []
    ready = threading.Barrier(6)

    def race(option):
        ready.wait()
        answers.append(move(server, room, key, option, place))

    threads = [threading.Thread(target=race, args=(option,)) for option in ("hold", "defy") * 3]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409, 409, 409]
    assert "played already" in next(one for one in answers if one.status_code == 409).json()["detail"]


def test_another_process_that_was_faster_is_noticed(server, quarrel):
    room = open_room(server)
    key = sit(server, room, "client")
    place = view(server, room, key)["place"]
    other = Rooms(Log(Database(f"sqlite:///{server.path}")), server.rooms.cases)
    code = read_code(room["code"])
    # both have the table as it was in memory; the second process moves first
    player = seats.player(other, code, key)
    turns.see(other, player)
    turns.move(other, player, place, "defy")
    assert move(server, room, key, "hold", place).status_code == 409
    assert "defies" in str(view(server, room, key)["record"])


def test_a_seat_is_taken_once(server):
    room = open_room(server)
    sit(server, room, "client")
    again = server.client.post(f"/api/rooms/{room['code']}/seats", json={"name": "B", "role": "client", "table": 1})
    assert again.status_code == 409
    rival = server.client.post(f"/api/rooms/{room['code']}/seats", json={"name": "B", "role": "rival"})
    assert rival.status_code == 409
    free = server.client.post(f"/api/rooms/{room['code']}/seats", json={"name": "B"}).json()
    assert free["role"] == "patron"


def test_whose_turn_it_is_not_waits(server):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    assert view(server, room, patron)["options"] == []
    answer = move(server, room, patron, "hold")
    assert answer.status_code == 409 and "turn of Albania" in answer.json()["detail"]
    illegal = move(server, room, client, "leave")
    assert illegal.status_code == 400 and "not legal" in illegal.json()["detail"]


def test_holding_until_something_changes_passes_quiet_months(server):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    move(server, room, client, "hold", until="change")
    seen = move(server, room, patron, "hold").json()
    assert seen["step"] == 2 and seen["turn"]["mine"]
    refused = move(server, room, patron, "prepare", until="change")
    assert refused.status_code == 400
    # an event ends the standing order
    host(server, room, "/happenings", {"title": "Drought"})
    seen = move(server, room, patron, "hold").json()
    assert seen["step"] == 3 and seen["turn"]["role"] == "client"


def test_a_host_pauses_paces_brings_in_and_closes(server):
    room = open_room(server, tables=2, events=[{"title": "Later", "text": "x"}])
    client = sit(server, room, "client")
    assert host(server, room, "/pause", {}).status_code == 200
    paused = move(server, room, client, "hold")
    assert paused.status_code == 409 and "paused" in paused.json()["detail"]
    assert view(server, room, client)["paused"]
    host(server, room, "/resume", {})
    assert host(server, room, "/events", {"title": "Kept"}).json() == {"event": 2}
    move(server, room, client, "hold")
    told = host(server, room, "/happenings", {"title": "Defiance", "set": {"line": "defiant"}}).json()
    # at the second table nobody has moved yet, and play begins with a loyal client
    assert told["told"] == [1] and "cannot have led to line defiant" in told["refused"]["2"]
    assert view(server, room, client)["situation"][0]["value"] == "defiant"
    told = host(server, room, "/happenings", {"title": "Over", "set": {"verdict": "crushed"}, "tables": [1]}).json()
    assert told["told"] == [] and "cannot have led" in told["refused"]["1"]
    bad = host(server, room, "/happenings", {"title": "x", "set": {"lime": "gone"}})
    assert bad.status_code == 400 and "did you mean `line`" in bad.json()["hint"]
    seen = host(server, room, "").json()
    assert [one["title"] for one in seen["events"]] == ["Later", "Kept"]
    assert seen["from_the_case"][0]["text"] == "A drought."
    assert host(server, room, "/pace", {"seconds": 3}).status_code == 422
    assert host(server, room, "/pace", {"seconds": 30}).status_code == 200
    host(server, room, "/close", {})
    closed = move(server, room, client, "hold")
    assert closed.status_code == 409 and "closed" in closed.json()["detail"]


def test_a_freed_seat_is_another_players_or_a_solved_ones(server):
    room = open_room(server)
    gone = sit(server, room, "client")
    assert host(server, room, "/tables/1/seats/client", {"kind": "person"}).status_code == 200
    assert server.client.get(f"/api/rooms/{room['code']}/view", headers=bearer(gone)).status_code == 403
    sit(server, room, "client", name="Bea")
    patron = sit(server, room, "patron")
    host(server, room, "/tables/1/seats/client", {"kind": "solved"})
    seen = view(server, room, patron)
    assert seen["outcome"] or seen["turn"]["role"] == "patron"
    assert host(server, room, "/tables/9/seats/client", {"kind": "solved"}).status_code == 404


def test_a_turn_whose_time_is_over_holds(server):
    room = open_room(server, seconds=60)
    now = [server.rooms.clock()]
    server.rooms.clock = lambda: now[0]
    client = sit(server, room, "client")
    assert view(server, room, client)["deadline"] == pytest.approx(now[0] + 60, abs=2)
    now[0] += 59
    assert turns.pass_overdue(server.rooms) == 0
    # a pause gives its time back
    host(server, room, "/pause", {})
    now[0] += 1000
    assert turns.pass_overdue(server.rooms) == 0
    host(server, room, "/resume", {})
    now[0] += 0.5
    assert turns.pass_overdue(server.rooms) == 0
    now[0] += 2
    assert turns.pass_overdue(server.rooms) == 1
    seen = view(server, room, client)
    assert seen["record"][0]["by"] == "deadline" and seen["turn"]["role"] == "patron"
    # nobody sits there, so no clock runs
    assert seen["deadline"] is None and seen["waiting_for_a_player"]
    now[0] += 1000
    assert turns.pass_overdue(server.rooms) == 0


def test_a_room_that_cannot_go_on_stops_no_other_clock(server):
    rooms = [open_room(server, seconds=60) for _ in range(3)]
    keys = [sit(server, room, "client") for room in rooms]
    log = server.rooms.log
    log.change_room(read_code(rooms[0]["code"]), case_hash="0" * 64)
    log.change_room(read_code(rooms[1]["code"]), case_name="a-case-that-is-gone")
    now = server.rooms.clock() + 61
    server.rooms.clock = lambda: now
    assert turns.pass_overdue(server.rooms) == 1
    assert view(server, rooms[2], keys[2])["record"][0]["by"] == "deadline"
    for room, key, why in zip(rooms, keys, ("an earlier version", "is not here any more"), strict=False):
        answer = server.client.get(f"/api/rooms/{room['code']}/view", headers=bearer(key))
        assert answer.status_code == 410 and why in answer.json()["detail"]


def test_a_room_is_deleted_when_its_time_is_over(server):
    room = open_room(server)
    key = sit(server, room, "client")
    now = server.rooms.clock()
    server.rooms.clock = lambda: now + LIFE + 1
    assert server.client.get(f"/api/rooms/{room['code']}").status_code == 404
    server.rooms.delete_expired()
    assert server.rooms.log.seats(read_code(room["code"])) == []
    assert server.rooms.log.seated(digest(key)) is None


def test_a_host_deletes_a_room_at_once(server):
    room = open_room(server)
    url = f"/api/rooms/{room['code']}"
    assert server.client.delete(url, headers=bearer("wrong")).status_code == 403
    assert server.client.delete(url, headers=bearer(room["host_key"])).status_code == 204
    assert server.client.get(url).status_code == 404
    assert server.rooms.log.tables(read_code(room["code"])) == []


def test_a_server_that_was_killed_goes_on_from_its_log(server, quarrel):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    move(server, room, client, "defy")
    before = view(server, room, patron)
    # nothing of the old process is used: a fresh one reads the file
    fresh = Rooms(Log(Database(f"sqlite:///{server.path}")), server.rooms.cases)
    after = turns.see(fresh, seats.player(fresh, read_code(room["code"]), patron))
    assert {**after, "now": 0} == {**before, "now": 0}


@pytest.mark.parametrize("what", ["", "/tables/1", "/debrief"])
def test_only_the_host_reads_what_is_the_hosts(server, what):
    room = open_room(server)
    player = sit(server, room, "client")
    assert host(server, room, what, key=player).status_code == 403
    assert server.client.get(f"/api/rooms/{room['code']}/host{what}").status_code == 422
    assert (
        server.client.get(f"/api/rooms/{room['code']}/host{what}", headers={"Authorization": "Basic x"}).status_code
        == 401
    )


@pytest.mark.parametrize("what", ["/pause", "/resume", "/close", "/happenings", "/events", "/pace"])
def test_only_the_host_does_what_is_the_hosts(server, what):
    room = open_room(server)
    body = {"title": "x"} if what in ("/happenings", "/events") else {"seconds": 60} if what == "/pace" else {}
    player = sit(server, room, "client")
    assert host(server, room, what, body, key=player).status_code == 403


def test_a_key_of_another_room_opens_nothing(server):
    one, two = open_room(server), open_room(server)
    key = sit(server, one, "client")
    assert server.client.get(f"/api/rooms/{two['code']}/view", headers=bearer(key)).status_code == 403
    assert host(server, two, "", key=one["host_key"]).status_code == 403


def test_whoever_guesses_codes_is_soon_refused(server):
    room = open_room(server)
    guesses = [server.client.get(f"/api/rooms/{shown_code(new_code())}").status_code for _ in range(25)]
    assert guesses[:20] == [404] * 20 and guesses[20:] == [429] * 5
    # and the right code does not help either, until the time is over
    refused = server.client.get(f"/api/rooms/{room['code']}")
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1


def test_whoever_guesses_keys_is_soon_refused(server):
    room = open_room(server)
    guesses = [host(server, room, "", key=f"guess-{i}").status_code for i in range(25)]
    assert guesses[:20] == [403] * 20 and guesses[20:] == [429] * 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"place": 0}',
        b'{"place": "x", "option": "hold"}',
        b'{"place": -1, "option": "hold"}',
        b'{"place": 1e99, "option": "hold"}',
        b'{"place": 0, "option": "hold", "extra": 1}',
        b'{"place": 0, "option": "hold", "until": "ever"}',
        b'{"place": 0, "option": {"a": 1}}',
        b'{"place": 0, "option": "' + b"x" * 100 + b'"}',
        b"\xff\xfe",
        b'{"place": ' + b"[" * 3000 + b"]" * 3000 + b', "option": "hold"}',
    ],
)
def test_a_malformed_move_is_refused_and_changes_nothing(shared, body):
    room = open_room(shared)
    key = sit(shared, room, "client")
    before = view(shared, room, key)
    headers = {**bearer(key), "content-type": "application/json"}
    answer = shared.client.post(f"/api/rooms/{room['code']}/moves", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert {**view(shared, room, key), "now": 0} == {**before, "now": 0}


def test_a_message_that_is_too_large_is_refused(server):
    room = open_room(server)
    body = b'{"name": "' + b"x" * 2_000_000 + b'"}'
    answer = server.client.post(
        f"/api/rooms/{room['code']}/seats", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_page_of_another_site_changes_nothing(server):
    room = open_room(server)
    key = sit(server, room, "client")
    headers = {**bearer(key), "origin": "https://evil.example"}
    answer = server.client.post(
        f"/api/rooms/{room['code']}/moves", json={"place": 0, "option": "hold"}, headers=headers
    )
    assert answer.status_code == 403


SCRIPT = "<script>alert(1)</script>"


def test_script_in_a_name_is_text_everywhere(server):
    room = open_room(server, title=SCRIPT)
    client, patron = sit(server, room, "client", name=SCRIPT), sit(server, room, "patron", name="Bea")
    host(server, room, "/happenings", {"title": SCRIPT, "text": "<img src=x onerror=alert(1)>"})
    move(server, room, client, "defy")
    move(server, room, patron, "intervene")
    for path in ("", "/host", "/debrief", "/tables/1", "/tables/1/play.html"):
        page = server.client.get(f"/rooms/{room['code']}{path}").text
        assert SCRIPT not in page and "<img src=x" not in page


@pytest.mark.parametrize(
    "path",
    ["tables/../../../etc/passwd", "tables/1/%2e%2e/play.json", "tables/1/play.json%00", "tables/-1/play.json", "tables/x/play.html", "tables/99999999999999999999/play.json"],
)  # fmt: skip
def test_a_download_reaches_nothing_else(shared, path):
    room = open_room(shared)
    assert shared.client.get(f"/rooms/{room['code']}/{path}").status_code in (404, 422)


def test_rooms_with_something_wrong_are_refused_with_all_that_is(server):
    answer = server.client.post(
        "/api/rooms", json={"case": CASE, "people": ["patrn"], "events": [{"title": "x", "set": {"line": "?"}}]}
    )
    told = answer.json()
    assert answer.status_code == 400 and len(told["problems"]) == 2
    assert "did you mean `patron`" in told["problems"][0]["hint"]
    nowhere = server.client.post("/api/rooms", json={"case": "../../etc", "people": ["patron"]})
    assert nowhere.status_code == 400 and "no case" in nowhere.json()["detail"]
    for wrong in ({"tables": 61}, {"people": []}, {"seconds": 1}, {"seed": -1}, {"title": "x" * 200}):
        answer = server.client.post("/api/rooms", json={"case": CASE, "people": ["patron"], **wrong})
        assert answer.status_code in (400, 422), wrong


def test_waiting_for_a_change_ends_when_there_is_one(server):
    room = open_room(server)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    version = view(server, room, patron)["version"]
    got = []

    def wait():
        url = f"/api/rooms/{room['code']}/view?after={version}&wait=20"
        got.append(server.client.get(url, headers=bearer(patron)).json())

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert move(server, room, client, "defy").status_code == 200
    waiting.join(timeout=10)
    assert not waiting.is_alive() and got[0]["version"] > version and got[0]["turn"]["mine"]


def test_what_another_process_did_wakes_whoever_waits(server):
    room = open_room(server, tables=2)
    client, patron = sit(server, room, "client"), sit(server, room, "patron")
    version = view(server, room, patron)["version"]
    other = Rooms(Log(Database(f"sqlite:///{server.path}")), server.rooms.cases)
    got = []

    def wait():
        url = f"/api/rooms/{room['code']}/view?after={version}&wait=25"
        got.append(server.client.get(url, headers=bearer(patron)).json())

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not server.rooms.changes.rooms:
        time.sleep(0.01)
    # the other process leaves no note in this one
    turns.move(other, seats.player(other, read_code(room["code"]), client), 0, "defy")
    waiting.join(timeout=15)
    assert not waiting.is_alive() and got[0]["version"] > version and got[0]["turn"]["mine"]
    assert server.rooms.changes.rooms == []


def test_a_wait_is_ended_by_ones_own_table_only():
    async def told(number, changed):
        changes = Changes()
        one = changes.enlist("room")
        one.number, one.version = number, 5
        changes.note("room", changed)
        await asyncio.sleep(0)
        return one.event.is_set()

    # in a thread of its own: a browser that another test opened may run a loop in this one
    with ThreadPoolExecutor(1) as thread:
        ended = [thread.submit(asyncio.run, told(*one)).result() for one in ((1, 1), (1, None), (None, 2), (1, 2))]
    assert ended == [True, True, True, False]


def test_a_view_is_made_anew_after_every_change(server):
    room = open_room(server, tables=2)
    client = sit(server, room, "client")
    before = view(server, room, client)
    assert {**view(server, room, client), "now": 0} == {**before, "now": 0}
    for change in ("/pause", "/resume"):
        host(server, room, change, {})
        assert view(server, room, client)["paused"] == (change == "/pause")
    host(server, room, "/pace", {"seconds": 60})
    assert view(server, room, client)["deadline"] is not None
    sit(server, room, "patron", name="Bea")
    assert [one["name"] for one in view(server, room, client)["people"]] == ["Bea", "Ann", None]
    sit(server, room, "patron", table=2, name="Cid")
    assert [one["name"] for one in view(server, room, client)["people"]] == ["Bea", "Ann", None]
    host(server, room, "/tables/1/seats/patron", {"kind": "person"})
    assert [one["name"] for one in view(server, room, client)["people"]] == [None, "Ann", None]
    seen = host(server, room, "").json()
    assert [one["last"] for one in seen["host"]] == [[], []]
    move(server, room, client, "defy")
    after = host(server, room, "").json()
    assert after["version"] > seen["version"] == sum(one["version"] for one in seen["host"])
    assert [one["sentence"] for one in after["host"][0]["last"]] == ["Albania defies the Soviet Union."]
    assert after["host"][1] == seen["host"][1] and after["host"][0]["deadline"] is None


def test_pages_are_there_and_codes_that_are_none_are_not(server):
    room = open_room(server)
    for path in ("/play", "/teach", f"/rooms/{room['code']}", f"/rooms/{room['code']}/host"):
        assert server.client.get(path).status_code == 200
    drawn = server.client.get(f"/rooms/{room['code']}/qr.svg")
    assert drawn.headers["content-type"] == "image/svg+xml" and drawn.text.startswith("<svg xmlns")
    for path in ("/rooms/x", "/rooms/AAA-AAA-AAA", "/rooms/AAA-AAA-AAA/qr.svg", "/rooms/AAAAAAAAA/tables/1"):
        assert server.client.get(path).status_code == 404


def test_codes_are_read_as_people_write_them():
    code = new_code()
    assert len(code) == 9 and set(code) <= set(LETTERS) and len(LETTERS) ** 9 > 1e12
    assert read_code(shown_code(code).lower()) == code
    assert read_code(f" {code[:3]} {code[3:]} ") == code
    assert read_code(code[:-1]) is None and read_code("0" * 9) is None and read_code("A" * 10_000) is None


def test_names_are_one_line_without_control_characters():
    assert clean_name("  Ann\x00\n\u202eBea\u200b ") == "Ann Bea"
    assert len(clean_name("x" * 500)) == 40


def test_a_limit_fills_up_again_with_time():
    now = [0.0]
    limit = Limit("tries", 2, 10, lambda: now[0])
    limit.take("a")
    limit.take("a")
    with pytest.raises(Refusal):
        limit.take("a")
    limit.take("b")
    now[0] = 5.0
    limit.take("a")
    with pytest.raises(Refusal):
        limit.check("a")
