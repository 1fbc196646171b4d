"""A client of the app as the tests of all its parts use it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

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
