"""The frame of the command line: help, wrong calls, exit codes, streams and the generated page."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.cli.command import Command
from blocs.cli.output import Output
from blocs.cli.reference import every_command, reference
from blocs.cli.registry import COMMANDS, EXAMPLES
from blocs.errors import InputError, NumericalError, Problem, UsageError
from blocs.version import __version__

ROOT = Path(__file__).resolve().parents[2]
RUNNABLE = list(every_command())
LINES_OF_HELP = [line for line, _ in EXAMPLES]


def blocs(*words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as its users do, in a process of its own."""
    options = {"capture_output": True, "text": True, "timeout": 60, **settings}
    return subprocess.run([sys.executable, "-m", "blocs", *words], **options)  # type: ignore[call-overload]


def groups(commands: tuple[Command, ...] = COMMANDS) -> list[Command]:
    return [one for command in commands for one in (command, *groups(command.commands)) if one.commands]


@pytest.mark.parametrize(("prog", "command"), RUNNABLE, ids=[prog for prog, _ in RUNNABLE])
def test_each_command_says_what_it_does_with_an_example(
    prog: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*prog.split()[1:], "--help"]) == 0
    told = capsys.readouterr().out
    assert "example" in told
    for line, what in command.examples:
        assert line.startswith(prog) and line in told
        assert what
    for option in command.all_options:
        shown = option.settings.get("metavar", "") if option.positional else option.names[-1]
        assert option.help and shown in told
    assert command.summary and not command.summary.endswith(".")


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_each_group_lists_its_members(group: Command, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([group.name], [group.name, "--help"]):
        assert main(words) == 0
        told = capsys.readouterr().out
        assert all(f"  {member.name}" in told and member.summary in told for member in group.commands)


def test_every_example_of_the_help_and_the_readme_can_be_parsed() -> None:
    from blocs.cli.command import parser_of

    lines = LINES_OF_HELP + [line for _, command in RUNNABLE for line, _ in command.examples]
    lines += [line for group in groups() for line, _ in group.examples]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines += [line.partition("#")[0].strip() for line in readme.splitlines() if line.startswith("blocs ")]
    parsers = {prog: parser_of(command, prog) for prog, command in RUNNABLE}
    for line in lines:
        words = shlex.split(line)
        prog = next(p for n in (3, 2) if (p := " ".join(words[:n])) in parsers)
        parsers[prog].parse_args(words[len(prog.split()) :])


def test_the_page_of_the_command_line_is_in_step() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == reference(), "run `make docs`"


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(command.name in told for command in COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"blocs {__version__}\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rnu", "did you mean `run`?"),
        ("--verison", "has no option `--verison`"),
        ("run", "arguments are required: CASE"),
        ("run x --draws 0", "`0` is not a whole number from 1 to"),
        ("run x --draws 1e9", "`1e9` is not a whole number"),
        ("run x --seed -1", "not a whole number from 0"),
        ("run x --set base_value", "NAME=VALUE"),
        ("run x --draw 3", "unrecognized arguments: --draw 3"),
        ("export x", "--to"),
        ("export x --to png", "png"),
        ("solve x --precision 1,two", "`two` is not a precision"),
        ("solve x --precision nan", "`nan` is not a precision"),
        ("sources atach", "did you mean `attach`?"),
        ("new", ""),
        ("new case", "required: NAME"),
        ("cite x --style mla", "mla"),
    ],
)
def test_wrong_calls_are_told_in_a_sentence(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(line.split())
    told = capsys.readouterr()
    if line == "new":
        assert code == 0
        return
    assert code == 2
    assert told.out == ""
    assert said in told.err
    assert "--help`" in told.err


def test_problems_are_json_too_where_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "x", "--draws", "0", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["exit_code"] == 2
    assert "whole number" in error["problems"][0]["message"]


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f'{shlex.quote(sys.executable)} -m blocs --help | true; echo "${{PIPESTATUS[0]}}"'],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert done.stderr == ""
    # the help may have been written before the reader went
    assert done.stdout.strip() in ("0", "141")


def raising(error: BaseException) -> tuple[Command, ...]:
    def run(arguments: Namespace, output: Output) -> int:
        raise error

    return (Command("fail", "fail in a given way", (("blocs fail", "fail"),), run),)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError([Problem("first", "a.yaml", 3, 1), Problem("second", "a.yaml", 1, 1)]), 1, "2 errors."),
        (UsageError("no such thing"), 2, "blocs: no such thing"),
        (NumericalError("it overflowed"), 3, "blocs: it overflowed"),
        (FileNotFoundError(2, "No such file or directory", "x.efg"), 1, "x.efg\n  No such file or directory\n1 error."),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_exit_codes(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("blocs.cli.COMMANDS", raising(error))
    assert main(["fail"]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err
    assert bool(told.err) == bool(said)


def test_problems_come_in_the_order_of_their_places(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.problems([Problem("b", "x", 2, 1), Problem("c", "x", 10, 1, severity="warning"), Problem("a", "x", 1, 9)])
    assert capsys.readouterr().err == "x:1:9\n  a\nx:2:1\n  b\nx:10:1\n  warning: c\n2 errors, 1 warning.\n"


def test_no_colour_in_a_pipe_or_where_it_is_not_wanted() -> None:
    escape = re.compile("\x1b")
    done = blocs("cases", env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    assert not escape.search(done.stdout)


def test_a_table_whose_reader_went_away_ends_as_other_programs_do() -> None:
    program = [sys.executable, "-m", "blocs", "cases"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141
