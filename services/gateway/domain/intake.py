"""Judging what was submitted: which events are new, which came before, which are refused."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from backbone.contract.codec import check_time, decode, encode
from backbone.contract.envelope import Envelope, OwnedEvent
from backbone.contract.rejected import Rejected
from services.gateway.domain.submission import Submission
from services.gateway.domain.verdict import REASONS, Verdict

OWN_SOURCES: Final = "/services/"
OWN_TOPICS: Final = frozenset({"alerts", "boards", "dead-letters"})
"""Topics that only the platform itself writes: what they say is derived from the others."""

_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opened:
    """A submission that holds a good event.

    `envelope` carries the moment the platform took it; `print` tells whether
    another submission says the same, whatever the form and the moment.
    """

    envelope: Envelope
    print: bytes


def open_submission(submission: Submission, now: datetime, *, trusted: bool = False) -> Opened | Verdict:
    """The event in a submission, or the verdict that refuses it.

    Args:
        submission: as it came.
        now: becomes `recordedtime`, and the time of an undated event that names none.
        trusted: an admin sends it: the platform's own sources and types are allowed.
    """
    try:
        said = decode(submission.value, submission.headers, received_at=now)
        check_time(said, now)
    except Rejected as rejected:
        return Verdict(submission.claimed_id, "rejected", rejected.reason, rejected.field, rejected.detail)
    if not trusted and (refused := _not_from_outside(said)) is not None:
        return refused
    # The codec gave an undated event without a time the one it was recorded at; a sender's own
    # word for the latter does not count, and neither is part of what was said.
    untimed = said.undated and said.time == said.recordedtime
    bare = {"recordedtime": None, "time": _NO_TIME} if untimed else {"recordedtime": None}
    stamped = {"recordedtime": now, "time": now} if untimed else {"recordedtime": now}
    return Opened(
        said.model_copy(update=stamped),
        hashlib.sha256(encode(said.model_copy(update=bare))).digest(),
    )


def sort_out(opened: Sequence[Opened | Verdict], known: Mapping[str, bytes]) -> tuple[list[Verdict], list[Opened]]:
    """The verdict on each submission in order, and the events that are new.

    Args:
        opened: in the order of the request.
        known: prints of the ids that came before.
    """
    seen = dict(known)
    verdicts: list[Verdict] = []
    fresh: list[Opened] = []
    for event in opened:
        if isinstance(event, Verdict):
            verdicts.append(event)
            continue
        id_ = event.envelope.id
        if id_ not in seen:
            seen[id_] = event.print
            fresh.append(event)
            verdicts.append(Verdict(id_, "accepted"))
        elif seen[id_] == event.print:
            verdicts.append(Verdict(id_, "duplicate"))
        else:
            detail = f"{REASONS['id-reused']} Give each event its own id."
            verdicts.append(Verdict(id_, "rejected", "id-reused", "/id", detail))
    return verdicts, fresh


def owners_without_team(events: Sequence[Opened]) -> set[str]:
    """The owners of events that do not say for which team they count."""
    return {owner for event in events if (owner := _owner_to_place(event.envelope)) is not None}


def complete(envelope: Envelope, teams: Mapping[str, str | None], actor: str) -> Envelope:
    """The event with the team of its owner and the caller as its actor, where it names none.

    Args:
        envelope: as the sender said it.
        teams: of the members that are known; who is not known counts for the company only.
        actor: the caller.
    """
    team = teams.get(_owner_to_place(envelope) or "")
    added: dict[str, object] = {} if envelope.actor is not None else {"actor": actor}
    if team is not None:
        added["data"] = envelope.data.model_copy(update={"team_id": team})
    return envelope.model_copy(update=added) if added else envelope


def _owner_to_place(envelope: Envelope) -> str | None:
    data = envelope.data
    return data.owner_id if isinstance(data, OwnedEvent) and data.team_id is None else None


def _not_from_outside(envelope: Envelope) -> Verdict | None:
    if envelope.source.startswith(OWN_SOURCES):
        reason, field, advice = "reserved-source", "/source", "Name your own system, such as urn:acme:erp."
    elif envelope.data.topic in OWN_TOPICS:
        reason, field, advice = "reserved-type", "/type", "Send the facts behind it."
    else:
        return None
    return Verdict(envelope.id, "rejected", reason, field, f"{REASONS[reason]} {advice}")
