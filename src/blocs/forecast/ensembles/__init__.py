"""Ensembles: a case solved for thousands of draws, in chunks that any number of workers solve to the same bits."""
