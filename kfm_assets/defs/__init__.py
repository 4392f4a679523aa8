"""The only place that imports Dagster. The file names are the flow."""
