"""Figures of results, drawn by matplotlib without a display; every function returns a figure, nothing is shown."""
