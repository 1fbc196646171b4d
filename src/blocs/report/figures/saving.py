"""A figure as a file: PNG, SVG or PDF by the name's ending, whole or not at all, the same bytes every time."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError, Problem, nearest
from blocs.language.writing import write_atomically
from blocs.report.figures.palette import PAPER, VARIABLES, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
# dots per inch of pictures made of dots: two for each of a common screen's
DOTS = 192

# neither the time nor the version of matplotlib is part of a figure
_NO_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "ModDate": None},
    "png": {"Software": None},
}


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that a file's name asks for.

    Raises
    ------
    InputError
        The name ends in none of `FORMATS`.
    """
    suffix = Path(path).suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        hint = nearest(suffix, FORMATS) or f"figures are written as .{', .'.join(FORMATS)}"
        raise InputError(Problem(f"`.{suffix}` is no format of figures", os.fspath(path), hint=hint))
    return suffix


def figure_bytes(figure: Figure, form: str) -> bytes:
    """Return the content of a file in one of `FORMATS`; the same figure gives the same bytes."""
    stream = io.BytesIO()
    with style():
        figure.savefig(stream, format=form, dpi=DOTS, metadata=_NO_METADATA[form], facecolor=PAPER)
    return stream.getvalue()


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PNG, SVG or PDF, whichever the name ends in; the file appears whole or not at all.

    Raises
    ------
    InputError
        Another ending, or the file cannot be written.
    """
    content = figure_bytes(figure, format_of(path))
    make_folder_of(path)
    write_atomically(path, content)
    return Path(path)


def make_folder_of(path: str | os.PathLike[str]) -> None:
    """Make the folder that a file is to stand in, where it does not exist.

    Raises
    ------
    InputError
        It cannot be made.
    """
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(f"the folder cannot be made: {error.strerror or error}", os.fspath(path))) from None


def inline_svg(figure: Figure, prefix: str) -> str:
    """Return a figure as an SVG element for a page.

    Colours become variables of the page's style sheet, identifiers begin with `prefix` so that several figures can
    stand in one page, and the background is the page's own. The page tells a reader of the screen what there is to see.
    """
    stream = io.StringIO()
    with style():
        figure.savefig(stream, format="svg", metadata=_NO_METADATA["svg"], transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    # the sizes in points become the largest size; the style sheet lets it shrink
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)pt"', text)[:2])
    head = f'<svg viewBox="0 0 {width:g} {height:g}" width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}"'
    return re.sub(r"<svg[^>]*>", f'{head} aria-hidden="true" focusable="false">', text, count=1).strip()
