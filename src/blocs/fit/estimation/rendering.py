"""Tables of estimates as text, Markdown, LaTeX and HTML."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass

# characters that LaTeX gives a meaning of its own
_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


@dataclass(frozen=True)
class Cells:
    """A table ready for printing.

    Parameters
    ----------
    title : str
    head : tuple of (label, value)
        Facts above the table.
    header : tuple of str
    rows : tuple of tuple of str
        The first cell of a row is its name.
    notes : tuple of str
        Sentences below the table.
    """

    title: str
    head: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def as_text(cells: Cells) -> str:
    """Render with aligned columns and ruled lines."""
    table = [cells.header, *cells.rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(cells.header))]
    lines = ["  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)])
             for row in table]  # fmt: skip
    width = max(len(lines[0]), len(cells.title), 60)
    label = max((len(name) for name, _ in cells.head), default=0)
    head = [f"{name + ':':<{label + 1}} {value}" for name, value in cells.head]
    notes = [line for note in cells.notes for line in textwrap.wrap(note, width)]
    rule, thin = "=" * width, "-" * width
    return "\n".join([cells.title.center(width).rstrip(), rule, *head, thin, lines[0], thin, *lines[1:], rule, *notes])


def as_markdown(cells: Cells) -> str:
    """Render as a Markdown table."""

    def row(values: tuple[str, ...]) -> str:
        return "| " + " | ".join(value.replace("|", r"\|") for value in values) + " |"

    rule = "|:--|" + "--:|" * (len(cells.header) - 1)
    head = "; ".join(f"{name}: {value}" for name, value in cells.head)
    lines = [f"**{cells.title}**", "", head, "", row(cells.header), rule, *map(row, cells.rows), "", *cells.notes]
    return "\n".join(lines)


def as_latex(cells: Cells) -> str:
    """Render as a LaTeX tabular with booktabs rules."""

    def row(values: tuple[str, ...]) -> str:
        return "  " + " & ".join(_escape(value) for value in values) + r" \\"

    columns = "l" + "r" * (len(cells.header) - 1)
    span = len(cells.header)
    head = [rf"  \multicolumn{{{span}}}{{l}}{{{_escape(name)}: {_escape(value)}}} \\" for name, value in cells.head]
    lines = [
        rf"% {cells.title}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"  \toprule",
        row(cells.header),
        r"  \midrule",
        *map(row, cells.rows),
        r"  \midrule",
        *head,
        r"  \bottomrule",
        r"\end{tabular}",
        *(f"% {note}" for note in cells.notes),
    ]
    return "\n".join(lines)


def as_html(cells: Cells) -> str:
    """Render as an HTML table without styles of its own."""

    def row(values: tuple[str, ...], tag: str) -> str:
        opening = "<th scope='row'>" if tag == "td" else "<th>"
        first = f"{opening}{html.escape(values[0])}</th>"
        return "<tr>" + first + "".join(f"<{tag}>{html.escape(value)}</{tag}>" for value in values[1:]) + "</tr>"

    head = "; ".join(f"{html.escape(name)}: {html.escape(value)}" for name, value in cells.head)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in cells.notes)
    body = "".join(row(one, "td") for one in cells.rows)
    return (
        f"<figure><table><caption>{html.escape(cells.title)}<br>{head}</caption>"
        f"<thead>{row(cells.header, 'th')}</thead><tbody>{body}</tbody></table>"
        f"<figcaption>{notes}</figcaption></figure>"
    )


def _escape(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
