"""A game at a table: what is legal, what is random, who sees what, and what a debrief tells."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import blocs
from blocs.errors import InputError
from blocs.forecast.solving import solve
from blocs.language.plays import play_of
from blocs.library import list_cases, list_variants
from blocs.web.play.course import MADE_BY, ONLY, PERSON, SOLVED, Happening, Table
from blocs.web.play.debrief import debrief
from blocs.web.play.odds import odds_chart
from blocs.web.play.quiz import questions
from blocs.web.play.record import record_of, replayed
from blocs.web.play.secrets import EVERYTHING, known_state
from blocs.web.play.sheets import guide, role_sheet
from blocs.web.play.solved import Solved
from blocs.web.play.standing import standing_entry
from blocs.web.play.telling import cards, chance_words
from blocs.web.play.viewing import background, prepared, view


def play_out(table: Table, choose):
    """Play a game; `choose(turn)` chooses for people."""
    state, rows = table.start(), []
    while state.outcome is None:
        row = table.automatic(state)
        if row is None:
            row = table.entry(state, choose(table.turn(state)), PERSON)
        rows.append(row)
        state = table.put(state, row)
    return state, rows


def advance(table: Table, state, *options: str):
    """Choose options, with everything in between that goes by itself."""
    for option in options:
        while (row := table.automatic(state)) is not None:
            state = table.put(state, row)
        state = table.put(state, table.entry(state, option, PERSON))
    while (row := table.automatic(state)) is not None:
        state = table.put(state, row)
    return state


both = frozenset({"patron", "client"})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31 - 1), picks=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_a_log_alone_gives_the_same_game_again(quarrel, seed, picks):
    table, at = Table(quarrel, seed, both), iter(picks * 12)

    def choose(turn):
        return list(turn.options)[next(at) % len(turn.options)]

    state, rows = play_out(table, choose)
    assert table.replay(rows) == state
    assert all(row.by in MADE_BY for row in rows)
    record = record_of(table, state, {"patron": "Ann"})
    again = play_of(json.dumps(record.to_json()))
    assert again == record
    assert replayed(again, quarrel)[1] == state


def test_solved_players_choose_as_the_equilibrium_does(quarrel):
    # the course of many games is the forecast: within four standard errors of a proportion
    count = 600
    ends = [play_out(Table(quarrel, seed, frozenset()), None)[0].outcome for seed in range(count)]
    forecast = solve(quarrel.game, None).outcome_draws()[:, 0]
    for name, p in zip(quarrel.game.outcomes, forecast, strict=True):
        assert abs(ends.count(name) / count - p) < 4 * np.sqrt(max(p * (1 - p), 1e-3) / count), name


def test_odds_are_those_of_the_solution_and_follow_from_each_other(quarrel):
    table = Table(quarrel, 1, both)
    assert list(table.odds_now(table.start()).values()) == pytest.approx(
        solve(quarrel.game, None).outcome_draws()[:, 0], abs=1e-6
    )
    state = advance(table, table.start(), "defy", "hold")
    turn = table.turn(state)
    share = quarrel.choices(turn.step, turn.stage, turn.node)
    mean = sum(p * quarrel.odds_after(turn.step, arc) for p, arc in zip(share, turn.options.values(), strict=True))
    assert mean == pytest.approx(quarrel.odds(turn.step, turn.node), abs=1e-6)


def test_a_solution_comes_back_from_disk_and_only_for_its_own_case(quarrel, tmp_path, quarrel_file):
    quarrel.save(tmp_path / "it")
    again = Solved.load(tmp_path / "it", quarrel.game)
    # rows that play cannot be in hold anything, a value that is no number too
    assert np.array_equal(again.value, quarrel.value, equal_nan=True) and again.parameters == quarrel.parameters
    other = blocs.compile(blocs.changed(blocs.load(quarrel_file), facts={"odds": 0.1}))
    with pytest.raises(InputError, match="another case"):
        Solved.load(tmp_path / "it", other)


def test_turns_with_nothing_to_choose_are_passed(quarrel):
    table = Table(quarrel, 1, frozenset({"patron", "client", "rival"}))
    state = advance(table, table.start(), "hold")
    assert [row.entry.by for row in state.moves] == [PERSON, ONLY]
    assert table.turn(state).role == "patron"


def test_an_illegal_option_is_refused_with_the_reason(quarrel):
    table = Table(quarrel, 1, both)
    with pytest.raises(InputError, match=r"`leave` is not legal now.*line is loyal"):
        table.entry(table.start(), "leave", PERSON)
    with pytest.raises(InputError, match="did you mean `defy`"):
        table.entry(table.start(), "defi", PERSON)


def test_a_place_is_played_once(quarrel):
    table = Table(quarrel, 1, both)
    row = table.entry(table.start(), "hold", PERSON)
    state = table.put(table.start(), row)
    with pytest.raises(InputError, match="played already"):
        table.put(state, row)


def test_a_secret_looks_like_holding_until_it_comes_out(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "hold", "prepare")
    own, other = view(table, state, "patron"), view(table, state, "client")
    assert [one["sentence"] for one in own["record"]][-1] == "The Soviet Union prepares a plot."
    assert [one["sentence"] for one in other["record"]][-1] == "The Soviet Union lets matters rest."
    assert known_state(table, state, "patron")["plot"] == "ready"
    assert known_state(table, state, "client")["plot"] == "none"
    assert known_state(table, state, "")["plot"] == "none"
    assert known_state(table, state, EVERYTHING)["plot"] == "ready"
    # whatever the client is told is what it would be told had the patron really held
    held = advance(table, table.start(), "hold", "hold")
    assert view(table, held, "client") == other


def test_advice_gives_no_secret_away(quarrel):
    table = Table(quarrel, 3, both)
    plotted = advance(table, table.start(), "hold", "prepare", "defy")
    held = advance(table, table.start(), "hold", "hold", "defy")
    plotted, held = (advance(table, one, "hold") for one in (plotted, held))
    turn = table.turn(plotted)
    assert turn.role == "client"
    told = [[card.to_json() for card in cards(table, one, table.turn(one), "client", True)] for one in (plotted, held)]
    assert told[0] == told[1]


def test_a_plot_that_meets_chance_is_known(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "defy", "intervene")
    assert state.outcome in ("crushed", "repelled")
    assert "intervenes" in view(table, state, "client")["record"][-1]["sentence"]


def test_options_say_what_they_change_cost_and_risk(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "defy")
    by_name = {card.option: card for card in cards(table, state, table.turn(state), "patron", True)}
    risk = by_name["intervene"].risks
    assert risk[0] == "It succeeds: unlikely (about 30 in 100), and the crisis ends: crushed."
    assert by_name["prepare"].secret and by_name["prepare"].changes == ("Plot: none → ready.",)
    assert by_name["prepare"].costs == ("Costs no more than any act.",)
    assert "more than other acts: of an intervention" in by_name["intervene"].costs[0]
    assert next(iter(by_name)) == "hold"
    assert by_name["hold"].advice["solved"] == pytest.approx(
        1 - by_name["prepare"].advice["solved"] - by_name["intervene"].advice["solved"], abs=1e-9
    )
    for card in by_name.values():
        assert sum(card.advice["odds"].values()) == pytest.approx(1, abs=1e-5)
    assert all(card.advice is None for card in cards(table, state, table.turn(state), "patron", False))


@pytest.mark.parametrize(("p", "words"), [(0.0, "fewer than 1"), (0.5, "about even"), (0.999, "more than 99")])
def test_chances_in_words(p, words):
    assert words in chance_words(p)


def test_holding_goes_on_until_something_changes(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "hold", "hold")
    # the client has a standing order since place 0: it holds by itself, and again next month
    row = standing_entry(table, state, 0)
    assert row.option == "hold" and row.by == "standing"
    # a secret is no change for whoever does not see it
    assert standing_entry(table, advance(table, table.start(), "hold", "prepare"), 0) is not None
    # an open act is one, and so is what the host brings in
    patron_asked = advance(table, table.start(), "defy")
    assert standing_entry(table, patron_asked, 0) is None
    told = table.tell(state, Happening(state.place, "Drought", "", {}))
    assert standing_entry(table, told, 0) is None


def test_a_happening_changes_the_state_or_is_refused(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "hold")
    told = table.tell(state, Happening(0, "Open defiance", "In the street.", {"line": "defiant"}))
    assert known_state(table, told, "client")["line"] == "defiant"
    assert "intervene" in table.turn(told).options
    assert view(table, told, "client")["record"][-1]["sentence"] == "Open defiance. In the street."
    with pytest.raises(InputError, match="play cannot have led to line gone"):
        table.tell(state, Happening(0, "Gone", "", {"line": "gone"}))
    with pytest.raises(InputError, match="did you mean `line`"):
        table.tell(state, Happening(0, "x", "", {"lines": "gone"}))
    with pytest.raises(InputError, match="expected one of loyal"):
        table.tell(state, Happening(0, "x", "", {"line": "away"}))
    rows = [one.entry for one in state.moves]
    assert table.replay(rows, [Happening(state.place, "Open defiance", "In the street.", {"line": "defiant"})]) == told


def test_what_the_host_may_bring_in_comes_from_the_time_that_is_played(quarrel):
    table = Table(quarrel, 3, both)
    assert [one["event"] for one in background(table)] == ["Before it all."]
    assert [one["text"] for one in prepared(table)] == ["A drought."]


@pytest.mark.parametrize("name", [*list_cases(), *list_variants()])
def test_everything_that_is_told_and_printed_of_a_case_can_be(name):
    case = blocs.load(name)
    table = Table(SimpleNamespace(game=SimpleNamespace(case=case), background=[]), 1, both)
    first = int(case.calendar.start[:4])
    # what is told as background was over when the case begins
    assert all(int(one["date"].split("/")[-1][:4]) <= first for one in background(table))
    assert len(background(table)) + len(prepared(table)) <= len(case.context)
    assert guide(case)["title"]
    for role in case.theory_spec.roles:
        told = role_sheet(case, role)
        assert told["named"] and told["turns"] and told["others"]
    assert questions(case, 1) == questions(case, 1) != []


def test_a_debrief_tells_where_history_was_left_and_what_each_choice_did(quarrel):
    table = Table(quarrel, 3, both)
    state = advance(table, table.start(), "hold", "prepare", "defy", "hold", "hold", "hold", "hold", "intervene")
    told = debrief(table, state)
    assert told["departure"] == {
        "date": "1960-01",
        "actor": "the Soviet Union",
        "stage": "intrigue",
        "played": "Prepare",
        "really": "Hold",
    }
    assert told["turning"]["option"] == "intervene"
    assert [one["sentence"] for one in told["secrets"]] == ["The Soviet Union prepares a plot."]
    last = told["decisions"][-1]
    assert last["size"] > 0.3 and 0 < last["solved"] < 1
    assert told["odds"][-1]["odds"][state.outcome] == 1.0
    assert 0 < told["likeness"] < 1
    chart = odds_chart(told["odds"])
    assert chart.count("<polyline") >= 2 and "NaN" not in chart
    # had the client never plotted and defied in February, history would have been followed to the end
    same = advance(table, table.start(), "hold", "hold", "defy", "hold", "hold", "hold", "hold", "intervene")
    if same.outcome == "repelled":
        assert debrief(table, same)["departure"] is None


def test_nothing_is_told_before_the_end(quarrel):
    table = Table(quarrel, 3, both)
    with pytest.raises(InputError, match="still secret"):
        debrief(table, table.start())
    with pytest.raises(InputError, match="still secret"):
        record_of(table, table.start(), {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.update(format="other"), "this is no play"),
        (lambda data: data["moves"][0].update(by="robot"), "moves.0.by"),
        (lambda data: data["moves"][0].update(place=-1), "moves.0.place"),
        (lambda data: data.update(extra=1), "extra"),
        (lambda data: data["moves"][0].update(option="../../etc"), "moves.0.option"),
    ],
)
def test_a_file_that_is_no_play_is_refused_with_its_place(quarrel, change, message):
    state, _ = play_out(Table(quarrel, 3, frozenset()), None)
    data = record_of(Table(quarrel, 3, frozenset()), state, {}).to_json()
    change(data)
    with pytest.raises(InputError, match=message):
        play_of(json.dumps(data), "x.json")


def test_a_play_that_cannot_have_been_is_refused(quarrel):
    state, _ = play_out(Table(quarrel, 3, frozenset()), None)
    record = record_of(Table(quarrel, 3, frozenset()), state, {})
    wrong = record.model_copy(update={"outcome": "gone" if record.outcome != "gone" else "loyal"})
    with pytest.raises(InputError, match="the moves lead to"):
        replayed(wrong, quarrel)
    with pytest.raises(InputError, match="another version"):
        replayed(record.model_copy(update={"case_hash": "0" * 64}), quarrel)
    assert {one.by for one in record.moves} <= {SOLVED, ONLY}


def test_in_a_stage_of_several_roles_nobody_sees_the_others_choice_before_all_have_chosen():
    solved = Solved.of(blocs.compile(blocs.load("sino-albanian-1961-covert")))
    table = Table(solved, 1, both)
    state = table.start()
    while table.turn(state).stage != next(k for k, one in enumerate(solved.game.plan.stages) if "covert" in one.name):
        state = table.put(state, table.automatic(state) or table.entry(state, "hold", PERSON))
    assert table.turn(state).role == "client" and "purge" in table.turn(state).options
    held, purged = (table.put(state, table.entry(state, option, PERSON)) for option in ("hold", "purge"))
    assert table.turn(purged).role == "patron"
    assert view(table, purged, "patron") == view(table, held, "patron")
    assert [one["option"] for one in view(table, purged, "client")["record"]][-1] == "purge"
    after = table.put(purged, table.entry(purged, "hold", PERSON))
    assert "purge" in [one["option"] for one in view(table, after, "patron")["record"]]
