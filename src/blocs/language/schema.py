"""JSON Schemas of theory and case files, generated from the models, so that editors complete and check as one types."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from blocs.library import schema_path

Kind = Literal["theory", "case"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of theory or case files."""
    from blocs.language.case import Case
    from blocs.language.theory import Theory

    schema = _tidy((Theory if kind == "theory" else Case).model_json_schema())
    # what a file extends may hold the rest of what is required
    alone = [key for key in schema["required"] if key != kind]
    schema["required"] = [kind]
    for part in schema["$defs"]:
        if part in ("Stage", "JointStage"):
            # a theory over another one may change one option of a stage and leave the rest as it is
            schema["$defs"][part]["required"] = ["stage"]
        if part == "ParameterSpec":
            # or give the source of a prior that stays
            schema["$defs"][part].pop("required", None)
    for part in schema["properties"].values():
        # or take away what has a name, by null
        for pattern, value in part.get("patternProperties", {}).items():
            part["patternProperties"][pattern] = {"anyOf": [value, {"type": "null"}]}
    schema["anyOf"] = [{"required": ["extends"]}, {"required": alone}]
    return {"$schema": DIALECT, "title": f"blocs {kind}", **schema}


def _tidy(node: Any) -> Any:
    """Take away titles, which only repeat the names of keys, and refuse names of another form than the pattern's."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {key: _tidy(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if "patternProperties" in tidy:
        tidy.setdefault("additionalProperties", False)
    return tidy


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
        with suppress(ValueError):  # on another drive there is no relative path
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
