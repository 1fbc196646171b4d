"""Looking at figures in tests."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.image import imread

from blocs.report.figures.saving import figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def well_drawn(figure: Figure) -> bool:
    """Say whether a figure is not blank and nothing touches its edges, where it would be cut off."""
    picture = imread(io.BytesIO(figure_bytes(figure, "png")))[:, :, :3]
    colours = np.unique((picture * 255).astype(np.int64) @ [1 << 16, 1 << 8, 1])
    paper = picture[-1, -1]
    edges = (picture[0], picture[:, 0], picture[:, -1], picture[-1])
    return len(colours) > 8 and all(float(np.abs(edge - paper).max()) < 0.02 for edge in edges)
