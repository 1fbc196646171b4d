"""What the YAML parser complains of, in the words of somebody who writes a theory or a case."""

from __future__ import annotations

from blocs.language.document import shorten

_KNOWN = {
    "could not find expected ':'": ("a name without its colon", "write `name: value`, on one line up to the colon"),
    "did not find expected key": (
        "this does not fit what stands before it",
        "entries of one mapping begin in one column, and every bracket or quote has its partner",
    ),
    "did not find expected '-' indicator": (
        "this does not fit the list before it",
        "items of one list begin with `- ` in one column; nothing else may stand in that column",
    ),
    "did not find expected <document start>": ("text after the end of the document", "one file holds one document"),
    "did not find expected node content": ("a value was expected here", "put the value in quotes"),
    "found unexpected end of stream": ("the quotation mark has no partner", "close the quotes, or remove the first"),
    "found unexpected document indicator": ("the quotation mark has no partner", "close the quotes"),
    "found unexpected ':'": ("a colon in the wrong place", "put a blank behind it, or the whole value in quotes"),
    "found unknown escape character": (
        "no such escape in double quotes",
        "use single quotes, in which a backslash is a backslash",
    ),
    "found invalid Unicode character escape code": (
        "this escape stands for no character",
        "write the character itself",
    ),
    "did not find expected hexdecimal number": ("this escape needs hexadecimal digits", "use single quotes"),
    "block sequence entries are not allowed in this context": (
        "a list cannot begin here",
        "begin it on a line of its own, or write `[a, b]`",
    ),
    "block mapping entries are not allowed in this context": ("a mapping cannot begin here", "check the indentation"),
    "found incompatible YAML document": ("another version of YAML", "remove the `%YAML` line; files are YAML 1.2"),
    "found a tab character that violates indentation": ("a tab indents this line", "indent with spaces"),
    "found a tab character that violate intendation": ("a tab indents this line", "indent with spaces"),
    "found a tab character where an indentation space is expected": (
        "a tab indents this line",
        "indent with spaces",
    ),
    "did not find expected alphabetic or numeric character": (
        "`*` and `&` begin references, which are refused here",
        "put the value in quotes",
    ),
    "did not find expected comment or line break": (
        "text behind a block mark",
        "the text of a `|` or `>` block begins on the next line",
    ),
}


def in_plain_words(problem: str, opened: int, line: str, column: int) -> tuple[str, str]:
    """Say what is wrong with a file that is not YAML.

    Parameters
    ----------
    problem : str
        The parser's own words.
    opened : int
        Line on which the surrounding construct begins, counted from one; zero when unknown.
    line : str
        The line on which the parser stopped.
    column : int
        The column at which it stopped, counted from zero.

    Returns
    -------
    message, hint : str
    """
    if problem.startswith("did not find expected ',' or"):
        bracket = problem[-2]
        begun = f", begun on line {opened}," if opened else ""
        kind = "list" if bracket == "]" else "mapping"
        return f"the {kind}{begun} is not closed here", f"expected `,` or `{bracket}`"
    if problem == "found unexpected end of stream" and opened:
        return f"the quotation mark on line {opened} has no partner", "close the quotes"
    if problem == "mapping values are not allowed in this context":
        return _second_colon(line, column)
    if problem == "found character that cannot start any token":
        character = line[column : column + 1]
        if character == "\t":
            return "a tab where spaces are expected", "use spaces"
        return f"a value cannot begin with `{character}`", "put the value in quotes"
    if problem in _KNOWN:
        return _KNOWN[problem]
    return f"this is not YAML: {shorten(problem)}", "see the place and what stands right before it"


def _second_colon(line: str, column: int) -> tuple[str, str]:
    if ": " in line[:column]:
        return "a second `: ` in one entry", "put the value in quotes if the colon belongs to it"
    return (
        "an entry cannot begin here: what stands before it is not finished, or the indentation differs",
        "begin entries of one mapping in one column, and put a colon behind the name that they belong to",
    )
