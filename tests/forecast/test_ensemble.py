"""Ensembles: the same bits whoever solves them, nothing lost or done twice after a kill, and numbers as the solver's."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.errors import InputError, NumericalError, UsageError
from blocs.forecast.ensembles.design import chunk_size, make_design
from blocs.forecast.ensembles.result import Ensemble
from blocs.forecast.ensembles.run import ensemble
from blocs.forecast.ensembles.store import MANIFEST
from blocs.game.columns import Column
from blocs.language.case import Case
from blocs.solve.draws import Draws, draw
from blocs.solve.sequential import backward

CaseFile = Callable[[str], Path]


def contents(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the lock, by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != ".lock"}


@pytest.fixture(scope="module")
def whole(quarrel: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ensemble of 20 chunks, solved in one go in this process."""
    folder = tmp_path_factory.mktemp("whole")
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8)
    return folder


# --- the numbers --------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_solver(quarrel: Case) -> None:
    case = blocs.changed(quarrel, facts={"base": 0.6})
    game = blocs.compile(case)
    found = ensemble(case, 40, seed=3, chunk=16)
    # with no fact that shapes the game in play, the draws are those of a plain run
    drawn = draw(game, 40, seed=3)
    for name, values in drawn.values.items():
        column = ("parameter." if name in game.theory.parameters else "fact.") + name
        assert np.array_equal(found.column(column), values)
    solution = blocs.solve(game, drawn)
    outcomes = np.stack([found.column(f"outcome.{name}") for name in game.outcomes])
    assert outcomes == pytest.approx(solution.outcome_draws(), abs=1e-14)
    counts = solution.forecast().option_counts
    assert {name: spread.mean for name, spread in found.option_counts.items()} == pytest.approx(
        {name: spread.mean for name, spread in counts.items()}
    )
    lengths = game.columns(Column("length"))
    done = backward(game, game.tables(drawn.values, lengths, 40))
    assert found.column("end") == pytest.approx(done.start[-1])
    assert found.column("value.patron") == pytest.approx(solution.values[0])
    assert solution.history is not None
    pairs = zip(solution.history.decisions, solution.choices, strict=True)
    chosen = [choice[one.arc - one.arcs.start] for one, choice in pairs if one.open]
    assert found.column("log_score") == pytest.approx(np.log(np.stack(chosen)).mean(axis=0))
    assert found.certificate.residual < 1e-12
    assert abs(found.certificate.probability_sum - 1) < 1e-12
    assert found.likeliest["loyal"] == pytest.approx(np.mean(np.argmax(outcomes, axis=0) == 4))


def test_more_draws_and_other_chunks_go_on_where_fewer_stopped(quarrel: Case) -> None:
    few, many = ensemble(quarrel, 24, seed=2, chunk=8), ensemble(quarrel, 80, seed=2, chunk=16)
    for name in few.table.column_names:
        if name.startswith(("parameter.", "fact.")):
            assert np.array_equal(few.column(name), many.column(name)[:24])
    assert few.column("outcome.gone") == pytest.approx(many.column("outcome.gone")[:24], abs=1e-14)


def test_a_fact_may_vary_over_what_it_makes_legal(split_quarrel: Case) -> None:
    found = ensemble(split_quarrel, 64, seed=1)
    base, ended = found.column("fact.base"), found.column("count.answer: intervene")
    assert base.min() < 0.3 < base.max()
    assert np.array_equal(ended == 0.0, base <= 0.3)
    # the real history has an intervention: impossible there
    assert np.array_equal(np.isnan(found.column("log_score")), base <= 0.3)
    assert found.log_score is not None and np.isfinite(found.log_score.mean)
    for i in (int(np.argmin(base)), int(np.argmax(base))):
        case = blocs.changed(split_quarrel, facts={"base": float(base[i])})
        if base[i] <= 0.3:
            case = case.model_copy(update={"history": ()})
            case._theory_spec = split_quarrel.theory_spec
        names = ["trade", *split_quarrel.theory_spec.parameters]
        values = {name: found.column(_column(found, name))[i : i + 1] for name in names}
        alone = blocs.solve(blocs.compile(case), Draws(values, None, "test", 1)).outcome_draws()[:, 0]
        here = [found.column(f"outcome.{name}")[i] for name in ("crushed", "repelled", "gone", "defiant", "loyal")]
        assert here == pytest.approx(list(alone), abs=1e-13)


def _column(found: Ensemble, name: str) -> str:
    return next(column for column in found.table.column_names if column.endswith("." + name))


def test_settings_hold_facts_and_parameters(quarrel: Case) -> None:
    found = ensemble(quarrel, 16, settings={"worth": 2.0, "trade": 0.45, "border": True})
    assert set(found.column("parameter.worth")) == {2.0}
    assert "fact.trade" not in found.table.column_names
    assert found.identity["case_sha256"] != ensemble(quarrel, 16).identity["case_sha256"]


def test_draws_made_elsewhere(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    drawn = draw(game, 20, seed=9)
    found = ensemble(quarrel, drawn, chunk=8)
    expected = blocs.solve(game, drawn).outcome_draws()
    assert found.column("outcome.gone") == pytest.approx(expected[2], abs=1e-14)
    assert found.identity["values_sha256"] and found.identity["origin"] == "prior"
    with pytest.raises(InputError, match="no values for the parameter `worth`"):
        ensemble(quarrel, Draws({"autonomy": np.ones(2)}, None, "test", 2))
    everything = {**drawn.values, "wroth": np.ones(20)}
    with pytest.raises(InputError, match="did you mean `worth`"):
        ensemble(quarrel, Draws(everything, None, "test", 20))


def test_tables(whole: Path) -> None:
    found = Ensemble.open(whole)
    assert len(found) == 157 and found.complete
    frame = found.to_pandas()
    assert frame.shape == (157, len(found.table.column_names) - 1)
    assert list(frame.index) == list(range(157))
    data = found.to_xarray()
    assert dict(data.sizes) == {"draw": 157, "parameter": 7, "fact": 2, "outcome": 5, "option": 4, "role": 2}
    assert float(data["probability"].sum("outcome").min()) == pytest.approx(1.0)
    assert data.attrs["seed"] == 5 and len(data.attrs["theory_sha256"]) == 64
    told = found.to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["finished"] == 157
    assert "157 draws" in repr(found)
    with pytest.raises(InputError, match="no column"):
        found.column("outcome.nothing")


# --- the same whoever solves them -----------------------------------------------------------------------------------


def test_processes_change_no_bit(quarrel: Case, whole: Path, tmp_path: Path) -> None:
    told = []
    ensemble(quarrel, 157, seed=5, folder=tmp_path / "a", chunk=8, workers=2, progress=lambda *now: told.append(now))
    assert contents(tmp_path / "a") == contents(whole)
    assert told[0] == (0, 157) and told[-1] == (157, 157) and len(told) == 21
    assert not multiprocessing.active_children()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")
def test_a_cluster_changes_no_bit(quarrel: Case, whole: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        ensemble(quarrel, 157, seed=5, folder=tmp_path / "a", chunk=8, cluster=cluster.scheduler_address)
        assert contents(tmp_path / "a") == contents(whole)
        # what a worker raises arrives here
        values = {name: np.ones(4) for name in quarrel.theory_spec.parameters}
        values["sharpness"][:] = -1.0
        with pytest.raises(InputError, match="precision cannot be negative"):
            ensemble(quarrel, Draws(values, None, "test", 4), cluster=cluster.scheduler_address)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_absent_cluster_is_told(quarrel: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from blocs.forecast.ensembles import cluster

    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 0.2)
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        ensemble(quarrel, 8, cluster="tcp://127.0.0.1:9")


# --- kills, interrupts and crashes ----------------------------------------------------------------------------------

SCRIPT = """
import sys
import blocs
from blocs.forecast.ensembles.run import ensemble

if __name__ == "__main__":
    ensemble(blocs.load(sys.argv[1]), 157, seed=5, folder=sys.argv[2], chunk=8, workers=int(sys.argv[3]))
"""


def kill_at(script: Path, case: Path, folder: Path, workers: int, chunks: int, wait: float) -> set[int]:
    """Start the ensemble, kill its process once so many chunks are there and a moment has passed; return its children."""
    process = subprocess.Popen([sys.executable, str(script), str(case), str(folder), str(workers)])
    try:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(folder.glob("chunk-*.parquet"))) >= chunks:
                time.sleep(wait)
                break
            time.sleep(0.001)
        tasks = Path(f"/proc/{process.pid}/task")
        children = {int(pid) for path in tasks.glob("*/children") for pid in path.read_text().split()}
    finally:
        process.kill()
    # zero where it was done before the kill; anything but the kill is a failure
    assert process.wait() in (0, -signal.SIGKILL)
    return children


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks into /proc")
@pytest.mark.parametrize(("workers", "kills"), [(0, 3), (2, 1)])
def test_a_killed_run_is_taken_up_again(
    quarrel: Case, quarrel_file: CaseFile, whole: Path, tmp_path: Path, workers: int, kills: int
) -> None:
    script, folder = tmp_path / "run.py", tmp_path / "a"
    script.write_text(SCRIPT, encoding="utf-8")
    folder.mkdir()
    rng = random.Random(workers)
    case = quarrel_file("[0.4, 0.9]")
    before: dict[str, tuple[int, bytes]] = {}
    cut_short = 0
    for kill in range(kills):
        children = kill_at(script, case, folder, workers, 1 + 5 * kill + rng.randrange(5), rng.random() * 0.02)
        assert len(children) >= workers
        finished = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.glob("chunk-*.parquet")}
        cut_short += len(finished) < 20
        # what was there is there still, and was not written again
        assert {name: finished.get(name) for name in before} == before
        before = finished
        deadline = time.monotonic() + 30
        while not all(ended(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert all(ended(pid) for pid in children), "a worker outlived the run that it worked for"
    assert cut_short, "no run was killed before it was done"
    told = []
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8, progress=lambda *now: told.append(now))
    assert contents(folder) == contents(whole)
    assert told[0][0] == sum(min(8, 157 - 8 * int(name[6:11])) for name in before)
    assert len(told) == 21 - len(before)


def test_what_a_kill_left_half_written_is_taken_away(quarrel: Case, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8)
    (folder / "chunk-00003.parquet").unlink()
    (folder / ".chunk-00003.parquet.123.part").write_bytes(b"half")
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8)
    assert contents(folder) == contents(whole)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_interrupt_keeps_what_is_finished(quarrel: Case, whole: Path, tmp_path: Path, workers: int) -> None:
    def interrupt(done: int, total: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    folder = tmp_path / "a"
    with pytest.raises(KeyboardInterrupt):
        ensemble(quarrel, 157, seed=5, folder=folder, chunk=8, workers=workers, progress=interrupt)
    assert not multiprocessing.active_children()
    part = Ensemble.open(folder)
    assert len(part) >= 37 and not part.complete
    assert "of 157 draws so far" in repr(part)
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8)
    assert contents(folder) == contents(whole)


def test_a_worker_that_dies_is_told(quarrel: Case, whole: Path, tmp_path: Path) -> None:
    def kill_one(done: int, total: int) -> None:
        if done:
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)

    folder = tmp_path / "a"
    with pytest.raises(NumericalError, match=r"signal 9.*run again to go on"):
        ensemble(quarrel, 157, seed=5, folder=folder, chunk=8, workers=1, progress=kill_one)
    assert not multiprocessing.active_children()
    # one process, too, gives the same bits
    ensemble(quarrel, 157, seed=5, folder=folder, chunk=8, workers=1)
    assert contents(folder) == contents(whole)


def test_what_a_worker_raises_arrives(quarrel: Case) -> None:
    values = {name: np.full(4, 0.5) for name in quarrel.theory_spec.parameters}
    values["sharpness"] = np.full(4, -1.0)
    with pytest.raises(InputError, match="precision cannot be negative") as caught:
        ensemble(quarrel, Draws(values, None, "test", 4), workers=1)
    assert caught.value.problems[0].path == "play.precision"
    values["sharpness"], values["worth"] = np.ones(4), np.array([1.0, 1.0, 1.0, 1e308])
    with pytest.raises(NumericalError, match="draws 2 to 3: "):
        ensemble(quarrel, Draws(values, None, "test", 4), chunk=2)


# --- folders --------------------------------------------------------------------------------------------------------


def test_another_ensemble_is_not_mixed_in(quarrel: Case, split_quarrel: Case, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    ensemble(quarrel, 16, folder=folder, chunk=8)
    before = contents(folder)
    for change, said in (
        ({"draws": 32}, "draws is 16 there and 32 here"),
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"chunk": 16}, "chunk is 8 there and 16 here"),
        ({"settings": {"worth": 2}}, "settings is"),
        ({"settings": {"border": True}}, "content of the case file"),
    ):
        with pytest.raises(InputError, match="holds another ensemble") as caught:
            ensemble(quarrel, **{"draws": 16, "folder": folder, "chunk": 8, **change})  # type: ignore[arg-type]
        assert said in str(caught.value)
    with pytest.raises(InputError, match="content of the case file"):
        ensemble(split_quarrel, 16, folder=folder, chunk=8)
    assert contents(folder) == before


def test_a_folder_with_something_else_is_left_alone(quarrel: Case, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError, match=r"not empty: it holds thesis\.tex"):
        ensemble(quarrel, 8, folder=tmp_path)
    assert contents(tmp_path) == {"thesis.tex": b"dear"}


def test_two_runs_cannot_write_to_one_folder(quarrel: Case, tmp_path: Path) -> None:
    with open(tmp_path / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another process is writing"):
            ensemble(quarrel, 8, folder=tmp_path)
    ensemble(quarrel, 8, folder=tmp_path)


def test_damaged_and_foreign_files_are_told(quarrel: Case, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    ensemble(quarrel, 16, folder=folder, chunk=8)
    first, second = folder / "chunk-00000.parquet", folder / "chunk-00001.parquet"
    content = second.read_bytes()
    second.write_bytes(first.read_bytes())
    with pytest.raises(InputError, match="belongs to another ensemble or chunk"):
        ensemble(quarrel, 16, folder=folder, chunk=8)
    second.write_bytes(content[:100])
    with pytest.raises(InputError, match="cannot be read"):
        ensemble(quarrel, 16, folder=folder, chunk=8)
    with pytest.raises(InputError, match="cannot be read"):
        Ensemble.open(folder)
    (folder / MANIFEST).write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="manifest cannot be read"):
        Ensemble.open(folder)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        Ensemble.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no folder of an ensemble"):
        Ensemble.open(tmp_path)


def test_wrong_calls(quarrel: Case) -> None:
    with pytest.raises(UsageError, match="number of draws"):
        ensemble(quarrel, 0)
    with pytest.raises(UsageError, match="power of two"):
        ensemble(quarrel, 8, chunk=12)
    with pytest.raises(UsageError, match="workers"):
        ensemble(quarrel, 8, workers=-1)
    with pytest.raises(UsageError, match="not both"):
        ensemble(quarrel, 8, workers=1, cluster="tcp://x")
    with pytest.raises(InputError, match="did you mean `worth`"):
        ensemble(quarrel, 8, settings={"wroth": 1})


def test_chunks_are_some_seconds_of_work_and_not_too_many(quarrel: Case) -> None:
    assert [chunk_size(n) for n in (1, 4096, 8192, 8193, 1 << 20)] == [64, 64, 64, 128, 8192]
    design, _ = make_design(quarrel, 157, chunk=8)
    assert [design.size(i) for i in range(design.chunks)] == [8] * 19 + [5]
