"""Model crises inside alliance blocs: describe, solve, forecast, explain, learn."""

__version__ = "0.1.0"
