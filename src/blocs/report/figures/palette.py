"""Colours, letters and empty figures: one calm palette that colour-blind readers can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Dark enough for a contrast of 4.5 on white. Hues follow Okabe & Ito (2008), which differ for all common kinds of
# colour blindness; where two lines could be confused they differ in their dashes or markers too.
INK, MUTED, FAINT, PAPER = "#1f2933", "#56626d", "#d3d9de", "#fefefe"
BLUE, ORANGE, GREEN, PURPLE, RED, OCHRE = "#24618e", "#a8560f", "#2a7562", "#75508f", "#a2353b", "#7d6510"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, OCHRE, INK, MUTED)
DASHES = ("-", "--", "-.", ":", (0, (6, 2)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")

# the name of each colour in a page's style sheet, which has a lighter one for dark screens
VARIABLES = MappingProxyType(
    {
        INK: "--ink",
        MUTED: "--muted",
        FAINT: "--faint",
        PAPER: "--paper",
        BLUE: "--blue",
        ORANGE: "--orange",
        GREEN: "--green",
        PURPLE: "--purple",
        RED: "--red",
        OCHRE: "--ochre",
    }
)

# inches; a figure this wide fits a phone held upright with letters of the size that they have on a desk
WIDE, NARROW = 7.2, 3.7
# below this width, figures put their labels above rather than beside, and stack what otherwise stands side by side
SMALL = 5.0

_STYLE: Any = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 9.5,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "hatch.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "path.simplify": False,
    # identifiers and text of a file depend on its content alone
    "svg.fonttype": "none",
    "svg.hashsalt": "blocs",
    "pdf.fonttype": 42,
    "text.color": INK,
    # names come from cases: a dollar sign in them is a dollar sign
    "text.parse_math": False,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw and write in the house's style; matplotlib's own settings are as before afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for key, value in _STYLE.items():
            matplotlib.rcParams[key] = value  # pyright: ignore[reportArgumentType] - the keys are matplotlib's own
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches, laid out so that no label is cut off."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def percent_axis(axis: Any) -> None:
    """Write the ticks of an axis of probabilities in per cent."""
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g} %"))


def bare(axes: Axes) -> None:
    """Take away the frame and the marks of the vertical axis; names stand there, not numbers."""
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def fold(text: str, width: int) -> str:
    """Break a label into lines of at most `width` letters where it has spaces."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) or text


def height_for(rows: int, each: float, rest: float) -> float:
    """Return the height in inches of a figure with so many rows, and so much besides."""
    return rest + each * max(rows, 1)
