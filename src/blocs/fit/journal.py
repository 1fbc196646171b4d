"""A journal of likelihood evaluations on disk, so that an interrupted fit goes on where it was, bit for bit.

Searches and samplers are deterministic given their seed: run again, they ask for the same points in the same order. An
evaluation that the journal holds is answered from there, so that a fit run again hurries through what it did before and
goes on from its last evaluation, to the result that it would have had without the interruption.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem

Floats = NDArray[np.float64]

MAGIC = b"blocs journal 1\n"
_HEAD = struct.Struct("<16sII")  # fingerprint of the point, how many numbers follow, their checksum
# a likelihood of many cases and coordinates has some thousands of numbers; more is damage
MOST_NUMBERS = 1 << 24


class Journal:
    """Evaluations of one fit, each written as it is made.

    A file whose end was cut off by a kill is read up to its last whole entry and goes on from there.

    Parameters
    ----------
    path : path
    told : callable (count), optional
        Told how many evaluations the file held, if any, when it is opened.

    Attributes
    ----------
    kept : int
        How many evaluations the file held when it was opened.
    """

    def __init__(self, path: str | Path, told: Callable[[int], None] | None = None) -> None:
        self.path = Path(path)
        self.kept = 0
        self._told = told
        self._known: dict[bytes, Floats] = {}
        self._file: BinaryIO | None = None

    def open(self, identity: str) -> None:
        """Open the file, or begin one where there is none.

        Parameters
        ----------
        identity : str
            What the evaluations depend on; see `FitProblem.identity`.

        Raises
        ------
        InputError
            The file belongs to another fit, or is none of ours.
        """
        start = MAGIC + struct.pack("<I", len(identity)) + identity.encode("ascii")
        if not self.path.exists() or self.path.stat().st_size == 0:
            if not self.path.parent.is_dir():
                raise InputError(Problem("there is no such folder to write into", file=str(self.path.parent)))
            self.path.write_bytes(start)
        data = self.path.read_bytes()
        if not data.startswith(MAGIC):
            raise InputError(Problem("this is no journal of a fit", file=str(self.path)))
        if not data.startswith(start):
            raise InputError(
                Problem(
                    "this journal belongs to another fit: other cases, another theory, method, seed or version",
                    file=str(self.path),
                    hint="give another file, or delete it",
                )
            )
        end = self._read(data, len(start))
        self.kept = len(self._known)
        if end < len(data):
            os.truncate(self.path, end)
        self._file = self.path.open("ab")
        if self.kept and self._told is not None:
            self._told(self.kept)

    def _read(self, data: bytes, at: int) -> int:
        """Read whole entries from `at` on; return where they end."""
        while at + _HEAD.size <= len(data):
            key, count, checksum = _HEAD.unpack_from(data, at)
            end = at + _HEAD.size + 8 * count
            if count > MOST_NUMBERS or end > len(data):
                break
            body = data[at + _HEAD.size : end]
            if zlib.crc32(key + body) != checksum:
                break
            self._known[key] = np.frombuffer(body, dtype="<f8").astype(np.float64)
            at = end
        return at

    def recall(self, kind: str, at: Floats) -> Floats | None:
        """Return what an evaluation gave, or None if it is not known."""
        return self._known.get(_key(kind, at))

    def note(self, kind: str, at: Floats, result: Floats) -> None:
        """Write down what an evaluation gave."""
        if self._file is None:
            raise ValueError("the journal is not open")
        key = _key(kind, at)
        body = np.ascontiguousarray(result, dtype="<f8").tobytes()
        self._file.write(_HEAD.pack(key, len(body) // 8, zlib.crc32(key + body)) + body)
        self._file.flush()
        self._known[key] = np.array(result, dtype=np.float64).ravel()

    def close(self, *, remove: bool = False) -> None:
        """Close the file; a fit that is finished may remove it."""
        if self._file is None:
            return  # nothing was done, so that nothing is there to remove
        self._file.close()
        self._file = None
        if remove:
            self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._known)


def _key(kind: str, at: Floats) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(at).tobytes(), digest_size=16, person=kind.encode()).digest()
