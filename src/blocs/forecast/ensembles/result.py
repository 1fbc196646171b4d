"""A solved ensemble: read back from its folder, as tables with labels, and summarised."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.forecast.ensembles.chunk import COUNT, FACT, OUTCOME, PARAMETER, RECORD, VALUE
from blocs.forecast.ensembles.design import Design
from blocs.forecast.ensembles.store import chunk_files, read_chunk, read_manifest
from blocs.forecast.outcomes import Spread
from blocs.solve.certificate import Certificate

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ensemble:
    """The draws of an ensemble and what followed from each.

    Attributes
    ----------
    table : pyarrow.Table
        One row per draw, in order. Columns: ``draw``; ``parameter.NAME`` and ``fact.NAME`` (what was drawn);
        ``outcome.NAME`` (probability); ``count.STAGE: OPTION`` (expected number of times, without `hold`);
        ``value.ROLE`` (at the start, in units of payoff); ``end`` (expected number of steps until the crisis ends, at
        most the calendar's); ``log_score`` (mean log probability of a decision of the real history; missing where there
        is none or where it is impossible under the draw's facts); ``probability_sum`` (of all outcomes: one, up to
        rounding).
    identity : mapping
        Everything that the numbers depend on: version, hashes of case and theory, draws, seed, settings, chunks.
    residuals : tuple of float
        Deviations from the response condition, as recomputed for the first draw of some chunks.
    folder : Path or None
    """

    table: pa.Table = field(repr=False)
    identity: Mapping[str, Any] = field(repr=False)
    residuals: tuple[float, ...] = field(repr=False)
    folder: Path | None = None

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Ensemble:
        """Read an ensemble back from its folder, finished or not.

        Raises
        ------
        InputError
            It is no folder of an ensemble, has no chunk yet, or a file in it cannot be read.
        """
        place = Path(folder)
        if not place.is_dir():
            raise InputError(Problem("there is no such folder", file=str(place)))
        identity = read_manifest(place)
        tables = [read_chunk(path) for _, path in chunk_files(place)]
        if not tables:
            raise InputError(Problem("no chunk of this ensemble is finished yet", file=str(place)))
        return cls._of(tables, identity, place)

    @classmethod
    def of_bytes(cls, contents: Sequence[bytes], design: Design) -> Ensemble:
        """Return the ensemble whose chunks are given as the contents of their files."""
        import pyarrow.parquet as pq

        return cls._of([pq.ParquetFile(io.BytesIO(content)).read() for content in contents], design.identity, None)

    @classmethod
    def _of(cls, tables: Sequence[pa.Table], identity: Mapping[str, Any], folder: Path | None) -> Ensemble:
        import pyarrow as pa

        residuals = []
        for table in tables:
            record = json.loads((table.schema.metadata or {}).get(RECORD, b"{}"))
            if "residual" in record:
                residuals.append(float(record["residual"]))
        bare = [table.replace_schema_metadata(None) for table in tables]
        return cls(pa.concat_tables(bare), identity, tuple(residuals), folder)

    def __len__(self) -> int:
        """Return the number of draws that are there."""
        return self.table.num_rows

    @property
    def complete(self) -> bool:
        """Whether all draws are there."""
        return len(self) == int(self.identity["draws"])

    def column(self, name: str) -> Floats:
        """Return one column; float64 array (draw,). Missing values are NaN."""
        if name not in self.table.column_names:
            raise InputError(f"the ensemble has no column `{name}`")
        return self.table[name].to_numpy()

    def names(self, prefix: str) -> list[str]:
        """Return the names of the columns with a prefix such as ``outcome.``, without it."""
        return [name.removeprefix(prefix) for name in self.table.column_names if name.startswith(prefix)]

    def _spreads(self, prefix: str) -> dict[str, Spread]:
        return {name: Spread.of(self.column(prefix + name)) for name in self.names(prefix)}

    @cached_property
    def outcomes(self) -> dict[str, Spread]:
        """Probability of each outcome, over draws."""
        return self._spreads(OUTCOME)

    @cached_property
    def option_counts(self) -> dict[str, Spread]:
        """Expected number of times that each option is taken, over draws."""
        return self._spreads(COUNT)

    @cached_property
    def inputs(self) -> dict[str, Spread]:
        """What was drawn: parameters, then facts."""
        return {**self._spreads(PARAMETER), **self._spreads(FACT)}

    @property
    def end(self) -> Spread:
        """Expected number of steps until the crisis ends, over draws."""
        return Spread.of(self.column("end"))

    @property
    def log_score(self) -> Spread | None:
        """Mean log probability of a decision of the real history, over draws under which it is possible."""
        score = self.column("log_score")
        score = score[np.isfinite(score)]
        return Spread.of(score) if len(score) else None

    @property
    def likeliest(self) -> dict[str, float]:
        """Share of the draws in which each outcome is the likeliest."""
        names = self.names(OUTCOME)
        best = np.argmax(np.stack([self.column(OUTCOME + name) for name in names]), axis=0)
        return {name: float(np.mean(best == o)) for o, name in enumerate(names)}

    @property
    def certificate(self) -> Certificate:
        """The largest residual that was recomputed, and the sum of probabilities that is farthest from one."""
        sums = self.column("probability_sum")
        checked = len(self.residuals)
        return Certificate(
            residual=max(self.residuals, default=float("nan")),
            probability_sum=float(sums[np.argmax(np.abs(sums - 1.0))]),
            iterations=len(self),
            message=f"response condition checked anew at {checked} of the draws",
        )

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain values."""
        score = self.log_score
        return {
            **{name: value for name, value in self.identity.items() if name != "chunks"},
            "finished": len(self),
            "outcomes": {name: spread.to_json() for name, spread in self.outcomes.items()},
            "likeliest": self.likeliest,
            "option_counts": {name: spread.to_json() for name, spread in self.option_counts.items()},
            "end": self.end.to_json(),
            "log_score": score.to_json() if score is not None else None,
            "certificate": self.certificate.to_json() if self.residuals else None,
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per draw; the columns are those of `table`, with the draw as the index."""
        frame = self.table.to_pandas().set_index("draw")
        frame.attrs.update({name: value for name, value in self.identity.items() if not isinstance(value, dict)})
        return frame

    def to_xarray(self) -> xr.Dataset:
        """Return arrays with named axes: draw by parameter, fact, outcome, option and role."""
        import xarray as xr

        arrays: dict[str, Any] = {}
        coordinates: dict[str, Any] = {"draw": self.table["draw"].to_numpy()}
        for prefix, axis, name in (
            (PARAMETER, "parameter", "parameter_value"),
            (FACT, "fact", "fact_value"),
            (OUTCOME, "outcome", "probability"),
            (COUNT, "option", "times_taken"),
            (VALUE, "role", "value"),
        ):
            labels = self.names(prefix)
            if labels:
                coordinates[axis] = labels
                arrays[name] = (("draw", axis), np.stack([self.column(prefix + one) for one in labels], axis=1))
        for name in ("end", "log_score", "probability_sum"):
            arrays[name] = (("draw",), self.column(name))
        plain = {name: value for name, value in self.identity.items() if isinstance(value, str | int | float)}
        return xr.Dataset(arrays, coords=coordinates, attrs=plain)

    def __repr__(self) -> str:
        """Show the outcomes as a small table."""
        width = max((len(name) for name in self.outcomes), default=0)
        state = f"{len(self):,} draws" if self.complete else f"{len(self):,} of {self.identity['draws']:,} draws so far"
        rows = [
            f"{name:<{width}}  {spread.mean:6.1%}  [{spread.low:.1%}, {spread.high:.1%}]"
            for name, spread in self.outcomes.items()
        ]
        return "\n".join([f"Ensemble of {self.identity['case']}, {state} (mean and 90 % interval)", *rows])
