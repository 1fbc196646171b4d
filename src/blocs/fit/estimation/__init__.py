"""Estimation from tables: what every likelihood of rows shares (derivatives, design, ascent, inference)."""
