"""What the activities service takes from its environment beside the settings all processes share."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ComplaintSettings(BaseSettings):
    """Read from `DRUMBEAT_COMPLAINTS_*`.

    Raises:
        pydantic.ValidationError: a variable holds a value of the wrong kind.
    """

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_COMPLAINTS_", frozen=True, extra="ignore")

    close_after_days: float = Field(
        7, ge=0, le=3650, description="A resolved complaint closes by itself after this time unless its policy says."
    )

    @property
    def close_after_seconds(self) -> int:
        """The same in seconds."""
        return int(self.close_after_days * 86_400)


class FieldSettings(BaseSettings):
    """What field work needs, read from `DRUMBEAT_FIELD_*`.

    Raises:
        pydantic.ValidationError: a variable holds a value of the wrong kind.
    """

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_FIELD_", frozen=True, extra="ignore")

    radius_m: float = Field(
        200, gt=0, le=100_000, description="How far from a customer's place a phone may be to count as there."
    )
    look_seconds: float = Field(15, gt=0, le=3600, description="How often missed plans and reports are looked for.")
