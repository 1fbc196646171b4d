"""Reading documents: a megabyte of ordinary text and pages, and megabytes made to be slow, against one second each."""

from __future__ import annotations

import time

from blocs.errors import InputError
from blocs.sources.bibliography import bibliography_from_bibtex
from blocs.sources.passages import passage_from_text

SIZE = 1_000_000
LIMIT = 1.0
SENTENCES = (
    "The first advisers left in January of that year, and the engineers followed them in the spring. ",
    "Dr. J. F. Pula (Ed.) wrote that 16.5 per cent stayed on; “nobody,” he said, “had been told why.” ",
    "It was winter in the bay, and nothing moved. ",
)


def _filled(piece: str) -> str:
    return piece * (SIZE // len(piece) + 1)


def ordinary() -> list[tuple[str, str, str]]:
    """Text and pages as people write them: name, form, content."""
    paragraph = "".join(SENTENCES * 2)
    return [
        ("ordinary text", "text", _filled(paragraph + "\n\n")),
        ("ordinary page", "html", _filled(f'<div class="entry"><p>{paragraph}</p></div>\n')),
    ]


def hostile() -> list[tuple[str, str, str]]:
    """Text and pages made to be slow: name, form, content."""
    return [
        ("paragraphs of two words", "text", _filled("A b.\n\n")),
        ("a line for every letter", "text", _filled("a\n")),
        ("nothing but abbreviations", "text", _filled("Mr. ")),
        ("parentheses never closed", "text", _filled("(. A")),
        ("quotation marks never closed", "text", _filled("“A b.\n\n")),
        ("full stops", "text", _filled(".")),
        ("elements never closed", "html", _filled("<div>")),
        ("a paragraph for every tag", "html", _filled("<p>")),
        ("attributes of one element", "html", "<p " + " ".join(f"a{n}" for n in range(150_000)) + ">x.</p>"),
        ("entities", "html", _filled("&amp;")),
        ("comments never closed", "html", _filled("<!--")),
        ("note marks", "html", _filled("<sup>1</sup>a")),
    ]


def measure(form: str, text: str, repeats: int = 3) -> tuple[float, str]:
    """Return the least CPU time of reading, in seconds, and what came of it."""
    least, result = float("inf"), ""
    for _ in range(repeats):
        start = time.process_time()
        try:
            if form == "bibtex":
                read, problems = bibliography_from_bibtex(text)
                result = f"{len(read)} sources, {len(problems)} problems"
            else:
                result = f"{len(passage_from_text(text, form).sentences)} sentences"  # type: ignore[arg-type]
        except InputError as error:
            result = error.problems[0].message[:44]
        least = min(least, time.process_time() - start)
    return least, result


def main() -> None:
    """Print a line for each document: seconds of CPU time, the limit, what was read."""
    rows = ordinary() + hostile()
    rows.append(("BibTeX braces never closed", "bibtex", _filled("@book{a, title = {")))
    rows.append(
        ("BibTeX strings that double", "bibtex", "".join(f"@string{{a{n + 1} = a{n} # a{n}}}" for n in range(30_000)))
    )
    print(f"{'1 MB of':<30} {'CPU s':>7} {'limit':>6}  result")
    for name, form, text in rows:
        seconds, result = measure(form, text)
        print(f"{name:<30} {seconds:7.2f} {LIMIT:6.1f}  {result}")


if __name__ == "__main__":
    main()
