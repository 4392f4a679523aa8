"""Hazards: storms and earthquakes."""
