"""JSON Schemas of theory and case files, generated from the models, so that editors complete and check as one types."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from blocs.library import schema_path

Kind = Literal["theory", "case"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of theory or case files."""
    from blocs.language.case import Case
    from blocs.language.theory import Theory

    schema = (Theory if kind == "theory" else Case).model_json_schema()
    return {"$schema": DIALECT, "title": f"blocs {kind}", **{key: schema[key] for key in schema if key != "title"}}


def schema_text(kind: Kind) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(json_schema(kind), indent=1, ensure_ascii=False) + "\n"


def first_line(kind: Kind, schema: str | os.PathLike[str] | None = None, beside: str | os.PathLike[str] = "") -> str:
    """Return the line by which a file tells editors its schema.

    Parameters
    ----------
    kind : {"theory", "case"}
    schema : path, optional
        The schema's file; by default the shipped one.
    beside : path
        Folder of the file that the line is for; the schema's path is relative to it. Empty: absolute.
    """
    place = os.fspath(schema or schema_path(kind))
    if os.fspath(beside):
        place = os.path.relpath(place, beside)
    return f"# yaml-language-server: $schema={Path(place).as_posix()}"


def write_schemas() -> list[Path]:
    """Write the schemas that ship with blocs; return their files."""
    from blocs.language.writing import write_atomically

    kinds: tuple[Kind, ...] = ("theory", "case")
    for kind in kinds:
        schema_path(kind).parent.mkdir(exist_ok=True)
        write_atomically(schema_path(kind), schema_text(kind))
    return [schema_path(kind) for kind in kinds]
