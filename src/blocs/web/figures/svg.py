"""Elements of SVG as text, with everything that a case says escaped."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

# classes of the style sheet, in the order of `blocs.report.figures.palette.SERIES`
SERIES = ("blue", "orange", "green", "purple", "red", "ochre", "ink", "muted")
# the dashes that go with them
DASHES = ("", "6 3", "8 3 2 3", "2 3", "10 3", "1 2", "4 2 1 2 1 2", "12 4")

Number = float | int


def element(name: str, *content: str, **attributes: Number | str | None) -> str:
    """Return an element; a trailing underscore of an attribute's name is dropped, others become hyphens."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_shown(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{''.join(content)}</{name}>" if content else f"<{name}{said}/>"


def text(words: str, x: Number, y: Number, kind: str = "", anchor: str | None = None) -> str:
    """Return words at a place; `anchor` is start, middle or end."""
    return element("text", escape(words), x=x, y=y, class_=kind or None, text_anchor=anchor)


def title(words: str) -> str:
    """Return the words that a pointer at an element brings up."""
    return element("title", escape(words))


def drawing(width: Number, height: Number, *content: str, kind: str = "") -> str:
    """Return a drawing of this size in pixels; it shrinks with the space that it has."""
    box = f"0 0 {_shown(width)} {_shown(height)}"
    name = f"drawing {kind}".strip()
    return element("svg", *content, class_=name, viewBox=box, width=width, height=height, aria_hidden="true")


def both(wide: str, narrow: str) -> Markup:
    """Return a drawing for a desk and one for a phone, of which the style sheet shows one."""
    return Markup(f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>')


def fitted(words: str, letters: int) -> str:
    """Return words cut to a number of letters."""
    return words if len(words) <= letters else words[: letters - 1].rstrip() + "…"


def _shown(value: Number | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
