"""One folder for each outside system. None imports another; only wiring brings them together."""
