"""Which cases are published: all that ship with blocs, or those that are named, each with a name for its folder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocs.errors import InputError, Problem, nearest
from blocs.language.case import Case
from blocs.language.load import load_case
from blocs.library import ROOT, list_cases

# a file system takes 255 letters; endings and a folder's neighbours need some
LONGEST = 80


@dataclass(frozen=True)
class Chosen:
    """A case to publish.

    Attributes
    ----------
    case : Case
    slug : str
        The name of its folder: small letters, digits and hyphens.
    file : Path
    """

    case: Case
    slug: str
    file: Path

    @property
    def shipped(self) -> bool:
        """Whether it ships with blocs."""
        return self.file.resolve().is_relative_to(ROOT)

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.case.title or self.case.case


def choose(names: Sequence[str] = (), theory: str = "") -> list[Chosen]:
    """Load the cases to publish, the earliest crisis first.

    Parameters
    ----------
    names : sequence of str
        Names of shipped cases, files, folders of a case, or folders of such folders; all shipped cases when empty.
    theory : str
        Take only the cases that are written under this theory.

    Raises
    ------
    InputError
        With every problem in every case; also where nothing is left, or two cases have one name.
    """
    loaded: list[Case] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(one for given in (names or list_cases()) for one in _expanded(given)):
        try:
            loaded.append(load_case(name))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    kept = [case for case in loaded if not theory or case.theory_spec.theory == theory]
    if not kept:
        under = sorted({case.theory_spec.theory for case in loaded})
        hint = nearest(theory, under) or f"these cases are under {', '.join(under)}"
        raise InputError(Problem(f"no case is written under the theory `{theory[:60]}`", hint=hint))
    kept.sort(key=lambda case: (case.calendar.labels()[0], case.case))
    chosen: dict[str, Chosen] = {}
    for case in kept:
        one = Chosen(case, slug_of(case.case), Path(case.origins.documents()[0].file))
        if one.slug in chosen:
            message = f"two cases would have the folder `{one.slug}`: `{chosen[one.slug].case.case}` and `{case.case}`"
            problems.append(Problem(message, str(one.file), path="case", hint="give one of them another name"))
        chosen[one.slug] = one
    if problems:
        raise InputError(problems)
    return list(chosen.values())


def _expanded(name: str) -> Iterator[str]:
    """Yield a name, or what is in a folder of folders with cases."""
    folder = Path(name)
    if "\0" in name or not folder.is_dir() or (folder / "case.yaml").exists():
        yield name
        return
    inside = sorted(folder.glob("*/case.yaml"))
    if not inside:
        raise InputError(Problem("no folder in it has a `case.yaml`", name, hint="name a case, or a folder of cases"))
    yield from map(str, inside)


def slug_of(name: str) -> str:
    """Return a name that is safe as that of a folder, in an address and on every system."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-") or "case"
