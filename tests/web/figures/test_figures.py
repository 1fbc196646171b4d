from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import blocs
from blocs.library import list_cases
from blocs.report.figures.ties import Moment
from blocs.web.figures.bars import Signed, outcome_bars, signed_bars
from blocs.web.figures.course import course_strip
from blocs.web.figures.dates import Lane, option_field, survival_curves
from blocs.web.figures.network import network
from blocs.web.figures.svg import drawing, element, text

HOSTILE = '<script>alert("x")</script> & \'"'


def parsed(svg: str) -> ElementTree.Element:
    root = ElementTree.fromstring(svg)
    # what the policy of pages forbids, and what would run
    assert not re.search(r"style=|<script|<style|\son\w+=", svg)
    return root


def widths(root: ElementTree.Element, kind: str) -> list[float]:
    return [float(one.get("width", 0)) for one in root.iter("rect") if kind in (one.get("class") or "")]


@pytest.mark.parametrize("width", [340, 840])
def test_bars_are_as_long_as_probabilities(width):
    root = parsed(outcome_bars({"a": 0.25, HOSTILE: 0.75, "c": 0.0}, {"a": 0.5, HOSTILE: 0.5, "c": 0.0}, "a", width))
    track, bars = widths(root, "track"), widths(root, "fill")
    assert bars == pytest.approx([0.25 * track[0], 0.75 * track[0], 0.0], abs=0.01)
    words = "".join(root.itertext())
    assert "★ a" in words and "25.0 %" in words and "-25.0" in words


@pytest.mark.parametrize("width", [340, 600])
def test_signed_bars_go_both_ways_from_the_middle(width):
    root = parsed(signed_bars([Signed("for", 2.0, "+2.00"), Signed(HOSTILE, -1.0, "-1.00")], width))
    (first, second) = [one for one in root.iter("rect")]
    middle = float(first.get("x", 0))
    assert float(second.get("x", 0)) + float(second.get("width", 0)) == pytest.approx(middle, abs=0.02)
    assert float(first.get("width", 0)) == pytest.approx(2 * float(second.get("width", 0)), abs=0.02)


@pytest.mark.parametrize("width", [340, 840])
def test_curves_end_where_the_probabilities_do_and_keep_their_height(width):
    labels = [f"1960-{m:02}" for m in range(1, 13)]
    none, some = np.zeros((12, 2)), np.full((12, 2), 1 / 48)
    heights = set()
    for ended in (none, some):
        root = parsed(survival_curves(labels, ("x", HOSTILE), ended, width, rows=3))
        heights.add(root.get("viewBox"))
    assert len(heights) == 1
    words = "".join(root.itertext())
    assert "still open: 50.0 % at the end" in words and "x: 25.0 % at the end" in words


def test_fields_have_a_square_for_what_may_happen_and_a_diamond_for_what_did():
    lanes = [Lane(HOSTILE, "blue", np.array([0.0, 0.5, 1.0]), frozenset({2}))]
    root = parsed(option_field(["a", "b", "c"], lanes, 340))
    assert [one.get("fill-opacity") for one in root.iter("rect") if one.get("fill-opacity")] == ["0.66", "1"]
    assert len([one for one in root.iter("path") if one.get("class") == "mark"]) == 1


def test_ties_are_as_thick_as_they_are_strong():
    moment = Moment("1960", {("patron", "client"): {"aid": 1.0, "base": 1.0}}, {("patron", "rival"): {"quarrel": 0.5}})
    actors = {"patron": HOSTILE, "client": "B", "rival": "C"}
    root = parsed(network(moment, actors, frozenset({"aid", "base", "alliance"})))
    lines = [one for one in root.iter("path")]
    assert float(lines[0].get("stroke-width", 0)) == pytest.approx(4.4) and lines[1].get("stroke-dasharray")
    assert "2 of 3 ties" in "".join(root.itertext())


@pytest.mark.parametrize("name", list_cases())
def test_every_case_has_a_strip_with_a_dot_for_each_move(name):
    case = blocs.load(name)
    root = parsed(course_strip(case))
    assert len(list(root.iter("circle"))) == len(case.history)


def test_words_are_escaped_and_numbers_are_short():
    assert parsed(drawing(10, 10.0, text(HOSTILE, 1 / 3, 2.0))).find("text").text == HOSTILE
    assert element("rect", x=1 / 3, stroke_width=2.0, class_=None) == '<rect x="0.33" stroke-width="2"/>'
