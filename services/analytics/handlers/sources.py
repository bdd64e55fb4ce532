"""Offsets mean something only as long as the topic is the same one: this remembers which it was."""

from collections.abc import Mapping

from backbone.mongo import insert_new
from services.analytics.store import Store


class TopicRecreated(Exception):
    """A topic was deleted and made again: its offsets start anew, and the figures hold the old ones."""

    def __init__(self, topic: str, known: str, found: str) -> None:
        super().__init__(
            f"Topic {topic!r} was deleted and made again (id {known}, now {found}). The marks in the figures belong to "
            "the old topic, so its events would be skipped. Empty the database of analytics, which rebuilds the "
            "figures from the log, or restore the topic."
        )


async def check_sources(store: Store, ids: Mapping[str, str]) -> None:
    """Compare the broker's ids of the topics with the remembered ones; remember those never seen.

    Raises:
        TopicRecreated: one is another topic than it was.
        PyMongoError: the store did not answer.
    """
    for topic, found in ids.items():
        await insert_new(store.sources, [{"_id": topic, "topic_id": found}])
        known = await store.sources.find_one({"_id": topic})
        if known is not None and known["topic_id"] != found:
            raise TopicRecreated(topic, known["topic_id"], found)
