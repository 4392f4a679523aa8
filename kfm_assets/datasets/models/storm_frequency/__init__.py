"""How many storms to expect: a model by climate division and month, trained anew each year."""
