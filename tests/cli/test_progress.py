"""The progress bar: only on a terminal, only after a while, and gone at the end."""

from __future__ import annotations

import io

import pytest

from blocs.cli import progress as module
from blocs.cli.output import Output
from blocs.cli.progress import progress


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_nobody_watches_a_pipe() -> None:
    with progress(Output(stderr=io.StringIO()), "solving") as report:
        assert report is None


def test_quick_work_shows_nothing() -> None:
    stream = Terminal()
    with progress(Output(stderr=stream), "solving") as report:
        assert report is not None
        report(1, 2)
        report(2, 2)
    assert stream.getvalue() == ""


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BEFORE_SHOWN", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress(Output(stderr=stream), "solving") as report:
        assert report is not None
        report(1, 8)
        report(5, 8)
    told = stream.getvalue()
    assert "solving" in told and "/8" in told


def test_the_bar_goes_away_when_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BEFORE_SHOWN", 0.0)
    stream = Terminal()
    with pytest.raises(ZeroDivisionError), progress(Output(stderr=stream), "solving") as report:
        assert report is not None
        report(1, 8)
        raise ZeroDivisionError
    assert stream.getvalue().endswith("\x1b[2K") or "\x1b[?25h" in stream.getvalue()
