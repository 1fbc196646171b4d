"""A bar for long work, drawn on standard error once the work has lasted a while, and only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from blocs.cli.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress

# what is done sooner needs no bar; a bar that flashes by only unsettles
SECONDS_BEFORE_SHOWN = 2.0

Report = Callable[[int, int], None]


@contextmanager
def progress(output: Output, what: str) -> Iterator[Report | None]:
    """Yield a function ``report(done, total)`` that draws a bar, or None where nobody would see one."""
    if not output.stderr.isatty():
        yield None
        return
    bar = _Bar(output, what)
    try:
        yield bar.report
    finally:
        bar.close()


class _Bar:
    """A bar that begins to be drawn when the first report comes late enough."""

    def __init__(self, output: Output, what: str) -> None:
        self.output = output
        self.what = what
        self.began = time.monotonic()
        self.shown: Progress | None = None

    def report(self, done: int, total: int) -> None:
        """Show that `done` of `total` parts are done."""
        if self.shown is None:
            if done >= total or time.monotonic() - self.began < SECONDS_BEFORE_SHOWN:
                return
            self.shown = self._start(total)
        self.shown.update(self.shown.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self.shown is not None:
            self.shown.stop()

    def _start(self, total: int) -> Progress:
        from rich import progress as parts

        shown = parts.Progress(
            parts.TextColumn("{task.description}"),
            parts.BarColumn(),
            parts.MofNCompleteColumn(),
            parts.TimeRemainingColumn(),
            console=self.output.error_console(),
            transient=True,
        )
        shown.add_task(self.what, total=total)
        shown.start()
        return shown
