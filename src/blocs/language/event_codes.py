"""Codes of event data on options: CAMEO and PLOVER.

CAMEO (Schrodt 2012) has twenty root codes, 01 to 20; a code has two to four digits, the first two being the root.
PLOVER (Halterman et al. 2023) has sixteen event types; those of its first draft are still found in data.
"""

from __future__ import annotations

import re

from blocs.language.document import shorten
from blocs.language.findings import closest

PLOVER_TYPES = (
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "CONCEDE",
    "COOPERATE",
    "AID",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
)
PLOVER_EARLIER = ("INVESTIGATE", "DEMAND", "DISAPPROVE", "FIGHT", "CRIME")

CAMEO_PATTERN = r"^(0[1-9]|1[0-9]|20)[0-9]{0,2}$"


def wrong_cameo(code: str) -> tuple[str, str] | None:
    """Return message and hint for a code that CAMEO cannot have; None for one that it can."""
    if re.fullmatch(CAMEO_PATTERN, code):
        return None
    if re.fullmatch("[0-9]{2,4}", code):
        return f"`{code}` has no CAMEO root: `{code[:2]}`", "root codes go from 01 to 20"
    return f"`{shorten(code)}` is no CAMEO code", "write two to four digits, such as '057' or '1621'"


def wrong_plover(code: str) -> tuple[str, str] | None:
    """Return message and hint for a type that PLOVER does not have; None for one that it has."""
    known = (*PLOVER_TYPES, *PLOVER_EARLIER)
    if code in known:
        return None
    hint = closest(code.upper(), known) or f"expected one of {', '.join(PLOVER_TYPES)}"
    return f"`{shorten(code)}` is no PLOVER type", hint
