"""What the audit says of a change."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from backbone.audit import differences, entry, personal, secret
from backbone.idempotency import By

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class State(StrEnum):
    NEW = "new"
    WON = "won"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    contact_id: str
    name: str = field(metadata=personal)
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    firm_id: str = "f1"
    owner_id: str | None = "li"
    team_id: str | None = "north"
    state: State = State.NEW
    tags: tuple[str, ...] = ()
    since: date | None = None
    place: Place | None = None
    contacts: tuple[Contact, ...] = ()
    hash: str | None = field(default=None, metadata=secret)


ANN = Contact(contact_id="c1", name="Ann Zhao", role="buyer")
BO = Contact(contact_id="c2", name="Bo Li")


def told(before: Firm | None, after: Firm) -> tuple[dict[str, object], dict[str, object], list[str]]:
    found = differences(before, after)
    return found.before, found.after, found.withheld


def test_only_fields_that_changed_are_told_as_the_store_takes_them() -> None:
    before = Firm(tags=("a",), since=date(2026, 1, 5))
    after = replace(before, state=State.WON, tags=("a", "b"), since=None)

    assert told(before, after) == (
        {"state": "new", "tags": ["a"], "since": "2026-01-05"},
        {"state": "won", "tags": ["a", "b"]},
        [],
    )


def test_what_a_part_held_is_told_field_by_field() -> None:
    near = Firm(place=Place(lat=31.0, lon=121.0))

    assert told(near, replace(near, place=Place(lat=31.5, lon=121.0))) == ({"place/lat": 31.0}, {"place/lat": 31.5}, [])
    assert told(near, replace(near, place=None)) == ({"place/lat": 31.0, "place/lon": 121.0}, {}, [])


def test_persons_and_secrets_are_told_as_changed_and_never_with_their_values() -> None:
    before = Firm(contacts=(ANN,), hash="abc")
    renamed = replace(before, contacts=(replace(ANN, name="Ann Li", role="boss"), BO), hash="def")
    forgotten = replace(before, contacts=())

    assert told(before, renamed) == (
        {"contacts/c1/role": "buyer"},
        {"contacts/c1/role": "boss", "contacts/c2/contact_id": "c2"},
        ["contacts/c1/name", "contacts/c2/name", "hash"],
    )
    assert told(before, forgotten) == (
        {"contacts/c1/contact_id": "c1", "contacts/c1/role": "buyer"},
        {},
        ["contacts/c1/name"],
    )
    assert "Ann" not in repr([told(None, before), told(before, renamed), told(before, forgotten)])


def test_what_changes_its_place_in_a_list_and_nothing_else_is_no_change() -> None:
    assert told(Firm(contacts=(ANN, BO)), Firm(contacts=(BO, ANN))) == ({}, {}, [])


def test_of_a_new_object_what_it_holds_is_told() -> None:
    assert told(None, Firm(team_id=None, contacts=(BO,), hash="abc")) == (
        {},
        {"firm_id": "f1", "owner_id": "li", "state": "new", "contacts/c2/contact_id": "c2"},
        ["contacts/c2/name", "hash"],
    )


def test_an_entry_says_who_did_what_for_whom_and_in_whose_scope_it_lies() -> None:
    by = By("mei", "r1", on_behalf_of="li")
    before = Firm()

    told = entry(before, replace(before, owner_id="bo"), ["firm-moved"], version=7, at=NOW, recorded=NOW, by=by)

    assert told == {
        "v": 7,
        "at": NOW,
        "happened_at": NOW,
        "actor": "mei",
        "for": "li",
        "request": "r1",
        "did": ["firm-moved"],
        "before": {"owner_id": "li"},
        "after": {"owner_id": "bo"},
        "owner_id": "bo",
        "team_id": "north",
    }
