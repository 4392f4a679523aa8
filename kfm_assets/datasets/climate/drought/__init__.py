"""How dry Kansas was each week, as the U.S. Drought Monitor judged it."""
