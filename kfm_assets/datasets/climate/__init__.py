"""Datasets about the climate."""
