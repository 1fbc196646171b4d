"""What a theory or a case is, as one short number: the same content has the same, any change another."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from blocs.language.case import Case
from blocs.language.theory import Theory


def content_hash(subject: Case | Theory) -> str:
    """Return the SHA-256 of the resolved content, in hexadecimal.

    A case's hash covers its theory with all that it extends, overrides and forbids. Comments, the place of a file and
    the order of keys do not count; the order of stages, options, outcomes and events does.
    """
    content: dict[str, Any] = {"subject": _plain(subject)}
    if isinstance(subject, Case):
        content["theory"] = _plain(subject.theory_spec)
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _plain(subject: Case | Theory) -> Any:
    data = subject.model_dump(mode="json", exclude_defaults=True)
    if isinstance(subject, Theory):
        for fact in data.get("facts", {}).values():
            fact.pop("measure", None)  # where a value can be looked up: no solution depends on it
        # what comes first among these counts, so their order is kept when keys are sorted
        data["outcomes"] = list(data.get("outcomes", {}).items())
        for stage in data["stages"]:
            for options in stage["options"].values() if "roles" in stage else (stage["options"],):
                for option in options.values():
                    option.pop("secret", None)  # who sees a move at a table of players: no solution depends on it
            stage["options"] = list(stage["options"].items())
    return data
