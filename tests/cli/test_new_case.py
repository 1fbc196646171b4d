"""`blocs new case`: answers from options, or from questions on a terminal; what comes of it always passes the check."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocs.cli import main
from blocs.language.answers import Answers, SaidActor, SaidFact, read_actor, read_fact, read_start, read_text
from blocs.language.load import examine, load_case, load_theory
from blocs.language.scaffold import new_case
from blocs.language.theory import FactSpec

SHARE, NUMBER = FactSpec(type="share", help=""), FactSpec(type="number", help="")


def test_options_are_answers(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "new",
        "case",
        "split",
        "--title",
        "It's: a 'split'",
        "--summary",
        "true",
        "--start",
        "1960",
        "--step",
        "quarter",
    ]
    line += ["--steps", "7", "--actor", "client=Albania 339", "--actor", "patron=Soviet Union"]
    line += ["--fact", "trade_dependence=0.54 0.5..0.58", "--fact", "land_route=no", "--outcome", "EXIT to the rival"]
    assert main(line) == 0
    assert main(["check", "split"]) == 0
    case = load_case("split")
    assert (case.title, case.summary, case.outcome) == ("It's: a 'split'", "true", "exit to the rival")
    assert case.calendar.labels() == ["1960-Q1", "1960-Q2", "1960-Q3", "1960-Q4", "1961-Q1", "1961-Q2", "1961-Q3"]
    assert (case.roles["client"].actor, case.roles["client"].cow, case.roles["patron"].cow) == ("Albania", 339, None)
    fact = case.facts["trade_dependence"]
    assert (fact.value, fact.range, case.facts["land_route"].value) == (0.54, (0.5, 0.58), False)
    assert case.facts["grievance"].assumed == "a first guess" and not fact.source and fact.assumed


def test_wrong_options_are_told_at_once(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [
        "new",
        "case",
        "split",
        "--start",
        "1960-13",
        "--step",
        "weak",
        "--steps",
        "0",
        "--outcome",
        "exit",
        "--title",
        "\x07",
    ]
    line += ["--actor", "clint=Albania", "--actor", "patron=", "--fact", "trade_dependence=54", "--fact", "grievnce=1"]
    line += ["--fact", "restraint=0.5 0.6..0.7"]
    assert main(line) == 1
    err = capsys.readouterr().err
    for words in (
        "has no month 13", "`weak` is no length of a step", "from 1 to 2000, found `0`", "`exit` is no outcome",
        "cannot be seen", "did you mean `client`?", "expected a name", "write 0.54", "did you mean `grievance`?",
        "does not hold the value 0.5", "10 errors; nothing was written.",
    ):  # fmt: skip
        assert words in err
    assert not (crisis / "split").exists()


def test_nothing_is_asked_without_a_terminal(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "blocs", "new", "case", "quiet"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stdout.startswith("wrote quiet/case.yaml") and not done.stderr


class Terminal:
    """A program at a terminal of its own: both its ends are the terminal's."""

    def __init__(self, *words: str) -> None:
        self.ours, theirs = os.openpty()
        command = [sys.executable, "-m", "blocs", *words]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.seen, self.read = "", 0

    def until(self, words: str, seconds: float = 60) -> None:
        """Read on until the program has written these words."""
        end = time.monotonic() + seconds
        while words not in self.seen[self.read :]:
            ready, _, _ = select.select([self.ours], [], [], max(end - time.monotonic(), 0))
            assert ready, f"waited for {words!r}, saw {self.seen!r}"
            try:
                self.seen += os.read(self.ours, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
            except OSError:  # the program has closed its end
                assert words in self.seen[self.read :], self.seen
        self.read = self.seen.index(words, self.read) + len(words)

    def says(self, line: str) -> None:
        os.write(self.ours, line.encode("utf-8"))

    def close(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self.ours)
        return code


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
def test_the_interview(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal("new", "case", "asked", "--theory", "small.yaml", "--start", "1961-03")
    terminal.until("Title: ")
    terminal.says("The affair\n")
    terminal.until("in a sentence or two?: ")
    terminal.says("\n")
    terminal.until("[month]: ")
    terminal.says("wek\n")
    terminal.until("`wek` is no length of a step")
    terminal.until("[month]: ")
    terminal.says("?\n")
    terminal.until("As fine as events are dated")
    terminal.until("[month]: ")
    terminal.says("\n")
    terminal.until("[12]: ")
    terminal.says("9\n")
    terminal.until("How did it end?")
    terminal.says("the client complies\n")
    terminal.until("Who plays the patron?")
    terminal.says("Soviet Union 365\n")
    terminal.until("Who plays the client?")
    terminal.says("\n")
    terminal.until("dependence (0 to 1) [0.5]: ")
    terminal.says("1.5\n")
    terminal.until("expected a number from 0 to 1")
    terminal.until("[0.5]: ")
    terminal.says("0.7 0.6..0.9\n")
    terminal.until("next: blocs check")
    assert terminal.close() == 0
    assert "First step" not in terminal.seen  # the option had said it
    case = load_case("asked")
    assert (case.title, case.calendar.start, case.calendar.steps) == ("The affair", "1961-03", 9)
    assert case.roles["patron"].cow == 365 and case.outcome == "the client complies"
    assert (case.facts["dependence"].value, case.facts["dependence"].range) == (0.7, (0.6, 0.9))
    assert main(["check", "asked"]) == 0


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
@pytest.mark.parametrize(("key", "code", "written"), [("\x04", 0, True), ("\x03", 130, False)])
def test_the_interview_is_left(crisis: Path, key: str, code: int, written: bool) -> None:
    """Ctrl-D keeps the defaults of what was not asked, Ctrl-C writes nothing."""
    terminal = Terminal("new", "case", "left", "--theory", "small.yaml")
    terminal.until("Title: ")
    if key == "\x03":
        os.killpg(terminal.process.pid, 2)  # what the terminal sends to whoever stands in front
    else:
        terminal.says(key)
        terminal.until("next: blocs check")
    assert terminal.close() == code
    assert (crisis / "left" / "case.yaml").exists() is written


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.54", SaidFact(0.54)),
        (" .5 0.4..0.6 ", SaidFact(0.5, 0.4, 0.6)),
        ("0.5 [0.4, 0.6]", SaidFact(0.5, 0.4, 0.6)),
        ("0.5 (0.4 to 0.6)", SaidFact(0.5, 0.4, 0.6)),
        ("1", SaidFact(1)),
    ],
)
def test_ways_to_say_a_share(text: str, found: SaidFact) -> None:
    assert read_fact(SHARE, text) == found


def test_ways_to_say_an_actor() -> None:
    assert read_actor("Soviet Union 365") == SaidActor("Soviet Union", 365)
    assert read_actor("  Soviet   Union ") == SaidActor("Soviet Union")
    assert read_actor("Group of 77 states") == SaidActor("Group of 77 states")
    for text in ("", "  ", "365"):
        with pytest.raises(ValueError, match="expected a name"):
            read_actor(text)


TEXT = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="'\"#:{}[]&*!|>%@`\\"), max_size=40
)


@settings(max_examples=10)
@given(TEXT, TEXT, st.floats(0, 1), st.sampled_from(["1961", "1961-04", "1961-Q2", "1961-H1", "1961-04-30"]))
def test_whatever_is_said_makes_a_sound_case(tmp_path_factory, title: str, name: str, share: float, start: str) -> None:
    folder = tmp_path_factory.mktemp("said")
    title, actor = read_text(title), f"x{read_text(name)}x"
    facts = {"trade_dependence": SaidFact(share, min(share, 0.5), max(share, 0.5))}
    said = Answers(title, title, read_start(start), "month", 6, {"client": SaidActor(actor, 7)}, facts)
    case, book = new_case("said", load_theory("patron-client"), answers=said)
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    (folder / "bibliography.yaml").write_text(book, encoding="utf-8")
    found = examine(folder / "case.yaml")
    assert found.errors == ()
    assert found.subject.roles["client"].actor == actor and found.subject.summary == title
    assert found.subject.facts["trade_dependence"].value == share
