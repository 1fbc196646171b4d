"""The folder of a site: a new one is built beside it and put in its place in one step, or not at all.

The whole site is exchanged for the new one by a single call of the system where it has one (Linux, macOS), so that a
reader, or a publisher who is killed, finds the old site or the new one and never a mixture. Files that are not of the
site (a ``CNAME``, a ``.git``) are carried over.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from blocs.errors import InputError, Problem

MANIFEST = "site.json"
FORMAT = 1
# of a site with far more cases than anybody could read
_MOST_BYTES = 50_000_000
# <fcntl.h> and <linux/fs.h>, <sys/stdio.h>: relative to the present folder; exchange the two names
_HERE_LINUX, _EXCHANGE, _SWAP = -100, 2, 2


class Folder:
    """A site that is being made anew.

    Attributes
    ----------
    place : Path
        Where the site stands, or will.
    new : Path
        Where the new one is built.
    old : dict
        The manifest of the site as it stands; empty where there is none.
    """

    def __init__(self, place: Path, old: Mapping[str, Any]) -> None:
        self.place = place
        self.new = _beside(place, "new")
        self.old = old
        self.hashes: dict[str, str] = {}

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file of the new site."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        target = self.new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self.hashes[path] = hashlib.sha256(data).hexdigest()

    def kept(self, path: str) -> bytes | None:
        """Return a file of the old site, or None where it is not there as it was written."""
        expected = self.old.get("files", {}).get(path)
        try:
            data = (self.place / path).read_bytes() if expected else None
        except OSError:
            return None
        return data if data is not None and hashlib.sha256(data).hexdigest() == expected else None

    def finish(self, manifest: Mapping[str, Any]) -> list[str]:
        """Put the new site in the place of the old one, and return the paths of old files that are gone."""
        whole = {"format": FORMAT, **manifest, "files": dict(sorted(self.hashes.items()))}
        (self.new / MANIFEST).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if not self.place.exists():
            os.rename(self.new, self.place)
        elif _exchange(self.new, self.place):
            _clear(self.new, self.place)
        else:
            # between these two steps there is no site; `_recover` puts the old one back
            aside = _beside(self.place, "old")
            os.rename(self.place, aside)
            os.rename(self.new, self.place)
            _clear(aside, self.place)
        return sorted(set(self.old.get("files", {})) - set(self.hashes))


@contextmanager
def opened(place: Path) -> Iterator[Folder]:
    """Prepare to make a site anew, and keep others from doing so at the same time.

    Raises
    ------
    InputError
        The folder holds something else, cannot be made, or another process is publishing into it.
    """
    place = Path(os.path.realpath(place))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = open(_beside(place, "lock"), "a", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(Problem(f"cannot be written to: {error.strerror or error}", str(place.parent))) from None
    with lock:
        try:
            # released by the system when the process ends, however it ends
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # whoever was here before has taken the file away when done: then this is no longer the one that counts
            if not os.path.samestat(os.fstat(lock.fileno()), os.stat(lock.name)):
                raise OSError
        except OSError:
            raise InputError(Problem("another process is publishing into this folder", str(place))) from None
        _recover(place)
        folder = Folder(place, _claimed(place))
        folder.new.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder.new, ignore_errors=True)
            _beside(place, "lock").unlink(missing_ok=True)


def _beside(place: Path, what: str) -> Path:
    return place.parent / f".{place.name}.{what}"


def _claimed(place: Path) -> dict[str, Any]:
    """Return the manifest of what is there; refuse to touch a folder that is no site."""
    if not place.exists():
        return {}
    if not place.is_dir():
        raise InputError(Problem("this is a file, not a folder", str(place)))
    manifest = read_manifest(place)
    if manifest is None:
        strangers = sorted(one.name for one in place.iterdir())
        if strangers:
            shown = ", ".join(strangers[:3]) + (", ..." if len(strangers) > 3 else "")
            hint = "take an empty or a new folder"
            raise InputError(Problem(f"this folder holds something else: {shown}", str(place), hint=hint))
    return manifest or {}


def read_manifest(place: Path) -> dict[str, Any] | None:
    """Return what a site says of itself, or None where there is no site."""
    path = place / MANIFEST
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    known = isinstance(found, dict) and found.get("format") == FORMAT
    return found if known and isinstance(found.get("files"), dict) and isinstance(found.get("cases"), dict) else None


def _recover(place: Path) -> None:
    """Bring back or clear away what a publisher that was killed left behind."""
    for what in ("old", "new"):
        left = _beside(place, what)
        if not left.is_dir():
            continue
        if what == "old" and not place.exists():
            os.rename(left, place)
        else:
            _clear(left, place)


def _clear(left: Path, place: Path) -> None:
    """Remove a site that is no longer needed; what is not of it goes to the one that is."""
    manifest = read_manifest(left)
    if manifest is not None and place.is_dir():
        for path in _strangers(left, set(manifest["files"]) | {MANIFEST}):
            target = place / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                os.rename(left / path, target)
    shutil.rmtree(left, ignore_errors=True)


def _strangers(left: Path, files: set[str]) -> Iterator[str]:
    """Yield what does not belong to a site: whole folders where nothing in them does."""
    own = {str(parent) for path in files for parent in Path(path).parents}
    queue = [Path()]
    while queue:
        folder = queue.pop()
        for one in sorted((left / folder).iterdir()):
            path = str(folder / one.name)
            if one.is_dir() and not one.is_symlink() and path in own:
                queue.append(folder / one.name)
            elif path not in files:
                yield path


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; tell whether the system could."""
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            return library.renamex_np(first, second, ctypes.c_uint(_SWAP)) == 0
        return library.renameat2(_HERE_LINUX, first, _HERE_LINUX, second, ctypes.c_uint(_EXCHANGE)) == 0
    except AttributeError:  # an older C library
        return False
