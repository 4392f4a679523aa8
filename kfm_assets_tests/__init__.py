"""Tests, in the shape of the package; `contracts/` has one suite for each port over every adapter."""
