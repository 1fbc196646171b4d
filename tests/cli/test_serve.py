from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from blocs.cli import main


def test_it_serves_until_it_is_interrupted(tmp_path):
    command = [
        sys.executable,
        "-m",
        "blocs",
        "serve",
        "--port",
        "0",
        "--database",
        f"sqlite:///{tmp_path / 'r.sqlite'}",
    ]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None and served.stderr is not None
            told = "".join(served.stdout.readline() for _ in range(3))
            address = json.loads(told)["address"]
            assert address.startswith("http://127.0.0.1:")
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(address, timeout=60) as answer:
                assert answer.status == 200 and b"Cases" in answer.read()
            served.send_signal(signal.SIGINT)
            assert served.wait(timeout=60) in (0, 130)
            assert "Traceback" not in served.stderr.read()
        finally:
            served.kill()


def test_a_port_that_is_taken_is_told(capsys, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--database", f"sqlite:///{tmp_path}/r.sqlite"]) == 1
    told = capsys.readouterr().err
    assert f"127.0.0.1:{port}" in told and "--port" in told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--port", "70000"], 2, "0 to 65,535"),
        (["--database", "mysql://x"], 1, "sqlite or postgresql"),
        (["--name", "a b", "--embed-in", "moodle"], 1, "2 errors"),
    ],
)
def test_settings_that_make_no_sense_are_told(words, code, said, capsys):
    assert main(["serve", *words]) == code
    assert said in capsys.readouterr().err


def test_answers_are_sent_without_waiting_for_a_confirmation_of_their_first_part():
    # without TCP_NODELAY the second part of an answer waits for the other side, which confirms after 40 ms only
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from blocs.cli.serve import _listen

    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class Seen(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                taken = transport.get_extra_info("socket")
                found.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        listening = _listen("127.0.0.1", 0)
        server = await asyncio.get_running_loop().create_server(Seen, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname())
            told = await found
            writer.close()
            await writer.wait_closed()
        return told

    # in a thread of its own: a browser that another test opened may run a loop in this one
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, accepted()).result() != 0
