"""A hundred players in 25 rooms at once, over HTTP on this machine: how long a move takes, with its limit beside it.

Every player waits for its view to change, thinks for some seconds, and moves, and a host watches each room; the server
is `blocs serve` with a database on disk. Server and players share the processors, so the figures are an upper bound for
a server of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASE = "sino-albanian-1961"
ROOMS, TABLES, PEOPLE = 25, 2, ("patron", "client")
# a player decides within a few seconds, which is faster than people do
THINK = (1.0, 5.0)
SECONDS = 40.0
LIMIT = 0.5


class Client:
    """One connection that is kept: a request after another."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, body: object = None, key: str = "") -> tuple[int, Any]:
        """Return status and answer."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} /api{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        head += f"Authorization: Bearer {key}\r\n\r\n" if key else "\r\n"
        line = b""
        while not line:  # a server closes a connection that has been quiet for some seconds
            if self.streams is None:
                self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.streams
            try:
                writer.write(head.encode() + data)
                line = await reader.readline()
            except ConnectionError:
                line = b""
            if not line:
                writer.close()
                self.streams = None
        status = int(line.split()[1])
        length = 0
        while (line := await reader.readline()).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, json.loads(await reader.readexactly(length) or b"null")


async def watch(port: int, code: str, key: str, looks: list[float]) -> None:
    """Watch a room as its host does, until the time is over."""
    client, version, end = Client(port), -1, time.monotonic() + SECONDS
    while (left := end - time.monotonic()) > 0:
        wait = min(20.0, left) if version >= 0 else 0.0
        _, seen = await client.ask(f"/rooms/{code}/host?after={version}&wait={wait:.1f}", key=key)
        version = seen["version"]
        looks.append(time.monotonic())


async def play(port: int, code: str, seed: int, moves: list[float], views: list[float], refused: list[int]) -> None:
    """Take a seat and play until the time is over."""
    rng, client = random.Random(seed), Client(port)
    _, seat = await client.ask(f"/rooms/{code}/seats", {"name": f"player {seed}"})
    version, end = -1, time.monotonic() + SECONDS
    while (left := end - time.monotonic()) > 0:
        wait = min(20.0, left) if version >= 0 else 0.0
        _, view = await client.ask(f"/rooms/{code}/view?after={version}&wait={wait:.1f}", key=seat["key"])
        version = view["version"]
        if view["outcome"]:
            return
        if not view["turn"]["mine"]:
            continue
        await asyncio.sleep(rng.uniform(*THINK))
        names = [one["option"] for one in view["options"]]
        body = {"place": view["place"], "option": rng.choice(names + ["hold"] * 4) if "hold" in names else names[0]}
        began = time.perf_counter()
        status, _ = await client.ask(f"/rooms/{code}/moves", body, seat["key"])
        moves.append(time.perf_counter() - began)
        if status != 200:
            refused.append(status)
        began = time.perf_counter()
        _, view = await client.ask(f"/rooms/{code}/view", key=seat["key"])
        views.append(time.perf_counter() - began)


@dataclass
class Played:
    """What came of it.

    Players, seconds of each move and each view, statuses of what was refused, how often hosts were shown their rooms,
    and seconds of the server's processor time.
    """

    players: int
    moves: list[float]
    views: list[float]
    refused: list[int]
    looks: int
    cpu: float


async def all_play(port: int, server: int) -> Played:
    """Open the rooms, let everybody play, and tell what came of it; `server` is the number of its process."""
    client = Client(port)
    opened = []
    for number in range(ROOMS):
        body = {"case": CASE, "people": list(PEOPLE), "tables": TABLES, "seed": number}
        opened.append((await client.ask("/rooms", body))[1])
    moves, views, refused = [], [], []
    looks: list[float] = []
    before = used(server)
    players = [
        play(port, room["code"], number * 100 + seat, moves, views, refused)
        for number, room in enumerate(opened)
        for seat in range(TABLES * len(PEOPLE))
    ]
    hosts = [watch(port, room["code"], room["host_key"], looks) for room in opened]
    await asyncio.gather(*players, *hosts)
    return Played(len(players), moves, views, refused, len(looks), used(server) - before)


def used(process: int) -> float:
    """Return the processor time of a process up to now, in seconds (Linux)."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def quantile(values: list[float], q: float) -> float:
    """Return a quantile, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def main() -> None:
    """Print a table: percentiles of a move and of a view, the limit, and the processor time of the server."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "blocs", "serve", "--port", str(port)]
        server = subprocess.Popen(
            [*command, "--database", f"sqlite:///{Path(folder) / 'rooms.sqlite'}"], stderr=subprocess.PIPE, text=True
        )
        try:
            assert server.stderr is not None
            server.stderr.readline()
            time.sleep(1)
            done = asyncio.run(all_play(port, server.pid))
        finally:
            server.terminate()
            server.wait()
    count = max(len(done.moves), 1)
    print(
        f"   {done.players} players in {ROOMS} rooms of {CASE}, {len(done.moves)} moves in {SECONDS:g} s, "
        f"{len(done.refused)} refused; "
        f"hosts were shown their rooms {done.looks} times"
    )
    print(f"   {'':10} {'median':>9} {'p95':>9} {'p99':>9}   limit")
    for name, values in (("move", done.moves), ("view", done.views)):
        shown = " ".join(f"{quantile(values, q):6.0f} ms" for q in (0.5, 0.95, 0.99))
        limit = f"{1000 * LIMIT:.0f} ms at p95" if name == "move" else ""
        print(f"   {name:10} {shown}   {limit}")
    print(
        f"   processor time of the server while they played: {done.cpu:.1f} s, {1000 * done.cpu / count:.1f} ms for "
        f"each move with all that waits for it; load of the machine {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
