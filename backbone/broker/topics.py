"""Topics: made as the catalogue says, and told apart from ones of the same name."""

import logging
from collections.abc import Iterable
from typing import Final

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from backbone.broker.records import MAX_RECORD_BYTES
from backbone.contract.catalogue import TOPICS
from backbone.settings import Settings

log = logging.getLogger(__name__)

KEEP_FOREVER: Final = "-1"


def ensure_topics(settings: Settings) -> None:
    """Create the catalogue's topics that do not exist yet; leave the others as they are.

    Raises:
        BrokerError: the broker does not answer or refuses a topic.
    """
    with _admin(settings) as admin:
        present = set(admin.list_topics())
        missing = {
            settings.topic(spec.name): {
                "num_partitions": settings.partitions,
                "replication_factor": settings.replication,
                "configs": {
                    "retention.ms": KEEP_FOREVER,
                    "max.message.bytes": str(MAX_RECORD_BYTES),
                    "cleanup.policy": "compact" if spec.compacted else "delete",
                },
            }
            for spec in TOPICS.values()
            if settings.topic(spec.name) not in present
        }
        if not missing:
            return
        try:
            admin.create_topics(missing)
        except TopicAlreadyExistsError:
            # Every service does this at its start: another one was first.
            log.debug("topics are being made by another process")
        admin.wait_for_topics(list(missing))


def topic_ids(settings: Settings, names: Iterable[str]) -> dict[str, str]:
    """The broker's id of each topic: a topic that was deleted and made again has another one.

    Raises:
        BrokerError: the broker does not answer.
        LookupError: a topic does not exist.
    """
    wanted = {settings.topic(name): name for name in names}
    with _admin(settings) as admin:
        found = {
            wanted[described["name"]]: str(described["topic_id"])
            for described in admin.describe_topics(list(wanted))
            if not described["error_code"]
        }
    missing = sorted(set(wanted.values()) - set(found))
    if missing:
        raise LookupError(f"topics do not exist: {', '.join(missing)}; start the stack first")
    return found


class _admin:  # noqa: N801 - a context manager used like a function
    """An admin client that is closed again."""

    def __init__(self, settings: Settings) -> None:
        self._client = KafkaAdminClient(bootstrap_servers=settings.kafka_servers, client_id="drumbeat-admin")

    def __enter__(self) -> KafkaAdminClient:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()
