"""Kafka access: the only room that knows kafka-python.

`ensure_topics` makes the catalogue's topics, `Publisher` writes with every
acknowledgement the broker can give, `Consumer` reads at least once. Names
given here are the catalogue's; the namespace of the settings is added inside.
"""

from kafka.errors import KafkaError

from backbone.broker.consumer import Consumer
from backbone.broker.publisher import Publisher
from backbone.broker.records import STRUCTURED, Placed, Received, Record
from backbone.broker.rest import Rest
from backbone.broker.topics import ensure_topics, topic_ids
from backbone.broker.watch import GroupWatch

__all__ = [
    "STRUCTURED",
    "BrokerError",
    "Consumer",
    "GroupWatch",
    "Placed",
    "Publisher",
    "Received",
    "Record",
    "Rest",
    "ensure_topics",
    "topic_ids",
]

BrokerError = KafkaError
