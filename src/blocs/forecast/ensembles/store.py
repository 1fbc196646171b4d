"""A folder that holds an ensemble: a manifest that says what it is, and one file per chunk, each whole or not there."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError, Problem
from blocs.forecast.ensembles.chunk import RECORD
from blocs.forecast.ensembles.design import Design

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = "ensemble.json"
LOCK = ".lock"
_CHUNK = re.compile(r"chunk-(\d{5,})\.parquet")
_TEMPORARY = ".part"


class Store:
    """A folder to write chunks to.

    Parameters
    ----------
    folder : Path
    design : Design
        What the folder holds or is to hold.
    """

    def __init__(self, folder: Path, design: Design) -> None:
        self.folder = folder
        self.design = design

    @contextmanager
    def opened(self) -> Iterator[frozenset[int]]:
        """Prepare the folder, keep others from writing to it, and yield the chunks that are there already.

        Raises
        ------
        InputError
            The folder holds another ensemble, something else, or is being written to by another process.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / LOCK, "a", encoding="utf-8") as lock:
            try:
                # released by the system when the process ends, however it ends
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(Problem("another process is writing this ensemble", file=str(self.folder))) from None
            self._claim()
            for path in self.folder.glob(f"*{_TEMPORARY}"):
                # what a killed run had not finished
                path.unlink()
            yield frozenset(self._finished())

    def write(self, chunk: int, content: bytes) -> None:
        """Write a chunk so that after a kill at any moment it is either whole or not there."""
        write_whole(self.folder / chunk_name(chunk), content)

    def _claim(self) -> None:
        path = self.folder / MANIFEST
        if path.exists():
            differing = differences(read_manifest(self.folder), self.design.identity)
            if differing:
                raise InputError(
                    [
                        Problem(
                            f"this folder holds another ensemble: {what}",
                            file=str(path),
                            hint="take another folder, or delete this one",
                        )
                        for what in differing
                    ]
                )
            return
        strangers = sorted(
            one.name for one in self.folder.iterdir() if one.name != LOCK and not one.name.endswith(_TEMPORARY)
        )
        if strangers:
            raise InputError(
                Problem(
                    f"this folder is no ensemble and not empty: it holds {', '.join(strangers[:3])}",
                    file=str(self.folder),
                    hint="take an empty or a new folder",
                )
            )
        manifest = {**self.design.identity, "chunks": self.design.chunks, "ensemble": self.design.digest}
        write_whole(path, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())

    def _finished(self) -> Iterator[int]:
        for number, path in chunk_files(self.folder):
            record = read_record(path)
            if record.get("ensemble") != self.design.digest or record.get("number") != number:
                raise InputError(
                    Problem(
                        "this file belongs to another ensemble or chunk", file=str(path), hint="delete it and run again"
                    )
                )
            yield number


def chunk_name(chunk: int) -> str:
    """Return the name of a chunk's file."""
    return f"chunk-{chunk:05d}.parquet"


def chunk_files(folder: Path) -> list[tuple[int, Path]]:
    """Return the numbers and files of the chunks in a folder, in order."""
    found = ((_CHUNK.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name, bring it to the disk, and only then give it its name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}")
    with open(temporary, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # the name, too, has to be on the disk
        os.fsync(folder)
    finally:
        os.close(folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a folder says it holds.

    Raises
    ------
    InputError
        There is no manifest, or it cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(Problem(f"there is no {MANIFEST}: this is no folder of an ensemble", file=str(folder)))
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(Problem(f"this manifest cannot be read: {error}", file=str(path))) from None
    if not isinstance(manifest, dict):
        raise InputError(Problem("this manifest cannot be read: it holds no mapping", file=str(path)))
    return manifest


def read_record(path: Path) -> dict[str, Any]:
    """Return what a chunk's file says of itself.

    Raises
    ------
    InputError
        It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        return json.loads(metadata[RECORD])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise InputError(
            Problem(f"this chunk cannot be read: {error}", file=str(path), hint="delete it and run again")
        ) from error


def read_chunk(path: Path) -> pa.Table:
    """Return a chunk's table.

    Raises
    ------
    InputError
        It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # without the dataset layer, which would look for partitions in the folder's name
        return pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            Problem(f"this chunk cannot be read: {error}", file=str(path), hint="delete it and run again")
        ) from error


def differences(there: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Return, in words, how what is there differs from what is wanted."""
    words = {
        "case_sha256": "the content of the case file, or of its theory, differs",
        "theory_sha256": "the content of the theory differs",
        "values_sha256": "the given draws differ",
        "inputs": "the order or the names of parameters and facts differ",
    }
    found = []
    for name in dict.fromkeys([*wanted, *(one for one in there if one not in ("chunks", "ensemble"))]):
        if there.get(name) != wanted.get(name):
            found.append(words.get(name) or f"{name} is {there.get(name)} there and {wanted.get(name)} here")
    return found
