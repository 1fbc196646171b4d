"""Codes of event data on options: CAMEO and PLOVER.

CAMEO (Gerner, Schrodt and Yilmaz 2009) has twenty root codes, 01 to 20; a code has two to four digits of which the first
two are the root. PLOVER (Halterman et al. 2023) has sixteen event types; five earlier ones are still found in data.
"""

from __future__ import annotations

import re

from blocs.language.findings import closest

CAMEO_ROOTS = {
    "01": "make public statement",
    "02": "appeal",
    "03": "express intent to cooperate",
    "04": "consult",
    "05": "engage in diplomatic cooperation",
    "06": "engage in material cooperation",
    "07": "provide aid",
    "08": "yield",
    "09": "investigate",
    "10": "demand",
    "11": "disapprove",
    "12": "reject",
    "13": "threaten",
    "14": "protest",
    "15": "exhibit force posture",
    "16": "reduce relations",
    "17": "coerce",
    "18": "assault",
    "19": "fight",
    "20": "use unconventional mass violence",
}
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

_CAMEO = re.compile(r"\d{2,4}")


def wrong_cameo(code: str) -> tuple[str, str] | None:
    """Return message and hint for a code that CAMEO cannot have; None for one that it can."""
    if not _CAMEO.fullmatch(code):
        return f"`{code}` is no CAMEO code", "write two to four digits, such as '057' or '1621'"
    if code[:2] not in CAMEO_ROOTS:
        return f"`{code}` has no CAMEO root: `{code[:2]}`", "root codes go from 01 to 20"
    return None


def wrong_plover(code: str) -> tuple[str, str] | None:
    """Return message and hint for a type that PLOVER does not have; None for one that it has."""
    known = (*PLOVER_TYPES, *PLOVER_EARLIER)
    if code in known:
        return None
    return f"`{code}` is no PLOVER type", closest(code.upper(), known) or f"expected one of {', '.join(PLOVER_TYPES)}"
