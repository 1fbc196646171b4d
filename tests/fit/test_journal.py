"""Interrupted fits: whatever the moment, the same command goes on and comes to the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fit.tug import Make, event

from blocs.cli import main
from blocs.errors import InputError
from blocs.fit.journal import Journal
from blocs.fit.learn import fit
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.methods import Laplace, Map, Nuts
from blocs.fit.netcdf import load_posterior
from blocs.fit.problem import problem_of

HISTORY = [
    event("1960-01", "client", "defy"),
    event("1960-02", "patron", "press", ", result: fails"),
    event("1960-03", "patron", "press", ", result: works"),
]


class Stop(Exception):
    """A kill at a moment of our choice."""


def same(one, two) -> None:
    assert one.u.tobytes() == two.u.tobytes()
    assert one.log_likelihood.tobytes() == two.log_likelihood.tobytes()
    assert one.diagnostics == two.diagnostics and one.attributes == two.attributes and one.mode == two.mode


@pytest.mark.parametrize(
    ("method", "moment"),
    [(Map(starts=2), 9), (Laplace(draws=64, starts=1), 5), (Laplace(draws=64, starts=1), 12), (Laplace(), -2)],
    ids=["second start", "search", "curvature", "draws"],
)
def test_a_fit_stopped_anywhere_goes_on_to_the_same_bits(make: Make, tmp_path: Path, monkeypatch, method, moment):
    """Every solution of the game is counted; a negative moment counts from the end."""
    case = make(HISTORY)
    count, stop = [0], [0]

    def counted(plain):
        def call(self, *args, **more):
            count[0] += 1
            if count[0] == stop[0]:
                raise Stop
            return plain(self, *args, **more)

        return call

    for name in ("gradient", "value"):
        monkeypatch.setattr(HistoryLikelihood, name, counted(getattr(HistoryLikelihood, name)))
    whole = fit([case], method, seed=3)
    every = count[0]
    path = tmp_path / "fit.journal"
    count[0], stop[0] = 0, moment % every
    with pytest.raises(Stop):
        fit([case], method, seed=3, resume=path)
    same(fit([case], method, seed=3, resume=path), whole)
    # nothing was done twice but the solution at which it stopped
    assert count[0] <= every + 1


def opened(path: Path, identity: str = "me") -> Journal:
    journal = Journal(path)
    journal.open(identity)
    return journal


@given(st.integers(1, 400))
def test_a_file_cut_off_anywhere_keeps_its_whole_entries(tmp_path_factory, lost):
    path = tmp_path_factory.mktemp("cut") / "j"
    journal = opened(path)
    points = np.random.default_rng(1).normal(size=(6, 4))
    for number, point in enumerate(points):
        journal.note("posterior", point, np.arange(number + 1.0))
    journal.close()
    data = path.read_bytes()
    start = len(data) - sum(24 + 8 * (number + 1) for number in range(6))
    lost = min(lost, len(data) - start)
    path.write_bytes(data[: len(data) - lost])
    again = opened(path)
    kept, room = 0, len(data) - lost - start
    while kept < 6 and room >= 24 + 8 * (kept + 1):
        room -= 24 + 8 * (kept + 1)
        kept += 1
    assert again.kept == kept
    for number, point in enumerate(points):
        found = again.recall("posterior", point)
        assert (found is None) == (number >= kept)
        if found is not None:
            assert found.tolist() == list(range(number + 1))
    assert again.recall("likelihood", points[0]) is None
    again.note("posterior", points[5], np.zeros(2))
    again.close()
    third = opened(path)
    assert third.recall("posterior", points[5]) is not None
    third.close()


def test_files_of_others_are_refused(make: Make, tmp_path: Path) -> None:
    case = make(HISTORY)
    path = tmp_path / "j"
    fit([case], Map(starts=1), resume=path)
    for other in ({"seed": 1}, {"facts": "integrated"}, {"deviations": ["worth"]}, {"method": Map(starts=2)}):
        with pytest.raises(InputError, match="another fit"):
            fit([case], **{"method": Map(starts=1), "resume": path, **other})
    (tmp_path / "text").write_text("hello")
    with pytest.raises(InputError, match="no journal"):
        opened(tmp_path / "text")
    with pytest.raises(InputError, match="no such folder"):
        opened(tmp_path / "absent" / "j")
    changed = make(HISTORY, trade=0.6)
    assert problem_of([case]).identity(Map(), 0) != problem_of([changed]).identity(Map(), 0)


def test_ctrl_c_keeps_what_was_done(make: Make, tmp_path: Path, capsys) -> None:
    """A real signal to a real process in the middle of sampling; the same command then ends as if it had not come."""
    make(HISTORY)
    out = tmp_path / "p.nc"
    words = ["fit", str(tmp_path / "one.yaml"), "--method", "nuts", "--draws", "60", "--chains", "1", "--seed", "5"]
    process = subprocess.Popen(
        [sys.executable, "-m", "blocs", *words, "--out", str(out)], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    journal = tmp_path / "p.nc.journal"
    deadline = time.monotonic() + 120
    # some hundred evaluations of four coordinates: in the midst of tuning
    while not (journal.exists() and journal.stat().st_size > 10_000) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert b"evaluations are kept in" in told and not out.exists()
    assert journal.stat().st_size > 10_000
    assert main([*words, "--out", str(out)]) == 3  # so few draws are no sound posterior, and it says so
    assert "going on from" in capsys.readouterr().err
    assert not journal.exists()
    case = make(HISTORY)
    whole = fit([case], Nuts(draws=60, chains=1), seed=5)
    assert load_posterior(out).u.tobytes() == whole.u.tobytes()
    assert os.listdir(tmp_path).count("p.nc") == 1
