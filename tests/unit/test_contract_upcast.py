"""Old events: brought up to the newest version by steps, the log of years ago stays readable."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field

from backbone.contract import codec
from backbone.contract.activities import ActivityEvent, VisitLogged
from backbone.contract.codec import Rejected, decode, encode
from backbone.contract.fields import Id, Moment, Seconds
from backbone.contract.upcast import UPCASTERS, upcast, upcaster

OLD_GOLDEN = (Path(__file__).parents[1] / "contract/old/visit-logged.1.json").read_text("utf-8")


class VisitOfTomorrow(ActivityEvent):
    """What a visit might say two versions from now."""

    type: ClassVar[str] = "visit-logged"
    version: ClassVar[int] = 3
    subject_field: ClassVar[str] = "visit_id"

    visit_id: Id = Field(description="The visit.")
    counterpart_id: Id = Field(description="The customer or lead.")
    started_at: Moment = Field(description="When it began.")
    lasted_seconds: Seconds = Field(description="How long it lasted.")


def _name_one_counterpart(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("owner_id", "team_id", "member_id", "visit_id", "started_at", "ended_at")
    return {name: data[name] for name in kept} | {"counterpart_id": data["customer_id"]}


def _say_how_long(data: Mapping[str, Any]) -> dict[str, Any]:
    visit = dict(data)
    ended = visit.pop("ended_at")
    minutes = (
        int(ended[11:13]) * 60
        + int(ended[14:16])
        - int(visit["started_at"][11:13]) * 60
        - int(visit["started_at"][14:16])
    )
    return visit | {"lasted_seconds": minutes * 60}


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "CATALOGUE", {"visit-logged": VisitOfTomorrow})
    monkeypatch.setitem(UPCASTERS, ("visit-logged", 1), _name_one_counterpart)
    monkeypatch.setitem(UPCASTERS, ("visit-logged", 2), _say_how_long)


@pytest.mark.usefixtures("tomorrow")
def test_an_event_of_version_1_is_read_as_the_newest() -> None:
    envelope = decode(OLD_GOLDEN.encode())
    assert envelope.dataschema == "urn:drumbeat:visit-logged:3"
    assert envelope.data.model_dump(mode="json") == {
        "owner_id": "m-017",
        "team_id": "t-shanghai",
        "member_id": "m-017",
        "visit_id": "v-5001",
        "counterpart_id": "c-0042",
        "started_at": "2017-12-05T09:31:00+08:00",
        "lasted_seconds": 53 * 60,
    }
    assert decode(encode(envelope)) == envelope


@pytest.mark.usefixtures("tomorrow")
def test_only_the_steps_that_are_needed_are_taken() -> None:
    message = json.loads(OLD_GOLDEN) | {"dataschema": "urn:drumbeat:visit-logged:2"}
    message["data"] = _name_one_counterpart(message["data"])
    assert decode(json.dumps(message).encode()) == decode(OLD_GOLDEN.encode())


@pytest.mark.usefixtures("tomorrow")
@pytest.mark.parametrize("data", [{}, {"ended_at": 5}, {"visit_id": None}])
def test_old_data_that_break_the_promise_of_their_schema_are_refused(data: dict[str, Any]) -> None:
    message = json.loads(OLD_GOLDEN)
    message["data"] = data and message["data"] | data
    with pytest.raises(Rejected) as refusal:
        decode(json.dumps(message).encode())
    assert refusal.value.reason in {"bad-value", "wrong-type"}


def test_an_event_of_a_version_nobody_here_knows_is_refused() -> None:
    message = json.loads(OLD_GOLDEN) | {"dataschema": f"urn:drumbeat:visit-logged:{VisitLogged.version + 1}"}
    with pytest.raises(Rejected, match="unknown-version at /dataschema"):
        decode(json.dumps(message).encode(), unknown_fields="ignore")


def test_a_missing_step_is_an_error_of_ours() -> None:
    with pytest.raises(LookupError):
        upcast("visit-logged", {}, version=1, newest=2)


def test_a_step_can_be_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(UPCASTERS, ("visit-dreamt", 1), raising=False)
    upcaster("visit-dreamt", 1)(_say_how_long)
    with pytest.raises(ValueError, match="has a step from version 1 already"):
        upcaster("visit-dreamt", 1)(_say_how_long)
    del UPCASTERS["visit-dreamt", 1]
