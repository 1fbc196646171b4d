"""`blocs serve` as a process of its own, which can be killed and started again."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """A server with a database of its own in a folder; `words` stand behind ``blocs serve``.

    With ``--discuss`` among them `moderator` is the moderator's key, a new one after every start.
    """

    def __init__(self, folder: Path, *words: str) -> None:
        self.port, self.folder, self.words, self.moderator = free_port(), folder, words, ""
        self.base = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "blocs", "serve", "--port", str(self.port), *self.words]
        database = f"sqlite:///{self.folder / 'rooms.sqlite'}"
        self.process = subprocess.Popen([*command, "--database", database], stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        assert "serving at" in self.process.stderr.readline()
        if "--discuss" in self.words:
            self.moderator = self.process.stderr.readline().rpartition("with the key ")[2].strip()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def ask(self, path: str, body: object = None, key: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        request = urllib.request.Request(f"{self.base}/api{path}", data, headers)
        # a server that begins takes its time on a busy machine
        for _ in range(900):
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError:
                raise
            except (urllib.error.URLError, ConnectionError, http.client.HTTPException):
                # it is not there yet, or was killed in the middle of its answer
                time.sleep(0.2)
        raise AssertionError("the server does not answer")
