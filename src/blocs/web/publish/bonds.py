"""The network of blocs: who held whom, and who stood ready to take the patron's place; every case is a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from blocs.report.figures.palette import fold
from blocs.report.figures.ties import CLIENT, PATRON, RIVAL
from blocs.web.figures.svg import SERIES, element, fitted, text, title


@dataclass(frozen=True)
class Tie:
    """One case in the network: its address, the years, the actors by role, and how it ended."""

    address: str
    title: str
    years: str
    roles: Mapping[str, str]
    outcome: str


@dataclass(frozen=True)
class Layout:
    """Places in pixels for one width of the page."""

    width: int
    row: int
    box: int
    middle: int
    letters: int

    @property
    def right(self) -> int:
        """Where the column of rivals begins."""
        return self.width - self.box


DESK = Layout(width=960, row=34, box=150, middle=300, letters=18)
PHONE = Layout(width=360, row=46, box=86, middle=126, letters=10)
# the height of an actor's box, with one line of its name and with each further one
BOX, LINE = 30, 14
HEAD = 30
NAME = "Patrons, clients and rivals; each crisis is a link"


def bonds(ties: Sequence[Tie], layout: Layout) -> str:
    """Draw the network: patrons to the left, cases in the middle, rivals to the right.

    Parameters
    ----------
    ties : sequence of Tie
        The rows; those of one patron are put together.
    layout : Layout
    """
    by_patron: dict[str, list[Tie]] = {}
    for tie in ties:
        by_patron.setdefault(tie.roles.get(PATRON, ""), []).append(tie)
    rows = [tie for _, group in sorted(by_patron.items(), key=lambda item: -len(item[1])) for tie in group]
    place = {id(tie): HEAD + (number + 0.5) * layout.row for number, tie in enumerate(rows)}
    colours = {name: SERIES[i % 6] for i, name in enumerate(sorted({tie.outcome for tie in rows}))}
    sides = {}
    for role in (PATRON, RIVAL):
        found: dict[str, list[float]] = {}
        for tie in rows:
            if role in tie.roles:
                found.setdefault(tie.roles[role], []).append(place[id(tie)])
        sides[role] = _apart({name: sum(at) / len(at) for name, at in found.items()}, layout)
    height = HEAD + max([len(rows) * layout.row, *(at - HEAD + BOX for side in sides.values() for at in side.values())])
    drawn = [_row(tie, place[id(tie)], sides, colours[tie.outcome], layout) for tie in rows]
    boxes = [_box(name, 0, at, layout, PATRON) for name, at in sides[PATRON].items()]
    boxes += [_box(name, layout.right, at, layout, RIVAL) for name, at in sides[RIVAL].items()]
    heads = [
        text("patron", layout.box / 2, 16, "head", "middle"),
        text("client and crisis", layout.middle, 16, "head"),
        text("rival", layout.right + layout.box / 2, 16, "head", "middle"),
    ]
    return element(
        "svg", *heads, *drawn, *boxes, class_="bonds", viewBox=f"0 0 {layout.width} {height:.0f}",
        width=layout.width, height=height, role="group", aria_label=NAME,
    )  # fmt: skip


def _apart(wanted: Mapping[str, float], layout: Layout) -> dict[str, float]:
    """Return places near those wanted at which no two boxes touch."""
    places, free = {}, float(HEAD)
    for name, at in sorted(wanted.items(), key=lambda item: item[1]):
        half = _tall(name, layout) / 2
        places[name] = max(at, free + half)
        free = places[name] + half + 6
    return places


def _lines(name: str, layout: Layout) -> list[str]:
    return fold(name, layout.letters).splitlines()[:3] or [""]


def _tall(name: str, layout: Layout) -> float:
    return BOX + LINE * (len(_lines(name, layout)) - 1)


def _box(name: str, x: float, y: float, layout: Layout, role: str) -> str:
    lines, tall = _lines(name, layout), _tall(name, layout)
    first = y + 4.5 - LINE * (len(lines) - 1) / 2
    return element(
        "g",
        element("rect", x=x + 1, y=y - tall / 2, width=layout.box - 2, height=tall, rx=6, class_=f"actor {role}"),
        *(text(line, x + layout.box / 2, first + LINE * i, "name", "middle") for i, line in enumerate(lines)),
    )


def _row(tie: Tie, y: float, sides: Mapping[str, Mapping[str, float]], colour: str, layout: Layout) -> str:
    wide = layout is DESK
    start, end = layout.middle - 16, layout.middle + (330 if wide else 112)
    # two lines of words stand around the middle of a row, and ties lead to the first
    at = y if wide else y - 8
    parts = []
    if PATRON in tie.roles:
        parts.append(_curve(layout.box, sides[PATRON][tie.roles[PATRON]], start, at, "bond"))
    if RIVAL in tie.roles:
        parts.append(_curve(layout.right, sides[RIVAL][tie.roles[RIVAL]], end, at, "offer"))
    client = fitted(tie.roles.get(CLIENT, tie.title), 22 if wide else 14)
    parts += [
        title(f"{tie.title}: {tie.outcome}" if tie.outcome else tie.title),
        element("rect", x=start, y=y - layout.row / 2 + 1, width=end - start, height=layout.row - 2, class_="hit"),
        element("circle", cx=layout.middle - 8, cy=at, r=5, class_=f"dot {colour}"),
    ]
    if wide:
        parts.append(text(f"{client}, {tie.years}", layout.middle + 4, y + 4.5, "client"))
        parts.append(text(tie.outcome, layout.middle + 326, y + 4.5, "end", "end"))
    else:
        parts.append(text(client, layout.middle + 4, y - 4, "client"))
        parts.append(text(tie.years, layout.middle + 4, y + 11, "end"))
    name = f"{tie.title}. Ended in: {tie.outcome}." if tie.outcome else tie.title
    inside = "".join(parts)
    return f'<a class="tie" href="{escape(tie.address)}" aria-label="{escape(name)}">{inside}</a>'


def _curve(x0: float, y0: float, x1: float, y1: float, kind: str) -> str:
    middle = (x0 + x1) / 2
    bend = f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    return element("path", d=f"M{x0:.1f} {y0:.1f}{bend}", class_=kind)
