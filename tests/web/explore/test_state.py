from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import blocs
from blocs.errors import InputError
from blocs.forecast.live import LiveCase
from blocs.web.explore.state import State, at_distance, read_state


@pytest.fixture(scope="module")
def live():
    return LiveCase(blocs.load("guatemalan-1954"))


def read(live, query):
    return read_state(live, parse_qsl(query, keep_blank_values=True))


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_state_comes_back_from_its_address(live, data):
    theory = live.case.theory_spec
    shares = [name for name, spec in theory.facts.items() if spec.type == "share" and name in live.case.facts]
    parameters = [name for name, one in live.inputs.items() if one.kind == "parameter"]
    state = State(
        facts=data.draw(
            st.dictionaries(st.sampled_from(shares), st.integers(0, 100).map(lambda n: n / 100), max_size=3)
        ),
        away=data.draw(
            st.dictionaries(st.sampled_from(parameters), st.integers(1, 30).map(lambda n: n / 10), max_size=3)
        ),
        without=tuple(data.draw(st.lists(st.sampled_from(["invade", "back_coup"]), unique=True))),
        force=tuple(data.draw(st.lists(st.sampled_from(["1954-01 patron hold", "1954-02 client hedge"]), unique=True))),
        date=data.draw(st.sampled_from(["", "1954-01"])),
        at=data.draw(st.sampled_from(["", "1954-01"])),
        show=data.draw(st.sampled_from([(), ("beside",), ("draws", "drivers")])),
        outcome=data.draw(st.sampled_from(["", "coup", "x y&z=1"])),
    )
    again = read(live, state.query())
    # a fact at the value of the case is no change
    facts = {name: value for name, value in state.facts.items() if value != live.case.facts[name].value}
    assert again == replace(state, facts=facts)


def test_the_case_as_it_was_has_an_empty_query(live):
    stated = "&".join(f"set.{name}={str(fact.value).lower()}" for name, fact in live.case.facts.items())
    state = read(live, stated + "&sd.base_worth=0&utm_source=x")
    assert state == State() and state.query() == "" and not state.changed


def test_a_standard_deviation_is_one_of_the_prior(live):
    # log-normal: a standard deviation up is exp(sigma) times the median
    prior = live.case.theory_spec.parameters["base_worth"].prior
    assert at_distance(live, "base_worth", 0.0) == pytest.approx(live.centre.values["base_worth"][0])
    ratio = at_distance(live, "base_worth", 1.0) / at_distance(live, "base_worth", 0.0)
    assert ratio == pytest.approx(pytest.importorskip("numpy").exp(prior.sigma))


def test_everything_that_is_wrong_is_told_at_once(live):
    with pytest.raises(InputError) as told:
        read(live, "set.land_rout=true&sd.base_worth=nan&sd.base_wort=1&start.aid=fulll&set.sea_reach=inf")
    problems = told.value.problems
    assert len(problems) == 5
    assert "land_route" in problems[0].hint and "base_worth" in problems[2].hint and "full" in problems[3].hint


@pytest.mark.parametrize("query", ["&".join(f"x{i}=1" for i in range(300)), "without=" + "a" * 300, "a" * 300 + "=1"])
def test_addresses_have_limits(live, query):
    with pytest.raises(InputError):
        read(live, query)
