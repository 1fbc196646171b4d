"""What a command is: a frozen object from which the parser, the help and the documentation are all made.

Argparse reads the command line rather than a larger framework: it is in the standard library and takes 10 ms to load
where Typer takes 65, a tenth of what `blocs check` may take altogether; and help, documentation and tests are made from
the same objects either way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from blocs.errors import UsageError, nearest

if TYPE_CHECKING:
    from blocs.cli.output import Output

Runner = Callable[[argparse.Namespace, "Output"], int]


@dataclass(frozen=True)
class Option:
    """One argument of a command, by position (`FILE`) or by name (`--seed`).

    Parameters
    ----------
    names : tuple of str
        ``("--draws",)`` for an option, ``("case",)`` for an argument by position.
    help : str
        What it does, in words that stand alone.
    settings : mapping
        What argparse takes besides: ``type``, ``default``, ``choices``, ``metavar``, ``action``, ``nargs``.
    """

    names: tuple[str, ...]
    help: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def positional(self) -> bool:
        """Whether it is given by its place rather than by its name."""
        return not self.names[0].startswith("-")

    @property
    def usage(self) -> str:
        """The way it is written on the command line: ``--draws N``, ``FILE...``."""
        if self.settings.get("action") in ("store_true", "version", "help"):
            return ", ".join(self.names)
        choices = self.settings.get("choices")
        shown = self.settings.get("metavar") or ("|".join(choices) if choices else self.names[-1].strip("-").upper())
        if self.positional:
            return f"{shown}..." if self.settings.get("nargs") in ("+", "*") else shown
        return f"{', '.join(self.names)} {shown}"


JSON = Option(("--json",), "print the result as JSON, with every problem in it too", {"action": "store_true"})


@dataclass(frozen=True)
class Command:
    """One command, or a group of commands.

    Parameters
    ----------
    name, summary : str
        The word on the command line, and one line of what it does.
    examples : tuple of (str, str)
        Command lines that work, each with what it does.
    run : callable
        Takes the parsed arguments and the output, returns the exit code. It imports what it needs when it runs.
    options : tuple of Option
        Its arguments; ``--json`` is added to each.
    details : str
        More help, in paragraphs.
    commands : tuple of Command
        The members of a group, which has no `run` of its own.
    """

    name: str
    summary: str
    examples: tuple[tuple[str, str], ...]
    run: Runner | None = None
    options: tuple[Option, ...] = ()
    details: str = ""
    commands: tuple[Command, ...] = ()

    @property
    def all_options(self) -> tuple[Option, ...]:
        """The arguments of the command with those that every command has."""
        return (*self.options, JSON)


class _Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n  see `{self.prog} --help`")


def parser_of(command: Command, prog: str) -> argparse.ArgumentParser:
    """Return the argparse parser of a single command; `prog` is the line up to its name."""
    parser = _Parser(
        prog=prog,
        description="\n\n".join(part for part in (_sentence(command.summary), command.details) if part),
        epilog=examples_text(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for option in command.all_options:
        parser.add_argument(*option.names, help=option.help.replace("%", "%%"), **option.settings)
    return parser


def examples_text(examples: Sequence[tuple[str, str]]) -> str:
    """Return examples as the end of a help text."""
    word = "example" if len(examples) == 1 else "examples"
    return f"{word}:\n" + "\n".join(f"  {line}\n      {what}" for line, what in examples)


def choose(commands: Sequence[Command], name: str, prog: str) -> Command:
    """Return the command called `name`, or say which one was likely meant."""
    for command in commands:
        if command.name == name:
            return command
    if name.startswith("-"):
        raise UsageError(f"`{prog}` has no option `{name}`\n  see `{prog} --help`")
    known = [command.name for command in commands]
    hint = nearest(name, known) or f"there are {', '.join(known)}"
    raise UsageError(f"`{prog}` has no command `{name}`; {hint}\n  see `{prog} --help`")


def group_help(prog: str, summary: str, commands: Sequence[Command], examples: Sequence[tuple[str, str]]) -> str:
    """Return the help of a group of commands: its members and what each does."""
    width = max(len(command.name) for command in commands)
    lines = [f"  {command.name:<{width}}  {command.summary}" for command in commands]
    head = f"usage: {prog} COMMAND ...\n\n{_sentence(summary)}\n\ncommands:\n"
    return head + "\n".join(lines) + f"\n\n{examples_text(examples)}\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
