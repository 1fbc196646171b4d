"""A played game as a page that needs nothing else: for a portfolio, or to be sent to somebody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from blocs.version import __version__


def page_of(environment: Environment, content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the page and the content security policy under which it may be shown."""
    parts = (("blocs.report.html", "colours.css"), ("blocs.web.frame", "frame.css"), ("blocs.web.rooms", "rooms.css"))
    style = "\n".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in parts)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    template = environment.get_template("rooms/alone.jinja")
    page = template.render(style=Markup(style), policy=policy, version=__version__, **content)
    return page.strip() + "\n", policy
