"""Sets of words, written as running text so that they can be read."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the set of the words of `text`, which are separated by white space."""
    return frozenset(text.split())
