"""The version of blocs, in the one place from which the package, results and files take it."""

__version__ = "0.1.0"
