"""The page on sources says what is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from blocs.sources.bibliography import bibliography_from_data
from blocs.sources.citations import parse_citation
from blocs.sources.provenance import STATES

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_python_example_is_right() -> None:
    (example,) = blocks("python")
    assert example.count("assert ") == 3
    subprocess.run([sys.executable, "-c", example], check=True)


def test_the_bibliography_examples_have_no_problems() -> None:
    import yaml

    first, _, third = blocks("yaml")
    for text in (first, third):
        data = yaml.load(text, yaml.BaseLoader)  # as the language reads: no dates
        for item in data:
            if "passage" in item:
                item |= {"type": "book", "title": "T", "issued": "1962"}
                item["passage"]["sentences"] = int(item["passage"]["sentences"])
                item["passage"]["clauses"] = {name: int(n) for name, n in item["passage"]["clauses"].items()}
        _, problems = bibliography_from_data(data)
        assert problems == []


def test_the_table_of_citations_can_be_read() -> None:
    rows = re.findall(r"^\| (`kola1962.*?) \|", PAGE, re.MULTILINE)
    citations = [text for row in rows for text in re.findall(r"`([^`]+)`", row)]
    assert len(citations) == 9
    assert all(str(parse_citation(text)) == text for text in citations)


def test_every_state_is_told() -> None:
    assert set(re.findall(r"^\| (\w+) \| ", PAGE, re.MULTILINE)) >= set(STATES)
