"""What rests on each sentence, and whether the document is the one a case was written with."""

from __future__ import annotations

import json
from pathlib import Path

from blocs.sources.items import PassageRecord
from blocs.sources.passages import passage_from_text, read_passage
from blocs.sources.provenance import Use, provenance

TEXT = "It was winter in the bay. Nothing moved, and nobody came. Then it was spring."
PASSAGE = passage_from_text(TEXT)
RECORD = PassageRecord(3, tuple(PASSAGE.fingerprints.items()), ((2, 2),))
USES = [
    Use("kola@s1", "fact", "facts.season", "season"),
    Use("kola@s1-2", "event", "history[0]", "1961-01: nothing"),
    Use("kola@s2b", "context", "context[0]", "nobody"),
    Use("kola@p. 4", "fact", "facts.page"),
    Use("kola", "start", "start.fleet"),
    Use("other@s3", "fact", "facts.other"),
]


def test_what_rests_on_each_sentence() -> None:
    report = provenance("kola", USES, PASSAGE, RECORD)
    assert [[use.path for use in one.uses] for one in report.sentences] == [
        ["facts.season", "history[0]"],
        ["history[0]", "context[0]"],
        [],
    ]
    assert report.unused == (3,)
    assert [use.path for use in report.elsewhere] == ["facts.page", "start.fleet"]
    assert [one.state for one in report.sentences] == ["agrees"] * 3
    assert report.verified and report.problems == ()
    assert report.sentences[1].text == "Nothing moved, and nobody came."


def test_clauses() -> None:
    partly = provenance("kola", [Use("kola@s2b", "fact", "a")], PASSAGE, RECORD)
    assert partly.sentences[1].unused_clauses == ("a",) and partly.unused_clauses == ("s2a",)
    assert partly.unused == (1, 3)
    whole = provenance("kola", [Use("kola@s2", "fact", "a")], PASSAGE, RECORD)
    assert whole.unused_clauses == ()
    unknown = provenance("kola", [Use("kola@s2c", "fact", "facts.a")], None, RECORD, "case.yaml")
    errors = [problem for problem in unknown.problems if problem.severity == "error"]
    assert [str(problem) for problem in errors] == ["case.yaml: facts.a\n  `kola@s2c`: the clauses of s2 are a to b"]


def test_a_document_that_differs() -> None:
    other = passage_from_text("It was winter in the bay. Nothing moved, and somebody came.")
    report = provenance("kola", USES, other, RECORD)
    assert [one.state for one in report.sentences] == ["agrees", "differs", "missing"]
    assert not report.verified
    messages = [problem.message for problem in report.problems]
    assert len(messages) == 3 and "has 2 sentences, the bibliography 3" in messages[0]
    assert messages[1].startswith("s2:") and messages[2].startswith("s3:")


def test_a_document_with_a_sentence_more() -> None:
    report = provenance("kola", USES, passage_from_text("A new beginning. " + TEXT), RECORD)
    assert [(one.state, one.moved_to) for one in report.sentences] == [
        ("moved", 2), ("moved", 3), ("moved", 4), ("unrecorded", 0)]  # fmt: skip
    assert "s1: the sentence is now s2" in [problem.message for problem in report.problems]


def test_copies_that_differ_in_typography_agree() -> None:
    copy = passage_from_text("“It was winter in the bay. Nothing moved,\nand nobody\u00a0came. Then it was spring.”")
    assert provenance("kola", USES, copy, RECORD).verified


def test_without_a_document() -> None:
    report = provenance("kola", USES, None, RECORD)
    assert [one.state for one in report.sentences] == ["unread"] * 3
    assert [len(one.uses) for one in report.sentences] == [2, 2, 0]
    assert not report.verified
    assert [(p.severity, "blocs sources attach kola FILE" in p.hint) for p in report.problems] == [("warning", True)]


def test_without_a_record() -> None:
    report = provenance("kola", USES, PASSAGE, None)
    assert [one.state for one in report.sentences] == ["unrecorded"] * 3
    assert not report.verified
    assert [problem.severity for problem in report.problems] == ["warning"]
    nothing = provenance("kola", USES, None, None)
    assert nothing.sentences == () and len(nothing.problems) == 1


def test_citations_that_cannot_be_right() -> None:
    uses = [Use("kola@s4", "fact", "facts.a"), Use("kola@page 4", "event", "history[1]")]
    report = provenance("kola", uses, PASSAGE, RECORD, "case.yaml")
    assert {(p.path, p.file) for p in report.problems} == {("facts.a", "case.yaml"), ("history[1]", "case.yaml")}
    assert any("has only 3 sentences" in problem.message for problem in report.problems)


def test_the_report_is_plain_data() -> None:
    report = provenance("kola", USES, PASSAGE, RECORD)
    data = json.loads(json.dumps(report.to_json()))
    assert data["unused"] == [3] and data["verified"] is True
    assert data["sentences"][1]["clauses"]["b"][0]["path"] == "history[0]"
    assert data["sentences"][0]["uses"][0] == {
        "citation": "kola@s1", "kind": "fact", "path": "facts.season", "label": "season"}  # fmt: skip


def test_the_founding_passage_is_the_one_that_the_shipped_case_cites(shared: Path) -> None:
    from blocs.language.reading import read_document
    from blocs.sources.bibliography import read_bibliography

    path = Path(__file__).parents[2] / "src/blocs/library/cases/sino-albanian-1961/bibliography.yaml"
    bibliography, problems = read_bibliography(path, lambda file: read_document(file, "list"))
    assert [problem for problem in problems if problem.severity == "error"] == []
    record = bibliography["fink1998"].passage
    passage = read_passage(shared / "sources" / "passage.txt")
    assert provenance("fink1998", [], passage, record).verified
