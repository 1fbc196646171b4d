"""Model crises inside alliance blocs: describe, solve, forecast, explain, learn."""

from blocs.version import __version__ as __version__
