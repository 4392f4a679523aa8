"""State in SQL: pointers, verdicts, the journal, releases, documents, incidents. SQLite here."""

from kfm_assets.adapters.state.sqlite import SqliteState

__all__ = ["SqliteState"]
