"""What is shown of beliefs about private types: in the terminal, in JSON, on the page."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from blocs.errors import InputError
from blocs.report.explaining import print_differences, print_explanations
from blocs.report.findings import Findings
from blocs.report.html.page import render
from blocs.report.tables import reasons_table
from blocs.report.terminal import print_run


def test_the_page_has_a_section_on_what_could_not_be_known(findings: Findings, typed_findings: Findings) -> None:
    page = render(typed_findings)
    assert 'id="beliefs">What could not be known' in page
    assert "Whether the north was “bold” or “timid” was known to it alone." in page
    assert "Inputs are not moved one by one" not in page
    assert "solved on the tree of public histories" in page
    assert "What could not be known" not in render(findings)


def test_inputs_are_not_moved_one_by_one_on_a_grid(grid_findings: Findings) -> None:
    page = render(grid_findings)
    assert "Inputs are not moved one by one where beliefs lie on a grid" in page
    assert "solved for each, with beliefs on a grid" in page
    assert "solved exactly" not in page
    with pytest.raises(InputError, match="inputs are not moved one by one"):
        _ = grid_findings.tornado


def test_the_terminal_and_json_tell_beliefs_step_by_step(typed_findings: Findings) -> None:
    text = io.StringIO()
    print_run(Console(file=text, width=120), typed_findings.run, "blocs run border")
    assert "What the others believed of the north" in text.getvalue()
    told = typed_findings.run.to_json()["beliefs"]["north"]["types"]
    dates = [one["date"] for one in told["bold"]["belief"]]
    assert dates == ["1900", "1901", "1902"]
    for bold, timid in zip(told["bold"]["belief"], told["timid"]["belief"], strict=True):
        assert bold["mean"] + timid["mean"] == pytest.approx(1, abs=1e-12)
    # an advance is what the bold would rather do, holding what the timid would
    assert told["bold"]["prior"] < told["bold"]["belief"][0]["mean"] > told["bold"]["belief"][1]["mean"]


def test_the_page_says_why_not_type_by_type(quiet_findings: Findings) -> None:
    page = render(quiet_findings)
    (group,) = quiet_findings.roads_not_taken
    assert [one.explanation.type for one in group] == ["bold", "timid"]
    for one in group:
        assert f"if it was of the type “{one.explanation.type}” (which the others then believed with" in page
        assert one.explanation.error < 1e-9
        # daring is what tells the types apart: it lightens the price to one and adds to that of the other
        daring = next(part for part in one.explanation.parts if part.name == "dread")
        assert (one.part(daring) > 0).all() == (one.explanation.type == "bold")
    assert "In the eyes of the others, who did not know which it was" in page
    table = reasons_table(quiet_findings)
    assert table.head[1] == "bold: mean" and table.head[5] == "timid: mean"
    for column in (1, 5):
        assert sum(float(str(row[column])) for row in table.rows[:-1]) == pytest.approx(
            float(str(table.rows[-1][column]))
        )


def test_the_terminal_sets_types_side_by_side(quiet_findings: Findings) -> None:
    (group,) = quiet_findings.roads_not_taken
    text = io.StringIO()
    print_differences(Console(file=text, width=120), group)
    said = text.getvalue()
    assert "north: advance instead of hold" in said and said.count("sum     difference") == 1
    assert "What the others believed of the north before it: bold" in said
    assert "Probability of `advance`: bold" in said and "in the eyes of the others" in said
    text = io.StringIO()
    print_explanations(Console(file=text, width=120), [one.explanation for one in group])
    assert text.getvalue().count("in the eyes of the others") == 1
