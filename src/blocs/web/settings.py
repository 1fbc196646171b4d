"""How the app is served: where it listens, what it stores in, who may name and embed it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

from blocs.errors import InputError, Problem, nearest

# no page and no command of the app sends more; a case file may be as large as one that is read from disk
MOST_BODY = 1_000_000
_KINDS = ("sqlite", "postgresql")


def default_database() -> str:
    """Return the URL of the database that serves where none is named: a file among the user's data."""
    import platformdirs

    return f"sqlite:///{Path(platformdirs.user_data_dir('blocs', appauthor=False)) / 'rooms.sqlite'}"


@dataclass(frozen=True)
class Settings:
    """How the app is served.

    Parameters
    ----------
    host, port : str, int
        Where it listens.
    database : str
        ``sqlite:///FILE`` or ``postgresql://...``; a file among the user's data where it is empty.
    names : tuple of str
        Host names by which browsers reach it, besides `host` and this machine's own. A request for another name is
        refused while it listens on this machine only, which keeps pages of strangers from reaching it by a name of
        theirs (DNS rebinding); behind a proxy, give the public name.
    embed_in : tuple of str
        Origins, such as ``https://moodle.example.org``, whose pages may show the app in a frame.
    moderator : str
        Digest of the moderator's key, where readers may reply to cases; nobody may where it is empty.
    cases : Path, optional
        A folder with cases of one's own, which are explored and played besides those that ship.
    most_body : int
        The largest request that is read, in bytes.

    Raises
    ------
    InputError
        One of them is not of its form; all that are wrong are told at once.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str = field(default_factory=default_database)
    names: tuple[str, ...] = ()
    embed_in: tuple[str, ...] = ()
    moderator: str = ""
    cases: Path | None = None
    most_body: int = MOST_BODY

    def __post_init__(self) -> None:
        problems = [*self._database_problems(), *self._name_problems()]
        if problems:
            raise InputError(problems)
        if self.database.startswith("postgres"):
            # SQLAlchemy would look for the older driver otherwise
            object.__setattr__(self, "database", f"postgresql+psycopg://{self.database.partition('://')[2]}")

    def _database_problems(self) -> list[Problem]:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self.database)
            kind = url.get_backend_name()
        except (ArgumentError, ValueError):
            return [Problem("the database is not a URL: sqlite:///FILE or postgresql://USER@HOST/NAME")]
        if kind == "sqlite" and url.database in (None, "", ":memory:"):
            # every thread would have one of its own, and all would be gone with the process
            return [Problem("a database in memory cannot hold rooms", hint="give a file: sqlite:///FILE")]
        if kind == "postgres" or kind in _KINDS:
            return []
        hint = nearest(kind, _KINDS)
        return [Problem(f"the database is of the kind `{kind}`; expected sqlite or postgresql", hint=hint)]

    def _name_problems(self) -> list[Problem]:
        wrong = [name for name in self.names if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]{1,253}", name)]
        found = [Problem(f"`{name[:60]}` is not a host name, such as blocs.example.org") for name in wrong]
        for origin in self.embed_in:
            if not re.fullmatch(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?", origin):
                found.append(Problem(f"`{origin[:60]}` is not an origin, such as https://moodle.example.org"))
        return found

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the app."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def answers_to(self, host: str) -> bool:
        """Whether a request whose ``Host`` is this is for us."""
        name = re.sub(r":[0-9]+$", "", host).lower()
        if name in {one.lower() for one in self.names}:
            return True
        if self.names or self.local:
            return name in {"localhost", "127.0.0.1", "[::1]", self.host.lower()}
        return True  # it listens to the network and nobody said under which name
