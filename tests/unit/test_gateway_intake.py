import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backbone.contract.activities import VisitLogged
from backbone.contract.rejected import Rejected
from services.gateway.domain.intake import Opened, complete, open_submission, owners_without_team, sort_out
from services.gateway.domain.submission import Submission
from services.gateway.domain.verdict import REASONS, Verdict, counts

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=3)
ID = "019cabcd-0000-7000-8000-000000000001"
OTHER_ID = "019cabcd-0000-7000-8000-000000000002"


def event(**changes: Any) -> dict[str, Any]:
    data = {
        "visit_id": "v1",
        "member_id": "li",
        "owner_id": "li",
        "customer_id": "c1",
        "started_at": "2026-03-02T08:00:00Z",
        "ended_at": "2026-03-02T08:30:00Z",
    }
    whole = {
        "specversion": "1.0",
        "id": ID,
        "source": "urn:acme:phones",
        "type": "visit-logged",
        "time": "2026-03-02T08:30:00Z",
        "data": {**data, **changes.pop("data", {})},
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def submitted(**changes: Any) -> Submission:
    return Submission(json.dumps(event(**changes)).encode())


def opened(now: datetime = NOW, **changes: Any) -> Opened:
    found = open_submission(submitted(**changes), now)
    assert isinstance(found, Opened), found
    return found


def refused(now: datetime = NOW, **changes: Any) -> tuple[str | None, str | None]:
    found = open_submission(submitted(**changes), now)
    assert isinstance(found, Verdict), found
    assert (found.id, found.status) == (ID, "rejected")
    return found.reason, found.field


def test_the_door_writes_when_it_took_an_event_whatever_the_sender_says() -> None:
    said = opened(recordedtime="2001-01-01T00:00:00Z").envelope

    assert (said.recordedtime, said.time, said.subject, said.partitionkey, said.dataschema) == (
        NOW,
        datetime(2026, 3, 2, 8, 30, tzinfo=UTC),
        "v1",
        "li",
        "urn:drumbeat:visit-logged:1",
    )


@pytest.mark.parametrize("sent", [{}, {"recordedtime": "2001-01-01T00:00:00Z"}])
def test_an_undated_event_happened_when_it_was_taken(sent: dict[str, Any]) -> None:
    said = opened(undated=True, time=None, **sent).envelope

    assert (said.time, said.recordedtime, said.undated) == (NOW, NOW, True)


def test_the_same_undated_event_sent_later_is_still_the_same() -> None:
    assert opened(undated=True, time=None).print == opened(LATER, undated=True, time=None).print


def test_form_and_order_of_fields_do_not_make_another_event() -> None:
    told = event()
    binary = Submission(
        json.dumps(told["data"]).encode(),
        (
            ("content-type", b"application/json"),
            *((f"ce-{name}", str(value).encode()) for name, value in told.items() if name != "data"),
        ),
    )
    backwards = Submission(json.dumps(dict(reversed(told.items()))).encode())

    prints = {
        found.print
        for found in (open_submission(binary, NOW), open_submission(backwards, LATER), opened())
        if isinstance(found, Opened)
    }

    assert len(prints) == 1


@pytest.mark.parametrize("change", [{"data": {"customer_id": "c2"}}, {"time": "2026-03-02T08:31:00Z"}, {"sequence": 2}])
def test_another_content_has_another_print(change: dict[str, Any]) -> None:
    assert opened(**change).print != opened().print


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"type": "visit-dreamt"}, "unknown-type", "/type"),
        ({"data": {"mood": "good"}}, "unknown-field", "/data/mood"),
        ({"data": {"member_id": 7}}, "wrong-type", "/data/member_id"),
        ({"time": "2026-03-02T09:06:00Z"}, "future-time", "/time"),
        ({"time": None}, "missing-field", "/time"),
        ({"partitionkey": "wang"}, "wrong-key", "/partitionkey"),
        ({"data": {"purpose": "x" * 70_000}}, "too-large", None),
        ({"source": "/services/activities"}, "reserved-source", "/source"),
    ],
)
def test_a_bad_event_is_refused_with_reason_and_field(change: dict[str, Any], reason: str, field: str | None) -> None:
    assert refused(**change) == (reason, field)


@pytest.mark.parametrize("reserved", ["alert-cleared", "funnel-changed"])
def test_what_the_platform_itself_tells_is_refused_from_outside(reserved: str) -> None:
    data = {
        "alert-cleared": {
            "owner_id": "li",
            "alert_id": "a",
            "kind": "first-reply",
            "level": "breach",
            "subject": "s",
            "reason": "done",
        },
        "funnel-changed": {"pipeline": "crm", "revision": 1},
    }[reserved]
    told = Submission(json.dumps({**event(type=reserved), "data": data}).encode())

    found = open_submission(told, NOW)

    assert isinstance(found, Verdict)
    assert (found.status, found.reason, found.field) == ("rejected", "reserved-type", "/type")
    assert isinstance(open_submission(told, NOW, trusted=True), Opened)


def test_new_known_and_reused_ids_are_told_apart() -> None:
    first, other = opened(), opened(id=OTHER_ID)
    changed = opened(data={"customer_id": "c2"})
    bad = Verdict(None, "rejected", "broken-json", None, "Write JSON.")

    verdicts, fresh = sort_out([first, bad, first, changed, other], {OTHER_ID: other.print})

    assert [(one.id, one.status, one.reason) for one in verdicts] == [
        (ID, "accepted", None),
        (None, "rejected", "broken-json"),
        (ID, "duplicate", None),
        (ID, "rejected", "id-reused"),
        (OTHER_ID, "duplicate", None),
    ]
    assert fresh == [first]
    assert counts(verdicts) == {"accepted": 1, "duplicate": 2, "rejected": 2}


def test_a_missing_team_and_actor_are_filled_in_and_given_ones_stay() -> None:
    bare = opened()
    told = opened(actor="hr-system", data={"team_id": "south"})

    assert owners_without_team([bare, told]) == {"li"}

    filled = complete(bare.envelope, {"li": "north"}, "key:1")
    kept = complete(told.envelope, {"li": "north"}, "key:1")
    unknown = complete(bare.envelope, {"li": None}, "key:1")

    assert [(one.actor, team_of(one.data)) for one in (filled, kept, unknown)] == [
        ("key:1", "north"),
        ("hr-system", "south"),
        ("key:1", None),
    ]


def team_of(data: object) -> str | None:
    assert isinstance(data, VisitLogged)
    return data.team_id


def test_every_reason_of_the_door_is_its_own() -> None:
    for reason in REASONS:
        with pytest.raises(ValueError, match=reason):
            Rejected(reason, "")
