"""Passages: plain text and web pages become the same numbered sentences, and furniture goes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.sources.blocks import MOST_BLOCKS
from blocs.sources.passages import (
    Passage,
    passage_from_bytes,
    passage_from_json,
    passage_from_text,
    read_passage,
)

TEXT = """Home
About
Why the advisers left the port

By Ana M. Kola
Posted on 3 May 2012

The first advisers left in January. Dr. Pula wrote that 16.5 per cent of the engineers stayed.

“Nobody told us why. The order came at night.

“It was an order and no more.”

— Martin Hysa (Ed.). The Harbour Papers. London: Example Press. 1999. pp. 12-14.

What came after

Next, the navy left the bay. “We were glad,” one clerk said.

Published by Besnik Pula

Historian, author of several books on the port.

Share this:

Twitter
Facebook

2 thoughts on “Why the advisers left the port”

A. Reader says: it was not so at all, and I should know.

Leave a Reply

Name (required)
"""

PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Why the advisers left the port | The Example Blog</title>
<style>p { color: red }</style><script>var s = "<p>Not a sentence. At all.</p>";</script></head>
<body class="single has-sidebar">
<nav><ul><li><a href="/">Home</a></li><li>About</li></ul></nav>
<div id="cookie-banner"><p>We use cookies to make this page better. Accept?</p></div>
<article class="post">
<h1>Why the advisers left the port</h1>
<p class="byline">By Ana M. Kola</p><p>Posted on 3 May 2012</p>
<p>The first advisers left in <em>January</em>. Dr. Pula wrote that
16.5 per cent of the&nbsp;engineers stayed.<sup><a href="#n1">[1]</a></sup></p>
<!-- a comment. With sentences. -->
<blockquote><p>Nobody told us why. The order came at night.</p>
<p>It was an order and no more.</p>
<cite>Martin Hysa (Ed.). The Harbour Papers. London: Example Press. 1999. pp. 12-14.</cite></blockquote>
<h2>What came after</h2>
<p>Next, the navy left the bay. &ldquo;We were glad,&rdquo; one clerk said.
<p style="display:none">This is hidden. Nobody reads it.</p>
<div class="sharedaddy"><p>Share this:</p><a>Twitter</a></div>
</article>
<aside><p>Some other story. Read it too.</p></aside>
<div id="comments"><p>It was not so at all, and I should know.</p>
<form action="/wp-comments-post.php"><label>Name</label><input name="x"><textarea>Text. More.</textarea></form></div>
<footer><p>Copyright 2012 by nobody. All rights reserved.</p></footer>
</body></html>
"""


def sentences(passage: Passage) -> list[tuple[str, str]]:
    return [(sentence.kind, sentence.text.strip("“”")) for sentence in passage.sentences]


EXPECTED = [
    ("text", "The first advisers left in January."),
    ("text", "Dr. Pula wrote that 16.5 per cent of the engineers stayed."),
    ("quotation", "Nobody told us why."),
    ("quotation", "The order came at night."),
    ("quotation", "It was an order and no more."),
    ("text", "Next, the navy left the bay."),
    ("text", "We were glad,” one clerk said."),
]


@pytest.mark.parametrize("source", ["text", "page"])
def test_text_and_page_give_the_same_sentences(source: str) -> None:
    passage = passage_from_text(TEXT) if source == "text" else passage_from_text(PAGE, "html")
    assert sentences(passage) == EXPECTED
    assert [sentence.paragraph for sentence in passage.sentences] == [1, 1, 2, 2, 3, 4, 4]
    assert [sentence.number for sentence in passage.sentences] == list(range(1, 8))
    assert passage.title == "Why the advisers left the port"
    assert passage.byline == "Ana M. Kola"
    assert passage.headings == ((6, "What came after"),)
    line = passage.citation
    assert line is not None
    assert (line.authors, line.title, line.place, line.publisher) == (
        "Martin Hysa",
        "The Harbour Papers",
        "London",
        "Example Press",
    )
    assert (line.year, line.pages) == ("1999", "12-14")


def test_text_and_page_give_the_same_fingerprints() -> None:
    assert passage_from_text(TEXT).fingerprints == passage_from_text(PAGE, "html").fingerprints


def test_every_line_that_goes_is_told_with_its_reason() -> None:
    passage = passage_from_text(TEXT)
    dropped = {line.text: line.reason for line in passage.dropped}
    assert dropped["Home"] == "navigation"
    assert dropped["Twitter"] == "share buttons"
    assert dropped["Leave a Reply"] == "reply form"
    assert dropped["A. Reader says: it was not so at all, and I should know."] == "comments"
    assert passage.about_author == "Besnik Pula. Historian, author of several books on the port."
    lines = TEXT.split("\n")
    assert all(line.text in lines[line.line - 1] for line in passage.dropped)
    kept = " ".join(sentence.text for sentence in passage.sentences)
    assert not any(line.text in kept for line in passage.dropped)
    reasons = {line.reason for line in passage_from_text(PAGE, "html").dropped}
    assert {"navigation", "cookie notice", "code", "hidden", "share buttons", "page furniture", "comments"} <= reasons


@pytest.mark.parametrize(
    "line",
    [
        "Next the Soviet Union withdrew its advisers.",
        "Previous attempts had failed.",
        "« La base est fermée », dit-il.",
        "One response to the crisis was to cut the deliveries of grain.",
        "No comments on the note were made public by either side.",
        "Share of the patron in foreign trade: one half.",
        "He was home by May.",
        "More was to come from the north than anybody there had expected.",
        "Posted in Tirana, the diplomat wrote home every week.",
        "Search parties were sent to the bay.",
        "By the end of the year the base was closed.",
        "Follow the money, he said.",
    ],
)
def test_running_text_stays(line: str) -> None:
    passage = passage_from_text(f"It was winter in the bay.\n\n{line}\n\nThen it was spring.")
    assert [sentence.text for sentence in passage.sentences][1:-1] == [line]


@pytest.mark.parametrize("width", [40, 60, 72, 100, 400])
@pytest.mark.parametrize("gap", ["\n\n", "\n\n\n", "\r\n\r\n"])
def test_wrapping_changes_nothing(width: int, gap: str) -> None:
    import textwrap

    paragraphs = [
        "The first advisers left in January of that year, and the engineers followed in the spring of the next one. "
        "Nobody at the port had been told why, and nobody there asked any more about it than was wise at the time.",
        "The harbour stayed empty until the autumn. Then four boats came back; they stayed, and were never to leave.",
    ]
    text = gap.join(textwrap.fill(paragraph, width, break_on_hyphens=False) for paragraph in paragraphs)
    passage = passage_from_text(text.replace("\n", "\r\n") if "\r" in gap else text)
    expected = passage_from_text("\n\n".join(paragraphs))
    assert passage.fingerprints == expected.fingerprints
    assert [s.paragraph for s in passage.sentences] == [1, 1, 2, 2]


def test_one_paragraph_a_line() -> None:
    passage = passage_from_text(
        "The first advisers left in January of that year, and the engineers followed them in spring.\n"
        "The harbour stayed empty until the autumn.\n"
        "Then four of the boats came back; they stayed there, and were never to leave the bay again, as it turned out."
    )
    assert [sentence.paragraph for sentence in passage.sentences] == [1, 2, 3]


def test_quotations_end_where_their_marks_do() -> None:
    passage = passage_from_text(
        "He spoke first. “It was winter. Nothing moved.” Then he left.\n\n"
        "“A mark that nothing closes. It quotes its paragraph.\n\nThe next is text.\n\n"
        '"Straight marks count too. Both sentences." They do.\n\n'
        "‘One paragraph in single marks. It is quoted.’\n\n"
        "‘One word’ in them is not. «Celle-ci.» „Diese auch.“ Not this."
    )
    assert "".join("q" if s.kind == "quotation" else "." for s in passage.sentences) == ".qq.qq.qq.qq.qq."


def test_a_note_on_the_author_only_where_the_document_ends() -> None:
    first = "It was winter in the bay.\n\nBy Ana Kola\n\nA historian of the port."
    assert passage_from_text(first).about_author == "A historian of the port."
    assert passage_from_text(first + "\n\nThe Port Review").about_author == "A historian of the port."
    longer = passage_from_text(first + "\n\nWhat came after\n\nThen it was spring.")
    assert longer.about_author == ""
    assert [s.text for s in longer.sentences][1:] == ["A historian of the port.", "Then it was spring."]
    assert longer.headings == ((3, "What came after"),)


def test_a_page_of_line_breaks() -> None:
    passage = passage_from_text("<p>One sentence that goes<br>on here.<br>Another one.<br><br>A third.</p>", "html")
    assert [s.text for s in passage.sentences] == ["One sentence that goes on here.", "Another one.", "A third."]
    assert [s.paragraph for s in passage.sentences] == [1, 2, 3]


def test_preformatted_text_keeps_its_paragraphs() -> None:
    passage = passage_from_text("<pre>\nOne line\nand another. Two.\n\nThree.\n</pre>", "html")
    assert [s.text for s in passage.sentences] == ["One line and another.", "Two.", "Three."]


def test_exponents_stay_and_note_marks_go() -> None:
    passage = passage_from_text(
        '<p>It covers 5 m<sup>2</sup> of the bay.<sup><a href="#n">7</a></sup> It is old.<sup>[8]</sup></p>', "html"
    )
    assert [s.text for s in passage.sentences] == ["It covers 5 m2 of the bay.", "It is old."]


def test_a_form_around_a_whole_page_is_no_furniture() -> None:
    passage = passage_from_text(
        '<form id="aspnetForm" action="/page"><p>It was winter. It was cold.</p></form>', "html"
    )
    assert len(passage.sentences) == 2


def test_what_is_stored_is_read_back() -> None:
    passage = passage_from_text(TEXT)
    assert passage_from_json(json.loads(json.dumps(passage.to_json()))) == passage
    with pytest.raises(InputError, match="damaged"):
        passage_from_json({"title": "x"})


def test_the_record_for_a_bibliography_holds_no_text() -> None:
    passage = passage_from_text(TEXT)
    record = passage.record()
    assert record["sentences"] == 7
    assert record["fingerprints"] == {f"s{n}": value for n, value in passage.fingerprints.items()}


def test_a_sentence_by_its_number() -> None:
    passage = passage_from_text(TEXT)
    assert passage.sentence(3).text == "“Nobody told us why."
    for number in (0, 8, -1):
        with pytest.raises(InputError, match="s1 to s7"):
            passage.sentence(number)
    with pytest.raises(dataclasses.FrozenInstanceError):
        passage.title = "other"  # type: ignore[misc]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_text(encoding: str) -> None:
    assert passage_from_bytes("Tiranë é Vlorë — “so”.".encode(encoding)).sentences[0].text == "Tiranë é Vlorë — “so”."


def test_the_encoding_that_a_page_declares() -> None:
    page = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1251"></head><p>Хрущёв.</p>'
    assert passage_from_bytes(page.encode("windows-1251"), "x.html").sentences[0].text == "Хрущёв."


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "no running text"),
        (b" \n\n", "no running text"),
        (b"Home\n\nShare this:\n\nTwitter\n", "3 lines were dropped"),
        (b"%PDF-1.7 \x00", "PDF"),
        (b"PK\x03\x04abc", "compressed"),
        (b"{\\rtf1 Hello.}", "RTF"),
        (b"A line.\nCaf\xe9.\n", "is not UTF-8"),
        (b"A line.\n\x00\x01", "zero bytes"),
        (b"\xff\xfea", "is not utf-16"),
        (b'<html><meta charset="no-such"><p>A.</p>', "unknown encoding"),
        (b'<html><meta charset="base64"><p>A.</p>', "no encoding of text"),
        (b"x" * 5_000_001, "larger than"),
        (b"A b.\n\n" * (MOST_BLOCKS + 1), "more than"),
        (b"A b. " * (MOST_BLOCKS + 1), "more than"),
        (b"Home\n" * (MOST_BLOCKS + 2), "more than"),
    ],
)
def test_what_is_no_document(data: bytes, part: str) -> None:
    with pytest.raises(InputError, match=part) as caught:
        passage_from_bytes(data, "name.txt")
    assert caught.value.problems[0].file == "name.txt"


def test_a_wrong_byte_is_told_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        passage_from_bytes(b"A line.\nCaf\xe9.\n", "name.txt")
    assert caught.value.problems[0].line == 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path, Path("zero\0byte")):
        with pytest.raises(InputError):
            read_passage(path)


hostile_pieces = st.sampled_from(
    ["<p>", "</p>", "<div class='nav'>", "</div>", "<b", ">", "<!--", "-->", "<script>", "</script>", "&amp;", "&#0;",
     "&#xD800;", "<![CDATA[", "<sup>", "</sup>", "<blockquote>", "<h1>", "“", "”", '"', "— ", "By A B", "Mr. ", "1998",
     " pp. 3-4", "\n\n", "\n", "(", ")", "text. ", "\x0b", "\u2028", "<br>", "<pre>", "<title>", "<textarea>", "’"]
)  # fmt: skip


@given(st.lists(hostile_pieces | st.text(max_size=12), max_size=60), st.sampled_from(["text", "html"]))
def test_any_text_is_a_passage_or_an_input_error(pieces: list[str], form: str) -> None:
    try:
        passage = passage_from_text("".join(pieces), form)  # type: ignore[arg-type]
    except InputError as error:
        assert error.problems
    else:
        assert [s.number for s in passage.sentences] == list(range(1, len(passage.sentences) + 1))
        assert all(s.text for s in passage.sentences)
        assert passage_from_json(passage.to_json()) == passage


@given(st.binary(max_size=400), st.sampled_from(["x.txt", "x.html", ""]))
def test_any_bytes_are_a_passage_or_an_input_error(data: bytes, name: str) -> None:
    try:
        passage_from_bytes(data, name)
    except InputError as error:
        assert error.problems


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 40_000,
        "<blockquote>" * 16_000 + "A.",
        "<p " + " ".join(f"a{n}" for n in range(30_000)) + ">x.</p>",
        "<sup>" * 30_000 + "1.",
        "<table><tr><td>" * 12_000,
        "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + "&a;" * 50_000,
        "<" * 200_000,
    ],
)
def test_hostile_pages_end(text: str) -> None:
    # seconds here would mean that the cost is not linear: the whole of it is a tenth of a second or so
    try:
        passage = passage_from_text(text, "html")
    except InputError:
        return
    assert len(passage.sentences) == 1


def test_an_entity_is_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The secret is out.")
    page = f'<!DOCTYPE html [<!ENTITY s SYSTEM "file://{secret}">]><html><p>It says &s; here.</p>'
    assert "secret is out" not in str(passage_from_text(page, "html").to_json())


def test_the_founding_passage(shared: Path) -> None:
    passage = read_passage(shared / "sources" / "passage.txt")
    # counted by hand: seven sentences in the first paragraph, five in the second
    assert [sentence.paragraph for sentence in passage.sentences] == [1] * 7 + [2] * 5
    assert {sentence.kind for sentence in passage.sentences} == {"quotation"}
    begin = ["The", "In", "Quite", "The", "To", "In", "Khrushchev", "As", "Khrushchev", "The", "In", "However"]
    end = ["immediately", "Moscow", "Sea", "region", "navy", "jurisdiction", "naught"]
    end += ["leadership", "coup", "policy", "CMEA", "resistance"]
    assert [s.text.strip("“").split()[0].strip(",") for s in passage.sentences] == begin
    assert [s.text.split()[-1].strip("”’.") for s in passage.sentences] == end
    assert passage.title.startswith("The Sino-Albanian Split")
    line = passage.citation
    assert line is not None and len(passage.citations) == 1
    assert line.authors.startswith("Carole Fink") and line.authors.endswith("Junker")
    assert line.title == "1968: The World Transformed"
    assert (line.place, line.publisher) == ("New York", "Cambridge University Press")
    assert (line.year, line.pages) == ("1998", "117-119")
    assert passage.byline == "Victor Vaughn"
    assert "(APL)" in passage.about_author
    assert passage.headings == ()
    # everything below the note on the author is a reply form
    assert [dropped.line for dropped in passage.dropped] == list(range(13, 32, 2))
    assert {dropped.reason for dropped in passage.dropped} == {"comments", "reply form", "share buttons"}


def test_the_founding_passage_as_a_web_page(shared: Path) -> None:
    path = shared / "sources" / "passage.txt"
    paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    page = "<html><body><h1>" + "</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</body></html>"
    assert passage_from_bytes(page.encode(), "x.html").fingerprints == read_passage(path).fingerprints
