"""One theory over another: what ``extends`` means.

Keys given in the theory replace those of the theory it extends, mapping by mapping; a key set to null takes one away;
stages go by their name, so an option can be changed without repeating the stage. A stage whose options are set to null
goes away. New stages come last; new outcomes come before ``otherwise``. An option of a new stage in which several roles
choose at once may be moved there from a stage of the extended theory (``moved_from``), with all that it has; the
occasions of that stage hold for its role there too, unless others are given.

A case over a case: sections go entry by entry, and an entry that is given replaces the one below as a whole, since a
new value with the source of the old one would be a false citation; lists and single values are replaced as a whole.
"""

from __future__ import annotations

from typing import Any

from blocs.language.document import Document, Origins, Path
from blocs.language.theory import OTHERWISE


def merge(base: dict[str, Any], base_origins: Origins, over: Document) -> tuple[dict[str, Any], Origins]:
    """Lay a theory over the theory that it extends.

    Parameters
    ----------
    base : mapping
        Data of the theory that is extended.
    base_origins : Origins
        Where its parts are written.
    over : Document
        The theory that extends it.

    Returns
    -------
    data : mapping
    origins : Origins
    """
    merger = _Merger(over, {path: place for path, place in base_origins.parts.items() if path})
    for key in base:
        if (found := base_origins.find((key,))) is not None:
            merger.parts.setdefault((key,), found)
    merger.parts[()] = (over, ())
    stages = over.data.get("stages")
    plain = {key: value for key, value in over.data.items() if key != "stages" or not isinstance(stages, list)}
    data = merger.mapping(base, plain, (), ())
    if isinstance(stages, list):
        data["stages"] = merger.stages(base.get("stages"), stages, base_origins)
    outcomes = data.get("outcomes")
    if isinstance(outcomes, dict):
        data["outcomes"] = dict(sorted(outcomes.items(), key=lambda item: item[1] == OTHERWISE))
    return data, Origins(merger.parts)


def merge_cases(base: dict[str, Any], base_origins: Origins, over: Document) -> tuple[dict[str, Any], Origins]:
    """Lay a case over the case that it extends; parameters and answer as for `merge`."""
    data, parts = dict(base), {path: place for path, place in base_origins.parts.items() if path}
    for key in base:
        if (found := base_origins.find((key,))) is not None:
            parts.setdefault((key,), found)
    parts[()] = (over, ())
    for name in ("theory", "case"):
        # a version is that of a theory, a title that of a case: they do not go on to another one
        if name in over.data and over.data[name] != base.get(name):
            data.pop("version" if name == "theory" else "title", None)
    for key, value in over.data.items():
        below = data.get(key)
        if value is None:
            data.pop(key, None)
        elif key in _SECTIONS and isinstance(below, dict) and isinstance(value, dict):
            entries = {name: entry for name, entry in below.items() if name not in value or value[name] is not None}
            data[key] = entries | {name: entry for name, entry in value.items() if entry is not None}
            for name in value:
                _take(parts, (key, name), over)
        else:
            data[key] = value
            _take(parts, (key,), over)
    return data, Origins(parts)


# of a case, those whose entries go by name
_SECTIONS = ("roles", "facts", "start", "parameters", "types", "alternatives")


def _take(parts: dict[Path, tuple[Document, Path]], path: Path, over: Document) -> None:
    for known in [one for one in parts if len(one) > len(path) and one[: len(path)] == path]:
        del parts[known]
    parts[path] = (over, path)


def _short_form(path: Path) -> str:
    """Return the key that a bare value stands for at a path, or nothing."""
    if len(path) == 2 and path[0] == "parameters":
        return "prior"
    if len(path) == 3 and path[0] == "types":
        return "prior"
    return "formula" if len(path) == 3 and path[0] == "payoffs" else ""


def _has_option(stage: Any, name: Any, option: Any) -> bool:
    """Tell whether a stage of one role has that name and such an option."""
    if not (isinstance(stage, dict) and isinstance(name, str) and stage.get("stage") == name and "role" in stage):
        return False
    options = stage.get("options")
    return isinstance(options, dict) and isinstance(options.get(option), dict)


# what a stage says of occasions
OF_OCCASIONS = ("occasion", "otherwise")


class _Merger:
    def __init__(self, over: Document, parts: dict[Path, tuple[Document, Path]]) -> None:
        self.over = over
        self.parts = parts
        self.inherited = list(parts)

    def take(self, path: Path, source: Path) -> None:
        """Note that what lies at `path` is taken whole from the upper document."""
        for known in self.inherited:
            if len(known) > len(path) and known[: len(path)] == path:
                self.parts.pop(known, None)
        self.parts[path] = (self.over, source)

    def mapping(self, base: dict[str, Any], over: dict[str, Any], path: Path, source: Path) -> dict[str, Any]:
        """Merge two mappings."""
        result = dict(base)
        for key, value in over.items():
            here, there = (*path, key), (*source, key)
            if value is None:
                result.pop(key, None)
                continue
            below = result.get(key)
            short = _short_form(here)
            if short and isinstance(below, dict) and not isinstance(value, dict | list):
                result[key] = {**below, short: value}
                self.take((*here, short), there)
            elif isinstance(below, dict) and isinstance(value, dict):
                result[key] = self.mapping(below, value, here, there)
            else:
                result[key] = value
                self.take(here, there)
        return result

    def stages(self, base: Any, over: list[Any], base_origins: Origins) -> list[Any]:
        """Merge stages by name."""
        below = base if isinstance(base, list) else []
        self.parts = {path: place for path, place in self.parts.items() if path[:1] != ("stages",)}
        self.inherited = []
        self.parts[("stages",)] = (self.over, ("stages",))
        upper: dict[Any, tuple[int, Any]] = {}
        for number, stage in enumerate(over):
            name = stage.get("stage") if isinstance(stage, dict) else None
            # what has no name, or one that stands twice, is kept and told of later
            upper[name if isinstance(name, str) and name not in upper else (number,)] = (number, stage)
        result: list[Any] = []
        for old, stage in enumerate(below):
            here: Path = ("stages", len(result))
            self.inherit(base_origins, ("stages", old), here)
            name = stage.get("stage") if isinstance(stage, dict) else None
            number, changes = upper.pop(name if isinstance(name, str) else None, (0, None))
            if changes is None:
                result.append(stage)
            elif not ("options" in changes and changes["options"] is None):
                result.append(self.mapping(stage, changes, here, ("stages", number)))
        for number, stage in upper.values():
            self.take(("stages", len(result)), ("stages", number))
            result.append(self.moved(stage, number, result, below, base_origins))
        return result

    def moved(self, stage: Any, number: int, result: list[Any], below: list[Any], base_origins: Origins) -> Any:
        """Return a new stage with the options that it moves from others, which lose them.

        A `moved_from` that leads nowhere is left for the check of the theory, and so is one that brings other occasions
        to a role than its other options.
        """
        if not (isinstance(stage, dict) and "roles" in stage and isinstance(stage.get("options"), dict)):
            return stage
        options = dict(stage["options"])
        given = stage.get("occasion", {})
        occasions: dict[str, dict[str, Any]] = {}
        for role, mine in stage["options"].items():
            if not isinstance(mine, dict):
                continue
            options[role] = dict(mine)
            brought: dict[str, Any] | None = None
            for name, changes in mine.items():
                source = changes.get("moved_from") if isinstance(changes, dict) else None
                place = next((i for i, one in enumerate(result) if _has_option(one, source, name)), None)
                old = next((i for i, one in enumerate(below) if _has_option(one, source, name)), None)
                if place is None or old is None:
                    continue
                if isinstance(given, dict) and role not in given:
                    theirs = {key: result[place][key] for key in OF_OCCASIONS if key in result[place]}
                    if brought is None:
                        brought = theirs
                        for key, said in theirs.items():
                            occasions.setdefault(key, {})[role] = said
                            self.inherit(base_origins, ("stages", old, key), ("stages", len(result), key, role))
                    elif brought != theirs:
                        continue
                here = ("stages", len(result), "options", role, name)
                self.inherit(base_origins, ("stages", old, "options", name), here)
                laid = {key: value for key, value in changes.items() if key != "moved_from"}
                there = ("stages", number, "options", role, name)
                options[role][name] = self.mapping(result[place]["options"][name], laid, here, there)
                left = {key: value for key, value in result[place]["options"].items() if key != name}
                result[place] = {**result[place], "options": left}
        for key, brought_here in occasions.items():
            if isinstance(stage.get(key, {}), dict):
                occasions[key] = {**brought_here, **stage.get(key, {})}
        return {**stage, **occasions, "options": options}

    def inherit(self, origins: Origins, old: Path, new: Path) -> None:
        """Carry over where the parts of a stage are written."""
        if (found := origins.find(old)) is not None:
            self.parts[new] = found
        for path, place in origins.parts.items():
            if len(path) > len(old) and path[: len(old)] == old:
                self.parts[new + path[len(old) :]] = place
                self.inherited.append(new + path[len(old) :])
