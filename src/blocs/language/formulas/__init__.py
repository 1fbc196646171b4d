"""language/formulas."""
