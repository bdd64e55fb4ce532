"""What a complaint is found by: keys that stand beside it in the store, made anew with every change; pure."""

from datetime import datetime
from typing import Any

from services.activities.domain.story import Complaint


def beside(complaint: Complaint) -> dict[str, Any]:
    """What stands beside a complaint's state: `wake_at`, and `keys`, one of each thing it is found by.

    Two fields for four reasons to look: each index is paid for by every write, also of what does not stand in it.
    """
    forms = () if complaint.form_id is None else (form_key(complaint.form_id),)
    return {"wake_at": wakes_at(complaint), "keys": [*forms, *map(article_key, complaint.article_ids)]}


def wakes_at(complaint: Complaint) -> datetime | None:
    """When something happens to the complaint by itself: a pause ends, a resolved one closes; None = never."""
    return {"paused": complaint.resume_at, "resolved": complaint.close_at}.get(complaint.state)


def form_key(form_id: str) -> str:
    """The key of complaints that came by a web form."""
    return f"f:{form_id}"


def article_key(article_id: str) -> str:
    """The key of complaints an article was used for."""
    return f"a:{article_id}"
