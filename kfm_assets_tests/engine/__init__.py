"""The use cases, in the simulated world."""
