"""NCEI Storm Events for Kansas: what happened where and when, what it damaged, whom it killed."""
