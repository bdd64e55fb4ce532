"""What the analytics worker takes from its environment beside the settings all processes share."""

import socket

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkerSettings(BaseSettings):
    """Read from `DRUMBEAT_WORKER_*`.

    Raises:
        pydantic.ValidationError: a variable holds a value of the wrong kind.
    """

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_WORKER_", frozen=True, extra="ignore")

    name: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="Tells workers of one group apart; one that comes back under its name gets its partitions at once. "
        "Two of the same name at the same time: the broker stops the older one.",
    )
    session_seconds: float = Field(10.0, ge=6, le=300, description="How long the broker waits for a silent worker.")
    round_records: int = Field(
        20_000, ge=1, le=100_000, description="Most records folded in one round; totals are written once a round."
    )
    fetch_bytes: int = Field(4 * 1024 * 1024, ge=65_536, description="Most bytes fetched of one partition at once.")
