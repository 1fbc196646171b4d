"""``blocs serve``: the web app, for oneself, a class or a department."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import whole

if TYPE_CHECKING:
    import socket

DETAILS = """\
Without options it listens on this machine only, and keeps rooms in a file among your data. For a class, give the
address of this machine in your network as --host, or put it behind a web server that speaks HTTPS and give its name
as --name. Ctrl-C ends it."""

LARGEST_PORT = 65535


def run(arguments: Namespace, output: Output) -> int:
    """Serve until interrupted."""
    import logging
    import threading

    import uvicorn

    from blocs.web.app import create_app, warm
    from blocs.web.rooms.keys import digest, new_key
    from blocs.web.settings import Settings

    key = new_key()
    given = {"database": arguments.database} if arguments.database else {}
    settings = Settings(
        host=arguments.host,
        port=arguments.port,
        names=tuple(arguments.name),
        embed_in=tuple(arguments.embed_in),
        moderator=digest(key) if arguments.discuss else "",
        cases=arguments.cases,
        **given,
    )
    listening = _listen(settings.host, settings.port)
    address = _address(settings.host, listening.getsockname()[1])
    app = create_app(settings)
    config = uvicorn.Config(
        app, log_level=logging.WARNING, access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=3
    )
    if output.as_json:
        output.json({"address": address, **({"moderator_key": key} if arguments.discuss else {})})
        output.stdout.flush()
    else:
        output.note(f"serving at {address} (Ctrl-C ends it)")
        if arguments.discuss:
            output.note(f"replies are looked after at {address}moderate with the key {key}")
    threading.Thread(target=warm, daemon=True).start()
    if arguments.open:
        import webbrowser

        webbrowser.open(address)
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there, or say why it cannot."""
    import socket

    from blocs.errors import InputError, Problem

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # said to be TCP: only then does asyncio send each part of an answer at once instead of waiting for a confirmation
    # of the part before it, which takes the other side 40 ms
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # from now on, so that whoever reads the address may come at once and wait a moment
        listening.listen()
    except OSError as error:
        listening.close()
        problem = Problem(f"cannot listen at {host}:{port}: {error.strerror or error}", hint="give another --port")
        raise InputError(problem) from error
    return listening


def _address(host: str, port: int) -> str:
    # what listens everywhere is opened here by this machine's own name
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


SERVE = Command(
    name="serve",
    summary="serve the web app: explore cases, play them, teach with them",
    details=DETAILS,
    examples=(
        ("blocs serve --open", "for oneself, opened in the browser"),
        ("blocs serve --host 0.0.0.0 --name blocs.example.org", "for a class, behind a web server of this name"),
        ("blocs serve --cases my-cases", "to explore and play cases of your own too, each in a folder of my-cases"),
        ("blocs serve --database postgresql://blocs@db.example.org/blocs", "for a department, with PostgreSQL"),
    ),
    run=run,
    options=(
        Option(
            ("--host",), "the address to listen at; 0.0.0.0 is every one", {"metavar": "HOST", "default": "127.0.0.1"}
        ),
        Option(
            ("--port",),
            "the port to listen at; 0 takes one that is free",
            {"metavar": "N", "type": whole(0, LARGEST_PORT), "default": 8080},
        ),
        Option(
            ("--database",),
            "where rooms are kept: sqlite:///FILE or postgresql://USER@HOST/NAME; a file among your data by default",
            {"metavar": "URL", "default": ""},
        ),
        Option(
            ("--name",),
            "a name by which browsers reach it; may be repeated; all others are then refused",
            {"metavar": "HOST", "action": "append", "default": []},
        ),
        Option(
            ("--embed-in",),
            "an origin, such as https://moodle.example.org, whose pages may show the app in a frame; may be repeated",
            {"metavar": "ORIGIN", "action": "append", "default": []},
        ),
        Option(
            ("--cases",),
            "a folder with a case of your own, or with folders of cases, explored and played besides those that ship",
            {"metavar": "DIR", "type": Path},
        ),
        Option(
            ("--discuss",),
            "let readers reply under the events of cases; the key of the moderator is told at the start",
            {"action": "store_true"},
        ),
        Option(("--open",), "open it in the browser", {"action": "store_true"}),
    ),
)
