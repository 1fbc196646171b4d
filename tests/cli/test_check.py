"""`blocs check`: all problems of several files at once, the closing line, and what is checked in the states."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from blocs.cli import main


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_sound_files_pass(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "small.yaml", "crisis/case.yaml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[0] == "small.yaml: theory small; no problems"
    assert "crisis/case.yaml: case crisis; 3 of 4 statements sourced, 1 assumed, 0 without either" in out


def test_shipped_cases_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    from blocs.library import list_cases, list_theories

    assert main(["check", *list_theories(), *list_cases()]) == 0, capsys.readouterr().err


def test_every_mistake_of_every_file_is_told(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(crisis / "small.yaml", "when: line == loyal", "when: lime == loyal")
    rewrite(crisis / "crisis/case.yaml", "option: drift", "option: drfit")
    rewrite(crisis / "crisis/case.yaml", "date: 2000-05", "date: 2010-05")
    assert main(["check", "crisis/case.yaml"]) == 1
    err = capsys.readouterr().err
    assert "did you mean `line`" in err
    assert "`drfit`" in err
    assert "2010-05" in err
    assert "small.yaml:" in err and "crisis/case.yaml:" in err
    assert err.splitlines()[-1] == "3 errors; nothing was solved."
    # files come one after the other, lines from top to bottom
    places = [line.split(":") for line in err.splitlines() if ".yaml:" in line and not line.startswith(" ")]
    assert [int(place[1]) for place in places[1:]] == sorted(int(place[1]) for place in places[1:])


def test_illegal_histories_are_found_unless_quick(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # before the client has drifted there is nothing to answer
    rewrite(crisis / "crisis/case.yaml", "date: 2000-05", "date: 2000-02")
    assert main(["check", "crisis"]) == 1
    err = capsys.readouterr().err
    assert "`cut_trade` is not legal for the patron in 2000-02" in err
    assert main(["check", "crisis", "--quick"]) == 0


def test_warnings_fail_only_when_strict(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(crisis / "crisis/case.yaml", "assumed: a first guess", "note: nobody knows")
    rewrite(crisis / "crisis/case.yaml", "{value: 0.5, note: nobody knows}", "0.5")
    assert main(["check", "crisis"]) == 0
    err = capsys.readouterr().err
    assert "warning: this fact has no source" in err
    assert err.splitlines()[-1] == "1 warning."
    assert main(["check", "crisis", "--strict"]) == 1


def test_json_tells_the_same(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(crisis / "small.yaml", "set: {line: autonomous}", "set: {line: autonomuos}")
    assert main(["check", "small.yaml", "crisis", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["sound"] is False
    theory, case = found["files"]
    (problem,) = theory["problems"]
    assert problem["severity"] == "error" and problem["file"] == "small.yaml" and problem["line"] > 0
    assert "autonomous" in problem["hint"]
    assert case["problems"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"- a\n- b\n",
        b"just text\n",
        b"a: [1, 2\n",
        b"a: 1\na: 2\n",
        b"\ta: 1\n",
        b"a: &x [1]\nb: *x\n",
        b"theory: !!python/object/apply:os.system [ls]\n",
        b"case: " + b"[" * 5000,
        b"case: x\ntheory: patron-client\ncalendar: 1999\n",
        b"theory: x\nstages: {}\n",
    ],
)
def test_no_file_leads_to_a_traceback(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_bytes(data)
    assert main(["check", "bad.yaml"]) == 1
    err = capsys.readouterr().err
    assert "bad.yaml" in err
    assert err.rstrip().endswith("nothing was solved.")


def test_a_process_ends_with_the_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "blocs", "check", str(tmp_path / "absent.yaml"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.count("absent.yaml") == 1
    assert done.stderr.rstrip().endswith("2 errors; nothing was solved.")
    assert "Traceback" not in done.stderr


def test_checking_loads_nothing_heavy(crisis: Path) -> None:
    code = (
        "import sys; from blocs.cli import main; main(['check', 'crisis']);"
        "print(sorted({'numba', 'scipy', 'pandas', 'matplotlib', 'rich', 'xarray'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=crisis, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
