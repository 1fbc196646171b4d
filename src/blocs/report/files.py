"""A run written to files for other programs: forecast.json, outcomes.csv, decisions.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from blocs.forecast.run import Run
from blocs.language.writing import write_atomically
from blocs.report.numbers import json_text
from blocs.report.reproducing import run_to_json

OUTCOME_FIELDS = ("outcome", "mean", "median", "low", "high")
DECISION_FIELDS = (
    "date",
    "stage",
    "role",
    "option",
    "probability",
    "low",
    "high",
    "likeliest",
    "likeliest_probability",
    "uniform",
    "frequency",
    "confidence",
    "event",
)


def write_run(run: Run, folder: Path) -> list[Path]:
    """Write a run into a folder, which is made where it does not exist.

    Each file appears whole or not at all: a run that is stopped leaves the files of an earlier one as they were.

    Returns
    -------
    list of Path
        The files, in the order forecast.json, outcomes.csv, decisions.csv (the last only where there is a history).
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = run_to_json(run)
    files = {
        "forecast.json": json_text(found),
        "outcomes.csv": csv_text(OUTCOME_FIELDS, ({"outcome": name} | row for name, row in found["outcomes"].items())),
    }
    if found["history"]:
        files["decisions.csv"] = csv_text(DECISION_FIELDS, found["history"]["decisions"])
    for name, text in files.items():
        write_atomically(folder / name, text)
    return [folder / name for name in files]


def csv_text(fields: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as comma-separated values with these columns; other entries of a row are left out."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
