"""Web pages as blocks.

The page is read by libxml2 (through lxml) as a stream of events: no tree is built, nothing is fetched, no entity is
expanded beyond a character, and the cost is linear in the size of the page however broken it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from blocs.sources.blocks import Block, Blocks, Dropped, Kind, joined_lines, level
from blocs.sources.furniture import reason_to_drop_class
from blocs.sources.wordlists import words

_CODE = words("script style noscript template svg math iframe object canvas audio video")
_CONTROLS = words("button select option textarea label legend datalist input fieldset")
_BLOCK = words(
    "address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul cite"
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_HEADINGS = words("h1 h2 h3 h4 h5 h6")
# these hold the whole page or document, whatever their classes say
_NEVER_DROPPED = words("html body main article")
# what an element means by its name alone
_MARKS = {
    **dict.fromkeys(_CODE, "drop code"),
    **dict.fromkeys(_CONTROLS, "drop form"),
    **dict.fromkeys(_HEADINGS, "heading"),
    "nav": "drop navigation",
    "aside": "drop page furniture",
    "title": "title",
    "blockquote": "quote",
    "pre": "pre",
    "sup": "note",
}
_BYLINE = re.compile(r"byline|author|vcard|author-.*|.*-author|posted-by|entry-author", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FORM = re.compile(r"comment|search|log-?in|sign-?(?:in|up)|subscri|newsletter|respond|reply|mail", re.IGNORECASE)
_NOTE_MARK = re.compile(r"[\[(][\w*†‡]{1,4}[\])]|[\d*†‡]{1,4}")
# a line shown among those dropped is cut here; it only has to be recognised
_SHOWN = 200


def web_blocks(text: str) -> Blocks:
    """Divide a web page into blocks.

    Parameters
    ----------
    text : str
        HTML, however broken.

    Returns
    -------
    Blocks
        Menus, forms, scripts, hidden parts, and elements whose class or id says that they are furniture are among
        those dropped.
    """
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - an extension without stubs

    page = _Page()
    parser = etree.HTMLParser(target=page, recover=True, no_network=True, huge_tree=False, encoding="utf-8")
    parser.feed(text.encode("utf-8", "replace"))
    return parser.close()


class _Page:
    """Receives the events of the parser and collects blocks."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.stack: list[tuple[str, str]] = []  # (tag, mark): see `_mark`
        self.text: list[str] = []
        self.reasons: list[str] = []  # why the elements around are dropped, outermost first
        self.notes: list[tuple[int, bool]] = []  # open <sup>: where its text begins, whether it holds a link
        self.counts = dict.fromkeys(("quote", "heading", "title", "byline", "pre", "citation"), 0)
        self.code_told: set[str] = set()

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open an element."""
        if tag == "br":
            self.text.append("\n")
            return
        if tag == "meta":
            if attributes.get("property") == "og:title" or attributes.get("name") == "citation_title":
                self.blocks.title = level(attributes.get("content", ""))[:500]
            return
        if tag in _BLOCK:
            self.flush()
        if tag in _VOID:
            return
        if tag == "a" and self.notes:
            self.notes[-1] = (self.notes[-1][0], True)
        mark = _MARKS.get(tag, "")
        if attributes or tag in ("footer", "cite", "figcaption"):
            mark = mark if mark.startswith("drop ") else self._mark(tag, mark, attributes)
        self.stack.append((tag, mark))
        if mark.startswith("drop "):
            self.flush()
            self.reasons.append(mark[5:])
        elif mark in self.counts:
            self.counts[mark] += 1
        elif mark == "note":
            self.notes.append((len(self.text), "reference" in attributes.get("class", "")))

    def end(self, tag: str) -> None:
        """Close an element."""
        if not self.stack or tag in _VOID:
            return
        opened, mark = self.stack.pop()
        if opened in _BLOCK or opened == "title" or mark.startswith("drop "):
            self.flush()
        if mark.startswith("drop "):
            self.reasons.pop()
        elif mark in self.counts:
            if mark == "byline":
                self.flush()
            self.counts[mark] -= 1
        elif mark == "note" and self.notes:
            begins, linked = self.notes.pop()
            inside = "".join(self.text[begins:]).strip()
            if _NOTE_MARK.fullmatch(inside) and (linked or inside[0] in "[("):
                del self.text[begins:]

    def data(self, text: str) -> None:
        """Take text."""
        self.text.append(text if self.counts["pre"] else text.replace("\n", " ").replace("\r", " "))

    def comment(self, text: str) -> None:
        """Pass over a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Pass over a processing instruction."""

    def close(self) -> Blocks:
        """Finish, and give what was collected."""
        self.flush()
        return self.blocks

    def _mark(self, tag: str, usual: str, attributes: Mapping[str, str]) -> str:
        """Say what an element means for the text inside it, where its name alone does not tell."""
        if tag == "footer" and not self.counts["quote"]:
            return "drop page furniture"
        if tag not in _NEVER_DROPPED:
            reason = self._reason(tag, attributes)
            if reason:
                return f"drop {reason}"
        if usual:
            return usual
        if self.counts["quote"] and tag in ("cite", "footer", "figcaption"):
            return "citation"
        names = f"{attributes.get('class', '')} {attributes.get('rel', '')} {attributes.get('itemprop', '')}"
        if tag not in _NEVER_DROPPED and any(_BYLINE.fullmatch(name) for name in names.split()):
            self.flush()
            return "byline"
        return ""

    def _reason(self, tag: str, attributes: Mapping[str, str]) -> str:
        names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        if "hidden" in attributes or attributes.get("aria-hidden") == "true":
            return "hidden"
        if _HIDDEN.search(attributes.get("style", "")[:500]):
            return "hidden"
        if attributes.get("role") in (
            "navigation",
            "search",
            "banner",
            "contentinfo",
            "dialog",
            "complementary",
            "menu",
        ):
            return "page furniture"
        if tag == "form" and _FORM.search(f"{names} {attributes.get('action', '')}"[:500]):
            return "form"
        return reason_to_drop_class(names)

    def flush(self) -> None:
        """End the block that is being collected."""
        if not self.text:
            return
        raw, self.text = "".join(self.text), []
        self.notes = [(0, linked) for _, linked in self.notes]
        if not raw or raw.isspace():
            return
        if self.reasons:
            self._drop(raw)
            return
        if self.counts["title"] and not self.counts["heading"]:
            self.blocks.title = self.blocks.title or level(raw)[:500]
            return
        pieces = re.split(r"\n[ \t]*(?:\n[ \t]*)+", raw)
        for piece in pieces:
            lines = [line for line in map(level, piece.split("\n")) if line]
            paragraphs = [" ".join(lines)] if self.counts["pre"] else joined_lines(lines)
            self.blocks.kept.extend(Block(paragraph, self._kind()) for paragraph in paragraphs if paragraph)

    def _drop(self, raw: str) -> None:
        reason = self.reasons[0]
        if "code" in self.reasons:
            if "code" not in self.code_told:
                self.code_told.add("code")
                self.blocks.dropped.append(Dropped("(scripts, styles and embedded media)", "code"))
            return
        self.blocks.dropped.append(Dropped(level(raw)[:_SHOWN], reason))

    def _kind(self) -> Kind:
        for kind in ("citation", "byline", "heading", "quote"):
            if self.counts[kind]:
                return kind
        return "text"
