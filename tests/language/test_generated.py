"""What is made from the models: JSON Schemas, the reference, and files to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.language.formulas.syntax import FUNCTIONS
from blocs.language.load import examine, load_theory
from blocs.language.reading import read_document, read_text
from blocs.language.reference import FUNCTION_HELP, keys_without_help, language_reference
from blocs.language.scaffold import new_case, new_theory, slug
from blocs.language.schema import first_line, json_schema, schema_text
from blocs.library import case_path, list_cases, list_theories, list_variants, schema_path, theory_path

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["theory", "case"])
def test_the_shipped_schema_is_in_step_with_the_models(kind):
    assert schema_path(kind).read_text(encoding="utf-8") == schema_text(kind), "run `make docs`"


@pytest.mark.parametrize("kind", ["theory", "case"])
def test_the_schema_is_a_schema(kind):
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))


FILES = [("theory", theory_path(name)) for name in list_theories()] + [
    ("case", case_path(name)) for name in [*list_cases(), *list_variants()]
]


@pytest.mark.parametrize(
    ("kind", "path"), FILES, ids=lambda one: getattr(one, "parent", one).__str__().rsplit("/", 1)[-1]
)
def test_shipped_files_name_their_schema_and_keep_to_it(kind, path):
    document = read_document(path)
    assert document.text.splitlines()[0] == first_line(kind, beside=path.parent)
    place = document.text.splitlines()[0].split("$schema=")[1]
    assert (path.parent / place).resolve() == schema_path(kind)
    jsonschema.validate(document.data, json_schema(kind))


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("theory", ("titel",), "x"),
        ("theory", ("version",), "one"),
        ("theory", ("stages", 0, "options", "hold", "whem"), "x"),
        ("theory", ("facts", "land_route", "type"), "boolan"),
        ("theory", ("parameters", "patience", "prior"), "Bta(1, 2)"),
        ("theory", ("roles", "not a name"), "x"),
        ("theory", ("stages", 0, "options", "hedge", "cameo"), "99"),
        ("theory", ("stages", 0, "options", "hedge", "plover"), "REJEKT"),
        ("case", ("calendar", "step"), "week"),
        ("case", ("facts", "land_route", "valu"), 1),
        ("case", ("facts", "land_route", "confidence"), 2),
        ("case", ("history", 0, "optoin"), "x"),
    ],
)
def test_the_schema_refuses_what_the_models_refuse(kind, path, value):
    file = theory_path("patron-client") if kind == "theory" else case_path("sino-albanian-1961")
    data = json.loads(json.dumps(read_document(file).data))
    node = data
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema(kind))


def test_every_key_has_a_description():
    assert list(keys_without_help()) == []


def test_every_function_is_described():
    assert FUNCTION_HELP.keys() == FUNCTIONS.keys()


def test_the_reference_is_in_step_with_the_models():
    page = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert page == language_reference(), "run `make docs`"


def test_links_in_the_reference_lead_somewhere():
    page = language_reference()
    anchors = {line.lstrip("#").strip().lower().replace(" ", "-") for line in page.splitlines() if line.startswith("#")}
    linked = {piece.split(")")[0] for piece in page.split("](#")[1:]}
    assert linked
    assert linked <= anchors


def test_a_new_theory_and_a_case_of_it_pass_every_check(tmp_path):
    (tmp_path / "mine.yaml").write_text(new_theory("my-theory", tmp_path))
    assert examine(tmp_path / "mine.yaml").problems == ()
    folder = tmp_path / "my-case"
    folder.mkdir()
    case, bibliography = new_case("my-case", load_theory(tmp_path / "mine.yaml"), "../mine.yaml", folder)
    (folder / "case.yaml").write_text(case)
    (folder / "bibliography.yaml").write_text(bibliography)
    assert examine(folder).problems == ()


@pytest.mark.parametrize("theory", list_theories())
def test_a_new_case_of_a_shipped_theory_passes_every_check(theory, tmp_path):
    case, bibliography = new_case("my-case", load_theory(theory), folder=tmp_path)
    (tmp_path / "case.yaml").write_text(case)
    (tmp_path / "bibliography.yaml").write_text(bibliography)
    assert examine(tmp_path).errors == ()
    assert [one for one in examine(tmp_path).problems if one.file.endswith(("case.yaml", "bibliography.yaml"))] == []


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_can_begin_with(name):
    data = read_text(new_theory(name)).data
    assert data["theory"] == name
    assert isinstance(data["title"], str)


@pytest.mark.parametrize("name", ["", "Mine", "my theory", "../mine", "a/b", "a" * 70, "-a", "naïve"])
def test_names_that_are_no_good_are_refused(name):
    with pytest.raises(InputError, match="cannot be the name"):
        slug(name)
