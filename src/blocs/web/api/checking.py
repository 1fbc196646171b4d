"""Files sent over HTTP, checked as `blocs check` checks files: by the same rules, within the same limits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from blocs.errors import InputError, Problem, nearest
from blocs.language.load import examine
from blocs.language.reading import read_text
from blocs.library import list_cases, list_theories, list_variants
from blocs.web.api.bodies import Files
from blocs.web.refusals import Refusal
from blocs.web.site import Site

_MISSING = "there is no such file"


def _none() -> tuple[str, ...]:
    return ()


# which key of which file may name which of the files that are sent, or what that ships
_REFERENCES: dict[str, dict[str, tuple[str, Callable[[], Sequence[str]]]]] = {
    "case.yaml": {
        "theory": ("theory.yaml", list_theories),
        "extends": ("", lambda: (*list_cases(), *list_variants())),
        "sources": ("bibliography.yaml", _none),
    },
    "theory.yaml": {"extends": ("", list_theories), "sources": ("bibliography.yaml", _none)},
}


def add_checking(site: Site) -> None:
    """Add the operation."""

    @site.api.post("/check", tags=["files"], summary="Find every mistake in a theory or a case")
    async def check(files: Files) -> dict[str, Any]:
        """Like `blocs check --quick`: each problem has its file, line and column. Nothing is kept."""
        if files.case is None and files.theory is None:
            raise Refusal(400, "There is nothing to check.", "send a case or a theory as text")
        return await site.solver.short(lambda: checked(files))


def checked(files: Files) -> dict[str, Any]:
    """Return what is wrong with files, for programs."""
    sent = {"case.yaml": files.case, "theory.yaml": files.theory, "bibliography.yaml": files.bibliography}
    problems = problems_of({name: text for name, text in sent.items() if text is not None})
    return {
        "sound": not any(problem.severity == "error" for problem in problems),
        "problems": [problem.to_json() for problem in problems],
    }


def problems_of(texts: Mapping[str, str]) -> list[Problem]:
    """Check files that refer to each other by fixed names only.

    Parameters
    ----------
    texts : mapping from name to text
        ``case.yaml``, ``theory.yaml``, ``bibliography.yaml``: at least one of the first two.
    """
    problems = [problem for name, text in texts.items() for problem in _foreign(name, text)]
    if not problems:
        with tempfile.TemporaryDirectory(prefix="blocs-check-") as folder:
            for name, text in texts.items():
                Path(folder, name).write_text(text, encoding="utf-8", newline="", errors="surrogatepass")
            main = "case.yaml" if "case.yaml" in texts else "theory.yaml"
            found = examine(Path(folder, main)).problems
            problems = [_sent(replace(problem, file=Path(problem.file).name), texts) for problem in found]
    return problems


def _sent(problem: Problem, texts: Mapping[str, str]) -> Problem:
    """Return the problem of a file that is missing in the words of whoever should have sent it."""
    if problem.message != _MISSING:
        return problem
    name = {"theory": "theory.yaml"}.get(problem.path, problem.file)
    return (
        replace(problem, message=f"`{name}` is named but was not sent along", hint="") if name not in texts else problem
    )


def _foreign(name: str, text: str) -> list[Problem]:
    """Return a problem for each reference that leads to a file of the server, before anything is opened."""
    if name == "bibliography.yaml":
        return []
    try:
        document = read_text(text, name)
    except InputError as error:
        return list(error.problems)
    found = []
    for key, (file, shipped) in _REFERENCES[name].items():
        value, known = document.data.get(key), shipped()
        if not isinstance(value, str) or value == file or value in known:
            continue
        expected = [f"`{file}`, sent along"] * bool(file) + [f"one of {', '.join(known)}"] * bool(known)
        message = f"`{key}` names another file; expected {', or '.join(expected)}"
        found.append(Problem(message, name, *document.locate((key,)), key, nearest(value, known)))
    return found
