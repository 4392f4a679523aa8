"""What BENCHMARKS.md reports: each figure a ratio against a rival in the same run. `python -m benchmarks`."""
