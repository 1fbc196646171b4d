"""Stationary games in NumPy's archives: read with care (no pickles, sizes known before anything is unpacked), written.

Two layouts. The dense one is that of `sgamesolver`'s arrays: ``u[s, p, a1..aP]``, ``phi[s, a1..aP, s']``, ``delta[p]``,
``nums_actions[s, p]`` (1 for a player who has no choice). The sparse one holds the fields of
`blocs.game.stationary.StationaryGame` under their own names: ``counts, payoff, next_ptr, next_state, prob, discount``.
"""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy

from blocs.errors import InputError, Problem
from blocs.game.stationary import StationaryGame

# Arrays of this many bytes together are read; two hundred times the largest dense game that was solved elsewhere
LIMIT = 2_000_000_000
_DENSE = {"u": "f", "phi": "f", "delta": "f", "nums_actions": "iu"}
_SPARSE = {"counts": "iu", "payoff": "f", "next_ptr": "iu", "next_state": "iu", "prob": "f", "discount": "f"}


def read_npz(path: str | os.PathLike[str], *, limit: int = LIMIT) -> StationaryGame:
    """Read a stationary game from an archive of arrays.

    Parameters
    ----------
    path : path of the file
    limit : int
        Largest size in bytes that the arrays may have together once they are unpacked.

    Raises
    ------
    InputError
        With every problem that was found.
    """
    file = os.fspath(path)
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
            layout = _SPARSE if "next_ptr" in names else _DENSE
            missing = [name for name in layout if name not in names]
            if missing:
                raise _fault(file, "", f"the archive has no array {_listed(missing)}; it has {_listed(sorted(names))}")
            _check_sizes(archive, layout, file, limit)
            arrays = {name: _array(archive, name) for name in layout}
    except OSError as error:
        raise _fault(file, "", error.strerror or str(error)) from None
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError) as error:
        raise _fault(file, "", f"this is not an archive of NumPy arrays that can be read: {error}") from None
    for name, kinds in layout.items():
        if arrays[name].dtype.kind not in kinds + "iu":
            raise _fault(file, name, f"holds {arrays[name].dtype}, not numbers of the right kind")
    if layout is _DENSE:
        return StationaryGame.from_dense(arrays["u"], arrays["phi"], arrays["delta"], arrays["nums_actions"], file=file)
    return StationaryGame(
        counts=arrays["counts"].astype(np.int32),
        payoff=arrays["payoff"].astype(np.float64),
        next_ptr=arrays["next_ptr"].astype(np.int32),
        next_state=arrays["next_state"].astype(np.int32),
        prob=arrays["prob"].astype(np.float64),
        discount=np.atleast_1d(arrays["discount"].astype(np.float64)),
        file=file,
    )


def write_npz(game: StationaryGame, path: str | os.PathLike[str]) -> None:
    """Write a stationary game in the sparse layout, compressed; `read_npz` gives the same game back."""
    np.savez_compressed(
        os.fspath(path),
        counts=game.counts,
        payoff=game.payoff,
        next_ptr=game.next_ptr,
        next_state=game.next_state,
        prob=game.prob,
        discount=game.discount,
    )


def _check_sizes(archive: zipfile.ZipFile, names: dict[str, str], file: str, limit: int) -> None:
    """Refuse an archive whose arrays would be too large, going by their own headers, before any is unpacked."""
    total = 0
    for name in names:
        with archive.open(f"{name}.npy") as member:
            shape, _, kind = _header(member, name, file)
        if kind.hasobject:
            raise _fault(file, name, "holds Python objects, which are never read")
        total += math.prod(shape) * kind.itemsize
    if total > limit:
        raise _fault(
            file, "", f"the arrays take {total:,} bytes; at most {limit:,} are read", "raise the limit if you trust it"
        )


def _header(member: Any, name: str, file: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(member)
    if version == (1, 0):
        return npy.read_array_header_1_0(member)
    if version == (2, 0):
        return npy.read_array_header_2_0(member)
    raise _fault(file, name, f"is written in version {version[0]}.{version[1]} of the format, which is not read")


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray[Any, Any]:
    with archive.open(f"{name}.npy") as member:
        return npy.read_array(member, allow_pickle=False)


def _fault(file: str, path: str, message: str, hint: str = "") -> InputError:
    return InputError(Problem(message, file=file, path=path, hint=hint))


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "at all"
