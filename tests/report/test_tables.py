"""Tables: as CSV with every digit, as LaTeX and Markdown with what these need escaped."""

from __future__ import annotations

import csv
import io

import pytest

from blocs.cli.picture import FORMATS as OFFERED
from blocs.cli.picture import TABLES
from blocs.report.findings import Findings
from blocs.report.tables import FORMATS, KINDS, Table, reasons_table


def test_the_command_knows_every_kind() -> None:
    assert tuple(KINDS) == TABLES and FORMATS == OFFERED


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_has_rows_as_wide_as_its_head(findings: Findings, typed_findings: Findings, kind: str) -> None:
    findings = typed_findings if kind == "beliefs" else findings
    table = KINDS[kind](findings)
    assert table.rows and all(len(row) == len(table.head) for row in table.rows)
    read = list(csv.reader(io.StringIO(table.text("csv"))))
    assert len(read) == len(table.rows) + 1 and tuple(read[0]) == table.head
    assert table.text("latex").count(r"\\") == len(table.rows) + 1
    assert len(table.text("markdown").splitlines()) == len(table.rows) + 2


def test_outcomes_sum_to_one_in_the_file(findings: Findings) -> None:
    rows = list(csv.DictReader(io.StringIO(KINDS["outcomes"](findings).to_csv())))
    assert sum(float(row["mean"]) for row in rows) == pytest.approx(1, abs=1e-9)


def test_parts_sum_to_the_last_row(findings: Findings) -> None:
    rows = reasons_table(findings).rows
    assert sum(float(row[1]) for row in rows[:-1] if row[1] is not None) == pytest.approx(
        float(rows[-1][1] or 0), abs=1e-9
    )


def test_what_means_something_to_a_format_is_escaped() -> None:
    table = Table("50 % & more", ("a_b", "n"), (("x|y <b> {1}", -0.0001), ("$\\", None)))
    assert table.to_latex().splitlines()[1] == r"\caption{50 \% \& more}"
    assert r"a\_b & n \\" in table.to_latex()
    assert r"x|y \textless{}b\textgreater{} \{1\} & 0.000 \\" in table.to_latex()
    assert r"\$\textbackslash{} &  \\" in table.to_latex()
    assert table.to_markdown().splitlines()[2] == r"| x\|y &lt;b&gt; {1} | 0.000 |"
