"""Settings of a Drumbeat process, read from `DRUMBEAT_*` environment variables.

One class for all services, so that a name means the same thing everywhere. A
service that needs more adds its own class in its `settings.py`.
"""

from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOST: Final = "127.0.0.1"
"""Everything Drumbeat starts by itself listens here and nowhere else."""

PORT_OFFSETS: Final = {
    "gateway": 0,
    "directory": 1,
    "leads": 2,
    "customers": 3,
    "activities": 4,
    "analytics": 5,
    "notifier": 6,
    "worker": 7,
    "mongo": 17,
    "kafka": 92,
    "kafka-controller": 93,
}
"""Where each process listens, counted from the port base."""


def embedded_store_url(port: int) -> str:
    """The address of the embedded document store of this machine.

    Its clients do not retry writes: the store keeps a record of each write that may be retried and sorts the last
    10,000 of them at every further one (1,430 inserts/s become 160). What lost its connection is asked again by
    whoever asked first, as with every store.
    """
    return f"mongodb://{HOST}:{port}/?retryWrites=false"


class Settings(BaseSettings):
    """What a process must know of its surroundings.

    Raises:
        pydantic.ValidationError: a variable holds a value of the wrong kind.
    """

    model_config = SettingsConfigDict(env_prefix="DRUMBEAT_", frozen=True, extra="ignore")

    home: Path = Field(Path(".drumbeat"), description="Folder for the local stack's data.")
    port_base: int = Field(8700, ge=1024, le=65_000, description="First port of the range.")
    bind: str = Field(HOST, description="Address the HTTP services listen on.")
    kafka: str = Field("", description="Bootstrap servers; empty = the local stack's broker.")
    mongo: str = Field("", description="MongoDB URL; empty = the local stack's store.")
    namespace: str = Field("", pattern=r"^[a-z0-9-]{0,40}$", description="Prefix of all names.")
    partitions: int = Field(12, ge=1, le=1_000, description="Partitions of a new topic.")
    replication: int = Field(1, ge=1, le=9, description="Copies the broker keeps of a new topic.")
    time_zone: str = Field("Asia/Shanghai", description="The organisation's zone, IANA name.")
    currency: str = Field("CNY", pattern=r"^[A-Z]{3}$", description="The organisation's currency.")
    admin_key_hash: str = Field("", description="SHA-256 hex of the first admin key.")
    platform_key: str = Field("", repr=False, description="The key by which services call each other; one for all.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    directory_url: str = ""
    leads_url: str = ""
    customers_url: str = ""
    activities_url: str = ""
    analytics_url: str = ""
    notifier_url: str = ""
    gateway_url: str = ""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        ZoneInfo(name)
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone, by which days and periods are cut."""
        return ZoneInfo(self.time_zone)

    @property
    def kafka_servers(self) -> list[str]:
        """Bootstrap servers as `host:port`."""
        return (self.kafka or f"{HOST}:{self.port('kafka')}").split(",")

    @property
    def mongo_url(self) -> str:
        """The document store's address."""
        return self.mongo or embedded_store_url(self.port("mongo"))

    def port(self, process: str) -> int:
        """The port of one process of `PORT_OFFSETS`."""
        return self.port_base + PORT_OFFSETS[process]

    def url(self, service: str) -> str:
        """The HTTP address of a sibling service, without a slash at the end."""
        override: str = getattr(self, f"{service}_url")
        return override.rstrip("/") or f"http://{HOST}:{self.port(service)}"

    def topic(self, name: str) -> str:
        """The broker's name of a topic of the catalogue."""
        return f"{self.namespace}.{name}" if self.namespace else name

    def group(self, name: str) -> str:
        """The broker's name of a consumer group."""
        return self.topic(name)

    def database(self, service: str) -> str:
        """The name of a service's own database."""
        return f"{self.namespace}_drumbeat_{service}" if self.namespace else f"drumbeat_{service}"
