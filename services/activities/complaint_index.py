"""What complaints are looked up by, also those an earlier version stored."""

from typing import Final

from backbone.mongo import ANY_MOMENT, ANY_TEXT, ASCENDING, Document, UpdateOne, drop_index
from backbone.outbox import Aggregates
from services.activities.domain.finding import beside
from services.activities.domain.story import Complaint

AT_ONCE: Final = 500
"""Complaints that are written together."""
EARLIER: Final[dict[str, Document]] = {
    "set_close_at": {"state.close_at": ANY_MOMENT},
    "set_resume_at": {"state.resume_at": ANY_MOMENT},
    "set_form_id": {"state.form_id": ANY_TEXT},
    "set_article_ids": {"state.article_ids": ANY_TEXT},
}
"""Indexes of an earlier version, and what stands in each."""


async def ensure_found(complaints: Aggregates[Complaint]) -> None:
    """Make the indexes over what stands beside complaints, which few have: most stand in none of them.

    What an earlier version stored has nothing beside it. It ran here if its indexes are there, which it makes at
    each start, or ours are not yet: then what is missing is made, and its indexes go, so that it is made once.

    Raises:
        PyMongoError: the store did not answer.
    """
    collection = complaints.collection
    present = await collection.index_information()
    if "keys_1" not in present or not EARLIER.keys().isdisjoint(present):
        for wanted in ({"wake_at": ANY_MOMENT}, *EARLIER.values()):
            await _make_anew(complaints, wanted)
    for name, condition in (("wake_at", ANY_MOMENT), ("keys", ANY_TEXT)):  # `keys` last: it says that all is done
        await collection.create_index([(name, ASCENDING)], partialFilterExpression={name: condition})
    for name in EARLIER.keys() & present.keys():
        await drop_index(collection, name)


async def _make_anew(complaints: Aggregates[Complaint], wanted: Document) -> None:
    """Make what stands beside some complaints, where it is not what their state says."""
    steps: list[UpdateOne] = []
    async for document in complaints.collection.find(wanted):
        told = beside(complaints.read(document).state)
        if told != {name: document.get(name) for name in told}:
            # Whoever changes it meanwhile makes this himself.
            steps.append(UpdateOne({"_id": document["_id"], "version": document["version"]}, {"$set": told}))
    for first in range(0, len(steps), AT_ONCE):
        await complaints.collection.bulk_write(steps[first : first + AT_ONCE], ordered=False)
