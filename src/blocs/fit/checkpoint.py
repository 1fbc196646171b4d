"""Searches that were finished, kept on disk, so that an interrupted fit goes on where it was."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.fit.methods import Method

if TYPE_CHECKING:
    from blocs.language.case import Case

Floats = NDArray[np.float64]


@dataclass
class Checkpoint:
    """Finished starts of a search for a mode, with what they belong to.

    Parameters
    ----------
    path : Path
    identity : str
        Cases, theory, method and seed; a file of another fit is refused.
    finished : list of (u, log posterior)
    """

    path: Path
    identity: str
    finished: list[tuple[Floats, float]] = field(default_factory=list)

    @classmethod
    def open(cls, path: Path, cases: Sequence[Case], method: Method, seed: int) -> Checkpoint:
        """Read a checkpoint, or begin one where there is no file.

        Raises
        ------
        InputError
            The file belongs to another fit, or is none of ours.
        """
        from blocs.language.identity import content_hash

        identity = json.dumps([[content_hash(case) for case in cases], repr(method), seed])
        if not path.exists():
            return cls(path, identity)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            found = [(np.array(one["u"], dtype=np.float64), float(one["value"])) for one in data["finished"]]
            other = data["identity"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(Problem("this is no file of finished searches", file=str(path))) from None
        if other != identity:
            raise InputError(
                Problem(
                    "this file belongs to a fit of other cases, with another method or seed",
                    file=str(path),
                    hint="give another file, or delete it",
                )
            )
        return cls(path, identity, found)

    def keep(self, number: int, u: Floats, value: float) -> None:
        """Add a finished start and write the file, whole or not at all."""
        del number
        self.finished.append((u, value))
        text = json.dumps(
            {
                "identity": self.identity,
                "finished": [{"u": list(point), "value": v} for point, v in self.finished],
            }
        )
        handle, name = tempfile.mkstemp(dir=self.path.parent or Path("."), suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
