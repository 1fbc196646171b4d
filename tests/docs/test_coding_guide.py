"""The codebook names options that exist, and its worked example says what the shipped case says."""

from __future__ import annotations

import re
from pathlib import Path

from blocs.language.load import load_case, load_theory
from blocs.language.reading import read_text

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "coding-a-case.md").read_text(encoding="utf-8")


def test_every_option_in_the_rules_exists_and_every_act_has_a_rule() -> None:
    theory = load_theory("patron-client")
    options = {name for _, _, name, _ in theory.moves()} - {"hold"}
    rows = re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert told <= options
    # what undoes another option is coded by the rule of that one
    assert options - told == {"restore_aid", "transfer_arms", "stand_down", "drop_support"}


def test_the_worked_example_is_that_of_the_case() -> None:
    (block,) = re.findall(r"^```yaml\n(facts:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    written, case = read_text(block).data, load_case("sino-albanian-1961")
    fact = written["facts"]["trade_dependence"]
    coded = case.facts["trade_dependence"]
    assert (fact["value"], tuple(fact["range"]), fact["confidence"]) == (coded.value, coded.range, coded.confidence)
    assert tuple(fact["source"]) == coded.source
    (event,) = written["history"]
    (real,) = (one for one in case.history if one.option == event["option"])
    assert (event["date"], event["role"], event["result"], event["confidence"]) == (
        real.date,
        real.role,
        real.result,
        real.confidence,
    )
    assert set(event["source"]) <= set(real.source)
