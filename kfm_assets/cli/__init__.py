"""The `kfm` command: what a person types, and what they read. Decisions are the engine's."""
