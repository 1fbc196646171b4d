"""What must survive: a server that is killed, a solution that never comes, and a database of another kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.web.rooms.serving import Server, free_port

from blocs.errors import InputError, NumericalError
from blocs.web.play.course import Happening, Row
from blocs.web.rooms.solving import SolvedCases
from blocs.web.store import schema
from blocs.web.store.log import Event, Log, RoomRow, SeatRow, TooLate
from blocs.web.store.opening import Database
from blocs.web.store.replies import HELD, HIDDEN, SHOWN, Replies

CASE = "french-1966"  # the smallest graph among the shipped cases
POSTGRES = Path("/usr/lib/postgresql/15/bin")


# a busy machine takes long to start a server twice
@pytest.mark.timeout(900)
def test_no_confirmed_move_is_lost_when_the_server_is_killed_in_the_middle_of_one(tmp_path):
    server = Server(tmp_path)
    try:
        room = server.ask("/rooms", {"case": CASE, "people": ["client", "patron"]})
        keys = {
            role: server.ask(f"/rooms/{room['code']}/seats", {"name": "x", "role": role})["key"]
            for role in ("client", "patron")
        }
        confirmed: list[tuple[int, str]] = []

        def play() -> None:
            """Move as fast as answers come, until the server is gone."""
            try:
                for _ in range(500):
                    view = server.ask(f"/rooms/{room['code']}/view", key=keys["client"])
                    if view["outcome"]:
                        return
                    key = keys[view["turn"]["role"]]
                    body = {"place": view["place"], "option": "hold"}
                    try:
                        server.ask(f"/rooms/{room['code']}/moves", body, key)
                    except urllib.error.HTTPError as error:
                        # it was stored just before the kill, and its confirmation was lost on the way
                        assert error.code == 409
                        error.close()
                        continue
                    confirmed.append((view["place"], "hold"))
            except (AssertionError, OSError):
                return

        player = threading.Thread(target=play, daemon=True)
        player.start()
        limit = time.monotonic() + 180
        while len(confirmed) < 4 and time.monotonic() < limit:
            time.sleep(0.01)
        server.kill()
        before = list(confirmed)
        server.start()
        seen = server.ask(f"/rooms/{room['code']}/view", key=keys["client"])
        stored = {one["place"]: one["option"] for one in seen["record"]}
        assert len(before) >= 4
        assert all(stored[place] == option for place, option in before)
        # and the player, who only asks again, goes on by itself
        # (one confirmation may still have been on its way when the server was killed)
        limit = time.monotonic() + 180
        while len(confirmed) < len(before) + 2 and time.monotonic() < limit:
            time.sleep(0.05)
        assert len(confirmed) >= len(before) + 2
    finally:
        server.kill()


def test_a_solution_that_never_comes_is_ended_with_its_process(tmp_path):
    mark = tmp_path / "pid"
    script = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    cases = SolvedCases(seconds=2.0, worker=(sys.executable, "-c", script))
    began = time.monotonic()
    with pytest.raises(NumericalError, match="took longer than 2 seconds and was ended"):
        cases.get(CASE)
    assert time.monotonic() - began < 60
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    cases.close()


def test_a_solution_that_fails_is_told(tmp_path):
    script = "import sys; print('the values overflow', file=sys.stderr); sys.exit(3)"
    cases = SolvedCases(worker=(sys.executable, "-c", script))
    with pytest.raises(NumericalError, match="the values overflow"):
        cases.get(CASE)
    with pytest.raises(InputError, match="there is no case"):
        cases.get("../../etc/passwd")
    cases.close()


def test_closing_ends_what_is_being_solved():
    cases = SolvedCases(seconds=600, worker=(sys.executable, "-c", "import time; time.sleep(600)"))
    failed = []

    def solve() -> None:
        try:
            cases.get(CASE)
        except NumericalError as error:
            failed.append(error)

    waiting = threading.Thread(target=solve)
    waiting.start()
    while not cases._running:
        time.sleep(0.01)
    cases.close()
    waiting.join(timeout=30)
    assert not waiting.is_alive() and failed


def store_holds(database: Database) -> None:
    """Every promise of the store, on whatever database."""
    log = Log(database)
    room = RoomRow("ACDEFGHJK", "case", "0" * 64, "h", "title", True, 60, None, False, 1.0, 100.0)
    log.create(room, [5, 6], {"patron": "person", "client": "solved"}, [Event("a", "b", {"line": "gone"})])
    assert log.room(room.code) == room
    assert [one.seed for one in log.tables(room.code)] == [5, 6]
    log.sit(room.code, 1, "patron", "k1", "Ann", 10.0)
    for role in ("patron", "client", "nobody"):
        with pytest.raises(TooLate):
            log.sit(room.code, 1, role, "k2", "Bea", 10.0)
    version = log.append(room.code, 1, [Row(0, "hold", "", "person"), Row(1, "hold", "", "only")], 11.0)
    with pytest.raises(TooLate):
        log.append(room.code, 1, [Row(2, "hold", "", "person"), Row(1, "defy", "", "person")], 12.0)
    rows, _ = log.course(room.code, 1)
    assert [row.place for row in rows] == [0, 1] and log.versions([room.code])[room.code] == {1: version, 2: 0}
    assert log.table(room.code, 1).version == version
    assert log.seated("k1") == (room, SeatRow(room.code, 1, "patron", "person", "k1", "Ann"))
    assert log.seated("k2") is None
    log.append(room.code, 1, [], 12.0, happening=Happening(2, "News", "x", {"line": "gone"}))
    assert log.course(room.code, 1)[1] == [Happening(2, "News", "x", {"line": "gone"})]
    # the first table's turn began at 11, the second's when the room was opened
    assert log.overdue(70.0) == [(room.code, 2)]
    assert sorted(log.overdue(72.0)) == [(room.code, 1), (room.code, 2)]
    log.change_room(room.code, paused=20.0)
    assert log.overdue(1000.0) == []
    log.resume(room.code, 25.0)
    assert log.table(room.code, 1).began == 16.0
    # many writers for one place: one of them
    won = []

    def write(number: int) -> None:
        try:
            log.append(room.code, 2, [Row(0, f"option{number}", "", "person")], 13.0)
            won.append(number)
        except TooLate:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(won) == 1 and log.course(room.code, 2)[0][0].option == f"option{won[0]}"
    assert log.delete_expired(99.0) == []
    assert log.delete_expired(101.0) == [room.code]
    assert log.room(room.code) is None and log.seats(room.code) == []
    with database.read() as one:
        assert one.execute(select(func.count()).select_from(schema.moves)).scalar_one() == 0
    database.close()


def replies_hold(database: Database) -> None:
    """Every promise of the store of replies, on whatever database."""
    replies = Replies(database)
    first = replies.add("a", "move-1", None, "Ann", "Zażółć <b>\N{GRINNING FACE}</b>\nnext line", SHOWN, 1.5)
    answer = replies.add("a", "move-1", first.reply, "Bea", "x" * 4000, HELD, 2.5)
    other = replies.add("b", "remark-0", None, "Cid", "elsewhere", SHOWN, 3.5)
    assert first.reply < answer.reply < other.reply
    assert replies.one(first.reply) == first and replies.one(other.reply + 1) is None
    assert replies.of_case("a") == [first] and replies.of_case("c") == []
    assert replies.everything("a") == [first, answer] and replies.everything() == [first, answer, other]
    assert (replies.count("a"), replies.count("c")) == (2, 0)
    assert replies.judge(answer.reply, SHOWN) and replies.judge(first.reply, HIDDEN)
    assert [one.reply for one in replies.of_case("a")] == [answer.reply]
    assert replies.one(first.reply).standing == HIDDEN
    assert not replies.judge(other.reply + 1, SHOWN)
    # many at once: each has a number of its own
    threads = [
        threading.Thread(target=replies.add, args=("d", "move-0", None, "x", f"{i}", SHOWN, 4.0)) for i in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.text for one in replies.of_case("d")) == [f"{i}" for i in range(8)]
    assert len({one.reply for one in replies.everything()}) == 11
    database.close()


def test_the_stores_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path / 'deep' / 'rooms.sqlite'}"
    store_holds(Database(url))
    replies_hold(Database(url))


@pytest.fixture
def cluster(tmp_path):
    """A PostgreSQL cluster of its own, stopped at the end."""
    if not (POSTGRES / "initdb").exists():
        pytest.skip(f"there is no PostgreSQL in {POSTGRES} on this machine")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    run_as: dict = {}
    folder = tmp_path / "pg"
    if os.geteuid() == 0:  # it refuses to run as root
        import pwd

        try:
            nobody = pwd.getpwnam("postgres")
        except KeyError:
            nobody = pwd.getpwnam("nobody")
        run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        folder = Path("/tmp") / f"blocs-pg-{os.getpid()}"
        folder.mkdir()
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    else:
        folder.mkdir()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", "check": True, **run_as}
    data, port = folder / "data", free_port()
    subprocess.run([POSTGRES / "initdb", "-D", data, "-U", "blocs", "-A", "trust", "-N"], **quiet)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run([POSTGRES / "pg_ctl", "-D", data, "-w", "-o", options, "start"], **quiet)
    yield f"postgresql+psycopg://blocs@127.0.0.1:{port}/postgres"
    subprocess.run([POSTGRES / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_stores_on_postgresql(cluster):
    store_holds(Database(cluster))
    replies_hold(Database(cluster))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+psycopg://blocs@127.0.0.1:1/none", "cannot be opened"),
        ("sqlite:////proc/nothing/here.sqlite", "cannot be made"),
        ("nothing", "not a URL"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(url, message):
    with pytest.raises(InputError, match=message):
        Database(url)


def test_a_password_is_not_told():
    with pytest.raises(InputError) as refused:
        Database("postgresql+psycopg://blocs:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refused.value)
