"""The folder of a site: exchanged at once, whole after a kill at any moment, and the only thing that is touched."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.web.publish import folder
from blocs.web.publish.folder import MANIFEST, opened
from blocs.web.publish.selection import slug_of
from blocs.web.publish.story import story_html


def write(place: Path, words: str, *paths: str) -> list[str]:
    with opened(place) as site:
        for path in paths:
            site.write(path, words)
        return site.finish({"cases": {}})


def there(place: Path) -> dict[str, str]:
    files = [path for path in place.rglob("*") if path.is_file() and path.name != MANIFEST]
    return {str(path.relative_to(place)): path.read_text(encoding="utf-8") for path in files}


@pytest.mark.parametrize("atomic", [True, False], ids=["exchanged", "renamed"])
def test_a_new_site_takes_the_place_of_the_old_one_and_strangers_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    if not atomic:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    place = tmp_path / "deep" / "site"
    assert write(place, "old", "index.html", "cases/a/index.html") == []
    (place / "CNAME").write_text("example.org", encoding="utf-8")
    (place / ".git" / "refs").mkdir(parents=True)
    (place / ".git" / "refs" / "main").write_text("1", encoding="utf-8")
    (place / "cases" / "a" / "notes.txt").write_text("mine", encoding="utf-8")
    assert write(place, "new", "index.html", "cases/b/index.html") == ["cases/a/index.html"]
    assert there(place) == {
        "index.html": "new", "cases/b/index.html": "new",
        "CNAME": "example.org", ".git/refs/main": "1", "cases/a/notes.txt": "mine",
    }  # fmt: skip
    assert [one.name for one in place.parent.iterdir()] == ["site"]
    assert set(json.loads((place / MANIFEST).read_bytes())["files"]) == {"index.html", "cases/b/index.html"}


KILLED = """
import os, pathlib, signal, sys
from blocs.web.publish import folder
place, moment = pathlib.Path(sys.argv[1]), sys.argv[2]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
exchange, rename = folder._exchange, os.rename
if moment == "before":
    folder._exchange = die
if moment == "after":
    folder._clear = die
if moment == "between":
    folder._exchange = lambda one, other: False
    folder.os.rename = lambda one, other: (die() if str(one).endswith(".new") else rename(one, other))
with folder.opened(place) as site:
    site.write("index.html", "new")
    if moment == "writing":
        die()
    site.write("second.html", "new")
    site.finish({"cases": {}})
"""


@pytest.mark.parametrize("moment", ["writing", "before", "after", "between"])
def test_a_kill_leaves_a_whole_site(tmp_path: Path, moment: str) -> None:
    place = tmp_path / "site"
    write(place, "old", "index.html", "first.html")
    (place / "CNAME").write_text("example.org", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", KILLED, str(place), moment], env=dict(os.environ), check=False)
    assert done.returncode == -signal.SIGKILL
    whole_old, whole_new = {"index.html": "old", "first.html": "old"}, {"index.html": "new", "second.html": "new"}
    if moment == "between":  # systems that cannot exchange: the old one stands beside, whole, and comes back
        assert {**there(tmp_path / ".site.old")} == {**whole_old, "CNAME": "example.org"}
    elif moment == "after":
        assert there(place) == whole_new
    else:
        assert there(place) == {**whole_old, "CNAME": "example.org"}
    with opened(place) as site:
        assert set(site.old["files"]) == set(whole_new if moment == "after" else whole_old)
        assert there(place) == {**(whole_new if moment == "after" else whole_old), "CNAME": "example.org"}
    assert [one.name for one in tmp_path.iterdir()] == ["site"]


def test_what_is_no_site_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("words", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds something else: thesis\.tex"):
        write(tmp_path / "home", "x", "index.html")
    (tmp_path / "home" / MANIFEST).write_text('{"files": 3}', encoding="utf-8")
    with pytest.raises(InputError, match="holds something else"):
        write(tmp_path / "home", "x", "index.html")
    with pytest.raises(InputError, match="a file, not a folder"):
        write(tmp_path / "home" / "thesis.tex", "x", "index.html")
    assert (tmp_path / "home" / "thesis.tex").read_text(encoding="utf-8") == "words"
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", "x", "index.html")
    assert there(tmp_path / "empty") == {"index.html": "x"}


def test_two_cannot_publish_into_one_folder_at_once(tmp_path: Path) -> None:
    with opened(tmp_path / "site"), pytest.raises(InputError, match="another process"):
        write(tmp_path / "site", "x", "index.html")
    write(tmp_path / "site", "x", "index.html")


def test_a_file_that_was_changed_is_not_taken_over(tmp_path: Path) -> None:
    place = tmp_path / "site"
    write(place, "old", "a.html", "b.html")
    (place / "b.html").write_text("changed", encoding="utf-8")
    with opened(place) as site:
        assert site.kept("a.html") == b"old"
        assert site.kept("b.html") is None and site.kept("c.html") is None and site.kept("../x") is None


@given(st.text(max_size=200))
def test_names_of_folders_are_safe_whatever_a_case_is_called(name: str) -> None:
    slug = slug_of(name)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?", slug)
    assert slug_of(slug) == slug


@given(st.text(alphabet="<>&\"'[]()!*_`#|-\n scriptjavahref=:/\\", max_size=120))
def test_no_account_brings_elements_of_its_own(text: str) -> None:
    html = str(story_html(text))
    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", html))
    assert tags <= {
        "p", "em", "strong", "code", "pre", "a", "ul", "ol", "li", "blockquote", "hr", "br", "div",
        "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip
    assert not re.search(r'href="(?!https?://)', html)
