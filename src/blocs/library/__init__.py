"""The theories and cases that ship with blocs, as files: ``theories/NAME.yaml``, ``cases/NAME/case.yaml``.

A variant looks at a shipped case under another theory: ``cases/NAME/variants/OTHER.yaml`` is called ``NAME-OTHER``.
"""

from __future__ import annotations

from pathlib import Path

# wheels are unpacked when they are installed, so that what lies beside this file is a folder
ROOT = Path(__file__).resolve().parent
# the theory that the shipped cases are written under
CASES_THEORY = "patron-client"


def list_theories() -> list[str]:
    """Return the names of the shipped theories."""
    return sorted(path.stem for path in (ROOT / "theories").glob("*.yaml"))


def list_cases() -> list[str]:
    """Return the names of the shipped cases."""
    return sorted(path.parent.name for path in (ROOT / "cases").glob("*/case.yaml"))


def list_variants() -> list[str]:
    """Return the names of the shipped variants of cases."""
    return sorted(_variants())


def _variants() -> dict[str, Path]:
    found = (ROOT / "cases").glob("*/variants/*.yaml")
    return {f"{path.parent.parent.name}-{path.stem}": path for path in found}


def variants_of(name: str) -> list[str]:
    """Return the names of the shipped variants of a shipped case."""
    return sorted(variant for variant, path in _variants().items() if path.parent.parent.name == name)


def variant_of(name: str) -> str:
    """Return the name of the shipped case that a shipped variant looks at; empty for any other name."""
    path = _variants().get(name)
    return path.parent.parent.name if path is not None else ""


def theory_path(name: str) -> Path:
    """Return where a shipped theory is."""
    return ROOT / "theories" / f"{name}.yaml"


def case_path(name: str) -> Path:
    """Return where a shipped case, or a variant of one, is."""
    if (variant := _variants().get(name)) is not None:
        return variant
    return ROOT / "cases" / name / "case.yaml"


def theory_fit_path(name: str) -> Path:
    """Return where the summary of a shipped theory's fit to all cases is."""
    return ROOT / "theories" / "fits" / f"{name}.json"


def case_fit_path(name: str, theory: str = CASES_THEORY) -> Path:
    """Return where the summary of a theory's fit to all cases but this one is."""
    if theory == CASES_THEORY:
        return ROOT / "cases" / name / "posterior.json"
    return ROOT / "theories" / "fits" / theory / f"{name}.json"


def schema_path(kind: str) -> Path:
    """Return where the JSON Schema of ``theory`` or ``case`` files is."""
    return ROOT / "schemas" / f"{kind}.schema.json"
