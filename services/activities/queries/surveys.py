"""Reading surveys, within the caller's row scope; whoever holds a link reads his own."""

from backbone.callers import Caller
from backbone.listing import Rows, rows_of
from backbone.outbox import Saved
from backbone.problems import NotFound
from backbone.rows import read_row
from services.activities.domain.survey import Survey, hash_of
from services.activities.store import Store

MOST_ABOUT_ONE = 1_000


async def survey(store: Store, caller: Caller, survey_id: str) -> Saved[Survey]:
    """One survey."""
    return await read_row(store.surveys, caller, survey_id)


def surveys(store: Store, caller: Caller) -> Rows[Saved[Survey]]:
    """The surveys the caller may see."""
    return rows_of(store.surveys, caller)


async def surveys_about(store: Store, complaint_id: str) -> list[Saved[Survey]]:
    """Every survey about a complaint, whoever asks."""
    found = await store.surveys.collection.find({"state.complaint_id": complaint_id}).to_list(MOST_ABOUT_ONE)
    return [store.surveys.read(document) for document in found]


async def survey_behind(store: Store, token: str) -> Saved[Survey]:
    """The survey a link leads to.

    Raises:
        NotFound: it leads nowhere.
    """
    found = await store.surveys.collection.find_one({"state.token_hash": hash_of(token)})
    if found is None:
        raise NotFound("survey", "behind this link")
    return store.surveys.read(found)
