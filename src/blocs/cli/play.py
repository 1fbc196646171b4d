"""``blocs play CASE --as ROLE``: take a role against solved players, at the terminal."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.cli.command import Command, Option
from blocs.cli.output import Output
from blocs.cli.values import whole

if TYPE_CHECKING:
    from rich.console import Console

    from blocs.language.plays import PlayRecord
    from blocs.web.play.course import State, Table

DETAILS = """\
You see what happened, how things stand, and what each option changes, costs and risks; ? gives advice. Options are
chosen by number or by name, one answer a line, so that a game can also be played from a file or a pipe. At the end you
are told where you left history, and what your decisions did to the odds.

--out keeps the game after every move, in the form that `blocs serve` exports and `blocs fit CASE --plays` reads; the
same command goes on with a game that is not over. A game that is left without --out is kept in the present folder."""

# a seed of a table has 31 bits
LARGEST_SEED = 2**31 - 1
# what people type: an option has at most sixty letters
LONGEST = 200
WAIT = "wait"


def run(arguments: Namespace, output: Output) -> int:
    """Play until the game is over or left."""
    import secrets

    from blocs.errors import InputError, Problem, nearest
    from blocs.game.game import compile_game
    from blocs.language.load import load_case
    from blocs.web.play.course import Table
    from blocs.web.play.record import record_of, replayed
    from blocs.web.play.solved import Solved

    case = load_case(arguments.case)
    role = arguments.role
    if role not in case.theory_spec.roles:
        raise InputError(Problem(f"there is no role `{role[:60]}`", hint=nearest(role[:60], case.theory_spec.roles)))
    kept = _kept(arguments.out, role)
    output.note(f"solving {case.case} for the other roles ...")
    solved = Solved.of(compile_game(case))
    if kept is not None:
        if arguments.seed is not None and arguments.seed != kept.seed:
            raise InputError(Problem(f"the game kept there has the seed {kept.seed}", str(arguments.out), path="seed"))
        table, state = replayed(kept, solved)
    else:
        seed = secrets.randbelow(LARGEST_SEED + 1) if arguments.seed is None else arguments.seed
        table = Table(solved, seed, frozenset([role]))
        state = table.start()
    # with --json the result alone is on standard output, and the talk goes elsewhere
    seat = Seat(table, role, output.error_console() if output.as_json else output.console(), arguments.out)
    try:
        state = seat.play(state, begun=kept is not None)
    except KeyboardInterrupt:
        seat.console.print()
        _leave(seat, output, arguments)
        raise
    if state.outcome is None:
        _leave(seat, output, arguments)
    if output.as_json:
        output.json(record_of(table, state, seat.people, left=True).to_json())
    elif state.outcome is not None and arguments.out is None:
        output.text("", f"This game had the seed {table.seed}. With --out FILE the next one is kept.")
    elif state.outcome is not None:
        fit = shlex.join(["blocs", "fit", arguments.case, "--plays", str(arguments.out)])
        output.text("", f"The game is kept. How sharply you told better from worse options: {fit}")
    return 0


def _kept(path: Path | None, role: str) -> PlayRecord | None:
    """Return the game that a file holds already, which must be this role's and not over."""
    from blocs.errors import InputError, Problem
    from blocs.language.plays import read_play

    if path is None:
        return None
    if not path.exists():
        folder = path.resolve().parent
        if not folder.is_dir():
            raise InputError(Problem(f"there is no folder {folder} to keep the game in", str(path)))
        return None
    kept = read_play(path)
    if kept.outcome is not None:
        raise InputError(Problem("the game kept there is over", str(path), hint="name another file"))
    if set(kept.people) != {role}:
        who = " and ".join(kept.people)
        raise InputError(Problem(f"in the game kept there people play the {who}, not the {role}", str(path)))
    return kept


def _leave(seat: Seat, output: Output, arguments: Namespace) -> None:
    """Tell how to go on with a game that is left; it is kept if anything was chosen in it."""
    if not seat.chosen:
        output.note("The game is left; nothing had been chosen.")
        return
    if seat.file is None:
        case = seat.table.solved.game.case
        assert case is not None
        seat.file = Path(f"{case.case}-{seat.role}-{seat.table.seed}.play.json")
        seat.keep()
    words = ["blocs", "play", arguments.case, "--as", seat.role, "--out", str(seat.file)]
    output.note(f"The game is kept. Go on with: {shlex.join(words)}")


class Seat:
    """One player at the terminal.

    Parameters
    ----------
    table : Table
    role : str
    console : Console
        Where the talk goes; answers come from standard input, a line each.
    file : Path or None
        Where the game is kept after every move.
    """

    def __init__(self, table: Table, role: str, console: Console, file: Path | None) -> None:
        self.table, self.role, self.console, self.file = table, role, console, file
        self.people = {role: "you"}
        self.state = table.start()
        self._waiting: int | None = None

    @property
    def chosen(self) -> int:
        """How often the player has chosen."""
        from blocs.web.play.course import PERSON

        return sum(one.entry.by == PERSON for one in self.state.moves)

    def play(self, state: State, begun: bool) -> State:
        """Play until the game is over or there are no more answers; return where it stands then."""
        from blocs.report.table_talk import print_beginning, print_debrief, print_record, print_turn
        from blocs.web.play.debrief import debrief
        from blocs.web.play.telling import actor
        from blocs.web.play.viewing import background

        game = self.table.solved.game
        assert game.case is not None
        self.state = state
        print_beginning(
            self.console, game.case.title or game.case.case, " ".join(game.case.summary.split()),
            actor(game, self.role), self.role, background(self.table),
        )  # fmt: skip
        if begun:
            self.console.print("\nThe game so far", style="bold")
            print_record(self.console, [one for one in self._view()["record"] if not one["quiet"]])
        first = True
        while True:
            self._go_on()
            if self.state.outcome is not None:
                break
            view = self._view()
            print_turn(self.console, view, whole=first)
            first = False
            if not self._ask(view):
                self.console.print()
                return self.state
        print_debrief(self.console, debrief(self.table, self.state))
        return self.state

    def keep(self) -> None:
        """Write the game as it stands, where it is to be kept."""
        from blocs.language.writing import write_atomically
        from blocs.report.numbers import json_text
        from blocs.web.play.record import record_of

        if self.file is not None:
            record = record_of(self.table, self.state, self.people, left=True)
            write_atomically(self.file, json_text(record.to_json()))

    def _go_on(self) -> None:
        """Let everything happen that needs no answer, and keep the game."""
        from blocs.web.play.standing import standing_entry

        table = self.table
        while self.state.outcome is None:
            row = table.automatic(self.state)
            if row is None and self._waiting is not None:
                row = standing_entry(table, self.state, self._waiting)
            if row is None:
                break
            self.state = table.put(self.state, row)
        self._waiting = None
        self.keep()

    def _view(self) -> dict[str, Any]:
        from blocs.web.play.course import PERSON
        from blocs.web.play.standing import last_choice
        from blocs.web.play.viewing import view

        seen = view(self.table, self.state, self.role, since=last_choice(self.state, self.role, (PERSON,)))
        return {**seen, "role": self.role}

    def _ask(self, view: dict[str, Any]) -> bool:
        """Ask until something is chosen; return False where the game is left."""
        from blocs.report.table_talk import print_advice, print_help, print_record, print_state

        options = view["options"]
        while True:
            self.console.file.write("> ")
            self.console.file.flush()
            line = sys.stdin.readline()
            if not line:
                return False
            if not sys.stdin.isatty():
                # nobody sees what is read from a pipe
                self.console.print(line.strip()[:LONGEST])
            said = line.strip()[: LONGEST + 1].casefold()
            match said:
                case "":
                    continue
                case "quit" | "q" | "exit":
                    return False
                case "?" | "advice":
                    print_advice(self.console, options)
                case "help" | "h":
                    print_help(self.console)
                case "state":
                    print_state(self.console, view["situation"], "State of affairs")
                case "record":
                    print_record(self.console, [one for one in view["record"] if not one["quiet"]])
                case _:
                    wrong = self._choose(said, options)
                    if not wrong:
                        return True
                    self.console.print(wrong)

    def _choose(self, said: str, options: list[dict[str, Any]]) -> str:
        """Make a choice from what was typed; return what is wrong with it, or nothing."""
        from blocs.errors import InputError
        from blocs.game.history import HOLD
        from blocs.web.play.course import PERSON

        names = [one["option"] for one in options]
        option = "_".join(said.split())
        if said == WAIT:
            if HOLD not in names:
                return "You cannot hold now: choose one of the options."
            option, self._waiting = HOLD, self.state.place
        elif said.isdecimal():
            number = int(said) if len(said) < 4 else 0
            if not 1 <= number <= len(names):
                return f"There is no option {said[:20]}: type a number from 1 to {len(names)}, or help."
            option = names[number - 1]
        if len(said) > LONGEST:
            return "That is longer than any option: type a number or a name, or help."
        try:
            self.state = self.table.put(self.state, self.table.entry(self.state, option, PERSON))
        except InputError as error:
            first = error.problems[0]
            said = "; ".join(
                part for part in (first.message, first.hint or "type help to see what can be typed") if part
            )
            return f"{said[:1].upper()}{said[1:]}."
        return ""


PLAY = Command(
    name="play",
    summary="take a role in a crisis against solved players, at the terminal",
    details=DETAILS,
    examples=(
        ("blocs play sino-albanian-1961 --as client", "be Albania"),
        ("blocs play cuban-american-1959 --as patron --seed 7 --out game.play.json", "keep the game, to be fitted"),
        ("blocs play french-1966 --as client --seed 1 --json", "the game as JSON; answers may come from a pipe"),
    ),
    run=run,
    options=(
        Option(("case",), "name of a shipped case, or path of a case file", {"metavar": "CASE"}),
        Option(("--as",), "the role that you take", {"metavar": "ROLE", "dest": "role", "required": True}),
        Option(
            ("--seed",),
            "seed of everything that is left to chance; a new one where none is given",
            {"metavar": "S", "type": whole(0, LARGEST_SEED)},
        ),
        Option(
            ("--out",),
            "keep the game in this file after every move, or go on with the one that it holds",
            {"metavar": "FILE", "type": Path},
        ),
    ),
)
