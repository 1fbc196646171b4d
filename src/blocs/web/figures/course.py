"""A case at a glance: who moved when, one lane for each role, without any solution."""

from __future__ import annotations

from collections.abc import Sequence

from blocs.language.case import Case
from blocs.web.figures.svg import SERIES, drawing, element

WIDTH, LANE = 280, 15


def course_strip(case: Case) -> str:
    """Draw the moves of a case's history as dots by date, patron, client and rival one below the other."""
    roles: Sequence[str] = list(case.roles)
    steps = case.calendar.steps
    parts = [
        element("path", d=f"M0 {(row + 0.5) * LANE}H{WIDTH}", class_="line faint", stroke_width=1)
        for row in range(len(roles))
    ]
    seen: dict[tuple[int, int], int] = {}
    for event in case.history:
        if event.role not in roles:
            continue
        step, row = case.calendar.index(event.date), roles.index(event.role)
        again = seen[step, row] = seen.get((step, row), -1) + 1
        x = 6 + (WIDTH - 12) * (step + 0.5) / steps + 3.0 * again
        radius = 4.5 if event.confidence >= 1 else 3.2
        parts.append(element("circle", cx=x, cy=(row + 0.5) * LANE, r=radius, class_=f"fill {SERIES[row % 6]}"))
    return drawing(WIDTH, LANE * max(len(roles), 1), *parts, kind="strip")
