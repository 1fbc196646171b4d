"""The actors and their ties at one date: thick where they are bound, dashed where they are divided."""

from __future__ import annotations

from collections.abc import Mapping

from blocs.report.figures.network import PLACES
from blocs.report.figures.ties import CLIENT, PATRON, RIVAL, Moment, all_bonds_of
from blocs.web.figures.svg import drawing, element, fitted, text

WIDTH, HEIGHT = 360, 300
THICKNESS = 2.2


def network(moment: Moment, actors: Mapping[str, str], variables: frozenset[str]) -> str:
    """Draw the ties at one date.

    Parameters
    ----------
    moment : Moment
    actors : mapping from role to name
    variables : frozenset of str
        The state variables of the theory, which decide how many ties there could be.
    """
    parts = []
    for pair in ((PATRON, CLIENT), (CLIENT, RIVAL), (PATRON, RIVAL)):
        if set(pair) <= set(actors):
            parts += _tie(moment, pair, all_bonds_of(variables, pair))
    for role, (x, y) in PLACES.items():
        if role in actors:
            parts += _actor(fitted(actors[role], 18), role, x * WIDTH, (1 - y) * HEIGHT)
    return drawing(WIDTH, HEIGHT, *parts, kind="network")


def _actor(name: str, role: str, x: float, y: float) -> list[str]:
    half = max(len(name) * 4.4 + 14, 44)
    x = min(max(x, half + 2), WIDTH - half - 2)
    return [
        element("rect", x=x - half, y=y - 22, width=2 * half, height=44, rx=8, class_=f"actor {role}"),
        text(name, x, y - 1, "label strong", "middle"),
        text(role, x, y + 14, "small", "middle"),
    ]


def _tie(moment: Moment, pair: tuple[str, str], whole: int) -> list[str]:
    (ax, ay), (bx, by) = PLACES[pair[0]], PLACES[pair[1]]
    x0, y0, x1, y1 = ax * WIDTH, (1 - ay) * HEIGHT, bx * WIDTH, (1 - by) * HEIGHT
    strength, strain = moment.strength(pair), sum(moment.strains.get(pair, {}).values())
    # a bond and a strain of the same pair run side by side
    shift = 6.0 if strength and strain else 0.0
    parts = []
    if strength:
        path = f"M{x0 - shift:.1f} {y0 - shift / 2:.1f}L{x1 - shift:.1f} {y1 - shift / 2:.1f}"
        parts.append(element("path", d=path, class_="line blue", stroke_width=THICKNESS * strength))
    if strain:
        path = f"M{x0 + shift:.1f} {y0 + shift / 2:.1f}L{x1 + shift:.1f} {y1 + shift / 2:.1f}"
        parts.append(
            element("path", d=path, class_="line red", stroke_width=1.5 + 1.5 * strain, stroke_dasharray="6 4")
        )
    if whole:
        side = -1 if pair == (PATRON, CLIENT) else 1
        anchor = "end" if side < 0 else "start"
        parts.append(
            text(f"{strength:g} of {whole} ties", (x0 + x1) / 2 + side * 20, (y0 + y1) / 2 + 6, "small", anchor)
        )
    return parts
