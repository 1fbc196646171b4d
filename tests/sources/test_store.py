"""Attached documents: kept whole, in the user's folder, whoever else is writing."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from blocs.errors import InputError
from blocs.sources.passages import read_passage
from blocs.sources.store import FORMAT, all_attached, attach, attached, data_folder, detach, require


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("It was winter in the bay. Nothing moved.\n\nThen it was spring — “so” they said. \U0001f6a2 left.")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data"
    monkeypatch.setenv("BLOCS_DATA", str(path))
    return path


def test_what_is_attached_is_there(document: Path, folder: Path) -> None:
    assert attached("kola1962") is None
    first = attach("kola1962", document)
    assert first.file == "notes.txt" and first.passage == read_passage(document)
    assert attached("kola1962") == first == require("kola1962")
    assert [one.key for one in all_attached()] == ["kola1962"]
    assert detach("kola1962") and not detach("kola1962")
    assert attached("kola1962") is None and all_attached() == []


def test_the_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Path) -> None:
    assert data_folder() == folder
    monkeypatch.setenv("BLOCS_DATA", " ")
    assert data_folder().name == "blocs"
    monkeypatch.delenv("BLOCS_DATA")
    assert data_folder().is_absolute()
    other = tmp_path / "other"
    attach("kola1962", document, other)
    assert not folder.exists() and attached("kola1962", other) is not None


def test_keys_that_differ_in_capitals_only_are_kept_apart(document: Path, folder: Path) -> None:
    attach("Kola", document)
    attach("kola", document)
    attach("con", document)
    names = [path.name.lower() for path in (folder / "passages").iterdir()]
    assert len(set(names)) == 3 and all(name.split(".")[0] != "con" for name in names)
    assert [one.key for one in all_attached()] == ["Kola", "con", "kola"]


@pytest.mark.parametrize(
    "key", ["", "../x", "a/b", "a\\b", ".", "..", "a\0b", "-a", "k" * 101, "a b", "~", "/etc/passwd"]
)
def test_a_key_is_no_path(key: str, document: Path, folder: Path) -> None:
    for action in (lambda: attach(key, document), lambda: attached(key), lambda: detach(key)):
        with pytest.raises(InputError, match="is no key"):
            action()
    assert not folder.exists()


def test_a_document_that_cannot_be_read_leaves_the_old_one(document: Path, folder: Path, tmp_path: Path) -> None:
    attach("kola1962", document)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7")
    for path in (broken, tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError):
            attach("kola1962", path)
    assert require("kola1962").file == "notes.txt"
    assert [path.suffix for path in (folder / "passages").iterdir()] == [".json"]


def test_a_folder_that_cannot_be_written(document: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        attach("kola1962", document, file)


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", '{"format": 0}', "[" * 100_000, "\udcff"])
def test_a_damaged_file_says_so(damage: str, document: Path, folder: Path) -> None:
    attach("kola1962", document)
    (path,) = (folder / "passages").iterdir()
    path.write_bytes(damage.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="attach it again"):
        attached("kola1962")
    assert all_attached() == []
    attach("kola1962", document)
    assert require("kola1962").passage == read_passage(document)


def test_another_version_is_read_again(document: Path, folder: Path) -> None:
    attach("kola1962", document)
    (path,) = (folder / "passages").iterdir()
    data = json.loads(path.read_text())
    for change in ({"format": FORMAT + 1}, {"key": "other"}, {"passage": None}, {"passage": {"title": "x"}}):
        path.write_text(json.dumps(data | change))
        with pytest.raises(InputError, match="attach it again"):
            attached("kola1962")


def test_what_to_do_when_nothing_is_attached(document: Path, folder: Path) -> None:
    with pytest.raises(InputError, match="blocs sources attach kola1962 FILE"):
        require("kola1962")
    attach("kola1962", document)
    with pytest.raises(InputError, match="did you mean `kola1962`"):
        require("kola1926")


def test_many_writers_and_readers(tmp_path: Path, folder: Path) -> None:
    documents = []
    for number in range(4):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"It was winter number {number}. " * 400)
        documents.append(path)
    attach("kola1962", documents[0])
    wrong: list[BaseException] = []

    def write(path: Path) -> None:
        try:
            for _ in range(3):
                attach("kola1962", path)
                one = require("kola1962")
                number = one.file[0]
                assert {s.text for s in one.passage.sentences} == {f"It was winter number {number}."}
        except BaseException as error:  # told by the main thread
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(path,)) for path in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert [path.suffix for path in (folder / "passages").iterdir()] == [".json"]
