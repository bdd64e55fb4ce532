"""The engines every other integration test stands on."""

from backbone.broker import ensure_topics, topic_ids
from backbone.mongo import connect
from backbone.settings import Settings


async def test_the_store_keeps_what_it_acknowledged(settings: Settings) -> None:
    client = connect(settings)
    shelf = client[settings.database("shelf")]["things"]

    await shelf.insert_one({"_id": "a", "name": "拜访"})

    assert await shelf.find_one({"_id": "a"}) == {"_id": "a", "name": "拜访"}
    client.close()


def test_the_broker_makes_the_topics_of_one_name_space(settings: Settings) -> None:
    ensure_topics(settings)

    assert set(topic_ids(settings, ["activities", "boards"])) == {"activities", "boards"}
