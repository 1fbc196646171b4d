"""What is said of a history's scores: it follows the numbers, also where they are bad."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from blocs.forecast.outcomes import HistoryScore, ScoredDecision, Spread
from blocs.report.terminal import score_sentences, words


def history(model: float, uniform: float, frequencies: float, counted_on: str = "") -> HistoryScore:
    even = Spread(0.5, 0.5, 0.5, 0.5)

    def decision(option: str) -> ScoredDecision:
        return ScoredDecision(
            date="1960-06",
            stage="line",
            role="client",
            option=option,
            event="",
            confidence=1.0,
            probability=even,
            likeliest="hold",
            likeliest_probability=0.5,
            legal=("hold", "defy"),
            uniform=0.5,
            frequency=0.5,
        )

    return HistoryScore((decision("hold"), decision("defy"), decision("hold")), model, uniform, frequencies, counted_on)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((-0.4, -1.0, -0.6), "more about this history than option frequencies or chance would."),
        ((-0.8, -1.0, -0.6), "more about this history than chance would, but less than option frequencies."),
        ((-1.2, -1.0, -1.3), "more about this history than option frequencies would, but less than chance."),
        ((-1.2, -1.0, -0.6), "less about this history than option frequencies or chance would."),
    ],
)
def test_the_judgement_follows_the_scores(scores: tuple[float, float, float], said: str) -> None:
    sentences = score_sentences(history(*scores))
    assert sentences[-1].endswith(said)
    assert f"log score is {scores[0]:.3f}" in sentences[-2]


def test_holds_that_are_left_out_are_counted() -> None:
    assert "the roles held 2 times" in score_sentences(history(-0.4, -1, -0.6), holds=False)[0]
    assert len(score_sentences(history(-0.4, -1, -0.6), holds=True)) == 2


def test_a_typical_probability_is_the_geometric_mean() -> None:
    # exp(-0.693147) is one half
    assert "a typical probability of 50.0 %" in " ".join(score_sentences(history(-0.69314718, -1, -1)))


def test_names_of_options_are_read_as_words() -> None:
    assert words("back_coup") == "back coup"


def test_plain_text_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from blocs.cli.output import Output

    stream = io.StringIO()
    console = Output(stdout=stream).console()
    assert isinstance(console, Console)
    console.print("[red]brackets stay[/red] :smile: 1960-06", style="bold")
    assert stream.getvalue() == "[red]brackets stay[/red] :smile: 1960-06\n"


def test_frequencies_that_saw_what_the_parameters_did_not_are_told():
    sentences = score_sentences(history(-0.4, -1, -0.6), origin="fit to the other 16 cases")
    assert "counted on the very decisions that they score" in sentences[-1]
    assert sentences[:-1] == score_sentences(history(-0.4, -1, -0.6), origin="prior medians")
    # counted elsewhere, they are as blind as the parameters, and it is said where
    others = score_sentences(history(-0.4, -1, -0.6, "16 other cases"), origin="fit to the other 16 cases")
    assert len(others) == len(sentences) - 1 and "option frequencies of 16 other cases score -0.600" in others[-2]
