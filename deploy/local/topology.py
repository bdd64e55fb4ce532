"""What runs in a local stack: every process, where it listens, what starts it.

Ports are counted from DRUMBEAT_PORT_BASE (`backbone.settings.PORT_OFFSETS`). Engines are started
first and must answer before a service is.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """An engine is somebody else's program, a service is ours."""

    ENGINE = "engine"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its name, the ports it listens on (the first one answers), its module."""

    name: str
    kind: Kind
    ports: tuple[str, ...]
    module: str = ""


def _service(name: str, module: str = "") -> Process:
    return Process(name, Kind.SERVICE, (name,), module or f"services.{name}.main")


TOPOLOGY: Final = (
    Process("kafka", Kind.ENGINE, ("kafka", "kafka-controller")),
    Process("mongo", Kind.ENGINE, ("mongo",)),
    _service("directory"),
    _service("leads"),
    _service("customers"),
    _service("activities"),
    _service("analytics"),
    _service("worker", "services.analytics.worker"),
    _service("notifier"),
    _service("gateway"),
)
