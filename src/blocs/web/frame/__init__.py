"""The frame of every page: its template, its style sheet and its mark."""
