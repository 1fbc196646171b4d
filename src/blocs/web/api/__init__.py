"""The HTTP API for programs: cases, forecasts, what-ifs, reasons, drivers; the same answers as the pages show."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import Response

from blocs.web.api.cases import add_cases
from blocs.web.api.checking import add_checking
from blocs.web.explore import desk_of
from blocs.web.site import Site


def register(site: Site) -> None:
    """Add the API, and a page that describes all that any part has added to it."""
    site.pages.add("api", "blocs.web.api")
    add_cases(site, desk_of(site))
    add_checking(site)

    def described(request: Request) -> Response:
        return site.pages.render(
            request,
            "api/api.jinja",
            title="For programs",
            about=site.api.description,
            origin=str(request.base_url).rstrip("/"),
            groups=_groups(site.api.openapi()),
        )

    site.app.add_api_route("/api", described, methods=["GET"])


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the operations of the API by their tag, as the page lists them."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = {
                "method": method.upper(),
                "path": path,
                # one that FastAPI made from a function's name says nothing
                "summary": "" if _made_up(operation) else operation["summary"] + ".",
                "description": operation.get("description", ""),
                "parameters": [
                    {
                        "name": one["name"],
                        "description": one.get("description", ""),
                        "default": one.get("schema", {}).get("default"),
                    }
                    for one in operation.get("parameters", [])
                ],
            }
            groups.setdefault(operation.get("tags", ["more"])[0], []).append(told)
    first = ("cases", "files")
    return {name: groups[name] for name in sorted(groups, key=lambda name: (name not in first, name))}


def _made_up(operation: dict[str, Any]) -> bool:
    summary = str(operation.get("summary", ""))
    return str(operation.get("operationId", "")).startswith(summary.lower().replace(" ", "_"))
