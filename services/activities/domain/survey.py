"""A satisfaction survey: one customer, one question, one answer, by a link that works once.

The link holds a token of 256 random bits; only its SHA-256 is kept. The comment is a person's words:
it stays here, and is forgotten with him.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from backbone.audit import personal, secret
from backbone.contract.complaints import SatisfactionRated
from backbone.contract.envelope import EventData
from backbone.problems import Refused
from services.activities.domain.story import Complaint

LIFETIME: Final = timedelta(days=30)
"""How long a link works unless another time is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey about a complaint or a visit; `score` is 1 (worst) to 5 (best) once it is answered.

    Owner and team are those of the work it is about.
    """

    survey_id: str
    owner_id: str | None
    team_id: str | None
    complaint_id: str | None = None
    visit_id: str | None = None
    customer_id: str | None = None
    of_member_id: str | None = None
    token_hash: str = field(metadata=secret)
    asked_at: datetime
    expires_at: datetime
    times_sent: int = 1
    score: int | None = None
    comment: str | None = field(default=None, metadata=personal)
    rated_at: datetime | None = None


def hash_of(token: str) -> str:
    """What is kept of a token: SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_may_ask(complaint: Complaint) -> None:
    """Refuse to ask how a complaint was handled before it was.

    Raises:
        Refused: it is not resolved.
    """
    if complaint.resolved_at is None:
        raise Refused("not-resolved", "Ask the customer when the complaint is resolved.", field="/complaint_id")


def renew(survey: Survey, token_hash: str, now: datetime, lifetime: timedelta) -> Survey:
    """Give a survey a new link; the one before opens nothing any more.

    Raises:
        Refused: it was answered.
    """
    if survey.rated_at is not None:
        raise Refused("rated-before", "This survey was answered; its answer stands.")
    return replace(survey, token_hash=token_hash, expires_at=now + lifetime, times_sent=survey.times_sent + 1)


def rate(survey: Survey, score: int, comment: str | None, now: datetime) -> tuple[Survey, list[EventData]]:
    """Take the customer's answer.

    Raises:
        Refused: it was answered, or the link has expired.
    """
    if survey.rated_at is not None:
        raise Refused("rated-before", "This survey was answered; its answer stands.")
    if now >= survey.expires_at:
        raise Refused("expired", "This link has expired; ask for a new one.")
    rated = replace(survey, score=score, comment=comment, rated_at=now)
    return rated, [
        SatisfactionRated(
            survey_id=survey.survey_id,
            owner_id=survey.owner_id,
            team_id=survey.team_id,
            complaint_id=survey.complaint_id,
            visit_id=survey.visit_id,
            customer_id=survey.customer_id,
            score=score,
            of_member_id=survey.of_member_id,
        )
    ]


def forget_comment(survey: Survey) -> Survey:
    """The survey without the customer's words; his mark stands."""
    return replace(survey, comment=None)
