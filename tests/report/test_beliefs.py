"""What is shown of beliefs about private types: in the terminal, in JSON, on the page."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from blocs.errors import InputError
from blocs.report.findings import Findings
from blocs.report.html.page import render
from blocs.report.terminal import print_run


def test_the_page_has_a_section_on_what_could_not_be_known(findings: Findings, typed_findings: Findings) -> None:
    page = render(typed_findings)
    assert 'id="beliefs">What could not be known' in page
    assert "Whether the north was “bold” or “timid” was known to it alone." in page
    assert "Inputs are not moved one by one in games with private types" in page
    assert "Values are not taken apart in games with private types" in page
    assert "What could not be known" not in render(findings)
    with pytest.raises(InputError, match="inputs are not moved one by one"):
        _ = typed_findings.tornado


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
