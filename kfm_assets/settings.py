"""Settings: the environment, read once into a frozen object. Names begin with `KFM_`; an empty one says nothing."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kfm_assets.errors import UsageError


class Settings(BaseSettings):
    """What can be chosen without touching code.

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
    policy: Path | None = None


def load(**overrides: object) -> Settings:
    """Read the environment; arguments that are not None come before it. Raises UsageError, in one line."""
    chosen = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate({**Settings().model_dump(), **chosen})
    except ValidationError as error:
        first = error.errors()[0]
        name = f"KFM_{'_'.join(str(part) for part in first['loc']).upper()}"
        raise UsageError(f"{name}: {first['msg']}", advice=f"set {name} to another value, or unset it") from None
