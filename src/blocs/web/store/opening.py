"""Open a database: SQLite in one file by default, PostgreSQL for a department."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from blocs.errors import InputError, Problem
from blocs.web.store.schema import metadata

# how long a write waits for another one, in seconds: a move takes a few milliseconds
PATIENCE = 10


class Database:
    """A database with the tables of the app in it.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE``, ``postgresql+psycopg://...``.

    Raises
    ------
    InputError
        The database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        try:
            where = make_url(url)
        except ArgumentError:
            raise InputError("the database is not a URL: sqlite:///FILE or postgresql://USER@HOST/NAME") from None
        self._turn = threading.Lock()
        self.sqlite = where.get_backend_name() == "sqlite"
        shown = where.render_as_string(hide_password=True)
        if self.sqlite and where.database not in (None, "", ":memory:"):
            _make_folder(Path(str(where.database)).parent)
        try:
            self.engine = _engine(url, self.sqlite)
            with self.engine.begin() as connection:
                metadata.create_all(connection)
        except ModuleNotFoundError as error:
            hint = "install blocs[postgres]" if "psycopg" in str(error) else ""
            raise InputError(Problem(f"the driver of the database is missing: {error}", hint=hint)) from error
        except (DBAPIError, NoSuchModuleError) as error:
            why = str(getattr(error, "orig", error)).strip().splitlines()[0]
            raise InputError(Problem(f"the database {shown} cannot be opened: {why}")) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction, which is on disk when the block has been left without an error."""
        # SQLite lets one write at a time and has the others look again after ever longer pauses: threads of this
        # process take turns instead, and only other processes are left to those pauses
        with self._turn if self.sqlite else nullcontext(), self.engine.connect() as connection:
            if self.sqlite:
                # take the lock at once: two that began by reading could never both go on to write
                connection.execute(text("BEGIN IMMEDIATE"))
            with connection.begin() if not connection.in_transaction() else _committing(connection):
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _committing(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _engine(url: str, sqlite: bool) -> Engine:
    if not sqlite:
        return create_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": PATIENCE, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        del record
        # transactions are begun by us
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(f"the folder cannot be made: {error.strerror}", str(folder))) from error
