"""Tipping points: the least change of parameters and facts that makes another outcome the likeliest."""
