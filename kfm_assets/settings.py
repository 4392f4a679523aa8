"""Settings: the environment, read once into a frozen object. Names begin with `KFM_`; an empty one says nothing."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kfm_assets.errors import InvalidPolicy

EMBEDDED = "embedded"
"""The lake that lies in the home."""

LAKEFS = "lakefs://"
"""How the name of a lake on a lakeFS server begins; its repository follows."""

_LAKE = rf"^({EMBEDDED}|{LAKEFS}[a-z0-9][a-z0-9-]{{2,62}})$"
"""lakeFS: a repository's name is lower-case letters, digits and hyphens (https://docs.lakefs.io/understand/model/)."""

_WANTED = {
    "sample_size": "a whole number from 1 to 10,000,000",
    "sample_seed": "a whole number from 0 on",
    "lake": f"{EMBEDDED}, or {LAKEFS} and a repository's name: 3 to 63 of lower-case letters, digits and hyphens",
    "home": "a folder's path",
    "policy": "a file's path",
}
"""What a setting must be, in words. The others may be any text."""


class Settings(BaseSettings):
    """What can be chosen without touching code.

    `lake`: `embedded`, or `lakefs://` and a repository's name; `lakefs_endpoint` and the two keys say on which server.
    `home`: where everything lives. `source`: `sample`, `live` or a folder of recorded responses. `sample_size`: about
    how many rows a sample partition has. `contact`: what polite requests say of who asks. `principal`: who acts.
    """

    model_config = SettingsConfigDict(env_prefix="KFM_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Path(".kfm")
    source: str = "sample"
    sample_size: int = Field(default=400, ge=1, le=10_000_000)
    sample_seed: int = Field(default=1, ge=0)
    contact: str = "https://github.com/kansas-frontier-matrix"
    principal: str = ""
    lake: str = Field(default=EMBEDDED, pattern=_LAKE)
    lakefs_endpoint: str = ""
    lakefs_access_key: SecretStr = SecretStr("")
    lakefs_secret_key: SecretStr = SecretStr("")
    policy: Path | None = None


def load(**overrides: object) -> Settings:
    """Read the environment; arguments that are not None come before it. Raises InvalidPolicy, in one line."""
    chosen = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate({**Settings().model_dump(), **chosen})
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        name = f"KFM_{field.upper()}"
        wanted = _WANTED.get(field, "something else")
        raise InvalidPolicy(
            f"{name} is {str(first['input'])!r:.80}, and must be {wanted}", advice=f"set it to that, or unset {name}"
        ) from None
