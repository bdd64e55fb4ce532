"""How far a consumer group is behind."""

from collections.abc import Sequence

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from backbone.settings import Settings


class GroupWatch:
    """Watches how far a consumer group is behind the end of its topics.

    Not safe to share between threads.
    """

    def __init__(self, settings: Settings, group: str, topics: Sequence[str]) -> None:
        self._group = settings.group(group)
        self._prefix = len(settings.topic("")) if settings.namespace else 0
        self._admin = KafkaAdminClient(bootstrap_servers=settings.kafka_servers, client_id="drumbeat-watch")
        self._consumer = KafkaConsumer(bootstrap_servers=settings.kafka_servers, enable_auto_commit=False)
        self._partitions = [
            TopicPartition(name, number)
            for name in map(settings.topic, topics)
            for number in sorted(self._consumer.partitions_for_topic(name) or ())
        ]

    def look(self) -> dict[tuple[str, int], tuple[int, int]]:
        """By topic and partition: the group's committed offset and the end of the log.

        Raises:
            BrokerError: the broker does not answer.
        """
        # The committed offsets first: an end that is read later can only be
        # higher, so the group never seems further on than it is.
        offsets = self._admin.list_group_offsets([self._group]).get(self._group, {})
        ends = self._consumer.end_offsets(self._partitions)
        begins = self._consumer.beginning_offsets(self._partitions)
        found = {}
        for partition, end in ends.items():
            committed = offsets.get(partition)
            place = (partition.topic[self._prefix :], partition.partition)
            known = committed is not None and committed.offset >= 0
            found[place] = (committed.offset if known else begins[partition], end)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        self._admin.close()
