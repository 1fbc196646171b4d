"""Tipping points of a choice between two options, where the level set is a plane and everything has a closed form."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.errors import InputError, UsageError
from blocs.forecast.tipping.run import tipping
from blocs.language.case import Case

# to act is worth gain + 0.5 * spur + 2 * (part - 0.5) - 3: with the medians below, -0.5
DOOR = """
theory: door
roles: {patron: alone}
facts:
  part: {type: share, help: a share}
  lock: {type: boolean, default: false, help: a lock}
parameters:
  gain: {prior: "Normal(2, 0.4)", help: what acting brings}
  spur: {prior: "Normal(1, 1)", help: what else it brings}
  scale: {prior: "LogNormal(0, 0.3)", help: how much harm it does}
  sharpness: {prior: 3, help: of choices}
state: {done: {type: boolean}}
ends_when: done
stages:
  - stage: door
    role: patron
    options:
      hold: {}
      act: {when: not lock, set: {done: true}, cost: {patron: 3 * scale - gain - 0.5 * spur - 2 * (part - 0.5)}}
play: {precision: {patron: sharpness}}
outcomes: {acted: done, held: otherwise}
"""

CASE = """
case: door
theory: ./door.yaml
calendar: {start: "1960-01", step: month, steps: 1}
roles: {patron: {actor: A}}
facts:
  part: {value: 0.5, range: [0.4, 0.6], assumed: for the test}
  lock: {value: false, assumed: for the test}
"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("door")
    (folder / "door.yaml").write_text(DOOR, encoding="utf-8")
    (folder / "case.yaml").write_text(CASE, encoding="utf-8")
    return folder / "case.yaml"


# position of a uniform fact on 0.4 to 0.6: its standard deviation is 0.1 over the root of three
PART_SD = 0.1 / math.sqrt(3)


def test_the_nearest_point_of_a_plane(door: Path) -> None:
    # with the harm held, acting is worth -0.5 + 0.4 s1 + 0.5 s2 + 2 (0.1 / root 3) s3: a plane in standard deviations
    found = tipping(blocs.compile(blocs.load(door)), settings={"scale": 1.0})
    normal = np.array([0.4, 0.5, 2 * PART_SD])
    distance = 0.5 / np.linalg.norm(normal)
    assert found.likeliest == "held"
    assert found.probabilities["acted"] == pytest.approx(1 / (1 + math.exp(3 * 0.5)))
    tip = found.least
    assert tip is not None and tip.verified and tip.outcome == "acted"
    assert tip.distance == pytest.approx(distance, rel=1e-5)
    expected = dict(zip(["gain", "spur", "part"], 0.5 * normal / np.linalg.norm(normal) ** 2, strict=True))
    assert {one.input.name: one.position for one in tip.changes} == pytest.approx(expected, rel=1e-3)
    assert [one.input.name for one in tip.changes] == ["spur", "gain", "part"]
    assert tip.probabilities["acted"] == pytest.approx(0.5, abs=1e-5)
    assert tip.probabilities["acted"] > tip.probabilities["held"]


def test_one_input_at_a_time(door: Path) -> None:
    found = tipping(blocs.compile(blocs.load(door)), limit=4.0)
    positions = {name: tip.changes[0].position if tip else None for name, tip in found.single.items()}
    assert positions["gain"] == pytest.approx(0.5 / 0.4, abs=2e-6)
    assert positions["spur"] == pytest.approx(0.5 / 0.5, abs=2e-6)
    # 3 exp(0.3 s) = 2.5
    assert positions["scale"] == pytest.approx(math.log(2.5 / 3) / 0.3, abs=2e-6)
    # 2 (part - 0.5) = 0.5 within the range of a share, but 4.3 of its standard deviations away
    assert positions["part"] is None
    assert [tip.changes[0].input.name for tip in found.singles] == ["scale", "spur", "gain"]
    assert all(tip.verified for tip in found.singles)
    assert found.single["scale"].changes[0].after == pytest.approx(2.5 / 3, abs=1e-5)  # type: ignore[union-attr]
    wider = tipping(blocs.compile(blocs.load(door)), limit=5.0).single["part"]
    assert wider is not None and wider.changes[0].after == pytest.approx(0.75, abs=1e-5)
    assert found.least is not None
    assert found.least.distance < found.singles[0].distance


def test_nothing_is_near_where_the_limit_is_short(door: Path) -> None:
    found = tipping(blocs.compile(blocs.load(door)), limit=0.2)
    assert found.singles == []
    assert found.joint == ()
    assert "within 0.2 sd" in found.not_found["acted"]
    assert "none within 0.2 sd" in repr(found)
    assert found.to_json()["none_within_limit"] == ["gain", "spur", "scale", "part"]


def test_facts_that_are_no_numbers_are_set_one_at_a_time(door: Path) -> None:
    game = blocs.compile(blocs.load(door))
    (flip,) = tipping(game, limit=1.0).flips
    assert (flip.name, flip.before, flip.after, flip.tips) == ("lock", False, True, False)
    assert flip.probabilities == {"acted": 0.0, "held": 1.0}
    # the same the other way: with the lock taken away, acting becomes the likeliest
    locked = blocs.changed(blocs.load(door), facts={"lock": True})
    far = tipping(blocs.compile(locked), settings={"gain": 3.0}, limit=1.0)
    assert far.flips[0].tips and far.flips[0].outcome == "acted"
    # no parameter can do it: it is against the rules
    assert far.not_found == {"acted": "it is impossible under the stated facts"}
    assert far.singles == []


def test_several_outcomes_come_in_the_order_of_their_distance(quarrel: Case) -> None:
    found = tipping(blocs.compile(quarrel))
    assert [tip.outcome for tip in found.joint] == ["repelled", "gone", "defiant", "crushed"]
    for tip in found.joint:
        assert tip.verified
        # the likeliest there leads by a hair, and the point is nearest: nothing of the change is off the gradients
        first, second = sorted(tip.probabilities.values())[-1:-3:-1]
        assert 0 < first - second < 1e-4
        assert math.sqrt(sum(one.position**2 for one in tip.changes)) == pytest.approx(tip.distance, rel=1e-6)
    only = tipping(blocs.compile(quarrel), outcomes=["gone"], starts=1)
    assert [tip.outcome for tip in only.joint] == ["gone"]
    assert only.joint[0].distance == pytest.approx(found.joint[1].distance, rel=1e-4)
    # no change of the same size in a random direction does it
    rng = np.random.default_rng(0)
    game, inputs = blocs.compile(quarrel), found.single
    assert set(inputs) == {one.input.name for tip in found.joint for one in tip.changes}
    for _ in range(20):
        way = rng.standard_normal(len(inputs))
        way *= 0.98 * found.joint[0].distance / np.linalg.norm(way)
        assert _likeliest(game, dict(zip(inputs, way, strict=True))) == found.likeliest


def _likeliest(game: blocs.Game, positions: dict[str, float]) -> str:
    from blocs.forecast.inputs import baseline, inputs_of
    from blocs.solve.draws import Draws

    values = {name: np.array([value]) for name, value in baseline(game).items()}
    for one in inputs_of(game):
        values[one.name] = np.array([float(one.at(positions[one.name]))])
    return blocs.solve(game, Draws(values, None, "test", 1)).forecast().likeliest


def test_a_threshold_in_the_rules_can_tip(split_quarrel: Case) -> None:
    # below 0.3 no intervention is legal, so that the client defies or leaves: the search sees the other graph
    case = blocs.changed(split_quarrel, facts={"base": 0.32})
    game = blocs.compile(case)
    settings = {"autonomy": 0.9, "odds": 0.6, "cost": 0.2}
    found = tipping(game, settings=settings, limit=2.0, starts=1, outcomes=["gone"])
    base = found.single["base"]
    assert found.likeliest not in ("gone", "defiant")
    assert base is not None and base.outcome in ("gone", "defiant")
    assert base.changes[0].after == pytest.approx(0.3, abs=1e-5) and base.changes[0].after <= 0.3


def test_tables(quarrel: Case) -> None:
    found = tipping(blocs.compile(quarrel), outcomes=["gone"], starts=1)
    frame = found.to_pandas()
    assert list(frame["input"]) == list(found.single)
    assert frame["joint_sds"].notna().all()
    told = found.to_json()
    assert told["joint"][0]["verified"] is True
    assert told["joint"][0]["changes"][0]["sd_is"] == "prior standard deviation"


def test_wrong_calls(door: Path) -> None:
    game = blocs.compile(blocs.load(door))
    with pytest.raises(InputError, match="did you mean `acted`"):
        tipping(game, outcomes=["actd"])
    with pytest.raises(UsageError, match="limit"):
        tipping(game, limit=0)
    with pytest.raises(UsageError, match="start"):
        tipping(game, starts=0)
