"""The machine's clock, and names that nobody had before."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


class SystemClock:
    """The `Clock` port on the machine's own time."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def fresh(self) -> str:
        """Return a name like `20261121t031500-1f9a2c4b`: the time to the second, and 32 random bits."""
        return f"{self.now():%Y%m%dt%H%M%S}-{secrets.token_hex(4)}"
