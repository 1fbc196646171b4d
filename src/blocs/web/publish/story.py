"""A case's own account, its README.md, as a part of a page: no HTML of its own, no pictures, no links within."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

# far more than any account of a crisis; the rest of a longer one is left out with a sentence that says so
MOST_BYTES = 200_000
# the page has its own list of references
LEFT_OUT = {"sources", "references", "bibliography"}


def readme_of(case_file: Path) -> str:
    """Return the text of the README.md beside a case, or nothing."""
    try:
        data = (case_file.parent / "README.md").read_bytes()
    except OSError:
        return ""
    text = data[:MOST_BYTES].decode("utf-8", "replace")
    return text if len(data) <= MOST_BYTES else text + "\n\nThe account goes on in the file README.md.\n"


def story_html(text: str) -> Markup:
    """Return an account in Markdown as HTML; headings begin at the third level, the title is left out."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = list(_for_a_page(reader.parse(text)))
    # what the reader escapes is words; what is left are the elements of Markdown
    return Markup(reader.renderer.render(tokens, reader.options, {}))


def _for_a_page(tokens: Sequence[Token]) -> Iterator[Token]:
    from markdown_it.token import Token

    skipped = dropping = False
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0:
            title = tokens[number + 1].content.strip()
            skipped, dropping = token.tag == "h1", title.casefold() in LEFT_OUT
        if token.type == "heading_close" and skipped:
            skipped = False
            continue
        if skipped or dropping:
            continue
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "table_open":
            around = Token("html_block", "", 0)
            around.content = '<div class="scroll" tabindex="0" role="region" aria-label="Table of the story">\n'
            yield around
        token.children = list(_without_inner_links(token.children)) if token.children is not None else None
        yield token
        if token.type == "table_close":
            around = Token("html_block", "", 0)
            around.content = "</div>\n"
            yield around


def _without_inner_links(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield tokens with links to the web alone: a file beside the README is somewhere else on the site."""
    dropped: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            dropped.append(not str(token.attrGet("href")).lower().startswith(("https://", "http://")))
            token.attrSet("rel", "noopener noreferrer")
        if token.type in ("link_open", "link_close"):
            gone = dropped[-1]
            if token.type == "link_close":
                dropped.pop()
            if gone:
                continue
        yield token
