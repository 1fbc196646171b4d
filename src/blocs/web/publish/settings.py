"""What a publisher decides: title, byline, licence of the text, and over how many draws cases are solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blocs.cli.beliefs import usual_draws
from blocs.language.case import Case

TITLE = "Crises inside alliance blocs"

# the licences that texts and data are mostly put under: SPDX identifier -> (title, address)
KNOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Apache-2.0": ("Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        "CC0-1.0": ("Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        "CC-BY-4.0": ("Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        "CC-BY-SA-4.0": (
            "Creative Commons Attribution-ShareAlike 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
        ),
        "CC-BY-NC-4.0": (
            "Creative Commons Attribution-NonCommercial 4.0",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        "CC-BY-NC-SA-4.0": (
            "Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
            "https://creativecommons.org/licenses/by-nc-sa/4.0/",
        ),
        "MIT": ("MIT License", "https://opensource.org/license/mit"),
        "ODbL-1.0": ("Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
    }
)


@dataclass(frozen=True)
class Licence:
    """A licence: its identifier (empty where it has none), its title, and its address where there is one."""

    name: str
    title: str
    address: str = ""

    @classmethod
    def of(cls, words: str) -> Licence:
        """Return the licence of an SPDX identifier, an address, or any other words."""
        for name, (title, address) in KNOWN.items():
            if words.casefold() in (name.casefold(), title.casefold(), address.casefold()):
                return cls(name, title, address)
        if words.lower().startswith(("https://", "http://")):
            return cls("", words, words)
        return cls("", words)


# what ships with blocs is under the licence of blocs
OWN = Licence.of("Apache-2.0")


@dataclass(frozen=True)
class Publication:
    """What is common to all pages of a site.

    Parameters
    ----------
    title : str
    authors : tuple of str
        The byline; may be empty.
    licence : Licence or None
        Of the text and the data, as the publisher names it.
    draws : int, optional
        Over how many draws each case is solved; as many as ``blocs run`` takes where nothing is said.
    seed : int
    command : str
        The command line that makes the site, to be shown.
    """

    title: str = TITLE
    authors: tuple[str, ...] = ()
    licence: Licence | None = None
    draws: int | None = None
    seed: int = 0
    command: str = "blocs publish site"

    def licence_of(self, shipped: bool) -> Licence | None:
        """Return the licence of a case's text: the one that was named, or that of blocs for what ships with it."""
        return self.licence or (OWN if shipped else None)

    def draws_for(self, case: Case) -> int:
        """Return over how many draws a case is solved."""
        return usual_draws(case, self.draws)

    @property
    def byline(self) -> str:
        """The authors in a row."""
        *first, last = self.authors or ("",)
        return f"{', '.join(first)} and {last}" if first else last
