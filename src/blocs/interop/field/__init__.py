"""The standard data files of the field, in a folder of the user: which are there, and what they say of two states."""
