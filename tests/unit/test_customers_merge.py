from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbone.contract.customers import (
    ContactAdded,
    ContactRemoved,
    CustomerCreated,
    CustomerEvent,
    CustomerGraded,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerParentChanged,
    CustomerRevised,
    CustomerTagged,
    CustomerUnmerged,
)
from backbone.matching import Match
from backbone.problems import Refused
from services.customers.domain import merge
from services.customers.domain.customer import Customer, Ownership
from services.customers.domain.duplicate import check_new, likenesses
from services.customers.domain.place import Place
from services.customers.domain.told_customer import told_customer
from tests.customers import CREATED, contact, customer

NOW = CREATED + timedelta(days=7)
GONE = customer(
    "gone",
    name="华信",
    phone="021 5555 0000",
    territory="east",
    tags=("fair",),
    contacts=(contact("ann", role="buyer", primary=True),),
)
KEPT = customer("kept", name="华信机械", territory="south", tags=("key",), contacts=(contact("bob", primary=True),))


def merged(gone: Customer, kept: Customer) -> tuple[Customer, Customer]:
    """Both customers after every step of a merge on themselves."""
    frozen, _ = merge.freeze(gone, kept, NOW, None)
    took, _ = merge.take_over(kept, frozen)
    cleared, _ = merge.clear(frozen)
    return cleared, took


def unmerged(gone: Customer, kept: Customer) -> tuple[Customer, Customer]:
    """Both after every step of an unmerge."""
    back, _ = merge.take_back(gone, kept)
    handed, _ = merge.hand_back(kept, back)
    thawed, _ = merge.thaw(back, None)
    return thawed, handed


def test_a_customer_that_goes_into_another_one_stands_still_and_says_so() -> None:
    frozen, events = merge.freeze(GONE, KEPT, NOW, "duplicate")

    assert frozen == replace(GONE, merged_into="kept", merged_at=NOW)
    assert events == [
        CustomerMerged(customer_id="gone", owner_id="li", team_id="north", into_customer_id="kept", reason="duplicate")
    ]


@pytest.mark.parametrize(
    ("gone", "kept", "code"),
    [
        (GONE, GONE, "same-customer"),
        (replace(GONE, merged_into="x"), KEPT, "merged"),
        (GONE, replace(KEPT, merged_into="x"), "merged"),
    ],
)
def test_what_is_the_same_or_merged_already_is_not_merged(gone: Customer, kept: Customer, code: str) -> None:
    with pytest.raises(Refused) as refused:
        merge.freeze(gone, kept, NOW, None)

    assert refused.value.code == code


def test_contacts_and_what_was_blank_go_over_and_are_told() -> None:
    took, events = merge.take_over(KEPT, GONE)

    assert (took.territory, took.phone, took.tags) == ("south", "021 5555 0000", ("fair", "key"))
    assert took.contacts == (
        contact("bob", primary=True),
        contact("ann", role="buyer", primary=False, came_from=("gone",)),
    )
    whose: dict[str, Any] = {"customer_id": "kept", "owner_id": "li", "team_id": "north"}
    assert events == [
        CustomerRevised(**whose, changed=("phone",), from_territory="south", territory="south"),
        CustomerTagged(**whose, added=("fair",)),
        ContactAdded(**whose, contact_id="ann", role="buyer"),
    ]


def test_no_second_copy_of_a_person_stays_behind() -> None:
    cleared, events = merge.clear(GONE)

    assert cleared.contacts == ()
    assert events == [
        ContactRemoved(customer_id="gone", owner_id="li", team_id="north", contact_id="ann", reason="merged")
    ]


@pytest.mark.parametrize(
    "step",
    [
        lambda one: merge.take_over(one, GONE)[0],
        lambda one: merge.clear(one)[0],
        lambda one: merge.thaw(one, None)[0],
        lambda one: merge.hand_back(one, GONE)[0],
    ],
)
def test_a_step_that_is_done_twice_changes_nothing_the_second_time(step: Any) -> None:
    once = step(KEPT)

    assert step(once) == once


def test_an_unmerge_gives_back_what_came_along_as_it_is_now_and_leaves_what_was_added_since() -> None:
    gone, kept = merged(GONE, KEPT)
    changed = tuple(replace(one, phone="110 2222") if one.contact_id == "ann" else one for one in kept.contacts)
    kept = replace(kept, contacts=(*changed, contact("cai")), phone="021 6666 0000", tags=("fair", "key", "new"))

    gone, kept = unmerged(gone, kept)

    assert gone.merged_into is None
    assert [(one.contact_id, one.phone) for one in gone.contacts] == [("ann", "110 2222")]
    assert [one.contact_id for one in kept.contacts] == ["bob", "cai"]
    assert (kept.phone, kept.tags, kept.territory) == ("021 6666 0000", ("key", "new"), "south")


def test_who_was_erased_meanwhile_stays_erased() -> None:
    gone, kept = merged(GONE, KEPT)
    kept = replace(kept, contacts=tuple(one for one in kept.contacts if one.contact_id != "ann"))

    gone, kept = unmerged(gone, kept)

    assert gone.contacts == ()


PEOPLE = st.lists(st.sampled_from("abcdef"), unique=True, max_size=3)
FIRMS = st.builds(
    lambda people, tags, phone, place: customer(
        contacts=tuple(contact(one) for one in people),
        tags=tuple(sorted(tags)),
        phone=phone,
        place=place,
    ),
    PEOPLE,
    st.sets(st.sampled_from(["x", "y", "z"])),
    st.sampled_from([None, "110 1111", "110 2222"]),
    st.sampled_from([None, Place(address="Hefei")]),
)


@given(FIRMS, FIRMS, FIRMS)
def test_merges_taken_back_in_any_order_leave_all_as_they_were(one: Customer, two: Customer, three: Customer) -> None:
    prefixed = [
        replace(
            firm, customer_id=name, contacts=tuple(replace(c, contact_id=name + c.contact_id) for c in firm.contacts)
        )
        for name, firm in zip("123", (one, two, three), strict=True)
    ]
    first, second, kept = prefixed
    gone_first, kept = merged(first, kept)
    gone_second, kept = merged(second, kept)

    first_back, kept = unmerged(gone_first, kept)
    second_back, kept = unmerged(gone_second, kept)

    assert [first_back, second_back] == [first, second]
    assert kept == prefixed[2]


def test_a_subsidiary_follows_and_comes_back_unless_it_was_placed_elsewhere() -> None:
    child = customer("child", parent_customer_id="gone")

    followed, events = merge.adopt_child(child, GONE, KEPT)

    assert (followed.parent_customer_id, followed.parents_before) == ("kept", ("gone",))
    assert [event for event in events if isinstance(event, CustomerParentChanged)] == events
    assert merge.return_child(followed, GONE)[0] == child
    elsewhere = replace(followed, parent_customer_id="x", parents_before=())
    assert merge.return_child(elsewhere, GONE)[0] == elsewhere


def test_a_subsidiary_that_the_head_goes_into_takes_the_head_s_place() -> None:
    kept = replace(KEPT, parent_customer_id="gone")

    raised, _ = merge.adopt_child(kept, replace(GONE, parent_customer_id="top"), kept)

    assert raised.parent_customer_id == "top"


def test_duplicates_are_told_with_the_surest_first_and_without_the_merged() -> None:
    same = customer("same", name="华信机械有限公司", tax_id="91350100M000100Y43")
    alike = customer("alike", name="上海华信机械")
    merged_one = replace(same, customer_id="merged", merged_into="same")
    asked = customer("asked", name="华信机械", tax_id="91350100m000100y43")

    found = likenesses(asked, [alike, same, merged_one, asked, customer("other", name="乙方")])

    assert [(one.customer.customer_id, one.match.exact) for one in found] == [("same", True), ("alike", False)]
    assert found[0].match == Match(1.0, True, ("same-tax-id", "same-name"))


@pytest.mark.parametrize(
    ("policy", "fields", "refused"),
    [
        (None, {"tax_id": "91350100M000100Y43"}, True),
        (None, {"name": "华信"}, False),
        ("refuse", {"name": "华信有限公司"}, True),
        ("refuse", {"name": "上海华信机械"}, False),
        ("allow", {"tax_id": "91350100M000100Y43"}, False),
    ],
)
def test_a_new_customer_that_is_there_already_is_refused_by_policy(
    policy: Any, fields: dict[str, Any], refused: bool
) -> None:
    known = customer("known", name="华信", tax_id="91350100M000100Y43", owner_id="mei")
    new = customer("new", **{"name": "乙方", **fields})

    if not refused:
        check_new(new, policy, [known])
        return
    with pytest.raises(Refused, match="member 'mei'"):
        check_new(new, policy, [known])


WHOSE: dict[str, Any] = {"customer_id": "crm-7", "owner_id": "darcel", "team_id": "central"}


def heard(*said: CustomerEvent, known: Customer | None = None) -> Customer:
    """The customer after an outside system told of it, a day apart each."""
    for day, event in enumerate(said):
        known = told_customer(known, event, CREATED + timedelta(days=day), NOW)
    assert known is not None
    return known


def test_a_customer_told_of_by_an_outside_system_is_called_by_its_id() -> None:
    told = heard(CustomerCreated(**WHOSE, grade="D", territory="east"))

    assert (told.customer_id, told.name, told.owner_id, told.grade) == ("crm-7", "crm-7", "darcel", "D")
    assert (told.created_at, told.recorded_at) == (CREATED, NOW)


def test_what_outside_systems_tell_changes_a_customer() -> None:
    told = heard(
        CustomerCreated(**WHOSE),
        CustomerGraded(**WHOSE, from_grade=None, to_grade="A", holds_until_on=date(2027, 1, 1)),
        CustomerTagged(**WHOSE, added=("fair",)),
        CustomerRevised(**WHOSE, changed=("territory",), territory="west", industry="x"),
        ContactAdded(**WHOSE, contact_id="p-1", role="buyer"),
        CustomerOwnerChanged(**{**WHOSE, "owner_id": "mei"}, from_owner_id="darcel"),
    )

    assert (told.grade, told.tags, told.territory, told.industry, told.owner_id) == (
        "A",
        ("fair",),
        "west",
        None,
        "mei",
    )
    assert told.grade_holds_until_on == date(2027, 1, 1)
    assert told.contacts == (contact("p-1", name="p-1", role="buyer", primary=True),)
    assert told.owned_before == (
        Ownership(
            owner_id="darcel", team_id="central", from_at=CREATED, to_at=CREATED + timedelta(days=5), reason=None
        ),
    )


def test_what_comes_late_does_not_undo_what_was_told_later() -> None:
    known = customer("crm-7", grade="A", graded_since=NOW, owner_id="mei", owned_since=NOW)

    told = heard(
        CustomerGraded(**WHOSE, from_grade=None, to_grade="C"),
        CustomerOwnerChanged(**WHOSE, from_owner_id=None),
        known=known,
    )

    assert told == known


def test_an_outside_merge_and_its_undoing_are_taken_over() -> None:
    into = heard(CustomerCreated(**WHOSE), CustomerMerged(**WHOSE, into_customer_id="crm-8"))
    back = heard(CustomerUnmerged(**WHOSE, from_customer_id="crm-8"), known=into)

    assert (into.merged_into, back.merged_into) == ("crm-8", None)


def test_a_contact_an_outside_system_takes_off_is_gone() -> None:
    told = heard(
        CustomerCreated(**WHOSE), ContactAdded(**WHOSE, contact_id="p-1"), ContactRemoved(**WHOSE, contact_id="p-1")
    )

    assert told.contacts == ()
