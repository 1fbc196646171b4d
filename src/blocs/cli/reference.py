"""The page of the documentation that lists every command, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blocs.cli.command import Command, Option
from blocs.cli.registry import COMMANDS, EXAMPLES, SUMMARY

HEAD = """# The command line

This page is generated from the commands (`make docs`); a test fails when it is out of step.

{summary}

```sh
{examples}
```

## Common to all commands

- `--help` tells what a command does, with examples; `blocs --version` tells the version.
- `--json` prints the result as JSON on standard output. When something is wrong, the JSON holds
  `error.exit_code` and `error.problems`, each with `severity`, `file`, `line`, `column`, `path`, `message` and `hint`.
- Results go to standard output, problems and progress to standard error. Colour is used on a terminal only, and not
  where `NO_COLOR` is set.
- `CASE` is the name of a case that ships with blocs (`blocs cases` lists them) or the path of a case file.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a file, a name or a value is wrong; every problem was told |
| 2 | the command line itself is wrong |
| 3 | a computation gave no valid answer |
| 130 | interrupted with Ctrl-C |
| 141 | whoever read the output went away |
"""


def reference() -> str:
    """Return the page as Markdown."""
    head = HEAD.format(summary=SUMMARY, examples="\n".join(f"{line}  # {what}" for line, what in EXAMPLES))
    return "\n".join([head, *(_section(prog, command) for prog, command in every_command())])


def every_command(commands: Sequence[Command] = COMMANDS, prog: str = "blocs") -> Iterator[tuple[str, Command]]:
    """Yield each command that runs, with the words that call it."""
    for command in commands:
        words = f"{prog} {command.name}"
        if command.run is not None:
            yield words, command
        yield from every_command(command.commands, words)


def _section(prog: str, command: Command) -> str:
    positional = [option.usage for option in command.options if option.positional]
    usage = " ".join([prog, *positional, "[OPTIONS]"])
    lines = [f"## `{prog}`", "", f"{command.summary[:1].upper()}{command.summary[1:]}."]
    if command.details:
        lines += ["", command.details]
    lines += ["", "```sh", usage, "```", "", "| argument | what it does | default |", "|---|---|---|"]
    lines += [_row(option) for option in command.all_options]
    lines += ["", *(f"- `{line}`: {what}" for line, what in command.examples), ""]
    return "\n".join(lines)


def _row(option: Option) -> str:
    default = option.settings.get("default")
    shown = "" if default is None or default is False or default == [] else f"`{default}`"
    usage = option.usage.replace("|", "\\|")
    return f"| `{usage}` | {option.help.replace('|', chr(92) + '|')} | {shown} |"
