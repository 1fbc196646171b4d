"""The web app: pages made on the server, a little script that makes them move, and an API that programs use too.

It is FastAPI with Jinja templates, style sheets and script modules of our own, rather than a framework that keeps every
page's state in the server's memory: so a page is a link and survives a restart of the server; nothing but our own files
may run in it (`blocs.web.security`); several processes can serve one database; and what a page shows is what the API
answers.

A part of the app is a package with ``register(site)``, called once by `blocs.web.app.create_app`. It adds routes to
``site.app`` (pages) and to ``site.api`` (the HTTP API, under ``/api``), its templates with ``site.pages.add``, its
style sheets and scripts with ``site.assets.add``, a place in the navigation with ``site.navigation.append``, and work
that goes on while the server runs with ``site.lifespans.append``.

What a page learns while it is open comes as server-sent events, to which a browser returns by itself after a break;
what it does is a request that is answered. There are no other connections, and no state that lives in one.
"""
