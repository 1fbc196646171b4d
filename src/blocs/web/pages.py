"""Pages: templates of all parts in one environment, inside one frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined, pass_context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from blocs.report.numbers import percent
from blocs.report.terminal import words
from blocs.version import __version__
from blocs.web.security import ROOT

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from starlette.requests import Request

    from blocs.web.assets import Assets


class Pages:
    """Renders templates; whatever is put into one is escaped.

    A template begins with ``{% extends "frame/frame.jinja" %}`` and fills the blocks ``content``, and ``head`` for its
    own style sheets and scripts. ``link("/cases")`` and ``asset("explore.js")`` give addresses that are right wherever
    the app is mounted.
    """

    def __init__(self, assets: Assets, navigation: list[tuple[str, str]]) -> None:
        self._parts: dict[str, PackageLoader] = {}
        self._assets = assets
        self.environment = Environment(
            loader=PrefixLoader(self._parts),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(percent=percent, words=words, ticked=ticked, linked=linked)
        self.environment.globals.update(
            link=_link, asset=self._asset, is_here=_is_here, navigation=navigation, version=__version__
        )

    def add(self, prefix: str, package: str) -> None:
        """Let ``prefix/name.jinja`` be the template of this name in a package's folder."""
        self._parts[prefix] = PackageLoader(package, "")

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> HTMLResponse:
        """Return a page; it is never stored by caches between, as it may hold what one person alone may see."""
        text = self.fragment(request, template, **content)
        return HTMLResponse(text, status, {"cache-control": "no-store", **(headers or {})})

    def fragment(self, request: Request, template: str, **content: Any) -> str:
        """Return a template as text, for a part of a page that is put in later."""
        here = request.url.path.removeprefix(_root(request))
        return self.environment.get_template(template).render(root=_root(request), here=here, **content)

    @pass_context
    def _asset(self, context: Context, name: str) -> str:
        return context["root"] + self._assets.path(name)


def ticked(text: str) -> Markup:
    """Return words with names that stand between backquotes set as names."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one of them is no quote
        return escape(text)
    shown = [Markup("<code>{}</code>").format(one) if i % 2 else escape(one) for i, one in enumerate(pieces)]
    return Markup("").join(shown)


def linked(text: str, address: str) -> Markup:
    """Return words with an address that stands in them, or else behind them, as a link."""
    if not address.startswith(("https://", "http://")):
        return escape(text)
    link = Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address)
    before, found, after = text.partition(address)
    return escape(before) + link + escape(after) if found else escape(text) + " " + link


def _root(request: Request) -> str:
    """Return the path below which the app is mounted, without a slash at its end."""
    return str(request.scope.get(ROOT, "")).rstrip("/")


@pass_context
def _link(context: Context, path: str) -> str:
    return context["root"] + path


@pass_context
def _is_here(context: Context, path: str) -> bool:
    here = context["here"]
    return here == path or (path != "/" and here.startswith(path + "/"))
