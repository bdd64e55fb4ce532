"""Settings only the notifier has, read from `DRUMBEAT_NOTIFIER_*` environment variables."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.notifier.domain.retry import SCHEDULE_SECONDS

Network = IPv4Network | IPv6Network


class NotifierSettings(BaseSettings):
    """How messages go out.

    Raises:
        pydantic.ValidationError: a variable holds a value of the wrong kind.
    """

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_NOTIFIER_", frozen=True, extra="ignore")

    allow_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), description="Networks that may be called though they are not public, as CIDR with commas between."
    )
    timeout_seconds: float = Field(15.0, gt=0, le=120, description="How long a receiver may take for its answer.")
    retry_seconds: Annotated[tuple[float, ...], NoDecode] = Field(
        SCHEDULE_SECONDS, description="Pauses between attempts, with commas between; then it is given up."
    )
    concurrency: int = Field(64, ge=1, le=1_000, description="Messages on their way at once, in one process.")
    concurrency_each: int = Field(16, ge=1, le=1_000, description="The same for one subscription.")
    keep_days: int = Field(30, ge=1, le=3_650, description="How long messages and the delivery log are kept.")

    @property
    def lease_seconds(self) -> float:
        """How long a process keeps what it works at to itself: longer than any attempt can take."""
        return 2 * self.timeout_seconds

    @field_validator("allow_networks", mode="before")
    @classmethod
    def _networks(cls, text: object) -> object:
        return tuple(ip_network(part) for part in _parts(text)) if isinstance(text, str) else text

    @field_validator("retry_seconds", mode="before")
    @classmethod
    def _pauses(cls, text: object) -> object:
        return tuple(float(part) for part in _parts(text)) if isinstance(text, str) else text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
