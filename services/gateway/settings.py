"""Settings of the gateway alone, read from `DRUMBEAT_GATEWAY_*`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GatewaySettings(BaseSettings):
    """How much the door lets in, counted per gateway process."""

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_GATEWAY_", frozen=True, extra="ignore")

    events_per_second: float = Field(20_000, gt=0, description="What one source may send in the long run.")
    burst_events: float = Field(100_000, gt=0, description="What one source may send at once after a quiet time.")
