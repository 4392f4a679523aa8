"""Models trained on published datasets, and what they predict."""
