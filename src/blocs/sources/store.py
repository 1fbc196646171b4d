"""Attached documents, kept in the user's data folder: texts are other people's and never enter a repository.

The folder is that of the operating system for data of programs (``~/.local/share/blocs`` on Linux), or what the
environment variable ``BLOCS_DATA`` names. Every source has one file; it is written beside its place and moved there in
one step, so that a reader sees the old document or the new one, whoever else is writing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocs.errors import InputError, Problem, nearest
from blocs.sources.citations import KEY_PATTERN
from blocs.sources.passages import Passage, passage_from_bytes, passage_from_json

FORMAT = 1
"""Version of the stored form and of the rules that number sentences; a document stored under another is read again."""

# JSON of a document of 5 MB with its fingerprints
_MOST_BYTES = 40_000_000


@dataclass(frozen=True)
class Attached:
    """A document that is attached to a source.

    Parameters
    ----------
    key : str
        Key of the source.
    file : str
        Name, without its folder, of the file that was attached.
    sha256 : str
        Of the bytes of that file.
    passage : Passage
    """

    key: str
    file: str
    sha256: str
    passage: Passage

    def to_json(self) -> dict[str, Any]:
        """Return what is stored, as plain values."""
        return {
            "format": FORMAT,
            "key": self.key,
            "file": self.file,
            "sha256": self.sha256,
            "passage": self.passage.to_json(),
        }


def data_folder() -> Path:
    """Return the folder with the user's data; it need not exist yet."""
    named = os.environ.get("BLOCS_DATA", "").strip()
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("blocs", appauthor=False))


def attach(key: str, file: str | Path, folder: Path | None = None) -> Attached:
    """Read a document and keep it as the text of a source.

    Parameters
    ----------
    key : str
        Key of the source in the bibliographies of cases.
    file : path
        Plain text or HTML, at most 5 MB.
    folder : path, optional
        Instead of `data_folder`.

    Returns
    -------
    Attached
        What was stored. A document that was attached before is replaced.

    Raises
    ------
    InputError
        When the key is none, or the document cannot be read or stored.
    """
    _check(key)
    file = Path(file)
    data = _bytes_of(file)
    attached = Attached(key, file.name, hashlib.sha256(data).hexdigest(), passage_from_bytes(data, str(file)))
    place = _place(key, folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write_at_once(place, json.dumps(attached.to_json(), ensure_ascii=False, indent=1))
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror or error}", file=str(place))) from error
    return attached


def attached(key: str, folder: Path | None = None) -> Attached | None:
    """Return the document attached to a source, or None when there is none."""
    _check(key)
    return _read(_place(key, folder), key)


def detach(key: str, folder: Path | None = None) -> bool:
    """Forget the document attached to a source; return whether there was one."""
    _check(key)
    place = _place(key, folder)
    try:
        place.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise InputError(Problem(f"cannot be removed: {error.strerror or error}", file=str(place))) from error
    return True


def all_attached(folder: Path | None = None) -> list[Attached]:
    """Return every attached document, by key; files that are damaged are passed over."""
    found: list[Attached] = []
    for place in sorted(_passages(folder).glob("*.json")):
        with contextlib.suppress(InputError):
            one = _read(place, None)
            if one is not None:
                found.append(one)
    return sorted(found, key=lambda one: one.key)


def require(key: str, folder: Path | None = None) -> Attached:
    """Return the document attached to a source; `InputError` says how to attach one when there is none."""
    one = attached(key, folder)
    if one is None:
        keys = [other.key for other in all_attached(folder)]
        hint = nearest(key, keys) or f"attach one with `blocs sources attach {key} FILE`"
        raise InputError(Problem(f"no document is attached to `{key}`", hint=hint))
    return one


def _check(key: str) -> None:
    if not isinstance(key, str) or not re.fullmatch(KEY_PATTERN, key):
        shown = str(key)[:60]
        raise InputError(Problem(f"`{shown}` is no key of a source", hint="use letters, digits and any of _ . : + -"))


def _passages(folder: Path | None) -> Path:
    return (folder or data_folder()) / "passages"


def _place(key: str, folder: Path | None) -> Path:
    """Return where a source's document is kept.

    Some file systems take capitals for small letters, or reserve names such as ``con``: a hash keeps keys apart.
    """
    readable = re.sub(r"[^a-z0-9._-]", "_", key.lower())[:60]
    return _passages(folder) / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.json"


def _bytes_of(file: Path) -> bytes:
    from blocs.sources.passages import MOST_BYTES

    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(
                Problem(f"larger than {MOST_BYTES:,} bytes; attach the part that is cited", file=str(file))
            )
        return file.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(file))) from error
    except ValueError as error:  # a zero byte in the name
        raise InputError(Problem("is no name of a file")) from error


def _write_at_once(place: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".writing-", suffix=".tmp", dir=place.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _read(place: Path, key: str | None) -> Attached | None:
    again = Problem("the stored document is damaged or of another version", file=str(place), hint="attach it again")
    try:
        if place.stat().st_size > _MOST_BYTES:
            raise InputError(again)
        data = json.loads(place.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(place))) from error
    except (ValueError, RecursionError) as error:
        raise InputError(again) from error
    if not isinstance(data, dict) or data.get("format") != FORMAT or (key is not None and data.get("key") != key):
        raise InputError(again)
    passage = data.get("passage")
    if not isinstance(passage, dict):
        raise InputError(again)
    return Attached(str(data.get("key")), str(data.get("file")), str(data.get("sha256")), passage_from_json(passage))
