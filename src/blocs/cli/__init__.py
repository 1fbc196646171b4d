"""The command line: ``blocs COMMAND ...``, one small module per command, each importing what it needs when it runs.

Exit codes
----------
0    done
1    a file, a name or a value is wrong; every problem is on standard error
2    the command line itself is wrong
3    a computation gave no valid answer
130  interrupted with Ctrl-C
141  whoever read the output went away
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from blocs.cli.command import Command, choose, group_help, parser_of
from blocs.cli.output import Output
from blocs.cli.registry import COMMANDS, EXAMPLES, SUMMARY
from blocs.errors import BlocsError, InputError, Problem
from blocs.version import __version__

INTERRUPTED = 130
READER_GONE = 141  # 128 + SIGPIPE, what a shell reports for other programs too


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``blocs``; those of the process by default.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    # pydantic would look through every installed package for plugins of its own, which takes longer than reading a case
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # NumPy's linear algebra starts a thread per core when it is imported, and they wait by spinning: a tenth of a
    # second of processor time, for matrices that are small here. Whoever sets the variable is obeyed.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_standard_output()
        return READER_GONE


def _dispatch(words: list[str]) -> int:
    """Find the command that `words` name, parse what follows and run it."""
    output = Output(as_json="--json" in words)
    commands: Sequence[Command] = COMMANDS
    examples, summary, prog = EXAMPLES, SUMMARY, "blocs"
    try:
        while True:
            if not words or words[0] in ("-h", "--help"):
                output.text(group_help(prog, summary, commands, examples).rstrip("\n"))
                return 0
            if prog == "blocs" and words[0] in ("-V", "--version"):
                output.text(f"blocs {__version__}")
                return 0
            command = choose(commands, words[0], prog)
            words, prog = words[1:], f"{prog} {words[0]}"
            if command.run is not None:
                break
            commands, examples, summary = command.commands, command.examples, command.summary
        try:
            arguments = parser_of(command, prog).parse_args(words)
        except SystemExit as done:  # argparse has printed the help
            return int(done.code or 0)
        return command.run(arguments, output)
    except BlocsError as error:
        return output.failure(error, end=_END.get(prog.removeprefix("blocs "), ""))
    except BrokenPipeError:
        raise
    except OSError as error:
        problem = Problem(error.strerror or str(error), file=str(error.filename or ""))
        return output.failure(InputError(problem))


# what a failure of each command left undone, for the line that closes a list of problems
_END = {
    "check": "nothing was solved",
    "run": "nothing was solved",
    "solve": "nothing was solved",
    "export": "nothing was written",
    "publish": "the site is as it was",
    "new theory": "nothing was written",
    "new case": "nothing was written",
    "sources attach": "nothing was stored",
}


def _drop_standard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain at its end."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no file of the system, as in tests
        return
