"""What follows from a solved game: outcomes, options by date, the real history's scores, explanations, alternatives."""
