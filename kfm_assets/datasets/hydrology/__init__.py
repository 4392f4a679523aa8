"""Datasets about rivers and water."""
