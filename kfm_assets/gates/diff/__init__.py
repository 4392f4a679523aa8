"""What changed between two states of a dataset, measured on their rows. No store and no clock is known here."""
