"""Figures: each kind is drawn at both widths, is the same every time, and keeps within its frame."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.image import imread

import blocs
from blocs.cli.picture import FIGURES
from blocs.report.figures.palette import NARROW, WIDE
from blocs.report.figures.reasons import parts_of
from blocs.report.figures.saving import FORMATS, figure_bytes, inline_svg, save_figure
from blocs.report.figures.ties import ties_by_date
from blocs.report.findings import Findings
from blocs.report.gallery import KINDS, draw_figure


def test_the_command_knows_every_kind() -> None:
    assert tuple(KINDS) == FIGURES


@pytest.mark.parametrize("kind", FIGURES)
def test_figures_are_drawn_and_keep_within_their_frame(findings: Findings, typed_findings: Findings, kind: str) -> None:
    findings = typed_findings if kind == "beliefs" else findings
    for width in (WIDE, NARROW):
        figure = draw_figure(findings, kind, width)
        picture = imread(io.BytesIO(figure_bytes(figure, "png")))[:, :, :3]
        assert picture.shape[1] == int(width * 192)
        assert np.unique(picture.reshape(-1, 3), axis=0).shape[0] > 8, "blank"
        # nothing touches the left, right or lower edge: no label is cut off
        paper = picture[-1, -1]
        for edge in (picture[:, 0], picture[:, -1], picture[-1]):
            assert np.abs(edge - paper).max() < 0.02


@pytest.mark.parametrize("form", FORMATS)
def test_figures_are_the_same_every_time(findings: Findings, form: str) -> None:
    first = figure_bytes(draw_figure(findings, "survival"), form)
    assert first == figure_bytes(draw_figure(findings, "survival"), form)
    assert b"Matplotlib" not in first and b"CreationDate" not in first


def test_text_stays_text_and_is_no_mathematics(findings: Findings) -> None:
    text = figure_bytes(draw_figure(findings, "relations"), "svg").decode("utf-8")
    said = {
        "".join(node.itertext()).strip() for node in ElementTree.fromstring(text).iter() if node.tag.endswith("text")
    }
    assert {"Smallland", "Otherland", "1960-01"} <= said
    assert "<i>" not in text


def test_figures_in_a_page_share_no_identifier(findings: Findings) -> None:
    one, two = (
        inline_svg(draw_figure(findings, "outcomes", width), prefix) for width, prefix in ((WIDE, "a"), (NARROW, "b"))
    )
    ids = [{node.get("id") for node in ElementTree.fromstring(svg).iter() if node.get("id")} for svg in (one, two)]
    assert ids[0] and not ids[0] & ids[1]
    assert "var(--ink)" in one and "#1f2933" not in one


def test_saving_says_what_formats_there_are(findings: Findings, tmp_path: Path) -> None:
    figure = draw_figure(findings, "outcomes")
    for form, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        assert save_figure(figure, tmp_path / f"a.{form}").read_bytes().startswith(start)
    with pytest.raises(blocs.InputError, match=r"no format of figures.*\.svg"):
        save_figure(figure, tmp_path / "a.gif")


def test_parts_of_a_difference_add_up_however_few_are_shown(findings: Findings, quiet_findings: Findings) -> None:
    for road in findings.roads_not_taken + quiet_findings.roads_not_taken:
        for most in (2, 3, 50):
            rows = parts_of(road, most)
            assert len(rows) <= most
            for i, one in enumerate(road):
                assert sum(spreads[i].mean for _, spreads in rows) == pytest.approx(float(one.total.mean()), abs=1e-9)


def test_the_first_road_not_taken_is_the_invasion(findings: Findings) -> None:
    assert [road[0].option for road in findings.roads_not_taken] == ["invade"]


def test_ties_follow_the_real_course(findings: Findings) -> None:
    game = findings.run.game
    moments = {one.date: one for one in ties_by_date(game, findings.run.default.solution.history, most=20)}
    pair, other = ("patron", "client"), ("client", "rival")
    # aid and the base; then half the aid; then the base is closed as well
    assert moments["1960-01"].strength(pair) == 2 and moments["1960-01"].strength(other) == 0
    assert moments["1960-04"].strength(other) == 0.5
    assert moments["1960-05"].strength(pair) == 1.5
    assert moments["after 1960-08"].strength(pair) == 0.5
    assert moments["1960-01"].strains == {("patron", "rival"): {"quarrel": 0.6}}
