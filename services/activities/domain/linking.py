"""Which articles of the knowledge base were used for a complaint, and which of them helped."""

from dataclasses import replace
from typing import Final

from backbone.problems import Refused
from services.activities.domain.story import Complaint

MOST_LINKED: Final = 50


def link_article(complaint: Complaint, article_id: str, *, helped: bool) -> Complaint:
    """The complaint with an article linked to it; said again, the newer word on whether it helped holds.

    Raises:
        Refused: it has too many.
    """
    linked = (*(id_ for id_ in complaint.article_ids if id_ != article_id), article_id)
    if len(linked) > MOST_LINKED:
        raise Refused("too-many-articles", f"A complaint is linked to {MOST_LINKED} articles at most.")
    others = tuple(id_ for id_ in complaint.helped_by_ids if id_ != article_id)
    return replace(complaint, article_ids=linked, helped_by_ids=(*others, article_id) if helped else others)
