"""The nouns and the decisions, pure: standard library only, no I/O, no clock. Nothing here knows of storage."""
